use super::*;

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
        assert_eq!(signer().verify_at(token, SIGNED_AT).as_deref(), Ok(data));
    }
}

#[test]
fn a_string_is_signed_to_the_token_that_phoenix_makes_of_it() {
    let (data, token) = FROM_PHOENIX[0];
    assert_eq!(signer().sign_at(data, SIGNED_AT), token);
}

#[test]
fn a_token_is_good_for_as_long_as_it_may_be_and_no_longer() {
    let (data, token) = FROM_PHOENIX[0];
    let verify = |age| {
        signer()
            .max_age(Duration::from_secs(10))
            .verify_at(token, SIGNED_AT + age)
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
    let brief = signer().max_age(minute).sign_at("42", SIGNED_AT);
    let verify = |age| signer().verify_at(&brief, SIGNED_AT + age);
    assert!(verify(minute).is_ok());
    assert_eq!(verify(2 * minute), Err(BadToken::Expired));
}

#[test]
fn a_token_may_be_good_for_ever() {
    let infinity = [&[119, 8][..], &[100, 0, 8]].map(|atom| [atom, b"infinity"].concat());
    for max_age in infinity {
        let mut term = Term::encode("42", 0, 0);
        term.truncate(term.len() - 2); // a small integer
        term.extend(max_age);
        assert!(verify_term(&term).is_ok());
    }
    let mut term = Term::encode("42", 0, 0);
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
    signer().verify_at(&token, SIGNED_AT)
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
    let atom = BASE64.encode([131, 104, 3, 119, 1, b'a', 97, 0, 97, 0]);
    for signed in [
        format!("{PROTECTED}.{atom}"),
        format!("{PROTECTED}."),
        format!("{PROTECTED}.g2"),
        format!("SFM1MTI.{}", BASE64.encode(Term::encode("42", 0, 0))),
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
        assert_eq!(Term::decode(&out).map(|term| term.signed_at), Some(value));
    }
}

fn put(signed_at: i64, out: &mut Vec<u8>) {
    *out = Term::encode("", signed_at, 0);
}
