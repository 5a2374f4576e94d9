//! The state machine of a session.

use crate::message::{Body, Message, Payload, Ref, Status};
use crate::session::{
    AppMessage, Change, Effect, Effects, Handled, Joined, Key, Pattern, Rules, Session, Ticket,
};
use std::collections::HashSet;
use std::sync::Arc;

/// Asserts for any order of events: at most one answer to each message, no work for a channel that is gone, each channel's
/// messages in their order, and nothing left at the end.
pub fn session(data: &[u8]) {
    let rules = Rules {
        patterns: Pattern::parse("r*").into_iter().collect(),
        max_channels: 2,
        max_queued_messages: 2,
        max_queued_message_bytes: 1000,
        max_queued_bytes: 1_000,
    };
    let mut run = Run {
        session: Session::new(Arc::new(rules)),
        sent: 0,
        unanswered: HashSet::new(),
        joining: Vec::new(),
        handling: Vec::new(),
        running: Vec::new(),
        mailbox: Vec::new(),
    };
    for step in data.chunks_exact(2) {
        run.step(step[0], step[1]);
    }
    run.end();
}

struct Run {
    session: Session,
    /// Number of messages received. Each has its number in its event, and as its `ref` if it has one.
    sent: u32,
    unanswered: HashSet<String>,
    /// Work handed out by the session.
    joining: Vec<Ticket>,
    handling: Vec<Ticket>,
    /// Channels that were joined, and the number of the last message of each.
    running: Vec<(Key, u32)>,
    /// Messages from the app that were held back.
    mailbox: Vec<(Key, AppMessage)>,
}

impl Run {
    fn step(&mut self, what: u8, with: u8) {
        let mut effects = Effects::default();
        let (what, how) = (what % 4, what / 4);
        match what {
            0 => {
                let message = self.message(how, with);
                self.session.receive(message, &mut effects);
            }
            1 if !self.joining.is_empty() => self.joined(how, with, &mut effects),
            2 if !self.handling.is_empty() => self.handled(how, with, &mut effects),
            _ => self.send_app_message(how, with, &mut effects),
        }
        self.take(effects);
    }

    fn message(&mut self, how: u8, with: u8) -> Message<'static> {
        self.sent += 1;
        let reference = (with / 12 > 0).then(|| self.sent.to_string());
        self.unanswered.extend(reference.clone());
        Message {
            join_ref: [None, Some("1"), Some("2")][usize::from(with / 4 % 3)].map(Ref::from_text),
            reference: reference.as_deref().map(Ref::from_text),
            topic: ["r1", "r2", "r3", "x"][usize::from(with % 4)].into(),
            event: match how % 4 {
                1 => "phx_leave".into(),
                2 => self.sent.to_string().into(),
                _ => "phx_join".into(),
            },
            payload: Payload::binary(vec![0; usize::from(how / 4)]),
        }
    }

    fn joined(&mut self, how: u8, with: u8, effects: &mut Effects<'_>) {
        let ticket = self.joining.remove(usize::from(with) % self.joining.len());
        let how = match how % 3 {
            0 => Joined::Ok(Payload::empty()),
            1 => Joined::Refused(Payload::empty()),
            _ => Joined::Crashed,
        };
        if matches!(how, Joined::Ok(_)) {
            self.running.push((ticket.key, 0));
        }
        self.session.joined(ticket, how, effects);
    }

    fn handled(&mut self, how: u8, with: u8, effects: &mut Effects<'_>) {
        let at = usize::from(with) % self.handling.len();
        let ticket = self.handling.remove(at);
        let how = match how % 3 {
            0 => Handled::Silent,
            1 => Handled::Reply(Status::Ok, Payload::empty()),
            _ => Handled::Crashed,
        };
        self.session.handled(ticket, how, effects);
    }

    /// Sends to a busy channel, if there is one, or else to an idle one.
    fn send_app_message(&mut self, how: u8, with: u8, effects: &mut Effects<'_>) {
        let busy = self.joining.iter().chain(&self.handling);
        let idle = self.running.iter().map(|(key, _)| *key);
        let keys: Vec<Key> = busy.map(|ticket| ticket.key).chain(idle).collect();
        let Some(key) = keys.get(usize::from(how) % keys.len().max(1)).copied() else {
            return;
        };
        let message = match with % 5 {
            0 => AppMessage::Info(Box::new(())),
            1 => AppMessage::Stop,
            2 => AppMessage::Overrun,
            4 => AppMessage::Unsendable,
            _ => AppMessage::Presence(Change::PushState),
        };
        self.mailbox.push((key, message));
        self.take_app_messages(effects);
    }

    fn take_app_messages(&mut self, effects: &mut Effects<'_>) {
        for (key, message) in std::mem::take(&mut self.mailbox) {
            if message.ends() || self.session.has_room(key) {
                self.session.receive_app(key, message, effects);
            } else {
                self.mailbox.push((key, message));
            }
        }
    }

    fn take(&mut self, mut effects: Effects<'_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(message) => {
                    if let (Body::Reply { .. }, Some(reference)) = (message.body, message.reference)
                    {
                        let asked = self.unanswered.remove(&*reference.as_text());
                        assert!(asked, "{reference:?} was answered twice");
                    }
                }
                Effect::Join(join) => self.joining.push(join.ticket),
                Effect::Handle { ticket, event, .. } => {
                    let number = event.parse().unwrap_or(self.sent);
                    self.work(ticket, Some(number));
                }
                Effect::Deliver { ticket, .. } => self.work(ticket, None),
                Effect::Subscribe { key } | Effect::Presence { key, .. } => {
                    assert!(self.is_running(key));
                }
                Effect::TakeAppMessages => self.take_app_messages(&mut effects),
                Effect::Stop { key, .. } => self.stop(key),
                Effect::Overrun { .. }
                | Effect::Unmatched { .. }
                | Effect::NoEvent { .. }
                | Effect::Diff { .. }
                | Effect::TooMany { .. } => {}
            }
        }
        assert!(
            self.session.len() <= 2,
            "no more channels than may be joined"
        );
        assert!(
            self.joining.len() + self.handling.len() <= 2,
            "no work but that of channels"
        );
    }

    fn work(&mut self, ticket: Ticket, number: Option<u32>) {
        assert!(
            !self.handling.iter().any(|other| other.key == ticket.key),
            "a channel does one thing at a time"
        );
        let mut running = self.running.iter_mut();
        let Some((_, last)) = running.find(|(key, _)| *key == ticket.key) else {
            panic!("work for a channel that is not there")
        };
        if let Some(number) = number {
            assert!(*last < number, "a message overtook another");
            *last = number;
        }
        self.handling.push(ticket);
    }

    fn stop(&mut self, stopped: Key) {
        self.joining.retain(|ticket| ticket.key != stopped);
        self.handling.retain(|ticket| ticket.key != stopped);
        self.running.retain(|(key, _)| *key != stopped);
    }

    fn is_running(&self, wanted: Key) -> bool {
        self.running.iter().any(|(key, _)| *key == wanted)
    }

    /// Ends all work, and then leaves every channel.
    fn end(mut self) {
        while !self.joining.is_empty() || !self.handling.is_empty() {
            self.step(if self.joining.is_empty() { 2 } else { 1 }, 0);
        }
        assert!(
            self.mailbox.is_empty(),
            "app messages are taken when there is room"
        );
        for topic in ["r1", "r2", "r3"] {
            let mut effects = Effects::default();
            let message = Message {
                join_ref: None,
                reference: None,
                topic: topic.into(),
                event: "phx_leave".into(),
                payload: Payload::empty(),
            };
            self.session.receive(message, &mut effects);
            self.take(effects);
        }
        assert_eq!(self.session.len(), 0);
        assert!(self.running.is_empty(), "every channel has ended");
    }
}
