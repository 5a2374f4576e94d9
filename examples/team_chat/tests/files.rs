//! Tests of the files of messages.

use std::error::Error;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt;

use team_chat::endpoint;
use team_chat::sessions::{Session, Sessions};
use team_chat::state::App;
use team_chat::store::File;

/// The response to a request for a file: its status, its headers and its body.
async fn get(
    router: &Router,
    path: &str,
    cookie: &str,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), Box<dyn Error>> {
    let request = Request::get(path).header(header::COOKIE, cookie);
    let response = router.clone().oneshot(request.body(Body::empty())?).await?;
    let (head, body) = response.into_parts();
    Ok((
        head.status,
        head.headers,
        to_bytes(body, usize::MAX).await?.to_vec(),
    ))
}

#[tokio::test]
async fn a_signed_in_user_sees_pictures_and_saves_other_files() -> Result<(), Box<dyn Error>> {
    let app = App::for_tests().await;
    let endpoint = endpoint::endpoint(&app);
    let router = endpoint::router(&endpoint, &app);
    let sessions = endpoint.state::<Sessions>();
    let cookie = sessions.set_cookie(Some(&Session::new("alice")), &endpoint);
    let cookie = cookie.split(';').next().unwrap_or_default();
    for name in ["cat.PNG", "page.html", "drawing.svg"] {
        let (name, bytes) = (name.to_owned(), name.as_bytes().to_vec());
        let file = Some(File { name, bytes });
        let added = app.store.add("lobby", "alice", "", file).await;
        added.map_err(|error| error.to_string())?;
    }

    for (path, kind, disposition, body) in [
        ("/files/1", "image/png", "inline", "cat.PNG"),
        (
            "/files/2",
            "application/octet-stream",
            "attachment",
            "page.html",
        ),
        (
            "/files/3",
            "application/octet-stream",
            "attachment",
            "drawing.svg",
        ),
    ] {
        let (status, headers, bytes) = get(&router, path, cookie).await?;
        assert_eq!((status, bytes), (StatusCode::OK, body.into()), "{path}");
        assert_eq!(headers[header::CONTENT_TYPE], kind, "{path}");
        assert_eq!(headers[header::CONTENT_DISPOSITION], disposition, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
    }
    for (path, cookie, expected) in [
        ("/files/4", cookie, StatusCode::NOT_FOUND),
        ("/files/1", "", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(get(&router, path, cookie).await?.0, expected, "{path}");
    }
    Ok(())
}
