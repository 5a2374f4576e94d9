//! Starts the server. Ctrl-C or SIGTERM shuts it down gracefully, a second one at once.

use std::error::Error;
use std::process::ExitCode;

use team_chat::config::Config;
use team_chat::state::App;
use team_chat::{listen, log, serve};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let config = Config::from_env()?;
    log::init(&config.log);
    let listener = listen(&config).await?;
    let app = App::new(config).await?;
    serve(listener, app)?.with_signals().await?;
    Ok(())
}
