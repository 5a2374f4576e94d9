use super::{Channel, Error, HandleInfo, Result};
use crate::message::{Payload, Refused, Reply, Why};
use crate::session::Reason;
use crate::socket::Socket;
use crate::within::within;
use std::any::{Any, type_name};
use std::cell::Cell;
use std::pin::Pin;
use std::time::Duration;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A join under way: the channel and what its client is told.
pub(crate) type Joining = Boxed<'static, Result<(Box<dyn Instance>, Payload), Refused>>;

/// A message being handled: the channel is inside, and comes back with the reply.
pub(crate) type Handling = Boxed<'static, (Box<dyn Instance>, Result<Reply>)>;

/// A channel of any type. While idle it is this one allocation: the user's value and its socket.
///
/// Dropping it, wherever it is at that time, is what ends it: see [`ending`].
pub(crate) trait Instance: Send {
    fn handle_in(self: Box<Self>, event: Box<str>, payload: Payload) -> Handling;

    /// `letter` is a [`Letter`] for this type of channel.
    fn handle_info(self: Box<Self>, letter: Box<dyn Any + Send>) -> Handling;

    fn handle_out(self: Box<Self>, event: Box<str>, payload: Payload) -> Handling;
}

struct Live<C: Channel> {
    channel: C,
    socket: Socket,
}

/// Starts a join of a `C`, which may take so long.
pub(crate) fn join<C: Channel>(socket: Socket, payload: Payload, limit: Duration) -> Joining {
    Box::pin(async move {
        let joining = within(limit, C::join(socket.topic(), payload, &socket));
        let mut channel = joining
            .await
            .map_err(|error| Refused(Why::Crashed(error)))??;
        let response = channel.join_response();
        Ok((
            Box::new(Live { channel, socket }) as Box<dyn Instance>,
            response,
        ))
    })
}

impl<C: Channel> Instance for Live<C> {
    fn handle_in(mut self: Box<Self>, event: Box<str>, payload: Payload) -> Handling {
        Box::pin(async move {
            let result = self.channel.handle_in(&event, payload, &self.socket).await;
            (self as Box<dyn Instance>, result)
        })
    }

    fn handle_info(mut self: Box<Self>, letter: Box<dyn Any + Send>) -> Handling {
        Box::pin(async move {
            let Live { channel, socket } = &mut *self;
            let result = match letter.downcast::<Letter<C>>() {
                Ok(letter) => letter.0.open(channel, socket).await,
                Err(_) => Err(Error::msg(format!(
                    "was sent a message through the sender of another channel than {}",
                    type_name::<C>()
                ))),
            };
            let result = result.map(|()| Reply::none());
            (self as Box<dyn Instance>, result)
        })
    }

    fn handle_out(mut self: Box<Self>, event: Box<str>, payload: Payload) -> Handling {
        Box::pin(async move {
            let handled = self.channel.handle_out(&event, payload, &self.socket);
            let result = handled.await.map(|()| Reply::none());
            (self as Box<dyn Instance>, result)
        })
    }
}

/// A message for the `handle_info` of a `C`, whatever type it has.
pub(crate) struct Letter<C>(Box<dyn Open<C>>);

impl<C: Channel> Letter<C> {
    pub(crate) fn new<M: Send + 'static>(message: M) -> Self
    where
        C: HandleInfo<M>,
    {
        Letter(Box::new(Sealed(message)))
    }
}

trait Open<C>: Send {
    fn open<'a>(self: Box<Self>, channel: &'a mut C, socket: &'a Socket) -> Boxed<'a, Result<()>>;
}

struct Sealed<M>(M);

impl<C: HandleInfo<M>, M: Send + 'static> Open<C> for Sealed<M> {
    fn open<'a>(self: Box<Self>, channel: &'a mut C, socket: &'a Socket) -> Boxed<'a, Result<()>> {
        Box::pin(channel.handle_info(self.0, socket))
    }
}

thread_local! {
    /// Why channels that are dropped now end. A channel may be inside a future, out of reach for an argument.
    static REASON: Cell<Reason> = const { Cell::new(Reason::Disconnected) };
}

/// Channels that are dropped while `drop` runs end for this reason.
pub(crate) fn ending(reason: Reason, drop: impl FnOnce()) {
    let before = REASON.replace(reason);
    drop();
    REASON.set(before);
}

impl<C: Channel> Drop for Live<C> {
    fn drop(&mut self) {
        // A value in the middle of a panic is not one to go on with.
        if !std::thread::panicking() {
            self.channel.terminate(REASON.get(), &self.socket);
        }
    }
}
