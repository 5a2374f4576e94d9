//! The socket of the current app: where it is mounted, and where the app listens.

use std::rc::Rc;

use anyhow::Result;

use crate::address;
use crate::catalogue::Templates;
use crate::catalogue::render::Renderer;
use crate::error::Misuse;
use crate::facts::Question;
use crate::nearest::nearest;
use crate::plan::{Request, Stack};
use crate::project::Project;
use crate::routes;

/// The generator whose facts say where a socket is mounted.
const GENERATOR: &str = "socket";

/// Maximum number of sockets that an error names.
const LISTED: usize = 5;

/// Returns the URL of the current app's socket handler `name`.
///
/// # Errors
/// There is no app, or it does not mount the socket.
pub fn url(name: &str, built_in: &Rc<Templates>) -> Result<String> {
    let around = Project::around(built_in)?;
    if around.is_empty() {
        let help = "go to the folder of an app, or name a socket: hello-sockets connect ws://localhost:4000/socket";
        return Err(
            Misuse::new("there is no URL, and no app around this folder")
                .help(help)
                .into(),
        );
    }
    let project = Project::only(around)?;
    let path = mount(name, &project)?;
    let address = address::of_app(None, project.port())?;
    Ok(format!(
        "{}{path}",
        address::url(address).replacen("http", "ws", 1)
    ))
}

/// Returns the path at which the endpoint mounts a socket.
fn mount(name: &str, project: &Project) -> Result<String> {
    let renderer = Renderer::new(&project.templates);
    let look = |question: &Question| project.look(question);
    let stack = Stack::new(&project.stack.name, &project.facts, &renderer, &look);
    let request = Request {
        name: Some(name.to_owned()),
        invocation: Some("--socket".to_owned()),
        ..Request::default()
    };
    match stack.fact(GENERATOR, &request, "mounted")? {
        Some(path) => Ok(path),
        None => {
            let misuse = format!(
                "the app does not mount a socket handler `{name}` at a path that can be read"
            );
            Err(Misuse::new(misuse).help(help(name, project)?).into())
        }
    }
}

/// Returns the sockets that may be meant: the nearest, or else the first that the app mounts.
fn help(typed: &str, project: &Project) -> Result<String> {
    let sockets = match project.stack.routes {
        Some(_) => routes::wiring(project)?.sockets,
        None => Vec::new(),
    };
    let mounted = sockets.iter().filter(|socket| !socket.mounts.is_empty());
    let named = mounted.filter_map(|socket| routes::name(project, &socket.name, "Socket"));
    let known: Vec<_> = named.map(|name| name.module).collect();
    let meant = match nearest(typed, known.iter().map(String::as_str)) {
        Some(near) => vec![near],
        None => known.iter().map(String::as_str).collect(),
    };
    let mut named: Vec<_> = meant
        .iter()
        .take(LISTED)
        .map(|name| format!("--socket {name}"))
        .collect();
    if meant.len() > LISTED {
        named.push("another one, as `hello-sockets routes` lists them".to_owned());
    }
    let make = format!("make it: hello-sockets gen socket {typed}");
    Ok(match named.is_empty() {
        true => format!("name its URL, or {make}"),
        false => format!("{}; or {make}", named.join(", or ")),
    })
}
