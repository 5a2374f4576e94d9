//! The app below a path of its site, as in `HOST=https://example.com/chat`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};

/// Serves `router` below `prefix`, too: a proxy may remove the prefix from the paths of requests, or keep it.
pub fn below(prefix: &str, router: Router) -> Router {
    if prefix.is_empty() {
        return router;
    }
    // A router around the other one, which then matches the new path.
    let prefix: Arc<str> = prefix.into();
    Router::new()
        .fallback_service(router)
        .layer(from_fn_with_state(prefix, remove))
}

async fn remove(State(prefix): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("", |it| it.as_str());
    match path.strip_prefix(&*prefix) {
        // The links of the page are relative: they need the slash.
        Some("") => return Redirect::permanent(&format!("{prefix}/")).into_response(),
        Some(rest) if rest.starts_with('/') => {
            if let Ok(uri) = rest.parse::<Uri>() {
                *request.uri_mut() = uri;
            }
        }
        _ => {}
    }
    next.run(request).await
}
