//! The peer `actix`: the crate actix-phoenix-channel, used as in its example. It listens on `PORT`.

use actix_phoenix_channel::{
    ChannelCentral, ChannelConn, ChannelEvent, ChannelHandler, configure_channel_websocket_route,
};
use actix_web::{App, HttpServer};
use anyhow::Context;
use std::sync::Arc;

struct Room;

#[async_trait::async_trait]
impl ChannelHandler for Room {
    async fn join_channel(&self, conn: &ChannelConn, event: ChannelEvent) {
        match event.topic().starts_with("room:") {
            true => conn.client().allow_join(&event, &()).await,
            false => conn.client().reply_error(&event, &"unmatched topic").await,
        }
    }

    async fn incoming_message(&self, conn: &ChannelConn, event: ChannelEvent) {
        match event.event() {
            "ping" => conn.client().reply_ok(&event, event.payload()).await,
            "shout" => conn.client().broadcast(event),
            _ => {}
        }
    }
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::var("PORT")
        .context("`PORT` says where to listen")?
        .parse()?;
    let central = Arc::new(ChannelCentral::new(Room));
    HttpServer::new(move || {
        let central = central.clone();
        App::new().configure(|routes| configure_channel_websocket_route(routes, central))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}
