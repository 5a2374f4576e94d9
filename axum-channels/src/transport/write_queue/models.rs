use super::{DirectWrite, End, WriteQueue};
use crate::sync::model;
use loom::future::block_on;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::sync::{Arc, Mutex, Notify};
use loom::thread;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::task::{Poll, Waker};

/// A socket that takes one byte, and another one when its client has read that.
struct Socket {
    state: Mutex<(Vec<u8>, Option<Waker>)>,
    written: Notify,
}

impl Socket {
    fn write(&self, bufs: &[IoSlice<'_>], task: Option<&Waker>) -> io::Result<usize> {
        let mut state = self.state.lock().expect("no panic");
        let (unread, waiting) = &mut *state;
        if !unread.is_empty() {
            *waiting = task.cloned().or(waiting.take());
            return Err(ErrorKind::WouldBlock.into());
        }
        unread.push(bufs[0][0]);
        self.written.notify();
        Ok(1)
    }

    fn read(&self) -> u8 {
        loop {
            let mut state = self.state.lock().expect("no panic");
            if let Some(byte) = state.0.pop() {
                let waiting = state.1.take();
                drop(state);
                waiting.into_iter().for_each(Waker::wake);
                return byte;
            }
            drop(state);
            self.written.wait();
        }
    }
}

impl DirectWrite for Socket {
    fn write_now(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(bufs, None)
    }
}

fn send<W: DirectWrite>(queue: &WriteQueue<W>, byte: u8) {
    queue.push(|queue| queue.push_own(|out| out.push(byte)));
}

/// A byte that nobody writes is one that the client waits for: loom reports a deadlock.
#[test]
fn all_that_is_sent_is_written_in_order_by_whoever_sends_it_or_by_the_task() {
    model(|| {
        let socket = Socket {
            state: Mutex::new((Vec::new(), None)),
            written: Notify::new(),
        };
        let socket = std::sync::Arc::new(socket);
        let queue = Arc::new(WriteQueue::new(Some(socket.clone()), 1000));
        let is_read = Arc::new(AtomicBool::new(false));
        let client = thread::spawn({
            let (socket, queue, is_read) = (socket.clone(), queue.clone(), is_read.clone());
            move || {
                assert_eq!([socket.read(), socket.read()], [1, 2]);
                is_read.store(true, SeqCst);
                queue.wake();
            }
        });
        let sender = thread::spawn({
            let queue = queue.clone();
            move || {
                send(&queue, 1);
                send(&queue, 2);
            }
        });
        block_on(poll_fn(|cx| {
            queue.cork(cx.waker());
            let _ = queue.poll_write(|bufs| match socket.write(bufs, Some(cx.waker())) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
                done => Poll::Ready(done),
            });
            match is_read.load(SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        }));
        client.join().expect("no panic");
        sender.join().expect("no panic");
    });
}

/// As a long-poll session does, whose task writes nothing.
#[test]
fn all_that_is_sent_is_taken_in_order_and_the_end_is_seen() {
    model(|| {
        let queue = Arc::new(WriteQueue::<Socket>::new(None, 1000));
        let sender = thread::spawn({
            let queue = queue.clone();
            move || {
                send(&queue, 1);
                send(&queue, 2);
                queue.end(End::Gone);
            }
        });
        let mut taken = Vec::new();
        block_on(poll_fn(|cx| {
            let end = queue.cork(cx.waker());
            queue.uncork();
            taken.extend(queue.take(1000, 0).into_iter().flatten());
            match taken.len() {
                2 => Poll::Ready(()),
                _ if end.is_some() => panic!("{taken:?} is not all"),
                _ => Poll::Pending,
            }
        }));
        assert_eq!(taken, [1, 2]);
        sender.join().expect("no panic");
        assert_eq!(queue.cork(Waker::noop()), Some(End::Gone));
    });
}
