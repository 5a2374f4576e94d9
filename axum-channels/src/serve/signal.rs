/// Waits for Ctrl-C (SIGINT) or, on Unix, SIGTERM: the signals by which terminals and service managers end a program.
///
/// From the first call on, the signals no longer end the process by themselves. Only signals that arrive during a call
/// count; call it again for the next one.
///
/// ```no_run
/// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// axum_channels::serve(listener, app).with_graceful_shutdown(axum_channels::shutdown_signal()).await
/// # }
/// ```
pub async fn shutdown_signal() {
    next().await;
}

/// Signal that ends a program, by its number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Interrupt = 2,
    Terminate = 15,
}

/// Waits for the next signal.
pub(super) async fn next() -> Signal {
    tokio::select! {
        () = interrupt() => Signal::Interrupt,
        () = terminate() => Signal::Terminate,
    }
}

/// Waits for Ctrl-C; forever if it cannot be caught.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
