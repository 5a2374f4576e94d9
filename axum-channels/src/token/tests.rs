use super::*;
use serde_json::json;

const SECRET: &str = "kjoy3o1zeidquwy1398juxzldjlksahdk3";
const SIGNED_AT: Duration = Duration::from_secs(1_700_000_000);

/// Made by Plug.Crypto 2.1: `Plug.Crypto.sign(SECRET, "user socket", data, signed_at: 1_700_000_000, max_age: 86_400)`.
const FROM_PHOENIX: [(&str, &str); 5] = [
    (
        "user:42",
        "SFMyNTY.g2gDbQAAAAd1c2VyOjQybgYAAGjlz4sBYgABUYA.JjbtzkM2Nt8dFdqiAqGvEkAcB0S9567pkHg5ZkdsjcA",
    ),
    (
        "99",
        "SFMyNTY.g2gDYWNuBgAAaOXPiwFiAAFRgA.1TxgVmdCvXegcM1sqmF7mw2JSC8mWYZbnDgbUiZVJ10",
    ),
    (
        "100000",
        "SFMyNTY.g2gDYgABhqBuBgAAaOXPiwFiAAFRgA.zDL1dS2WotV_mc2fZkfgjAudAYsMAolUQvwQQ-ZLtkM",
    ),
    (
        "-5",
        "SFMyNTY.g2gDYv____tuBgAAaOXPiwFiAAFRgA.t6Qrn772akjy_EKWBhWw6tVDdsgOlCErCuQgvZpikh4",
    ),
    (
        "5000000000",
        "SFMyNTY.g2gDbgUAAPIFKgFuBgAAaOXPiwFiAAFRgA.OATR8CsO56qIfd-A7xI9m3l1dyM0pEmrc5kXDXsOpMI",
    ),
];

fn signer() -> Signer {
    Signer::new(SECRET, "user socket")
}

#[test]
fn tokens_of_phoenix_are_verified() {
    for (data, token) in FROM_PHOENIX {
        assert_eq!(
            text(signer().verify_at(token, SIGNED_AT)).as_deref(),
            Ok(data)
        );
    }
}

/// Data as text, as [`Signer::verify`] returns it.
fn text(data: Result<Value, BadToken>) -> Result<String, BadToken> {
    data.map(|data| {
        data.as_str()
            .map_or_else(|| data.to_string(), str::to_owned)
    })
}

/// Made as those of [`FROM_PHOENIX`], on OTP 25, and the data here.
fn values_from_phoenix() -> [(&'static str, Value, &'static str); 14] {
    [
        (
            "nil",
            json!(null),
            "SFMyNTY.g2gDZAADbmlsbgYAAGjlz4sBYgABUYA.XC-qvTeOITzs3-b8N0RgfIDqP2pUe7V3eJzr8exHuzo",
        ),
        (
            "true",
            json!(true),
            "SFMyNTY.g2gDZAAEdHJ1ZW4GAABo5c-LAWIAAVGA.Xf8LSeSkA7QSjgkr7g_beN_NLQKNKrQ7xyZC9GH18SU",
        ),
        (
            "1.5",
            json!(1.5),
            "SFMyNTY.g2gDRj_4AAAAAAAAbgYAAGjlz4sBYgABUYA.pzUm00zEWnajH8AfeDyB5YiZajYI1GUJu78xEKGfumY",
        ),
        (
            "18446744073709551615",
            json!(u64::MAX),
            "SFMyNTY.g2gDbggA__________9uBgAAaOXPiwFiAAFRgA.s1dSflEPD6UPcEI5n0FhamfUpD6gHpljk4M83iRjmtQ",
        ),
        (
            "-9223372036854775808",
            json!(i64::MIN),
            "SFMyNTY.g2gDbggBAAAAAAAAAIBuBgAAaOXPiwFiAAFRgA.jiABAB7njuGIOILDIrG7xefsiV-sTb3DW4gToQ40F1E",
        ),
        (
            "\"zoë\"",
            json!("zoë"),
            "SFMyNTY.g2gDbQAAAAR6b8OrbgYAAGjlz4sBYgABUYA.4gBR7NGyozw9-VzY6JbgkIhspdys6KT4ifNniljVLIc",
        ),
        (
            "[]",
            json!([]),
            "SFMyNTY.g2gDam4GAABo5c-LAWIAAVGA.srQRp1j6B2srEpQleqz4z37qU1Ee-7SNoT6bcJ9k8LQ",
        ),
        (
            "[1, 300, \"a\"]",
            json!([1, 300, "a"]),
            "SFMyNTY.g2gDbAAAAANhAWIAAAEsbQAAAAFham4GAABo5c-LAWIAAVGA._8_remDFUMG93RjBHbRtby70D1oQZkIpRm5mWBftrv8",
        ),
        (
            "%{}",
            json!({}),
            "SFMyNTY.g2gDdAAAAABuBgAAaOXPiwFiAAFRgA.TVtIjPVNie1RXhPv69UjVfcRSCDzh4HG_0QAfIRhO-c",
        ),
        (
            "[1, 2, 3], as Erlang's strings",
            json!([1, 2, 3]),
            "SFMyNTY.g2gDawADAQIDbgYAAGjlz4sBYgABUYA.qS7qlO7-iYVN_i7Qcj0dyGwzh3gNkNrhskBBUpwCgzo",
        ),
        (
            "%{\"admin\" => true, \"id\" => 42, \"tags\" => [\"a\"]}",
            json!({"admin": true, "id": 42, "tags": ["a"]}),
            "SFMyNTY.g2gDdAAAAANtAAAABWFkbWluZAAEdHJ1ZW0AAAACaWRhKm0AAAAEdGFnc2wAAAABbQAAAAFham4GAABo5c-LAWIAAVGA.TJP50GtUIOI4pTHci39o3RsT_tdEFsTGQjouHGHr8hs",
        ),
        (
            "%{id: 42, role: :admin}",
            json!({"id": 42, "role": "admin"}),
            "SFMyNTY.g2gDdAAAAAJkAAJpZGEqZAAEcm9sZWQABWFkbWlubgYAAGjlz4sBYgABUYA.jOpwS6j0Z2UAvWYzxnecazJJagW3m5s-yPad7KGhkp8",
        ),
        (
            "{:user, 42}",
            json!(["user", 42]),
            "SFMyNTY.g2gDaAJkAAR1c2VyYSpuBgAAaOXPiwFiAAFRgA.WxuLuEn6_oqylREsoablx6AExH4_aPyNzQpFBQqqG1I",
        ),
        (
            "%{1 => \"one\"}",
            json!({"1": "one"}),
            "SFMyNTY.g2gDdAAAAAFhAW0AAAADb25lbgYAAGjlz4sBYgABUYA.ybu1wy23IUN7YBxKp9mcMmybXnt67_Mq6f9LeKI62Ro",
        ),
    ]
}

/// As those: a binary that is not UTF-8, and 2 to the 64th.
const NOT_JSON: [&str; 2] = [
    "SFMyNTY.g2gDbQAAAAH_bgYAAGjlz4sBYgABUYA.oSLYpW6Dqt211G5B0WhwEYllb87hlV7tt9W-Le036ro",
    "SFMyNTY.g2gDbgkAAAAAAAAAAAABbgYAAGjlz4sBYgABUYA.jyTyEtES9bMMk2XdVY5LcbSa9H7CRDbybc-J77s8irM",
];

#[test]
fn terms_of_phoenix_are_read_as_the_json_that_is_nearest_to_them() {
    for (term, data, token) in values_from_phoenix() {
        assert_eq!(signer().verify_at(token, SIGNED_AT), Ok(data), "{term}");
    }
    for token in NOT_JSON {
        let verified = signer().verify_at(token, SIGNED_AT);
        assert_eq!(verified, Err(BadToken::Invalid));
    }
}

#[test]
fn numbers_texts_and_lists_are_signed_to_the_token_that_phoenix_makes_of_them() {
    for (term, data, token) in &values_from_phoenix()[2..9] {
        assert_eq!(signer().sign_at(data, SIGNED_AT), *token, "{term}");
    }
}

/// Verified by Plug.Crypto 2.1 as `{:ok, %{"admin" => true, "none" => nil, "tags" => [1, 2]}}`.
#[test]
fn atoms_maps_and_lists_of_bytes_are_signed_to_a_token_that_phoenix_verifies() {
    let data = json!({"admin": true, "none": null, "tags": [1, 2]});
    let token = "SFMyNTY.g2gDdAAAAANtAAAABWFkbWludwR0cnVlbQAAAARub25ldwNuaWxtAAAABHRhZ3NsAAAAAmEBYQJqbgYAAGjlz4sBYgABUYA.0vUnf0NCXZcrIYkBCjeCDbESIj0-MYUhpsL3RPoENMo";
    assert_eq!(signer().sign_at(&data, SIGNED_AT), token);
}

#[test]
fn a_value_of_serde_is_verified_as_it_was_signed() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Role {
        Guest,
        Member {
            since: Option<i32>,
            rooms: Vec<(String, u64)>,
        },
    }
    for role in [
        Role::Guest,
        Role::Member {
            since: None,
            rooms: vec![],
        },
        Role::Member {
            since: Some(-7),
            rooms: vec![("lobby".to_owned(), u64::MAX)],
        },
    ] {
        let token = signer().sign_value(&role).expect("JSON can express it");
        assert_eq!(signer().verify_value(&token), Ok(role));
    }
    let number = signer().sign_value(&0.1).expect("JSON can express it");
    assert_eq!(signer().verify_value(&number), Ok(0.1));
    assert_eq!(
        signer().verify_value::<Role>(&number),
        Err(BadToken::OtherData)
    );
    assert_eq!(signer().verify(&number), Err(BadToken::OtherData));
    let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
    assert!(signer().sign_value(&keys).is_err());
}

#[test]
fn a_term_is_no_deeper_than_json() {
    let verify = |depth: usize| {
        let list = (1..depth).fold(json!([]), |list, _| json!([list]));
        verify_term(&Contents::encode(&list, 0, i64::MAX))
    };
    assert_eq!(verify(127), Err(BadToken::OtherData), "a list is no text");
    assert_eq!(verify(129), Err(BadToken::Invalid));
}

#[test]
fn a_string_is_signed_to_the_token_that_phoenix_makes_of_it() {
    let (data, token) = FROM_PHOENIX[0];
    assert_eq!(signer().sign_at(&data.into(), SIGNED_AT), token);
}

#[test]
fn a_token_is_good_for_as_long_as_it_may_be_and_no_longer() {
    let (data, token) = FROM_PHOENIX[0];
    let verify = |age| {
        let signer = signer().max_age(Duration::from_secs(10));
        text(signer.verify_at(token, SIGNED_AT + age))
    };
    assert_eq!(verify(Duration::from_secs(10)).as_deref(), Ok(data));
    assert_eq!(
        verify(Duration::from_millis(10_001)),
        Err(BadToken::Expired)
    );
    let never = signer().max_age(Duration::ZERO);
    assert_eq!(never.verify_at(token, SIGNED_AT), Err(BadToken::Expired));
}

/// As the first of [`FROM_PHOENIX`], but `max_age: 600`.
const FOR_TEN_MINUTES: &str =
    "SFMyNTY.g2gDbQAAAAd1c2VyOjQybgYAAGjlz4sBYgAAAlg.BgvSs1oszukU1t73JFqGAi0s8oLbyDbyUXWWXMFAjHo";

#[test]
fn a_token_says_itself_how_long_it_is_good_unless_the_signer_does() {
    let (minute, day) = (Duration::from_secs(60), 24 * 60 * Duration::from_secs(60));
    let verify = |signer: Signer, age| signer.verify_at(FOR_TEN_MINUTES, SIGNED_AT + age);
    assert!(verify(signer(), 10 * minute).is_ok());
    assert_eq!(verify(signer(), 11 * minute), Err(BadToken::Expired));
    assert!(verify(signer().max_age(day), 11 * minute).is_ok());
    assert!(verify(signer().max_age(minute), 2 * minute).is_err());
    let brief = signer().max_age(minute).sign_at(&"42".into(), SIGNED_AT);
    let verify = |age| signer().verify_at(&brief, SIGNED_AT + age);
    assert!(verify(minute).is_ok());
    assert_eq!(verify(2 * minute), Err(BadToken::Expired));
}

#[test]
fn a_token_may_be_good_for_ever() {
    let infinity = [&[119, 8][..], &[100, 0, 8]].map(|atom| [atom, b"infinity"].concat());
    for max_age in infinity {
        let mut term = Contents::encode(&"42".into(), 0, 0);
        term.truncate(term.len() - 2); // a small integer
        term.extend(max_age);
        assert!(verify_term(&term).is_ok());
    }
    let mut term = Contents::encode(&"42".into(), 0, 0);
    assert_eq!(verify_term(&term), Err(BadToken::Expired));
    term.truncate(term.len() - 2);
    assert_eq!(
        verify_term(&term),
        Err(BadToken::Invalid),
        "it does not say"
    );
}

fn verify_term(term: &[u8]) -> Result<String, BadToken> {
    let signed = format!("{PROTECTED}.{}", BASE64.encode(term));
    let mac = signer().mac.chain_update(&signed).finalize();
    let token = format!("{signed}.{}", BASE64.encode(mac.into_bytes()));
    match signer().verify_at(&token, SIGNED_AT)? {
        Value::String(text) => Ok(text),
        _ => Err(BadToken::OtherData),
    }
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let token = signer().sign("42");
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8_lossy(&changed);
        assert_eq!(signer().verify(&changed), Err(BadToken::Invalid), "{at}");
    }
    for cut in 0..token.len() {
        assert_eq!(signer().verify(&token[..cut]), Err(BadToken::Invalid));
    }
}

#[test]
fn another_secret_or_another_salt_is_another_signer() {
    let token = signer().sign("42");
    for other in [
        Signer::new(SECRET, "other"),
        Signer::new("other", "user socket"),
    ] {
        assert_eq!(other.verify(&token), Err(BadToken::Invalid));
    }
}

#[test]
fn other_terms_and_other_algorithms_are_invalid() {
    let sign = |signed: String| {
        let mac = signer().mac.chain_update(&signed).finalize();
        format!("{signed}.{}", BASE64.encode(mac.into_bytes()))
    };
    let pid = BASE64.encode([131, 104, 3, 88, 119, 1, b'a', 0, 0, 0, 0, 97, 0, 97, 0]);
    for signed in [
        format!("{PROTECTED}.{pid}"),
        format!("{PROTECTED}."),
        format!("{PROTECTED}.g2"),
        format!(
            "SFM1MTI.{}",
            BASE64.encode(Contents::encode(&"42".into(), 0, 0))
        ),
    ] {
        assert_eq!(signer().verify(&sign(signed)), Err(BadToken::Invalid));
    }
}

#[test]
fn integers_keep_their_value_whatever_their_size() {
    for value in [
        0,
        255,
        256,
        -1,
        i64::from(i32::MAX),
        1 << 40,
        i64::MAX,
        i64::MIN,
    ] {
        let mut out = Vec::new();
        put(value, &mut out);
        assert_eq!(
            Contents::decode(&out).map(|term| term.signed_at),
            Some(value)
        );
    }
}

fn put(signed_at: i64, out: &mut Vec<u8>) {
    *out = Contents::encode(&"".into(), signed_at, 0);
}
