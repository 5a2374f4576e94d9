//! The page and the public files of the folder `assets`. A release contains them; in development, they are read from the folder.

mod embedded;
mod public;

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::services::ServeFile;

use public::{PAGE, is_public};

/// Source of the page and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assets {
    /// The binary, if it is a release.
    Embedded,
    /// A folder, by its path without symlinks.
    Folder(PathBuf),
}

impl Assets {
    /// Returns the files of this build: embedded ones, or else none.
    pub fn embedded() -> Option<Self> {
        embedded::is_there().then_some(Self::Embedded)
    }
}

/// Serves the page at `/`, and its public files at `/assets`.
pub fn router<S: Clone + Send + Sync + 'static>(assets: &Assets) -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/assets/{*path}", get(asset))
        .with_state(assets.clone())
}

async fn page(State(assets): State<Assets>, request: Request) -> Response {
    serve(&assets, PAGE, request).await
}

async fn asset(
    State(assets): State<Assets>,
    UrlPath(path): UrlPath<String>,
    request: Request,
) -> Response {
    match is_public(&path) {
        true => serve(&assets, &path, request).await,
        false => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve(assets: &Assets, path: &str, request: Request) -> Response {
    let mut response = match assets {
        Assets::Embedded => embedded::serve(path, request.headers()),
        Assets::Folder(folder) => read(folder, path, request).await,
    };
    // Browsers revalidate their cached file at each visit (304 if it is unchanged). Without this header, they would run old
    // scripts after a change.
    let no_cache = HeaderValue::from_static("no-cache");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_cache);
    response
}

async fn read(folder: &Path, path: &str, request: Request) -> Response {
    let Some(file) = find(folder, path).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match ServeFile::new(file).try_call(request).await {
        Ok(response) => response.map(Body::new),
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
