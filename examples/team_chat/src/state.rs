//! State that all parts of the app share.

use std::error::Error;
use std::sync::Arc;

use axum::extract::FromRef;
use axum_channels::Endpoint;

use crate::config::Config;
use crate::store::Store;

/// The app's settings, and what you add to them, such as a database pool.
///
/// Channels and sockets read it as `socket.state::<App>()` and `info.state::<App>()`, axum handlers take `State<App>`. Each
/// request clones it, so its fields are cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
}

impl App {
    /// Builds the state when the server starts. Connect to databases here.
    pub async fn new(config: Config) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let store = Store::open(&config.database)?;
        Ok(Self {
            config: Arc::new(config),
            store,
        })
    }

    /// Builds the state of one test, with the settings of development and an empty database.
    pub async fn for_tests() -> Self {
        Self {
            config: Arc::new(Config::for_tests()),
            store: Store::in_memory().expect("a database in memory can be made"),
        }
    }
}

/// Handlers of the router, whose state is the endpoint, take `State<App>` as well.
impl FromRef<Endpoint> for App {
    fn from_ref(endpoint: &Endpoint) -> Self {
        endpoint.state::<App>().clone()
    }
}
