//! Phoenix's processes as a model, and random clients of it and of the session, which answers with the same frames.
//!
//! Source: `Phoenix.Socket.handle_in/4` and `Phoenix.Channel.Server`. The socket's process handles one message after the
//! other, and waits for each join; a channel's process has a mailbox. One difference is kept: messages in the mailbox of a
//! channel that ends are not lost, but answered as those for a topic that nobody has joined.

use super::{Effect, Effects, Handled, Joined, Pattern, Reason, Rules, Session, Ticket};
use crate::message::{Body, Message, Outgoing, Payload, Ref, Status};
use crate::session::AppMessage;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A client's message. Its refs are JSON.
#[derive(Clone, Copy, Debug)]
struct Sent {
    join_ref: &'static str,
    reference: u32,
    event: &'static str,
}

/// Outcome of a callback.
#[derive(Clone, Copy, Debug)]
enum How {
    Reply,
    Silent,
    /// `{:stop, :normal, reply, socket}`
    StopWithReply,
    Refuse,
    Crash,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(Sent),
    /// The join, or the message that is being handled, ends.
    End(How),
}

/// A topic of the model. A frame has `join_ref`, `ref`, and the event or the status.
#[derive(Default)]
struct Model {
    channel: Channel,
    /// Messages that the socket has not read yet, since a join is under way.
    unread: VecDeque<Sent>,
    frames: Vec<String>,
}

#[derive(Default)]
enum Channel {
    #[default]
    None,
    Joining {
        join: Sent,
        /// `join_ref` of the join that this one replaces.
        replaces: Option<&'static str>,
    },
    Joined {
        join: Sent,
        mailbox: VecDeque<Sent>,
        /// `ref` of the message that is being handled.
        handling: Option<u32>,
    },
}

impl Model {
    fn step(&mut self, step: Step) {
        match step {
            Step::Send(sent) => self.unread.push_back(sent),
            Step::End(how) => self.end(how),
        }
        while !matches!(self.channel, Channel::Joining { .. })
            && let Some(sent) = self.unread.pop_front()
        {
            self.read(sent);
        }
    }

    /// Phoenix's `handle_in` of the socket.
    fn read(&mut self, sent: Sent) {
        match (&mut self.channel, sent.event) {
            (Channel::None, "phx_join") => self.join(sent, None),
            (Channel::None, "phx_leave") => self.reply(sent.join_ref, sent.reference, "ok"),
            (Channel::None, _) => self.reply("null", sent.reference, "unmatched"),
            (Channel::Joined { join, .. }, "phx_join") => {
                let replaces = Some(join.join_ref);
                self.join(sent, replaces);
            }
            (Channel::Joined { join, mailbox, .. }, _) => {
                if sent.join_ref == "null" || sent.join_ref == join.join_ref {
                    mailbox.push_back(sent);
                    self.run();
                }
            }
            (Channel::Joining { .. }, _) => unreachable!("the socket waits"),
        }
    }

    fn join(&mut self, join: Sent, replaces: Option<&'static str>) {
        self.channel = Channel::Joining { join, replaces };
    }

    /// Runs the channel's process until it handles a message.
    fn run(&mut self) {
        while let Channel::Joined {
            join,
            mailbox,
            handling: handling @ None,
        } = &mut self.channel
            && let Some(sent) = mailbox.pop_front()
        {
            if sent.event == "phx_leave" {
                let join = *join;
                self.reply(&own(join), sent.reference, "ok");
                self.close(join, "phx_close");
            } else {
                *handling = Some(sent.reference);
            }
        }
    }

    fn end(&mut self, how: How) {
        match std::mem::take(&mut self.channel) {
            Channel::Joining { join, replaces } => {
                let is_joined = matches!(how, How::Reply | How::Silent);
                let status = if is_joined { "ok" } else { "error" };
                self.reply(join.join_ref, join.reference, status);
                if let Some(join_ref) = replaces {
                    self.notice(join_ref, "phx_close");
                }
                if is_joined {
                    self.channel = Channel::Joined {
                        join,
                        mailbox: VecDeque::new(),
                        handling: None,
                    };
                }
            }
            Channel::Joined {
                join,
                mailbox,
                handling: Some(reference),
            } => {
                self.channel = Channel::Joined {
                    join,
                    mailbox,
                    handling: None,
                };
                match how {
                    How::Reply => self.reply(&own(join), reference, "ok"),
                    How::Silent => {}
                    How::Refuse => self.reply(&own(join), reference, "error"),
                    How::StopWithReply => {
                        self.reply(&own(join), reference, "ok");
                        return self.close(join, "phx_close");
                    }
                    How::Crash => return self.close(join, "phx_error"),
                }
                self.run();
            }
            idle => self.channel = idle,
        }
    }

    /// Ends the channel. Messages in its mailbox go back to the socket: the difference that is kept.
    fn close(&mut self, join: Sent, event: &str) {
        self.notice(join.join_ref, event);
        if let Channel::Joined { mailbox, .. } = std::mem::take(&mut self.channel) {
            mailbox
                .into_iter()
                .rev()
                .for_each(|sent| self.unread.push_front(sent));
        }
    }

    fn reply(&mut self, join_ref: &str, reference: u32, status: &str) {
        self.frames
            .push(format!("[{join_ref},{reference},{status}"));
    }

    /// A message about the end of a channel has its `join_ref` twice.
    fn notice(&mut self, join_ref: &str, event: &str) {
        self.frames.push(format!("[{join_ref},{join_ref},{event}"));
    }
}

/// `join_ref` of a channel's replies: `join_ref || ref` of the join.
fn own(join: Sent) -> String {
    match join.join_ref {
        "null" => join.reference.to_string(),
        join_ref => join_ref.to_owned(),
    }
}

/// The session, with the work of each topic that is under way.
struct Real {
    session: Session,
    working: HashMap<&'static str, (Work, Ticket)>,
    frames: HashMap<&'static str, Vec<String>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Work {
    Join,
    Handle,
}

const TOPICS: [&str; 2] = ["r1", "r2"];

impl Real {
    fn new() -> Self {
        let rules = Rules {
            patterns: Pattern::parse("r*").into_iter().collect(),
            max_channels: 2,
            max_queued_messages: 1000,
            max_queued_message_bytes: 1_000_000,
            max_queued_bytes: 1_000,
        };
        Real {
            session: Session::new(Arc::new(rules)),
            working: HashMap::new(),
            frames: HashMap::new(),
        }
    }

    fn step(&mut self, topic: &'static str, step: Step) {
        let mut effects = Effects::default();
        match step {
            Step::Send(sent) => {
                let message = Message {
                    join_ref: Ref::from_json(sent.join_ref),
                    reference: Some(u64::from(sent.reference).into()),
                    topic: topic.into(),
                    event: sent.event.into(),
                    payload: Payload::empty(),
                };
                self.session.receive(message, &mut effects);
            }
            Step::End(how) => {
                let Some((work, ticket)) = self.working.remove(topic) else {
                    return;
                };
                match work {
                    Work::Join => self.session.joined(ticket, joined(how), &mut effects),
                    Work::Handle => {
                        if matches!(how, How::StopWithReply) {
                            let stop = AppMessage::Stop;
                            self.session.receive_app(ticket.key, stop, &mut effects);
                        }
                        self.session.handled(ticket, handled(how), &mut effects);
                    }
                }
            }
        }
        self.carry_out(topic, effects);
    }

    fn carry_out(&mut self, topic: &'static str, mut effects: Effects<'_>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Send(message) => {
                    let frames = self.frames.entry(topic).or_default();
                    frames.push(frame(&message));
                }
                Effect::Join(join) => {
                    let earlier = self.working.insert(topic, (Work::Join, join.ticket));
                    assert!(earlier.is_none(), "one join at a time");
                }
                Effect::Handle { ticket, .. } => {
                    let earlier = self.working.insert(topic, (Work::Handle, ticket));
                    assert!(earlier.is_none(), "one message at a time");
                }
                Effect::Stop { key, reason } => {
                    let is_aborted = self.working.get(topic).is_some_and(|it| it.1.key == key);
                    assert!(!is_aborted || reason == Reason::Rejoined);
                    if is_aborted {
                        self.working.remove(topic);
                    }
                }
                Effect::Subscribe { .. } | Effect::Unmatched { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn joined(how: How) -> Joined {
    match how {
        How::Reply | How::Silent => Joined::Ok(Payload::empty()),
        How::Refuse => Joined::Refused(Payload::empty()),
        How::StopWithReply | How::Crash => Joined::Crashed,
    }
}

fn handled(how: How) -> Handled {
    match how {
        How::Reply | How::StopWithReply => Handled::Reply(Status::Ok, Payload::empty()),
        How::Silent => Handled::Silent,
        How::Refuse => Handled::Reply(Status::Error, Payload::empty()),
        How::Crash => Handled::Crashed,
    }
}

/// A frame as the model has it.
fn frame(message: &Outgoing<'_>) -> String {
    let json = |of: &Option<Ref>| of.as_ref().map_or("null".into(), |of| format!("{of:?}"));
    let what = match &message.body {
        Body::Event { event, .. } => event,
        Body::Reply { response, .. } if response.as_json().contains("unmatched") => "unmatched",
        Body::Reply { status, .. } => status.as_str(),
    };
    format!(
        "[{},{},{what}",
        json(&message.join_ref),
        json(&message.reference)
    )
}

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        of[roll as usize % of.len()]
    }

    fn step(&mut self, reference: u32) -> Step {
        let end = [
            How::Reply,
            How::Silent,
            How::StopWithReply,
            How::Refuse,
            How::Crash,
        ];
        match self.pick(&[true, true, false]) {
            true => Step::Send(Sent {
                join_ref: self.pick(&["null", "\"1\"", "\"2\""]),
                reference,
                event: self.pick(&["phx_join", "phx_leave", "say", "say", "say"]),
            }),
            false => Step::End(self.pick(&end)),
        }
    }
}

#[test]
fn random_clients_are_answered_as_by_the_processes_of_phoenix() {
    for seed in 1..=5000 {
        let mut dice = Dice(seed);
        let mut real = Real::new();
        let mut models = HashMap::from(TOPICS.map(|topic| (topic, Model::default())));
        let mut script = Vec::new();
        for reference in 0..40 {
            let (topic, step) = (dice.pick(&TOPICS), dice.step(reference));
            script.push((topic, step));
            real.step(topic, step);
            let model = models.entry(topic).or_default();
            model.step(step);
            let frames = real.frames.entry(topic).or_default();
            assert_eq!(*frames, model.frames, "seed {seed}: {script:#?}");
        }
    }
}
