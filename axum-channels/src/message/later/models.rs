use super::Promise;
use crate::message::{Payload, Reply};
use crate::sync::model;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

#[test]
fn an_answer_is_sent_once_whichever_comes_first_it_or_whom_it_is_for() {
    model(|| {
        let (promise, later) = Promise::new();
        let sent = Arc::new(AtomicUsize::new(0));
        let app = thread::spawn(move || later.reply(Reply::ok(Payload::empty())));
        promise.bind({
            let sent = sent.clone();
            move |_, _| {
                sent.fetch_add(1, SeqCst);
            }
        });
        app.join().expect("no panic");
        assert_eq!(sent.load(SeqCst), 1);
    });
}
