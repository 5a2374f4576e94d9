//! State that all parts of the app share.

use std::error::Error;
use std::sync::Arc;

use axum::extract::FromRef;
use axum_channels::Endpoint;

use crate::config::Config;

/// The app's settings, and what you add to them, such as a database pool.
///
/// Channels and sockets read it as `socket.state::<App>()` and `info.state::<App>()`, axum handlers take `State<App>`. Each
/// request clones it, so its fields are cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub config: Arc<Config>,
}

impl App {
    /// Builds the state when the server starts. Connect to databases here.
    pub async fn new(config: Config) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self {
            config: Arc::new(config),
        })
    }

    /// Builds the state of one test, with the settings of development.
    pub async fn for_tests() -> Self {
        let app = Self::new(Config::for_tests()).await;
        app.expect("the state of tests can be built")
    }
}

/// Handlers of the router, whose state is the endpoint, take `State<App>` as well.
impl FromRef<Endpoint> for App {
    fn from_ref(endpoint: &Endpoint) -> Self {
        endpoint.state::<App>().clone()
    }
}
