use super::Socket;
use std::any::type_name;

impl Socket {
    /// Returns the value of this topic's route, added by [`channel_with`](crate::Channels::channel_with).
    ///
    /// The same as the `assigns` of a route in Phoenix. The value is shared by all channels of the route; data of one
    /// channel is in its own fields.
    ///
    /// # Panics
    /// If the route has no `T`. See [`try_assigns`](Self::try_assigns).
    ///
    /// ```
    /// use axum_channels::{Channel, Channels, Payload, Refused, Result, Socket, Topic};
    ///
    /// struct RoomChannel;
    /// struct Limits { members: usize }
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         match socket.presence().list().len() < socket.assigns::<Limits>().members {
    ///             true => Ok(Self),
    ///             false => Err(Refused::new("full").into()),
    ///         }
    ///     }
    /// }
    ///
    /// fn routes<S>(routes: &mut Channels<S>) {
    ///     routes.channel_with::<RoomChannel>("room:*", Limits { members: 8 });
    ///     routes.channel_with::<RoomChannel>("hall:*", Limits { members: 800 });
    /// }
    /// ```
    #[must_use]
    pub fn assigns<T: Send + Sync + 'static>(&self) -> &T {
        match self.try_assigns() {
            Some(assigns) => assigns,
            None => panic!(
                "the route of {} has no {}: add it with `channel_with`",
                self.topic,
                type_name::<T>()
            ),
        }
    }

    /// Returns the value of this topic's route, or `None` if the route has no `T`.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn is_limited(socket: &Socket) -> bool {
    ///     socket.try_assigns::<u32>().is_some()
    /// }
    /// ```
    #[must_use]
    pub fn try_assigns<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.context.routes.assigns(&self.topic)?.downcast_ref()
    }
}
