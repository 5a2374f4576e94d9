use axum_channels::Channel;

use super::lobby_channel::LobbyChannel;
use super::user_channel::UserChannel;
