//! The page and the public files of the folder `assets`.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

/// Public folders and files of `assets`, served at `/assets`. All others, such as package.json, are private.
const PUBLIC: [&str; 6] = [
    "css",
    "fonts",
    "images",
    "js",
    "favicon.svg",
    "node_modules/phoenix/priv/static/phoenix.mjs",
];

/// Serves the page at `/`, and the public files of `folder` at `/assets`.
pub fn router<S: Clone + Send + Sync + 'static>(folder: &Path) -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/assets/{*path}", get(asset))
        .with_state(folder.into())
}

async fn page(State(folder): State<Arc<Path>>, request: Request) -> Response {
    serve(&folder, "index.html", request).await
}

async fn asset(
    State(folder): State<Arc<Path>>,
    UrlPath(path): UrlPath<String>,
    request: Request,
) -> Response {
    match is_public(&path) {
        true => serve(&folder, &path, request).await,
        false => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Returns whether a path is public. Paths with `..` or hidden files never are.
fn is_public(path: &str) -> bool {
    let is_plain = |part| matches!(part, Component::Normal(name) if !name.as_encoded_bytes().starts_with(b"."));
    let path = Path::new(path);
    path.components().all(is_plain) && PUBLIC.iter().any(|public| path.starts_with(public))
}

async fn serve(folder: &Path, path: &str, request: Request) -> Response {
    let Some(file) = find(folder, path).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match ServeFile::new(file).try_call(request).await {
        Ok(response) => {
            let mut response = response.map(Body::new);
            // Browsers revalidate their cached file at each visit (304 if it is unchanged). Without this header, they
            // would run old scripts after a change.
            let no_cache = HeaderValue::from_static("no-cache");
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, no_cache);
            response
        }
        Err(error) => {
            tracing::error!("Could not read {path:?}: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Returns the path of a file without symlinks, if it is inside `folder`.
async fn find(folder: &Path, path: &str) -> Option<PathBuf> {
    let file = tokio::fs::canonicalize(folder.join(path)).await.ok()?;
    let is_file = tokio::fs::metadata(&file).await.ok()?.is_file();
    (is_file && file.starts_with(folder)).then_some(file)
}
