//! Messages of this command: joins, typed lines.

use tungstenite::Message;

use super::channels::Standing;
use super::replies::Pending;
use super::{Effect, JOIN, SERVER, Session};
use crate::connect::entry::{Content, Direction, Entry, Notes};
use crate::connect::frame::{Frame, Payload};
use crate::connect::json::Json;
use crate::connect::line::{Line, LineError};

impl Session {
    pub(super) fn next_ref(&mut self) -> String {
        self.last_ref += 1;
        self.last_ref.to_string()
    }

    pub(super) fn send(&mut self, frame: Frame) {
        let data = match frame.encode(self.format) {
            Ok(data) => data,
            Err(error) => return self.refuse(error.to_string()),
        };
        if let Some(reference) = &frame.reference {
            let pending = Pending {
                topic: frame.topic.clone(),
                event: frame.event.clone(),
                sent: self.now,
            };
            self.replies.expect(reference.clone(), pending);
        }
        self.send_as(data, Content::message(frame, Notes::default()));
    }

    pub(super) fn join(&mut self, topic: &str, payload: Json) {
        let reference = self.next_ref();
        let payload = self.positions.asking(topic, payload);
        let frame = Frame::push(Some(&reference), &reference, topic, JOIN);
        let frame = frame.with(Payload::Json(payload));
        self.channels.join(topic, reference);
        self.send(frame);
    }

    pub(super) fn push(&mut self, topic: &str, event: &str, payload: Payload) {
        let reference = self.next_ref();
        let join_ref = self.channels.join_ref(topic);
        self.send(Frame::push(join_ref, &reference, topic, event).with(payload));
    }

    pub(super) fn line(&mut self, line: Result<Line, LineError>) {
        match line {
            Ok(Line::Empty) => {}
            Ok(Line::Raw(text)) => self.raw(text),
            Ok(Line::Push {
                topic,
                event,
                payload,
            }) => match topic.or_else(|| self.channels.first().map(str::to_owned)) {
                Some(topic) => self.typed(&topic, event, payload),
                None => self.refuse(format!(
                    "no topic is joined: join one with user:lobby {JOIN}"
                )),
            },
            Err(error) => self.refuse(error.to_string()),
        }
    }

    /// Pushes a typed event, at once or after the join of its topic.
    fn typed(&mut self, topic: &str, event: String, payload: Payload) {
        if event == JOIN {
            return match payload {
                Payload::Json(payload) => self.join(topic, payload),
                Payload::Bytes(_) => self.refuse("the payload of a join is JSON".to_owned()),
            };
        }
        match self.channels.standing(topic) {
            Standing::Joining => self.channels.wait(topic, event, payload),
            Standing::Joined => self.push(topic, &event, payload),
            Standing::None if topic == SERVER => self.push(topic, &event, payload),
            Standing::None => {
                let help = format!("join it with {topic} {JOIN}");
                self.refuse(format!("`{topic}` is not joined: {help}"));
            }
        }
    }

    /// Sends a typed message as it is.
    fn raw(&mut self, text: String) {
        let data = Message::text(text);
        let content = match Frame::decode(&data, self.format) {
            Ok(frame) => Content::message(frame, Notes::default()),
            Err(error) => Content::Unreadable(error),
        };
        self.send_as(data, content);
    }

    fn send_as(&mut self, data: Message, content: Content) {
        self.effects.push(Effect::Send(data.clone()));
        self.show(Entry {
            direction: Direction::Out,
            data,
            content,
        });
    }

    /// Refuses a line. In a script, this is a failure.
    fn refuse(&mut self, why: String) {
        self.note(why);
        self.fail("a line was not sent".to_owned());
    }
}
