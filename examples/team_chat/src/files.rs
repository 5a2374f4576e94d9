//! The files of messages, for signed-in users.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::sessions::Session;
use crate::state::App;

/// Pictures that a page may show, by the ends of their names. An SVG is not among them: it may run scripts.
const PICTURES: [(&str, &str); 5] = [
    (".gif", "image/gif"),
    (".jpeg", "image/jpeg"),
    (".jpg", "image/jpeg"),
    (".png", "image/png"),
    (".webp", "image/webp"),
];

/// Responds with the file of a message. A browser shows a picture, and saves any other file.
pub async fn show(_: Session, State(app): State<App>, Path(message): Path<i64>) -> Response {
    let file = match app.store.file(message).await {
        Ok(Some(file)) => file,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!("Could not read the file of message {message}: {error}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let name = file.name.to_ascii_lowercase();
    let picture = PICTURES.into_iter().find(|(end, _)| name.ends_with(end));
    let (kind, disposition) = match picture {
        Some((_, kind)) => (kind, "inline"),
        None => ("application/octet-stream", "attachment"),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::CACHE_CONTROL,
            "private, max-age=31536000, immutable",
        ),
    ];
    (headers, file.bytes).into_response()
}
