//! Texts in files.

use super::support::Sandbox;
use super::{TEMPLATES, edit, files, is_up_to_date};

const LIB: &str = "my_app/src/lib.rs";

/// A generator that inserts `text` below the constant of src/lib.rs.
fn generator(text: &str, more: &str) -> String {
    format!(
        "about = \"Make a note\"\n\n[[insert]]\nplace = \"note\"\ntext = \"{text}\"\n{more}\n\
         [places.note]\nabout = \"A note\"\nmanual = \"to keep a note\"\n\
         present = '(source_file (const_item name: (identifier) @name (#eq? @name \"NOTE\")))'\n\
         [places.note.file]\npaths = [\"src/lib.rs\"]\n\
         [[places.note.anchor]]\nquery = '(source_file (const_item name: (identifier) @name (#eq? @name \"NAME\")) @anchor)'\nat = \"after\"\n"
    )
}

const OLD: &str = "const NOTE: u8 = 1;";
const NEW: &str = "const NOTE: u8 = 2;";

fn write(sandbox: &Sandbox, text: &str, more: &str) {
    let path = format!("{TEMPLATES}/note/generator.toml");
    sandbox.write(&path, &generator(text, more));
}

fn with_note() -> Sandbox {
    let sandbox = Sandbox::with_app();
    write(&sandbox, OLD, "");
    let sandbox = sandbox.after(&[&["gen", "note"]]);
    assert!(sandbox.read(LIB).contains(OLD));
    sandbox
}

#[test]
fn a_text_that_newer_templates_insert_goes_where_gen_puts_it() {
    let sandbox = with_note();
    let more = "\n[[insert]]\nplace = \"crate_module\"\nwith = { name = \"notes\" }\n";
    write(&sandbox, OLD, more);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* injecting src/lib.rs"]);
    assert!(sandbox.read(LIB).contains("pub mod log;\npub mod notes;\n"));
    is_up_to_date(&sandbox);
}

#[test]
fn a_changed_text_takes_the_place_of_the_earlier_one() {
    let sandbox = with_note();
    let before = sandbox.read(LIB);
    write(&sandbox, NEW, "");

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* injecting src/lib.rs"]);
    assert_eq!(sandbox.read(LIB), before.replace(OLD, NEW));
    is_up_to_date(&sandbox);
}

#[test]
fn a_text_that_the_app_no_longer_has_stays_away() {
    let sandbox = with_note();
    edit(&sandbox, LIB, OLD, "");
    is_up_to_date(&sandbox);
    write(&sandbox, NEW, "");
    is_up_to_date(&sandbox);
}

#[test]
fn what_this_version_would_refuse_is_left_as_it_is_with_a_warning() {
    let sandbox = Sandbox::with_app();
    let option = |kind: &str| {
        let text = generator(
            OLD,
            &format!("[[option]]\nname = \"at\"\ntype = \"{kind}\"\nhelp = \"At\"\n"),
        );
        sandbox.write(&format!("{TEMPLATES}/note/generator.toml"), &text);
    };
    option("text");
    sandbox.ok(&["gen", "note", "--at", "noon"]);
    let before = sandbox.read(LIB);
    option("number");

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(
        ran.stderr,
        "warning: what `gen note` has made is left as it is: `noon` is not a number, which --at takes\n"
    );
    assert_eq!(sandbox.read(LIB), before);
}

#[test]
fn a_text_that_was_changed_is_a_manual_step() {
    let sandbox = with_note();
    edit(&sandbox, LIB, OLD, "const NOTE: u8 = 7;");
    let before = sandbox.read(LIB);
    write(&sandbox, NEW, "");

    let ran = sandbox.run(&["upgrade", "--strict"]);

    let step = format!(
        "Add this to `src/lib.rs` to keep a note (its earlier text was changed):\n\n    {NEW}\n"
    );
    ran.prints(&step);
    assert_eq!((ran.code, sandbox.read(LIB)), (Some(3), before));
}

/// Its anchor is another one by now, which the app does not have.
#[test]
fn an_earlier_text_stays_if_the_changed_one_has_no_place() {
    let sandbox = with_note();
    let before = sandbox.read(LIB);
    let text = generator(NEW, "").replace("NAME", "TITLE");
    sandbox.write(&format!("{TEMPLATES}/note/generator.toml"), &text);

    let ran = sandbox.run(&["upgrade", "--strict"]);

    ran.prints(&format!("    {NEW}\n"));
    assert_eq!((ran.code, sandbox.read(LIB)), (Some(3), before));
}

/// The generator has two routes, and the options say which one is made: the other one has no part in the comparison.
#[test]
fn a_changed_text_that_an_option_has_chosen_takes_the_place_of_the_earlier_one() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room", "--history", "--yes"]]);
    let handler = "my_app/src/channels/user_socket.rs";
    let limits = ["History::last(100)", "History::last(200)"];
    let written = include_str!("../../templates/rust/channel/generator.toml");
    let newer = written.replace(limits[0], limits[1]);
    sandbox.write(&format!("{TEMPLATES}/channel/generator.toml"), &newer);

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* injecting src/channels/user_socket.rs"]);
    let text = sandbox.read(handler);
    let found = limits.map(|limit| text.matches(limit).count());
    assert_eq!(found, [0, 1], "{text}");
    assert_eq!(text.matches(".channel::<RoomChannel>").count(), 1, "{text}");
    is_up_to_date(&sandbox);
}
