//! The cases of the Autobahn test suite for servers, groups 1 to 7, 9 and 10, with its numbers (groups 12 and 13 are about
//! compression, which is never negotiated; 8 does not exist).
//!
//! Frames are made by hand from RFC 6455, answers are read by tungstenite: none of the library's own framing is involved.
//! Autobahn expects an echo server. Here the echo is a channel's reply to a push, so a message is as long as Autobahn asks
//! for, and what is no push is closed with 1011: it was read as a message, and is none of Phoenix's.

#[path = "../support/mod.rs"]
mod support;

mod case;
mod closing;
mod fragments;
mod frames;
mod messages;
mod opcodes;
mod pings;
mod reserved_bits;
mod sizes;
mod utf8;

use case::check;

#[tokio::test]
async fn group_1_messages_of_every_length_are_echoed() {
    check(messages::cases()).await;
}

#[tokio::test]
async fn group_2_pings_are_answered_and_pongs_are_not() {
    check(pings::cases()).await;
}

#[tokio::test]
async fn group_3_reserved_bits_end_the_connection() {
    check(reserved_bits::cases()).await;
}

#[tokio::test]
async fn group_4_reserved_opcodes_end_the_connection() {
    check(opcodes::cases()).await;
}

#[tokio::test]
async fn group_5_fragments_make_a_message_and_nothing_else_does() {
    check(fragments::cases()).await;
}

#[tokio::test]
async fn group_6_text_is_utf_8_and_what_is_not_ends_the_connection_early() {
    check(utf8::cases()).await;
}

#[tokio::test]
async fn group_7_a_close_is_answered_once_and_nothing_after_it_is() {
    check(closing::cases()).await;
}

#[tokio::test]
async fn groups_9_and_10_large_and_many_messages_are_echoed_however_they_come() {
    check(sizes::cases()).await;
}

#[tokio::test]
async fn lengths_and_masks_are_as_the_rfc_has_them() {
    check(frames::cases()).await;
}
