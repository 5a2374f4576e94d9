use super::Members;
use crate::sync::model;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::sync::{Arc, Notify};
use loom::thread;

struct Server {
    members: Members<Arc<Notify>>,
    emptied: Notify,
    is_down: AtomicBool,
}

impl Server {
    /// A client connects, and stays until it is asked to go.
    fn serve(&self) {
        if self.members.admit().is_none() {
            return;
        }
        let asked = Arc::new(Notify::new());
        let (place, is_closed) = self.members.add(asked.clone());
        if !is_closed {
            asked.wait();
        }
        assert!(!self.is_down.load(SeqCst), "a client is left behind");
        self.members.remove(place);
        if self.members.leave() == 0 {
            self.emptied.notify();
        }
    }

    fn shut_down(&self) {
        self.members.close().iter().for_each(|asked| asked.notify());
        while self.members.len() > 0 {
            self.emptied.wait();
        }
        self.is_down.store(true, SeqCst);
    }
}

/// A client that is neither refused nor asked to go waits for ever, and the shutdown with it: loom reports a deadlock.
#[test]
fn whoever_connects_during_a_shutdown_is_refused_or_asked_to_go_and_waited_for() {
    model(|| {
        let server = Arc::new(Server {
            members: Members::new(),
            emptied: Notify::new(),
            is_down: AtomicBool::new(false),
        });
        let clients = [(); 2].map(|()| {
            let server = server.clone();
            thread::spawn(move || server.serve())
        });
        server.shut_down();
        for client in clients {
            client.join().expect("no panic");
        }
    });
}
