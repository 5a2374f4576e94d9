use super::*;

fn decode(bytes: &[u8]) -> Result<Vec<Operation>, NotNats> {
    let mut buffer = BytesMut::from(bytes);
    let mut operations = Vec::new();
    while let Some(operation) = Operation::decode(&mut buffer)? {
        operations.push(operation);
    }
    Ok(operations)
}

fn message(sid: u64, subject: &str, status: Option<u16>, payload: &'static [u8]) -> Operation {
    Operation::Message(Received {
        sid,
        subject: subject.to_owned(),
        reply: None,
        stored: None,
        status,
        payload: payload.into(),
    })
}

fn with_reply(operation: Operation, reply: &str) -> Operation {
    let Operation::Message(message) = operation else {
        panic!("a message")
    };
    Operation::Message(Received {
        reply: Some(reply.to_owned()),
        ..message
    })
}

const SESSION: &[u8] = b"INFO {\"server_id\":\"x\",\"max_payload\":1048576,\"headers\":true}\r\n\
    PING\r\npong\r\n+OK\r\n\
    MSG a.b 7 5\r\nh\r\nlo\r\n\
    MSG a.b 8 _INBOX.1 0\r\n\r\n\
    HMSG x 9 12 14\r\nNATS/1.0\r\n\r\nhi\r\n\
    HMSG x 9 y 28 28\r\nNATS/1.0 404 Not Found\r\n\r\n\r\n\
    -ERR 'Stale Connection'\r\n";

fn session() -> Vec<Operation> {
    vec![
        Operation::Info(Info {
            max_payload: 1_048_576,
            tls_required: false,
        }),
        Operation::Ping,
        Operation::Pong,
        Operation::Ok,
        message(7, "a.b", None, b"h\r\nlo"),
        with_reply(message(8, "a.b", None, b""), "_INBOX.1"),
        message(9, "x", None, b"hi"),
        with_reply(message(9, "x", Some(404), b""), "y"),
        Operation::Error("Stale Connection".to_owned()),
    ]
}

#[test]
fn operations_are_read_in_order_wherever_they_are_cut() {
    let text = std::str::from_utf8(SESSION).expect("text");
    let text = text.replace("28 28", "26 26"); // which its headers have
    assert_eq!(decode(text.as_bytes()), Ok(session()));
    let mut buffer = BytesMut::new();
    let mut operations = Vec::new();
    for byte in text.bytes() {
        buffer.extend_from_slice(&[byte]);
        while let Some(operation) = Operation::decode(&mut buffer).expect("an operation") {
            operations.push(operation);
        }
    }
    assert_eq!(operations, session());
}

#[test]
fn bytes_that_no_server_sends_are_refused() {
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        b"\xff\r\n",
        b"INFO {\r\n",
        b"INFO {}\r\n",
        b"INFO {\"max_payload\":-1}\r\n",
        b"MSG a\r\n",
        b"MSG a 1\r\n",
        b"MSG a x 1\r\n",
        b"MSG a 1 b c 1\r\n",
        b"MSG a 1 -1\r\n",
        b"MSG a 1 +1\r\n",
        b"MSG a 1 2\r\nabcdef\r\n",
        b"MSG a 1 99999999999999999999999\r\n",
        b"MSG a 1 67108865\r\n",
        b"HMSG a 1 3 2\r\nabc\r\n",
        b"HMSG a 1 3\r\nabc\r\n",
    ] {
        assert_eq!(decode(bytes), Err(NotNats), "{:?}", bytes.escape_ascii());
    }
    assert_eq!(decode(&vec![b'x'; MAX_LINE]), Err(NotNats));
    assert_eq!(decode(&vec![b'x'; MAX_LINE - 1]), Ok(vec![]));
}

#[test]
fn the_place_of_a_message_that_was_stored_is_in_its_headers() {
    let read = |headers: &str| {
        let headers = format!("NATS/1.0\r\n{headers}\r\n");
        let bytes = headers.len();
        let message = format!("HMSG x 9 {bytes} {bytes}\r\n{headers}\r\n");
        match &decode(message.as_bytes()).expect("an operation")[..] {
            [Operation::Message(message)] => message.stored.clone(),
            other => panic!("{other:?}"),
        }
    };
    let headers =
        "Nats-Msg-Id: 3\r\nNats-Stream: S\r\nNats-Sequence: 7\r\nNats-Last-Sequence: 5\r\n";
    let stored = InStream {
        stream: "S".to_owned(),
        number: 7,
        previous: 5,
    };
    assert_eq!(read(headers), Some(stored));
    for (part, other) in [("Nats-Stream", "Stream"), (": 7", ": x"), (": 5", ":")] {
        assert_eq!(read(&headers.replace(part, other)), None, "{other}");
    }
}

#[test]
fn operations_of_the_client_are_those_of_the_protocol() {
    let mut operations = Operations::default();
    operations.ping();
    operations.subscribe("a.b", 7);
    operations.unsubscribe(7);
    operations.publish("a.b", b"hi");
    operations.request("a", "r", None, b"");
    operations.request("a", "r", Some(("N", "3")), b"hi");
    let expected = b"PING\r\nSUB a.b 7\r\nUNSUB 7\r\nPUB a.b 2\r\nhi\r\nPUB a r 0\r\n\r\n\
        HPUB a r 18 20\r\nNATS/1.0\r\nN: 3\r\n\r\nhi\r\n";
    assert_eq!(
        operations.0.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}
