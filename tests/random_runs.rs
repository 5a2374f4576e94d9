//! Runs in random order: each leaves the app as it was when it is refused, repeated or taken back. A sequence is that of its
//! seed; `SEEDS=40..80 cargo test --test random_runs` tries others.

mod support;

use std::env;
use std::ops::Range;

use support::Sandbox;
use support::taken_back::different;

/// Sequences of each stack.
const SEEDS: Range<u64> = 0..2;

/// Most runs of a sequence.
const LONGEST: usize = 6;

const NAMES: [&str; 6] = ["User", "Room", "Admin.Room", "Chat", "Status", "Device"];
const SOCKETS: [&str; 3] = ["User", "Device", "Kiosk"];

/// Random choices: the same ones for each seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        // Knuth's MMIX: its low bits repeat.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One in `count` times.
    fn rarely(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// The words of a run, after `gen` or `destroy`.
    fn run(&mut self, is_rust: bool) -> Vec<&'static str> {
        let mut words = Vec::new();
        match self.below(20) {
            0..4 => {
                words.extend(["socket", self.one(&SOCKETS)]);
                if self.rarely(4) {
                    words.push("--longpoll");
                }
                if self.rarely(6) {
                    words.push("--no-js");
                }
            }
            4..12 => {
                words.extend(["channel", self.one(&NAMES)]);
                match self.below(8) {
                    0 => words.extend(["--topic", "news"]),
                    1 => words.push("--exact"),
                    2 => words.push("--per-user"),
                    3 if is_rust => words.push("--history"),
                    _ => {}
                }
                match self.below(8) {
                    0..3 => words.extend(["--socket", self.one(&SOCKETS)]),
                    3 => words.push("--no-socket"),
                    _ => {}
                }
            }
            12..16 => {
                words.push("presence");
                if self.rarely(2) {
                    words.push(self.one(&NAMES));
                }
                if self.rarely(2) {
                    words.extend(["--channel", self.one(&NAMES)]);
                }
            }
            16..18 => {
                words.push("auth");
                if self.rarely(2) {
                    words.extend(["--socket", self.one(&SOCKETS)]);
                }
                if is_rust && self.rarely(3) {
                    words.push("--sign-in");
                }
            }
            18 => words.push("release"),
            _ => {
                words.push("pubsub");
                if is_rust && self.rarely(2) {
                    words.push("nats");
                }
            }
        }
        words
    }
}

/// Makes the runs of a seed, and takes all of them back in another order.
fn walk(sandbox: &Sandbox, seed: u64, is_rust: bool) {
    let start = sandbox.tree();
    let mut choices = Choices(seed);
    let mut made: Vec<Vec<&str>> = Vec::new();
    for _ in 0..2 + choices.below(LONGEST - 1) {
        let words = choices.run(is_rust);
        let run = |command: &str| sandbox.run(&[&[command], &*words, &["--yes"]].concat());
        let before = sandbox.tree();
        let ran = run("gen");
        let after = sandbox.tree();
        let context = format!("seed {seed}: {made:?}, then {words:?}\n{ran:?}");
        match ran.code {
            Some(0) => {}
            Some(2) => {
                assert!(after == before, "refused, and has written: {context}");
                continue;
            }
            _ => panic!("{context}"),
        }
        let again = run("gen");
        assert_eq!(again.code, Some(0), "{context}\nagain: {again:?}");
        assert!(sandbox.tree() == after, "not the same again: {context}");
        if after == before {
            continue;
        }
        if choices.rarely(2) {
            let undone = sandbox.run(&["undo"]);
            assert_eq!(undone.code, Some(0), "{context}\n{undone:?}");
            assert_eq!(different(sandbox, &before), [""; 0], "{context}");
            run("gen");
            assert_eq!(different(sandbox, &after), [""; 0], "{context}");
        }
        made.push(words);
    }
    choices.shuffle(&mut made);
    // Sockets that a question has made stay if they have other channels.
    let sockets = SOCKETS.map(|name| vec!["socket", name]);
    let (mut report, mut has_manual_steps) = (String::new(), false);
    // Several rounds: a thing that others need is refused until they are gone.
    for _ in 0..made.len() {
        for words in made.iter().chain(&sockets) {
            let ran =
                sandbox.run(&[&["destroy"], &**words, &["--yes", "--force", "--strict"]].concat());
            // A mount that `gen auth` has changed, of a handler that --force removes.
            has_manual_steps |= !is_rust && ran.code == Some(3);
            report += &format!("destroy {words:?}\n{}{}\n", ran.stdout, ran.stderr);
        }
        if has_manual_steps || sandbox.tree() == start {
            return;
        }
    }
    let left = different(sandbox, &start);
    assert_eq!(left, [""; 0], "seed {seed}: {made:?}\n{report}");
}

fn seeds() -> Range<u64> {
    let given = env::var("SEEDS").ok();
    let parse = |given: String| {
        let (first, end) = given.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    };
    given.map_or(SEEDS, |given| parse(given).expect("SEEDS=0..9"))
}

#[test]
fn runs_in_random_order_on_rust_are_exact_and_taken_back() {
    for seed in seeds() {
        walk(&Sandbox::with_app(), seed, true);
    }
}

#[test]
fn runs_in_random_order_on_phoenix_are_exact_and_taken_back() {
    for seed in seeds() {
        walk(&Sandbox::with_phoenix_app(), seed, false);
    }
}
