//! Nodes of a Phoenix app: their messages are made and read by Erlang.

use super::app::{UserSocket, connected};
use super::redis_server;
use super::server::{Kind, Server};
use axum_channels::cluster::Redis;
use axum_channels::testing::{connect, connect_with};
use axum_channels::{Endpoint, Payload};
use base64::prelude::*;
use redis::Commands;
use serde_json::{Value, json};
use std::process::Command;

const CHANNEL: &str = "phx:Elixir.MyApp.PubSub.Adapter";

/// Evaluates expressions in Erlang, and returns what they print.
fn erlang(expressions: &str) -> String {
    let output = Command::new("erl")
        .args(["-noshell", "-eval", &format!("{expressions}, halt().")])
        .output()
        .expect("erl is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

async fn node(server: &Server, name: &str) -> Endpoint {
    let redis = Redis::phoenix(server.url(), "MyApp.PubSub", name);
    let builder = Endpoint::builder().socket::<UserSocket>("/socket");
    let endpoint = builder.pubsub(redis.expect("a URL")).build();
    connected(&endpoint, true).await;
    endpoint
}

/// Helpers in Erlang: a broadcast as Phoenix makes it, and its message in base64.
const PHOENIX: &str = r#"
    Broadcast = fun(Topic, Event, Payload) ->
        #{'__struct__' => 'Elixir.Phoenix.Socket.Broadcast', topic => Topic, event => Event, payload => Payload}
    end,
    Message = fun(Mode, Node, Topic, Term, Options) ->
        Binary = term_to_binary({3, Mode, Node, Topic, Term, 'Elixir.Phoenix.Channel.Server'}, Options),
        io:format("~s~n", [base64:encode(Binary)])
    end
"#;

#[tokio::test]
#[ignore = "needs redis-server and erl"]
async fn broadcasts_of_phoenix_reach_the_clients_and_so_does_a_disconnect() {
    let server = Server::start(Kind::Redis);
    let endpoint = node(&server, "rust-1").await;
    let client = connect_with(&endpoint, "/socket", &[("id", "user_socket:42")]).await;
    let client = client.expect("it is accepted");
    let mut channel = client.join("room:1", json!({})).await;
    let messages = erlang(&format!(
        r#"{PHOENIX},
        Payload = #{{text => <<"é"/utf8>>, <<"n">> => [1, 2.5, nil, true, -7, 123456789012345678901]}},
        Shout = Broadcast(<<"room:1">>, <<"shout">>, Payload),
        Message(except, 'a@host', <<"room:1">>, Shout, []),
        Message(except, <<"a@host">>, <<"room:1">>, Shout, [{{compressed, 9}}]),
        Message(except, 'rust-1', <<"room:1">>, Shout, []),
        Message(only, 'a@host', <<"room:1">>, Shout, []),
        Message(except, 'a@host', <<"room:2">>, Shout, []),
        Message(except, 'a@host', <<"room:1">>, {{self(), make_ref(), fun() -> ok end, <<1:3>>}}, []),
        Message(only, <<"rust-1">>, <<"room:1">>, Broadcast(<<"room:1">>, <<"image">>, {{binary, <<0, 255>>}}), []),
        Message(except, 'a@host', <<"user_socket:42">>, Broadcast(<<"user_socket:42">>, <<"disconnect">>, #{{}}), [])"#
    ));
    for message in messages.lines() {
        let message = BASE64_STANDARD.decode(message).expect("base64");
        let mut connection = redis_server::connection(server.addr());
        let receivers: u64 = connection.publish(CHANNEL, message).expect("it answers");
        assert_eq!(receivers, 1);
    }
    let list = r#"{"text":"é","n":[1,2.5,null,true,-7,123456789012345678901]}"#;
    let expected: Value = serde_json::from_str(list).expect("JSON");
    for _ in 0..2 {
        let shout = channel.next_broadcast("shout").await;
        assert_eq!(shout.to_value(), expected);
    }
    assert_eq!(
        channel.next_broadcast("image").await,
        Payload::binary(vec![0, 255])
    );
    assert_eq!(client.assert_closed().await, 1001);
    assert_eq!(endpoint.stats().cluster.malformed, 0);
}

#[tokio::test(flavor = "multi_thread")] // the test waits for the engine in its own thread
#[ignore = "needs redis-server and erl"]
async fn erlang_reads_the_broadcasts_of_this_node_as_those_of_phoenix() {
    let server = Server::start(Kind::Redis);
    let endpoint = node(&server, "rust-1").await;
    let mut connection = redis_server::connection(server.addr());
    let mut received = connection.as_pubsub();
    received.subscribe(CHANNEL).expect("it answers");
    let payload =
        json!({"text": "é", "n": [1, 2.5, null, true, -7, u64::MAX, i64::MIN], "empty": [{}, []]});
    endpoint.broadcast("room:1", "shout", payload);
    endpoint.broadcast("room:1", "image", Payload::binary(vec![0, 255]));
    endpoint.disconnect("user_socket:42");
    let mut read = || {
        let message = received.get_message().expect("it arrives");
        BASE64_STANDARD.encode(message.get_payload_bytes())
    };
    let [shout, image, disconnect] = [read(), read(), read()];
    let equal = erlang(&format!(
        r#"{PHOENIX},
        Same = fun(Base64, Topic, Event, Payload) ->
            Read = binary_to_term(base64:decode(Base64), [safe, used]),
            Term = {{3, except, <<"rust-1">>, Topic, Broadcast(Topic, Event, Payload), 'Elixir.Phoenix.Channel.Server'}},
            {{Got, Used}} = Read,
            io:format("~w ", [{{Got =:= Term, Used =:= byte_size(base64:decode(Base64))}}])
        end,
        Same(<<"{shout}">>, <<"room:1">>, <<"shout">>, #{{<<"text">> => <<"é"/utf8>>, <<"empty">> => [#{{}}, []],
            <<"n">> => [1, 2.5, nil, true, -7, 18446744073709551615, -9223372036854775808]}}),
        Same(<<"{image}">>, <<"room:1">>, <<"image">>, {{binary, <<0, 255>>}}),
        Same(<<"{disconnect}">>, <<"user_socket:42">>, <<"disconnect">>, #{{}}), _ = Message"#
    ));
    assert_eq!(equal, "{true,true} {true,true} {true,true} ");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn nodes_in_rust_reach_each_other_and_presences_stay_where_they_are() {
    let server = Server::start(Kind::Redis);
    let (a, b) = (node(&server, "rust-1").await, node(&server, "rust-2").await);
    let client = connect(&b, "/socket").await;
    let mut channel = client.join("room:1", json!({"user": "bob"})).await;
    a.broadcast("room:1", "to", json!({"n": 1}));
    channel.assert_broadcast("to", json!({"n": 1})).await;
    assert_eq!(super::app::users(&a, "room:1"), [""; 0]);
    a.shutdown().await;
    let last = json!({"n": 2});
    b.broadcast("room:1", "to", last.clone());
    channel.assert_broadcast("to", last).await;
    assert_eq!(b.stats().cluster.malformed, 0);
}
