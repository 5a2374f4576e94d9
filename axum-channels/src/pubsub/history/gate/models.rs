use super::Gate;
use crate::sync::{Mutex, lock, model};
use loom::sync::Arc;
use loom::thread;

#[test]
fn nothing_overtakes_what_was_missed_whenever_the_gate_opens() {
    model(|| {
        let gate = Arc::new(Gate::new(vec![1]));
        let received = Arc::new(Mutex::new(Vec::new()));
        let publisher = thread::spawn({
            let (gate, received) = (gate.clone(), received.clone());
            move || {
                for item in [2, 3] {
                    if gate.is_open_or_keeps(|| item) {
                        lock(&*received).push(item);
                    }
                }
            }
        });
        gate.open(|item| lock(&*received).push(item));
        publisher.join().expect("no panic");
        assert_eq!(*lock(&*received), [1, 2, 3]);
    });
}
