use crate::error::{Error, Result, UnknownEvent};
use crate::message::{InvalidPayload, Payload};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt::{self, Display};

impl Payload {
    /// Parses an event and its payload into an enum of the app: the event names the variant, the payload is its content.
    ///
    /// A variant without content ignores the payload. `#[serde(other)]` marks the variant for all other events.
    ///
    /// # Errors
    /// [`UnknownEvent`] if no variant has the event's name, and [`InvalidPayload`] if the payload does not fit the
    /// variant. By `?` in [`handle_in`](crate::Channel::handle_in), the first ends the channel, as in Phoenix, and the
    /// second is an error reply. Any other error means that `T` is not an enum with the default representation.
    ///
    /// # Examples
    /// ```
    /// use axum_channels::{Channel, Payload, Reply, Result, Socket, Topic};
    /// use serde::Deserialize;
    /// use serde_json::json;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "snake_case")]
    /// enum In {
    ///     Shout { body: String }, // channel.push("shout", {body: "hello"})
    ///     MarkRead(u64), // channel.push("mark_read", 7)
    ///     Typing, // channel.push("typing", {})
    /// }
    ///
    /// struct RoomChannel { read: u64 }
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self { read: 0 })
    ///     }
    ///
    ///     async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
    ///         match payload.parse_event(event)? {
    ///             In::Shout { body } => socket.broadcast("shout", json!({"body": body})),
    ///             In::MarkRead(line) => self.read = line,
    ///             In::Typing => socket.broadcast_from("typing", Payload::empty()),
    ///         }
    ///         Ok(Reply::none())
    ///     }
    /// }
    /// ```
    pub fn parse_event<T: DeserializeOwned>(&self, event: &str) -> Result<T> {
        let message = Message {
            event,
            payload: self,
        };
        T::deserialize(message).map_err(|problem| match problem {
            Problem::Event => UnknownEvent::new(event).into(),
            Problem::Payload(invalid) => invalid.into(),
            Problem::Type(text) => Error::msg(text),
        })
    }
}

/// An event and its payload, as serde reads an enum.
#[derive(Clone, Copy)]
struct Message<'de> {
    event: &'de str,
    payload: &'de Payload,
}

#[derive(Debug)]
enum Problem {
    /// No variant has the name of the event.
    Event,
    Payload(InvalidPayload),
    /// The type is not an enum of this form.
    Type(String),
}

impl<'de> Deserializer<'de> for Message<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Message<'de> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Problem> {
        let name: StrDeserializer<'de, Problem> = self.event.into_deserializer();
        let variant = seed.deserialize(name).map_err(|_| Problem::Event)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Message<'de> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        let parsed = self.payload.parse_seed(seed);
        parsed.map_err(Problem::Payload)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Problem> {
        let tuple = Content::Tuple(len, visitor);
        self.newtype_variant_seed(tuple)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let object = Content::Struct(fields, visitor);
        self.newtype_variant_seed(object)
    }
}

/// Content of a variant with several values.
enum Content<V> {
    Tuple(usize, V),
    Struct(&'static [&'static str], V),
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Content<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        match self {
            Content::Tuple(len, visitor) => deserializer.deserialize_tuple(len, visitor),
            Content::Struct(fields, visitor) => {
                deserializer.deserialize_struct("", fields, visitor)
            }
        }
    }
}

impl de::Error for Problem {
    fn custom<T: Display>(text: T) -> Self {
        Problem::Type(text.to_string())
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum In {
        Typing,
        MarkRead(u64),
        Move(u8, u8),
        Shout { body: String },
    }

    #[derive(Debug, Deserialize, PartialEq)]
    enum Open {
        #[serde(rename = "shout")]
        Shout,
        #[serde(other)]
        Other,
    }

    fn parse<T: DeserializeOwned>(event: &str, payload: impl Into<Payload>) -> Result<T, String> {
        let parsed = payload.into().parse_event(event);
        parsed.map_err(|error| match error.refusal() {
            Some(refused) => format!("reply {:?}", refused.payload),
            None => error.to_string(),
        })
    }

    #[test]
    fn every_kind_of_variant_is_parsed() {
        let text = json!({"body": "hello", "more": true});
        let parsed = [
            parse::<In>("typing", json!({})),
            parse("typing", Payload::binary(vec![0])),
            parse("mark_read", json!(7)),
            parse("move", json!([3, 4])),
            parse("shout", text),
        ];
        let body = "hello".to_owned();
        assert_eq!(
            parsed.map(|parsed| parsed.expect("an event")),
            [
                In::Typing,
                In::Typing,
                In::MarkRead(7),
                In::Move(3, 4),
                In::Shout { body }
            ]
        );
    }

    #[test]
    fn a_wrong_payload_is_a_reply_and_an_unknown_event_is_not() {
        let problem = |event, payload: Payload| parse::<In>(event, payload).expect_err("no event");
        assert_eq!(
            [
                problem("shout", json!({"body": 3}).into()),
                problem("shout", Payload::empty()),
                problem("mark_read", json!("7").into()),
                problem("mark_read", Payload::binary(vec![7])),
                problem("dance", Payload::empty()),
            ],
            [
                r#"reply {"reason":"body: invalid type: integer `3`, expected a string"}"#,
                r#"reply {"reason":"missing field `body`"}"#,
                r#"reply {"reason":"invalid type: string \"7\", expected u64"}"#,
                r#"reply {"reason":"expected JSON, not bytes"}"#,
                "unknown event `dance`",
            ]
        );
    }

    #[test]
    fn other_events_have_a_variant_if_the_app_wants_one() {
        assert_eq!(parse("shout", Payload::empty()), Ok(Open::Shout));
        assert_eq!(parse("dance", Payload::empty()), Ok(Open::Other));
    }

    #[test]
    fn a_type_that_is_no_enum_is_a_mistake_of_the_app() {
        let problem = parse::<Vec<u8>>("shout", json!([1]));
        assert_eq!(
            problem,
            Err("invalid type: enum, expected a sequence".to_owned())
        );
    }
}
