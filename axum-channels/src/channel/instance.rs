use super::{Channel, Result};
use crate::message::{Payload, Refused, Reply};
use crate::socket::Socket;
use std::pin::Pin;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A join under way: the channel and what its client is told.
pub(crate) type Joining = Boxed<Result<(Box<dyn Instance>, Payload), Refused>>;

/// A message being handled: the channel is inside, and comes back with the reply.
pub(crate) type Turn = Boxed<(Box<dyn Instance>, Result<Reply>)>;

/// A channel of any type. While idle it is this one allocation: the user's value and its socket.
pub(crate) trait Instance: Send {
    fn handle_in(self: Box<Self>, event: Box<str>, payload: Payload) -> Turn;
}

struct Live<C> {
    channel: C,
    socket: Socket,
}

/// Starts a join of a `C`.
pub(crate) fn join<C: Channel>(socket: Socket, payload: Payload) -> Joining {
    Box::pin(async move {
        let mut channel = C::join(socket.topic(), payload, &socket).await?;
        let response = channel.join_response();
        Ok((
            Box::new(Live { channel, socket }) as Box<dyn Instance>,
            response,
        ))
    })
}

impl<C: Channel> Instance for Live<C> {
    fn handle_in(mut self: Box<Self>, event: Box<str>, payload: Payload) -> Turn {
        Box::pin(async move {
            let result = self.channel.handle_in(&event, payload, &self.socket).await;
            (self as Box<dyn Instance>, result)
        })
    }
}
