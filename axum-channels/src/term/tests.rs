#[cfg(feature = "redis")]
use super::json::Inexpressible;
use super::*;
use serde_json::json;

/// All that JSON can express.
fn value() -> serde_json::Value {
    json!({
        "": null, "é": [true, false, [], {}], "n": [0, 255, 256, -1, i64::MIN, u64::MAX, 2.5], "text": "\"\n𝄞"
    })
}

#[test]
fn a_term_that_is_cut_anywhere_is_none() {
    let mut term = Vec::new();
    put(&value(), &mut term);
    assert!(Term::decode(&term).is_some());
    for end in 0..term.len() {
        assert_eq!(Term::decode(&term[..end]), None, "{end}");
    }
}

#[test]
fn numbers_of_parts_that_cannot_be_true_take_no_memory() {
    for tag in [
        LARGE_TUPLE,
        LIST,
        MAP,
        BINARY,
        LARGE_BIG,
        BIT_BINARY,
        NEW_FUN,
    ] {
        assert_eq!(
            Term::decode(&[tag, 255, 255, 255, 255, 0, 0]),
            None,
            "{tag}"
        );
    }
}

#[test]
fn terms_are_limited_in_depth_and_number() {
    let nested = |depth: usize| [[LIST, 0, 0, 0, 1].repeat(depth), vec![NIL; depth + 1]].concat();
    assert!(Term::decode(&nested(MAX_DEPTH.into())).is_some());
    assert_eq!(Term::decode(&nested(usize::from(MAX_DEPTH) + 1)), None);
    let wide = |len: usize| {
        let head = [&[LIST][..], &(len as u32).to_be_bytes()].concat();
        [head, vec![NIL; len + 1]].concat()
    };
    assert!(Term::decode(&wide(MAX_TERMS - 2)).is_some());
    assert_eq!(Term::decode(&wide(MAX_TERMS - 1)), None);
}

#[test]
fn atoms_are_read_as_all_releases_of_erlang_write_them() {
    for encoded in [
        &[SMALL_ATOM_UTF8, 2, 0xc3, 0xa9][..],
        &[ATOM_UTF8, 0, 2, 0xc3, 0xa9],
        &[ATOM, 0, 1, 0xe9],
        &[SMALL_ATOM, 1, 0xe9],
    ] {
        assert_eq!(Term::decode(encoded), Some(Term::Atom("é".into())));
    }
    assert_eq!(Term::decode(&[SMALL_ATOM_UTF8, 1, 0xe9]), None);
}

#[cfg(feature = "redis")]
#[test]
fn json_is_written_as_it_was_before_it_became_a_term() {
    let mut term = Vec::new();
    put(&value(), &mut term);
    let mut json = String::new();
    let written = write_json(&Term::decode(&term).expect("a term"), &mut json);
    assert_eq!(written, Ok(()));
    let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(read, value());
}

#[cfg(feature = "redis")]
#[test]
fn integers_of_any_size_have_their_digits() {
    let digits = |bytes: &[u8]| {
        let mut json = String::new();
        let big = Term::Big {
            is_negative: true,
            bytes,
        };
        write_json(&big, &mut json).map(|()| json)
    };
    let ones = |len: usize| vec![0xff; len];
    assert_eq!(digits(&ones(9)), Ok("-4722366482869645213695".to_owned()));
    let two_to_the_96 = [vec![0; 12], vec![1]].concat();
    assert_eq!(
        digits(&two_to_the_96),
        Ok("-79228162514264337593543950336".to_owned())
    );
    assert_eq!(digits(&[0; 9]), Ok("-0".to_owned()));
    assert_eq!(digits(&ones(257)), Err(Inexpressible));
}
