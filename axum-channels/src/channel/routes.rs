use super::Channel;
use super::instance::{JoinOptions, Joining, join};
use crate::message::Payload;
use crate::pubsub::History;
use crate::session::Pattern;
use crate::socket::{Assigns, Socket};
use std::any::{Any, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;

/// Routes of a socket, from topics to channels: the argument of [`SocketHandler::channels`].
///
/// A topic without a route is refused with `{"reason":"unmatched topic"}`.
///
/// ```
/// # use axum_channels::{Channel, Payload, Result, Socket, Topic};
/// # struct LobbyChannel;
/// # impl Channel for LobbyChannel {
/// #     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> { Ok(Self) }
/// # }
/// # struct RoomChannel;
/// # impl Channel for RoomChannel {
/// #     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> { Ok(Self) }
/// # }
/// use axum_channels::{Channels, ConnectInfo, Params, SocketHandler};
///
/// struct UserSocket;
///
/// impl SocketHandler for UserSocket {
///     fn channels(routes: &mut Channels<Self>) {
///         routes.channel::<LobbyChannel>("room:lobby"); // the first match wins
///         routes.channel::<RoomChannel>("room:*");
///     }
///
///     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
///         Ok(Self)
///     }
/// }
/// ```
///
/// [`SocketHandler::channels`]: crate::SocketHandler::channels
pub struct Channels<S> {
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) routes: Vec<Route>,
    pub(crate) assigns: Vec<Option<Assigns>>,
    socket: PhantomData<fn() -> S>,
}

/// Starts the channels of one route.
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) join: fn(Socket, Payload, JoinOptions) -> Joining,
    pub(crate) intercepts: &'static [&'static str],
    pub(crate) log_join: LevelFilter,
    pub(crate) log_handle_in: LevelFilter,
    pub(crate) history: Option<History>,
}

impl<S> Channels<S> {
    pub(crate) fn new() -> Self {
        Self {
            patterns: Vec::new(),
            routes: Vec::new(),
            assigns: Vec::new(),
            socket: PhantomData,
        }
    }

    /// Routes the topics that match a pattern to a channel.
    ///
    /// A pattern is a topic, `room:lobby`, or a prefix with a star at its end, `room:*`. Patterns are tried in the order
    /// in which they were added.
    ///
    /// # Panics
    /// If there is a star anywhere but at the end.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Channel, Channels};
    /// fn routes<S, C: Channel>(routes: &mut Channels<S>) {
    ///     routes.channel::<C>("room:*");
    /// }
    /// ```
    pub fn channel<C: Channel>(&mut self, pattern: &str) -> &mut Self {
        self.add::<C>(pattern, None)
    }

    /// Routes topics to a channel, with a value for all channels of this route: [`Socket::assigns`] returns it.
    ///
    /// The same as Phoenix's `channel "room:*", RoomChannel, assigns: %{…}`. A value for all channels of the app belongs
    /// in [`EndpointBuilder::state`](crate::EndpointBuilder::state).
    ///
    /// # Panics
    /// If there is a star anywhere but at the end.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Channel, Channels};
    /// struct Limits { members: usize }
    ///
    /// fn routes<S, RoomChannel: Channel>(routes: &mut Channels<S>) {
    ///     routes.channel_with::<RoomChannel>("room:*", Limits { members: 8 });
    ///     routes.channel_with::<RoomChannel>("hall:*", Limits { members: 800 });
    /// }
    /// ```
    pub fn channel_with<C: Channel>(
        &mut self,
        pattern: &str,
        assigns: impl Any + Send + Sync,
    ) -> &mut Self {
        self.add::<C>(pattern, Some(Arc::new(assigns)))
    }

    /// Keeps the last broadcasts of the topics of the route that was added last, for clients that come back.
    ///
    /// A client that asks for it, by the key `recover` of its join, receives the position of each broadcast. When it joins
    /// again with its last one, it receives what it has missed, or learns that this is no longer kept. Nothing changes for
    /// other clients. `docs/delivery.md` in the repository has the protocol, and what is promised.
    ///
    /// A topic has a history from the first such join on. Topics that several sockets route have one if any of the routes
    /// has, with the limits of the route by which the first client joins. With several nodes, the engine may keep the histories
    /// of all topics of the route: see [`cluster`](crate::cluster#histories).
    ///
    /// # Panics
    /// Without a route.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Channel, Channels};
    /// use axum_channels::History;
    ///
    /// fn routes<S, RoomChannel: Channel, CursorChannel: Channel>(routes: &mut Channels<S>) {
    ///     routes.channel::<RoomChannel>("room:*").history(History::last(100).for_minutes(5));
    ///     routes.channel::<CursorChannel>("cursor:*");
    /// }
    /// ```
    pub fn history(&mut self, history: History) -> &mut Self {
        match self.routes.last_mut() {
            Some(route) => route.history = Some(history),
            None => panic!("a history belongs to a route: add the route first"),
        }
        self
    }

    fn add<C: Channel>(&mut self, pattern: &str, assigns: Option<Assigns>) -> &mut Self {
        let Some(parsed) = Pattern::parse(pattern) else {
            panic!(
                "`{pattern}` does not route {}: a star ends a pattern",
                type_name::<C>()
            )
        };
        self.patterns.push(parsed);
        self.assigns.push(assigns);
        self.routes.push(Route {
            name: type_name::<C>(),
            join: join::<C>,
            intercepts: C::INTERCEPTS,
            log_join: C::LOG_JOIN,
            log_handle_in: C::LOG_HANDLE_IN,
            history: None,
        });
        self
    }
}

impl<S> fmt::Debug for Channels<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.routes.iter().map(|route| route.name);
        f.debug_map()
            .entries(self.patterns.iter().zip(names))
            .finish()
    }
}
