//! Whether a client may connect: the same for every transport.

use super::mount::{Entrance, Mount};
use crate::codec::Serializer;
use crate::guard::guarded;
use crate::message::{Payload, Refused, Why};
use crate::metrics::{self, told};
use crate::socket::{ConnectInfo, Params};
use crate::within::within;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{HeaderValue, Response, StatusCode, header, request::Parts};
use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

/// `SocketHandler::connect`, of any type.
pub(crate) type Connect =
    Box<dyn for<'a> Fn(&'a Params, &'a ConnectInfo) -> Connecting<'a> + Send + Sync>;
pub(crate) type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<Connected, Refused>> + Send + 'a>>;

/// What came of it.
pub(crate) struct Connected {
    pub(crate) handler: Arc<dyn Any + Send + Sync>,
    pub(crate) id: Option<String>,
}

/// Why a client may not connect.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What the handler said.
    pub(super) payload: Option<Payload>,
}

impl Mount {
    /// Whether a page may connect, by its origin.
    pub(super) fn allows(&self, parts: &Parts) -> bool {
        let checked = self.check_origin.check(&parts.headers);
        if let Err(refused) = &checked {
            let origin = refused.origin();
            self.log
                .origin_refused(&origin, &refused.allowed, &refused.setting);
        }
        checked.is_ok()
    }
}

impl Entrance {
    /// Asks the user's handler.
    pub(super) async fn connect(
        &self,
        mut parts: Parts,
        transport: &'static str,
    ) -> Result<(Connected, Serializer), Refusal> {
        let Entrance { endpoint, mount } = self;
        let attempt = mount.log.attempt(transport);
        let params = match params(&mut parts).await {
            Ok(params) => params,
            Err(refusal) => {
                attempt.bad_path();
                return Err(refusal);
            }
        };
        let vsn = params.get("vsn").unwrap_or("1.0.0");
        let Some(serializer) = Serializer::negotiate(vsn) else {
            attempt.unsupported(vsn);
            return Err(StatusCode::FORBIDDEN.into());
        };
        let info = ConnectInfo {
            parts,
            endpoint: endpoint.clone(),
        };
        let name = mount.handlers.name;
        let timed = metrics::started();
        let connecting = guarded((mount.connect)(&params, &info));
        let result = within(mount.options.connect_timeout, connecting).await;
        let result = result.and_then(|result| result);
        let accepted = matches!(result, Ok(Ok(_)));
        told!(
            "connect",
            timed,
            socket = name,
            transport = transport,
            accepted = accepted
        );
        match result {
            Ok(Err(Refused(Why::Crashed(error)))) | Err(error) => {
                attempt.crashed(&error);
                Err(StatusCode::INTERNAL_SERVER_ERROR.into())
            }
            Ok(Err(Refused(Why::Said { payload, status }))) => {
                attempt.refused(serializer, &params, (status, &payload));
                Err(Refusal {
                    status: StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
                    payload: Some(payload),
                })
            }
            Ok(Ok(connected)) => {
                attempt.connected(serializer, &params);
                Ok((connected, serializer))
            }
        }
    }
}

/// Those of the query, and then those of the path, which so are the ones that count.
///
/// As in Phoenix's `Phoenix.Endpoint.socket`: the client chooses both, but only the path may have been looked at on the way.
async fn params(parts: &mut Parts) -> Result<Params, Refusal> {
    let query = Params::parse(parts.uri.query().unwrap_or_default());
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(path) => Ok(query.with(&path)),
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
            Err(StatusCode::BAD_REQUEST.into())
        }
        Err(_) => Ok(query),
    }
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Refusal {
            status,
            payload: None,
        }
    }
}

impl Refusal {
    /// The status, and as the body what the handler said.
    pub(super) fn response(&self) -> Response<Body> {
        let Some(payload) = &self.payload else {
            return status(self.status);
        };
        let mut response = Response::new(Body::from(payload.bytes().to_vec()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(match payload.is_binary() {
                true => "application/octet-stream",
                false => "application/json",
            }),
        );
        response
    }
}

pub(super) fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
