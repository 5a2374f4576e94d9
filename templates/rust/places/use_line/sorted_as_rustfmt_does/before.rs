use super::room_12_channel::Room12Channel;
use super::room9_channel::Room9Channel;
use super::room10_channel::Room10Channel;
