use crate::log;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Time until accepting is retried; doubled with each failure.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Source of connections.
pub(super) trait Listen {
    type Stream;

    async fn accept(&self) -> io::Result<(Self::Stream, SocketAddr)>;
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        TcpListener::accept(self).await
    }
}

/// Accepts the next connection. A lack of file descriptors or memory is logged, and accepting retried.
pub(super) async fn accept<L: Listen>(listener: &L) -> (L::Stream, SocketAddr) {
    let mut pause = None;
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                if pause.is_some() {
                    log::accepting_again();
                }
                return accepted;
            }
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                // Logged once for each lack, not for each retry.
                if pause.is_none() {
                    log::not_accepting(&error);
                }
                let next = pause.map_or(FIRST_PAUSE, |last: Duration| LONGEST_PAUSE.min(last * 2));
                pause = Some(next);
                sleep(next).await;
            }
        }
    }
}

/// Returns whether the accepted connection failed, and not the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::time::Instant;

    /// Fails with these errors, the last first, and then accepts.
    struct Failing(RefCell<Vec<io::Error>>);

    impl Listen for Failing {
        type Stream = ();

        async fn accept(&self) -> io::Result<((), SocketAddr)> {
            match self.0.borrow_mut().pop() {
                Some(error) => Err(error),
                None => Ok(((), SocketAddr::from(([127, 0, 0, 1], 1)))),
            }
        }
    }

    /// Returns the time that it takes to accept a connection.
    async fn time(errors: Vec<io::Error>) -> Duration {
        let start = Instant::now();
        accept(&Failing(RefCell::new(errors))).await;
        start.elapsed()
    }

    fn no_descriptors() -> io::Error {
        io::Error::other("too many open files")
    }

    #[tokio::test(start_paused = true)]
    async fn a_lack_of_descriptors_is_waited_out_ever_longer_up_to_a_second() {
        for (failures, millis) in [(0, 0), (1, 10), (2, 30), (7, 1270), (9, 3270)] {
            let errors = (0..failures).map(|_| no_descriptors()).collect();
            assert_eq!(
                time(errors).await.as_millis(),
                millis,
                "{failures} failures"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_gone_already_holds_up_nobody() {
        let kinds = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
        assert_eq!(
            time(kinds.map(io::Error::from).into()).await,
            Duration::ZERO
        );
    }
}
