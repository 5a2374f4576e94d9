//! Responses to HTTP requests: refusals and errors, of handlers of axum as well as of handshakes.

use crate::error::Error;
use crate::log;
use crate::message::Refused;
use crate::origin::RefusedOrigin;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The response of a refused connection or request: the [status](Refused::status), 403 by default, the [headers](Refused::header), and
/// the payload as its body.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let content_type = match self.payload.is_binary() {
            true => "application/octet-stream",
            false => "application/json",
        };
        let mut response = Response::new(Body::from(self.payload.bytes().to_vec()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// A response of a handler of axum, with the same meaning as in `connect`: a [`Refused`], an
/// [`InvalidPayload`](crate::InvalidPayload) and a [`RefusedOrigin`] are the response, any other error is logged and answered with 500.
///
/// So handlers of axum and channels can share functions:
///
/// ```
/// use axum::extract::Path;
/// use axum::{Router, routing::post};
/// use axum_channels::{Refused, Result};
///
/// fn cancel(order: u32) -> Result<&'static str> {
///     match order {
///         1 => Ok("cancelled"),
///         _ => Err(Refused::new("no such order").status(404).into()),
///     }
/// }
///
/// async fn cancel_order(Path(order): Path<u32>) -> Result<String> {
///     Ok(format!("order {order} is {}", cancel(order)?))
/// }
///
/// let router: Router = Router::new().route("/orders/{order}/cancel", post(cancel_order));
/// ```
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let origin = self.downcast_ref::<RefusedOrigin>();
        match (self.refusal(), origin) {
            (Some(refused), _) => refused.into_response(),
            (None, Some(refused)) => refused.clone().into_response(),
            (None, None) => {
                log::request_crashed(&self);
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
