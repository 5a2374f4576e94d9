//! The page and its files: the part of the folder `assets` that browsers get.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

/// Folders and files of `assets` that are served, below `/assets`. The rest stays private, package.json for one.
const PUBLIC: [&str; 6] = [
    "css",
    "fonts",
    "images",
    "js",
    "favicon.svg",
    "node_modules/phoenix/priv/static/phoenix.mjs",
];

/// Serves the page at `/`, and what is public of `folder` below `/assets`.
pub fn router(folder: &Path) -> Router {
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

/// Returns whether a path is listed. One with a `..` in it, or with anything hidden, never is.
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
            // Browsers keep the file and ask each time whether it is still the same, which is answered with 304:
            // without this header they would go on using scripts of before a change.
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

/// A file's own path, if that is in `folder`: a symlink may not lead out of it.
async fn find(folder: &Path, path: &str) -> Option<PathBuf> {
    let file = tokio::fs::canonicalize(folder.join(path)).await.ok()?;
    let is_file = tokio::fs::metadata(&file).await.ok()?.is_file();
    (is_file && file.starts_with(folder)).then_some(file)
}
