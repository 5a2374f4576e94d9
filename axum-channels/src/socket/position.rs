//! Positions of broadcasts that reach a client through its channel.

use super::Socket;
use crate::client_id::ClientId;
use crate::message::Ref;
use crate::session::{Key, Out};
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

thread_local! {
    /// The channel whose `handle_out` runs now, and the position of its broadcast. A field of the channel's socket would take
    /// memory in every channel.
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Current {
    channel: (ClientId, Key),
    position: Ref,
}

impl Socket {
    /// Runs the `handle_out` of a broadcast: pushes of this channel have its position meanwhile.
    pub(crate) async fn at_position<F: Future>(
        &self,
        position: Option<Ref>,
        handling: F,
    ) -> F::Output {
        let Some(position) = position else {
            return handling.await;
        };
        let mut handling = pin!(handling);
        let channel = self.channel_id();
        let current = Current { channel, position };
        poll_fn(|cx| {
            let _reset = Reset(CURRENT.replace(Some(current.clone())));
            handling.as_mut().poll(cx)
        })
        .await
    }

    /// Sends a broadcast that followed an intercepted one.
    pub(crate) fn pass_on(&self, out: Out) {
        let topic = self.topic.clone().into();
        self.send((None, out.position), topic, &out.event, out.payload);
    }

    /// Returns the position of the broadcast that this channel's `handle_out` handles now.
    pub(super) fn position(&self) -> Option<Ref> {
        CURRENT.with_borrow(|current| {
            let current = current.as_ref()?;
            (current.channel == self.channel_id()).then(|| current.position.clone())
        })
    }

    fn channel_id(&self) -> (ClientId, Key) {
        (self.context.client.client_id(), self.key)
    }
}

/// Puts the previous value back, also after a panic.
struct Reset(Option<Current>);

impl Drop for Reset {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
