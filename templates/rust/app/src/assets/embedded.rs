//! The files that `build.rs` selects: in a release the page and its public files, in development none.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$OUT_DIR/assets");

/// Returns whether this build contains the page.
pub fn is_there() -> bool {
    !FILES.entries().is_empty()
}

/// Returns a file, or 304 if the browser has it. Browsers compare the hash of its contents.
pub fn serve(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = FILES.get_file(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut hasher = DefaultHasher::new();
    file.contents().hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|value| value.to_str().ok());
    if known.any(|known| known == "*" || known.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = mime_guess::from_path(Path::new(path)).first_or_octet_stream();
    let head = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::ETAG, etag),
    ];
    (head, file.contents()).into_response()
}
