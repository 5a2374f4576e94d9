use super::{Channel, HandleInfo};
use crate::error::{Error, Result};
use crate::guard::{Guarded, Panic, call_guarded, drop_guarded, panicked};
use crate::log;
use crate::message::{Asked, Payload, Refused, Reply};
use crate::pubsub::{InUse, Subscription};
use crate::session::{Out, Reason};
use crate::socket::Socket;
use crate::task::with_timeout;
use std::any::{Any, type_name};
use std::cell::Cell;
use std::future::ready;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::time::Duration;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A join under way, and its outcome: the channel or the refusal.
pub(crate) type Joining = Boxed<'static, Result<Result<Accepted, Refused>>>;

/// Outcome of a successful join.
pub(crate) struct Accepted {
    pub(crate) instance: Box<dyn Instance>,
    /// Payload of the reply.
    pub(crate) response: Payload,
    /// Reservation of the topic on other nodes, until the channel is subscribed.
    pub(crate) reservation: Option<Subscription>,
    /// History from the engine, until the channel is subscribed.
    pub(crate) history: Option<InUse>,
}

/// Circumstances of a join.
#[derive(Clone, Copy)]
pub(crate) struct JoinOptions {
    pub(crate) limit: Duration,
    /// The client has asked for positions, and the route has a history.
    pub(crate) asked: Option<Asked>,
}

/// A message being handled: the future owns the channel, and returns it with the reply.
pub(crate) type Handling = Boxed<'static, (Box<dyn Instance>, Result<Reply>)>;

/// A channel of any type. While idle it is this one allocation: the user's value and its socket.
///
/// Dropping it, at any time, ends the channel: see [`ending`].
pub(crate) trait Instance: Send {
    fn handle_in(self: Box<Self>, event: Box<str>, payload: Payload) -> Handling;

    /// `envelope` is an [`Envelope`] for this type of channel.
    fn handle_info(self: Box<Self>, envelope: Box<dyn Any + Send>) -> Handling;

    fn handle_out(self: Box<Self>, out: Out) -> Handling;
}

struct Live<C: Channel> {
    channel: C,
    socket: Socket,
}

/// Starts a join of a `C`, with a time limit.
pub(crate) fn join<C: Channel>(socket: Socket, payload: Payload, options: JoinOptions) -> Joining {
    Box::pin(async move {
        let joined = {
            let joining = with_timeout(options.limit, C::join(socket.topic(), payload, &socket));
            Guarded(pin!(Some(joining))).await
        };
        let joined = joined.map_err(|panic| panicked(&*panic));
        let channel = match joined.and_then(|joined| joined)? {
            Ok(channel) => channel,
            Err(error) => return refusal(error, C::refusal).map(Err),
        };
        let response = socket.take_join_response();
        let live = Box::new(Live { channel, socket });
        let socket = &live.socket;
        let pubsub = &socket.endpoint().shared().pubsub;
        let reservation = pubsub.reserve(socket.topic()).await;
        if reservation.is_some() {
            for topic in socket.context.topics(socket.key) {
                drop(pubsub.reserve(&topic).await); // it is subscribed to already
            }
        }
        let history = match options.asked {
            Some(asked) => pubsub.loaded_history(socket.topic(), asked).await,
            None => None,
        };
        Ok(Ok(Accepted {
            instance: live,
            response,
            reservation,
            history,
        }))
    })
}

/// Returns the refusal that a client receives for an error, or the error if it is unexpected.
///
/// `convert` is the `refusal` of a channel or a socket handler.
pub(crate) fn refusal(
    error: Error,
    convert: impl FnOnce(&Error) -> Option<Refused>,
) -> Result<Refused> {
    match call_guarded(|| convert(&error)) {
        Ok(refused) => refused.or_else(|| error.refusal()).ok_or(error),
        Err(panic) => Err(panicked(&*panic)),
    }
}

impl<C: Channel> Live<C> {
    /// Returns the channel after a message, unless that panicked.
    fn handled<T>(
        self: Box<Self>,
        done: Result<Result<T>, Panic>,
    ) -> (Box<dyn Instance>, Result<T>) {
        match done {
            Ok(result) => (self, result),
            Err(panic) => {
                self.drop_crashed();
                resume_unwind(panic) // this drops no value of the user's
            }
        }
    }

    /// Drops a channel that panicked. It is not terminated, since its state may be inconsistent.
    fn drop_crashed(self: Box<Self>) {
        let before = REASON.replace(None);
        drop_guarded(self);
        REASON.set(before);
    }
}

impl<C: Channel> Instance for Live<C> {
    fn handle_in(mut self: Box<Self>, event: Box<str>, payload: Payload) -> Handling {
        Box::pin(async move {
            let done = {
                let handling =
                    async { self.channel.handle_in(&event, payload, &self.socket).await };
                Guarded(pin!(Some(handling))).await
            };
            let refuse =
                |error| refusal(error, C::refusal).map(|refused| Reply::error(refused.payload));
            self.handled(done.map(|result| result.or_else(refuse)))
        })
    }

    fn handle_info(mut self: Box<Self>, envelope: Box<dyn Any + Send>) -> Handling {
        Box::pin(async move {
            let Live { channel, socket } = &mut *self;
            let done = match envelope.downcast::<Envelope<C>>() {
                Ok(envelope) => {
                    let handling = async { envelope.0.deliver(channel, socket).await };
                    Guarded(pin!(Some(handling))).await
                }
                Err(_) => Ok(Err(Error::msg(format!(
                    "was sent a message through the sender of another channel than {}",
                    type_name::<C>()
                )))),
            };
            self.handled(done.map(|result| result.map(|()| Reply::none())))
        })
    }

    fn handle_out(mut self: Box<Self>, out: Out) -> Handling {
        if !out.is_intercepted {
            self.socket.pass_on(out);
            return Box::pin(ready((self as Box<dyn Instance>, Ok(Reply::none()))));
        }
        Box::pin(async move {
            let Out {
                event,
                payload,
                position,
                ..
            } = out;
            let done = {
                let Live { channel, socket } = &mut *self;
                let handling = async { channel.handle_out(&event, payload, socket).await };
                let handling = socket.at_position(position, handling);
                Guarded(pin!(Some(handling))).await
            };
            self.handled(done.map(|result| result.map(|()| Reply::none())))
        })
    }
}

/// A message of any type for the `handle_info` of a `C`.
pub(crate) struct Envelope<C>(Box<dyn Deliver<C>>);

impl<C: Channel> Envelope<C> {
    pub(crate) fn new<M: Send + 'static>(message: M) -> Self
    where
        C: HandleInfo<M>,
    {
        Envelope(Box::new(TypedMessage(Some(message))))
    }
}

trait Deliver<C>: Send {
    fn deliver<'a>(
        self: Box<Self>,
        channel: &'a mut C,
        socket: &'a Socket,
    ) -> Boxed<'a, Result<()>>;
}

/// Taken when it is delivered. Many may be dropped together undelivered: a second panic would abort the process.
struct TypedMessage<M>(Option<M>);

impl<M> Drop for TypedMessage<M> {
    fn drop(&mut self) {
        drop_guarded(self.0.take());
    }
}

impl<C: HandleInfo<M>, M: Send + 'static> Deliver<C> for TypedMessage<M> {
    fn deliver<'a>(
        mut self: Box<Self>,
        channel: &'a mut C,
        socket: &'a Socket,
    ) -> Boxed<'a, Result<()>> {
        match self.0.take() {
            Some(message) => Box::pin(channel.handle_info(message, socket)),
            None => Box::pin(ready(Ok(()))),
        }
    }
}

thread_local! {
    /// End reason of channels that are dropped now. A channel may be inside a future, out of reach for an argument. `None`
    /// for one that panicked.
    static REASON: Cell<Option<Reason>> = const { Cell::new(Some(Reason::Disconnected)) };
}

/// Sets the end reason of channels that are dropped while `drop` runs.
pub(crate) fn ending(reason: Reason, drop: impl FnOnce()) {
    let before = REASON.replace(Some(reason));
    drop();
    REASON.set(before);
}

impl<C: Channel> Drop for Live<C> {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Some(reason) = REASON.get()
            && let Err(panic) = call_guarded(|| self.channel.terminate(reason, &self.socket))
        {
            log::drop_crashed(&panicked(&*panic));
        }
    }
}
