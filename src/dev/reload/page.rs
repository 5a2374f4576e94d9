//! The page that browsers get while there is no app: the state of the build.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::problem::Problem;

/// Maximum size of the head of a request.
const MAX_HEAD: usize = 64 * 1024;

/// Maximum time for a request.
const PATIENCE: Duration = Duration::from_secs(5);

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 3rem auto; padding: 0 1.5rem }
h1 { font-size: 1.5rem }
h2 { margin: 2rem 0 0.25rem; font: 600 0.9rem/1.5 ui-monospace, monospace }
pre { margin: 0; overflow: auto; font: 0.85rem/1.5 ui-monospace, monospace }";

/// Loads the page again once another one would be served: that of the app, or one with other problems.
const SCRIPT: &str = "\
const current = document.currentScript.dataset.version
setInterval(async () => {
  try {
    const { headers } = await fetch(location.href, { method: 'HEAD', cache: 'no-store' })
    if (headers.get('x-build') !== current) location.reload()
  } catch {} // the command has ended
}, 250)";

/// A server of one page on the listening socket of the app, until it is dropped.
#[derive(Debug)]
pub struct Page {
    /// Closed to end the thread.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    content: Content,
}

/// The page as HTML, with its version.
type Content = Arc<Mutex<(u32, String)>>;

impl Page {
    /// Serves `html` on `listener`, which does not block.
    ///
    /// # Errors
    /// The system has no descriptors left.
    pub fn serve(listener: &TcpListener, html: String) -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let listener = listener.try_clone()?;
        let content = Content::new(Mutex::new((0, html)));
        let shown = content.clone();
        let thread = thread::spawn(move || accept(&listener, &stopped, &shown));
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
            content,
        })
    }

    /// Replaces the page; open ones load it.
    pub fn replace(&self, html: String) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        *content = (content.0 + 1, html);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Answers connections until the other end of `stopped` is closed.
fn accept(listener: &TcpListener, stopped: &PipeReader, content: &Content) {
    loop {
        let wanted = [listener.as_fd(), stopped.as_fd()];
        let mut polled = wanted.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        if poll(&mut polled, PollTimeout::NONE).is_err() {
            continue; // a signal
        }
        if polled[1].any() == Some(true) {
            return;
        }
        // An error: the client is gone, or a server of the app was faster.
        if let Ok((stream, _)) = listener.accept() {
            let content = content.clone();
            // Browsers open connections in advance, without a request.
            thread::spawn(move || answer(stream, &content));
        }
    }
}

fn answer(mut stream: TcpStream, content: &Content) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = read_head(&mut stream)?;
    let (version, html) = content
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let html = format!("{html}<script data-version=\"{version}\">\n{SCRIPT}\n</script>\n");
    let length = html.len();
    let response = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html; charset=utf-8\r\n\
         content-length: {length}\r\ncache-control: no-store\r\nretry-after: 1\r\nx-build: {version}\r\n\
         connection: close\r\n\r\n"
    );
    let body = if head.starts_with(b"HEAD ") {
        ""
    } else {
        &html
    };
    stream.write_all(response.as_bytes())?;
    stream.write_all(body.as_bytes())
}

/// Reads a request up to the empty line behind its headers.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < MAX_HEAD {
        match stream.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend(&part[..read]),
        }
    }
    Ok(head)
}

/// Returns the page during a build.
pub fn building(name: &str) -> String {
    page(
        name,
        "Building…",
        "<p>The page loads itself when the app is ready.</p>",
    )
}

/// Returns the page with the problems of a build.
pub fn problems(name: &str, problems: &[Problem]) -> String {
    let parts = problems.iter().map(|problem| {
        let place = escaped(problem.place.as_deref().unwrap_or_default());
        format!("<h2>{place}</h2>\n<pre>{}</pre>\n", escaped(&problem.text))
    });
    page(name, "The app is not running", &parts.collect::<String>())
}

fn page(name: &str, heading: &str, body: &str) -> String {
    let name = escaped(name);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{name}: {heading}</title>\n\
         <style>\n{STYLE}\n</style>\n<h1>{heading}</h1>\n{body}\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
