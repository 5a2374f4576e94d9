use axum::Router;

mod room_channel;
