//! Events of joins, messages and errors of channels.

use super::text::one_line;
use super::{Filter, Params, TARGET, at_level, limited, micros, millis, started};
use crate::error::Error;
use crate::message::Payload;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::level_filters::LevelFilter;

/// A join or a message under way whose event is enabled.
pub(crate) struct Line {
    level: LevelFilter,
    since: Instant,
    socket: &'static str,
    channel: &'static str,
    event: Box<str>,
    payload: Payload,
    filter: Arc<Filter>,
}

/// Log of one channel's joins and messages.
pub(crate) struct ChannelLog<'a> {
    pub(crate) socket: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) filter: &'a Arc<Filter>,
}

impl Line {
    /// `None` if events of this level are disabled.
    pub(crate) fn start(
        level: LevelFilter,
        log: &ChannelLog<'_>,
        event: &str,
        payload: &Payload,
    ) -> Option<Self> {
        Some(Line {
            since: started(level)?,
            level,
            socket: log.socket,
            channel: log.channel,
            event: event.into(),
            payload: payload.clone(),
            filter: log.filter.clone(),
        })
    }

    /// Topics that start with `phoenix` are not logged, as in Phoenix.
    fn of(topic: &str, line: Option<Line>) -> Option<Line> {
        line.filter(|_| !topic.starts_with("phoenix"))
    }
}

pub(crate) fn joined(topic: &str, line: Option<Line>) {
    if let Some(line) = Line::of(topic, line) {
        at_level!(
            line.level,
            topic = one_line(topic),
            channel = line.channel,
            socket = line.socket,
            duration_us = micros(line.since.elapsed()),
            params = %Params::of_payload(&line.payload, &line.filter),
            "JOINED"
        );
    }
}

pub(crate) fn refused_join(topic: &str, reason: &Payload, line: Option<Line>) {
    if let Some(line) = Line::of(topic, line) {
        at_level!(
            line.level,
            topic = one_line(topic),
            channel = line.channel,
            socket = line.socket,
            duration_us = micros(line.since.elapsed()),
            params = %Params::of_payload(&line.payload, &line.filter),
            reason = %Params::of_payload(reason, &line.filter),
            "REFUSED JOIN"
        );
    }
}

pub(crate) fn handled(topic: &str, line: Option<Line>) {
    if let Some(line) = Line::of(topic, line) {
        at_level!(
            line.level,
            event = one_line(&line.event),
            topic = one_line(topic),
            channel = line.channel,
            socket = line.socket,
            duration_us = micros(line.since.elapsed()),
            params = %Params::of_payload(&line.payload, &line.filter),
            "HANDLED"
        );
    }
}

pub(crate) fn join_crashed(topic: &str, socket: &'static str, error: &Error) {
    limited!(
        ERROR,
        "join crashed",
        topic = one_line(topic),
        socket,
        error = one_line(error)
    );
}

pub(crate) fn crashed(topic: &str, channel: &'static str, error: &Error) {
    limited!(
        ERROR,
        "channel crashed",
        topic = one_line(topic),
        channel,
        error = one_line(error)
    );
}

pub(crate) fn drop_crashed(error: &Error) {
    limited!(
        ERROR,
        "channel crashed while it was dropped",
        error = one_line(error)
    );
}

pub(crate) fn request_crashed(error: &Error) {
    limited!(ERROR, "request crashed", error = one_line(error));
}

pub(crate) fn overrun(topic: &str, socket: &'static str) {
    limited!(
        ERROR,
        "channel fell behind",
        topic = one_line(topic),
        socket
    );
}

pub(crate) fn unmatched(topic: &str, socket: &'static str) {
    limited!(WARN, "unmatched topic", topic = one_line(topic), socket);
}

pub(crate) fn too_many(limit: usize, socket: &'static str) {
    limited!(ERROR, "too many channels", limit, socket);
}

pub(crate) fn encode_failed(topic: &str, why: &dyn Display) {
    limited!(
        ERROR,
        "message not sent",
        topic = one_line(topic),
        reason = why.to_string()
    );
}

/// A serializer of the app could not decode a message.
pub(crate) fn decode_failed(serializer: &str, error: &Error) {
    limited!(
        ERROR,
        "message not decoded",
        serializer,
        error = one_line(error)
    );
}

/// A function of the app's for presences, `callback`, panicked or took too long.
pub(crate) fn presence_crashed(callback: &str, topic: &str, error: &Error) {
    limited!(
        ERROR,
        "presence callback crashed",
        callback,
        topic = one_line(topic),
        error = one_line(error)
    );
}

pub(crate) fn aborted(topic: &str, channel: &str, limit: Duration) {
    tracing::error!(
        target: TARGET,
        topic = one_line(topic),
        channel,
        limit_ms = millis(limit),
        "channel aborted"
    );
}

pub(crate) fn blocking(channel: &str, took: Duration) {
    limited!(
        WARN,
        "blocking handler",
        channel,
        duration_us = micros(took)
    );
}
