//! A project's own generators, options and files, in `.hello-sockets/templates/`.

mod support;

use std::fs;

use support::{Ran, Sandbox};

const OWN: &str = "my_app/.hello-sockets/templates/rust";

/// An app with its own generator `note`.
fn with_note(generator: &str) -> Sandbox {
    let sandbox = Sandbox::with_app();
    sandbox.write(&format!("{OWN}/note/generator.toml"), generator);
    sandbox
}

#[track_caller]
fn failed(ran: &Ran, words: &[&str]) {
    assert_ne!(ran.code, Some(0), "{}", ran.stdout);
    for word in words {
        assert!(ran.stderr.contains(word), "{word}\n{}", ran.stderr);
    }
}

const NOTE: &str = r#"
about = "Make a note"
help = "Notes are kept in notes/."

[name]
help = "Such as Milk"

[[option]]
name = "size"
type = "number"
help = "Its size"
default = "3"

[[option]]
name = "colour"
type = "choice"
choices = ["red", "blue"]
help = "Its colour"
default = "red"

[[option]]
name = "urgent"
type = "flag"
help = "Do it today"

[[option]]
name = "by"
help = "Who wrote it"
default = "nobody"

[[question]]
name = "index"
no_help = "Do not list it"
if = "not listed"
ask = "Start a list of notes?"
no = "The list is yours to start."

[find]
listed = { file = "notes/list.toml" }

[[file]]
path = "notes/{{ name.snake }}.txt"
if = "size > 1"

[[insert]]
if = "answers.index or listed"
place = "list"
with = { note = "{{ name.snake }}" }

[places.list]
about = "The list of notes"
manual = "to list the note"
text = "{{ note }} = true"
present = '(pair (bare_key) @key (#eq? @key "{{ note }}"))'
[places.list.needs]
note = "The note"
[places.list.file]
paths = ["notes/list.toml"]
create = true
[[places.list.anchor]]
at = "end"

[[next]]
if = "urgent"
text = "Do it today."
"#;

fn note() -> Sandbox {
    let sandbox = with_note(NOTE);
    let template = format!("{OWN}/note/notes/{{{{ name.snake }}}}.txt.tera");
    sandbox.write(
        &template,
        "{{ name.module }}, {{ size }}, {{ colour }}, by {{ by }}\n",
    );
    sandbox
}

#[test]
fn an_own_generator_is_in_the_help_and_parses() {
    let sandbox = note();

    let all = sandbox.ok(&["gen", "--help"]);
    let help = sandbox.ok(&["help", "gen", "note"]);
    let made = sandbox.ok(&[
        "gen", "note", "Milk", "--size", "7", "--colour", "blue", "--by", "me", "--urgent",
    ]);

    all.prints("note      Make a note\n");
    all.prints("channel ");
    for line in [
        "--size <NUMBER>",
        "--colour <CHOICE>",
        "--no-index",
        "--urgent ",
        "Notes are kept",
    ] {
        assert!(help.stdout.contains(line), "{line}\n{}", help.stdout);
    }
    assert_eq!(
        sandbox.read("my_app/notes/milk.txt"),
        "Milk, 7, blue, by me\n"
    );
    assert_eq!(sandbox.read("my_app/notes/list.toml"), "milk = true\n");
    assert_eq!(
        made.stdout,
        "* creating notes/milk.txt\n* creating notes/list.toml\n\nDo it today.\n"
    );
}

#[test]
fn a_question_of_any_name_is_answered_by_its_flag() {
    let sandbox = note();

    let ran = sandbox.ok(&["gen", "note", "Milk", "--no-index"]);

    assert_eq!(
        ran.stdout,
        "* creating notes/milk.txt\n\nThe list is yours to start.\n"
    );
    assert_eq!(
        sandbox.read("my_app/notes/milk.txt"),
        "Milk, 3, red, by nobody\n"
    );
    assert!(!sandbox.exists("my_app/notes/list.toml"));
}

#[test]
fn the_values_of_options_are_what_their_types_say() {
    let sandbox = note();

    sandbox
        .run(&["gen", "note", "Milk", "--size", "many"])
        .misused("error: `many` is not a number, which --size takes\nhelp: --size 1\n");
    let colour = sandbox.run(&["gen", "note", "Milk", "--colour", "green"]);
    failed(&colour, &["invalid value 'green' for '--colour <CHOICE>'"]);
    let small = sandbox.ok(&["gen", "note", "Milk", "--size", "1", "--no-index"]);
    assert!(!small.stdout.contains("creating"), "{}", small.stdout);
}

#[test]
fn a_new_file_in_the_folder_of_a_built_in_generator_is_made_with_it() {
    let sandbox = Sandbox::with_app();
    let template = format!("{OWN}/channel/docs/{{{{ name.snake }}}}.md.tera");
    sandbox.write(&template, "# {{ name.pascal }}Channel\n");

    let ran = sandbox.ok(&["gen", "channel", "Room", "--no-socket"]);

    ran.prints("* creating docs/room.md\n");
    assert_eq!(sandbox.read("my_app/docs/room.md"), "# RoomChannel\n");
}

#[test]
fn an_own_place_replaces_the_built_in_one() {
    let sandbox = Sandbox::with_app();
    let ours = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/templates/rust/places/channels_module.toml"
    ));
    let own = ours
        .expect("it is there")
        .replace("{{ app.pub }} mod", "pub(crate) mod");
    sandbox.write(&format!("{OWN}/places/channels_module.toml"), &own);

    sandbox.ok(&["gen", "channel", "Room", "--no-socket"]);

    let modules = sandbox.read("my_app/src/channels/mod.rs");
    assert!(
        modules.ends_with("\n\npub(crate) mod room_channel;\n"),
        "{modules}"
    );
}

#[test]
fn a_key_that_is_not_known_is_named_with_its_file() {
    let file = ".hello-sockets/templates/rust/note/generator.toml";
    for (toml, key) in [
        ("about = \"x\"\nabuot = \"y\"\n", "abuot"),
        ("about = \"x\"\n[[question]]\nid = \"y\"\n", "id"),
        (
            "about = \"x\"\n[[option]]\nname = \"y\"\nhelp = \"\"\ntype = \"topick\"\n",
            "topick",
        ),
        (
            "about = \"x\"\n[[insert]]\nplace = \"crate_module\"\nwhere = \"y\"\n",
            "where",
        ),
        (
            "about = \"x\"\n[name]\nhelp = \"\"\nsufix = \"\"\n",
            "sufix",
        ),
    ] {
        let ran = with_note(toml).run(&["gen", "note"]);
        failed(&ran, &[file, key]);
    }
}

/// A list and a refusal of two generators.
const LISTED: &str = r#"
[[list]]
name = "modules"
search = ["src/lib.rs"]
query = '(mod_item name: (identifier) @value)'

[[refuse]]
if = "'channels' not in modules"
message = "there is no module `channels` among {{ modules | join(sep=', ') }}"
help = "hello-sockets gen channel Room"

[values]
from = "a part"
size = "1"
"#;

#[test]
fn generators_include_parts_before_their_own_keys() {
    let own = r#"
about = "Make a note"
include = ["listed"]
[values]
size = "2"
[[refuse]]
if = "size == '2'"
message = "a note of size {{ size }} from {{ from }}"
help = "none"
"#;
    let sandbox = with_note(own);
    sandbox.write(
        &format!("{OWN}/list/generator.toml"),
        "about = \"x\"\ninclude = [\"listed\"]\n",
    );
    sandbox.write(&format!("{OWN}/parts/listed.toml"), LISTED);
    sandbox.write("my_app/src/lib.rs", "mod note;\nmod other;\n");

    let note = sandbox.run(&["gen", "note"]);
    let list = sandbox.run(&["gen", "list"]);

    let listed = "error: there is no module `channels` among note, other\nhelp: hello-sockets gen channel Room\n";
    note.misused(&format!(
        "{listed}error: a note of size 2 from a part\nhelp: none\n"
    ));
    list.misused(listed);
}

#[test]
fn a_fault_in_a_template_is_an_error_with_its_file_and_its_line_alone() {
    let sandbox = with_note(NOTE);
    sandbox.write(
        &format!("{OWN}/note/faulty.md.tera"),
        "the first line\n{{ nme }}\n",
    );

    let ran = sandbox.run(&["gen", "note", "Milk"]);

    failed(&ran, &["faulty.md.tera", "{{ nme }}"]);
    assert!(!ran.stderr.contains("the first line"), "{}", ran.stderr);
}

/// The text of a fact over several lines is not shown as a whole.
#[test]
fn a_fault_in_a_fact_is_an_error_with_its_file_and_its_name() {
    let text = "'''\n(mod_item)\n{{ nme }}\n'''";
    let fact = format!("any = [{{ file = \"src/lib.rs\", query = {text} }}]");
    for (rule, words) in [
        (
            format!("[[fact]]\nname = \"modules\"\n{fact}"),
            ["fact `modules`", "{{ nme }}"],
        ),
        (
            "[[fact]]\nname = \"modules\"\nany = [{ file = \"src/lib.rs\", query = '(mod_itm)' }]"
                .to_owned(),
            ["fact `modules`", "mod_itm"],
        ),
        (
            format!(
                "[[list]]\nname = \"modules\"\nsearch = [\"src/*.rs\"]\nmentions = \"mod\"\nquery = {text}"
            ),
            ["list `modules`", "{{ nme }}"],
        ),
        (
            format!("[values]\nmodules = {text}"),
            ["value `modules`", "{{ nme }}"],
        ),
        (
            format!("[[option]]\nname = \"modules\"\nhelp = \"x\"\ndefault = {text}"),
            ["option `modules`", "{{ nme }}"],
        ),
    ] {
        let sandbox = with_note(&format!("about = \"x\"\n{rule}\n"));
        let ran = sandbox.run(&["gen", "note"]);
        failed(
            &ran,
            &[
                &format!(
                    "in .hello-sockets/templates/rust/note/generator.toml: in the {}",
                    words[0]
                ),
                words[1],
            ],
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{}\n");
    let fact = fact.replace("src/lib.rs", "package.json");
    for (marker, rule, words) in [
        (
            "(object) @value",
            format!("[[project.facts]]\nname = \"modules\"\n{fact}\n"),
            ["in the fact `modules`: ", "{{ nme }}"],
        ),
        ("(objct) @value", String::new(), ["", "objct"]),
    ] {
        let project = "about = \"x\"\n[project]\nknown_by = \"a package.json\"\n";
        let marker = format!("[[project.markers]]\nfile = \"package.json\"\nquery = '{marker}'\n");
        let stack = format!("{project}{marker}{rule}");
        sandbox.write(".hello-sockets/templates/node/stack.toml", &stack);
        let ran = sandbox.run(&["gen", "note"]);
        let found = format!(
            "error: in .hello-sockets/templates/node/stack.toml: {}",
            words[0]
        );
        failed(&ran, &[&found, words[1]]);
    }
}

/// It is no fault of the template whose fact reads it.
#[cfg(unix)]
#[test]
fn a_file_of_the_app_that_cannot_be_read_is_named_alone() {
    let sandbox = Sandbox::with_app();
    let link = sandbox.path().join("my_app/src/loop.rs");
    std::os::unix::fs::symlink("loop.rs", link).expect("it is linked");

    let ran = sandbox.run(&["gen", "channel", "Room"]);

    assert!(ran.stderr.starts_with("error: `"), "{}", ran.stderr);
}

#[test]
fn a_fault_in_a_part_is_an_error_with_its_file() {
    let note = "about = \"x\"\ninclude = [\"listed\"]\n";
    let part = ".hello-sockets/templates/rust/parts/listed.toml";
    let with = |text: &str| {
        let sandbox = with_note(note);
        sandbox.write(&format!("{OWN}/parts/listed.toml"), text);
        sandbox.run(&["gen", "note"])
    };

    failed(&with("abuot = \"y\"\n"), &[part, "abuot"]);
    failed(&with("include = [\"more\"]\n"), &[part, "include"]);
    failed(&with("[[next]]\ntxt = \"x\"\n"), &[part, "txt"]);
    let missing = with_note(note).run(&["gen", "note"]);
    failed(&missing, &["rust/parts/listed.toml"]);
}

#[test]
fn a_text_that_breaks_its_file_or_is_not_found_in_it_is_left_to_the_reader() {
    for (text, is_sound) in [
        ("milk = 1", true),
        ("milk = 1\\n]", false),
        ("bread = 1", false),
    ] {
        let insert = format!(
            "about = \"x\"\n[[insert]]\nplace = \"here\"\n[places.here]\nabout = \"x\"\nmanual = \"to list it\"\n\
             text = \"{text}\"\npresent = '(pair (bare_key) @name (#eq? @name \"milk\"))'\n\
             [places.here.file]\npaths = [\"notes.toml\"]\n[[places.here.anchor]]\nat = \"end\"\n"
        );
        let sandbox = with_note(&insert);
        let notes = "my_app/notes.toml";
        sandbox.write(notes, "eggs = 1\n");

        let ran = sandbox.ok(&["gen", "note"]);

        let is_edited = sandbox.read(notes) != "eggs = 1\n";
        let is_left = ran.stdout.contains("Add this to `notes.toml` to list it");
        assert_eq!(
            (is_edited, is_left),
            (is_sound, !is_sound),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_fault_in_a_place_is_an_error_and_not_skipped() {
    let place = |query: &str| {
        format!(
            "about = \"x\"\n[[insert]]\nplace = \"here\"\n[places.here]\nabout = \"x\"\ntext = \"mod note;\"\n\
             [places.here.file]\npaths = [\"src/lib.rs\"]\n[[places.here.anchor]]\nquery = '{query}'\nat = \"after\"\n"
        )
    };
    for (query, words) in [
        (
            "(source_file (mod_itm) @anchor)",
            "it has no node of the kind `mod_itm`",
        ),
        (
            "(source_file (mod_item nam: (_)) @anchor)",
            "it has no field `nam`",
        ),
        (
            "(source_file (mod_item) @anchor (#equals? @anchor \"x\"))",
            "#equals? is not understood",
        ),
    ] {
        let sandbox = with_note(&place(query));
        let before = sandbox.tree();
        failed(&sandbox.run(&["gen", "note"]), &[words, query]);
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn an_unknown_variable_in_a_condition_is_an_error() {
    for (condition, unknown) in [
        ("urgnt", "urgnt"),
        ("not answers.inst", "answers.inst"),
        ("app.nam == 'x'", "app.nam"),
    ] {
        let toml = format!(
            "about = \"x\"\n[[refuse]]\nif = \"{condition}\"\nmessage = \"y\"\nhelp = \"z\"\n"
        );
        let ran = with_note(&toml).run(&["gen", "note"]);
        failed(
            &ran,
            &[&format!(
                "in the condition `{condition}`: there is no `{unknown}`"
            )],
        );
    }
}

mod outside {
    use super::*;

    #[track_caller]
    fn writes_nothing(sandbox: &Sandbox, words: &str) {
        let before = sandbox.tree();
        failed(&sandbox.run(&["gen", "note", "--yes", "--force"]), &[words]);
        assert_eq!(sandbox.tree(), before);
    }

    #[test]
    fn no_program_is_run() {
        let command = "about = \"x\"\n[[command]]\nrun = [\"touch\", \"made\"]\notherwise = \"\"\n";

        writes_nothing(
            &with_note(command),
            "a project's own generators run no programs",
        );
    }

    #[test]
    fn no_program_is_run_by_a_part_of_a_built_in_generator() {
        let sandbox = Sandbox::with_phoenix_app();
        let part = "[[command]]\nrun = [\"touch\", \"made\"]\notherwise = \"\"\n";
        sandbox.write(
            "my_app/.hello-sockets/templates/phoenix/parts/web_module.toml",
            part,
        );
        let before = sandbox.tree();

        let ran = sandbox.run(&["gen", "channel", "Room", "--yes"]);

        failed(&ran, &["a project's own generators run no programs"]);
        assert_eq!(sandbox.tree(), before);
    }

    #[test]
    fn no_file_is_made_above_or_at_an_absolute_path() {
        for path in [
            "../out.txt",
            "/tmp/hello-sockets-out.txt",
            "a/../../out.txt",
        ] {
            let sandbox = with_note(&format!("about = \"x\"\n[values]\npath = \"{path}\"\n"));
            sandbox.write(&format!("{OWN}/note/{{{{ path }}}}"), "x");

            writes_nothing(&sandbox, "is outside the project");
        }
    }

    #[test]
    fn no_file_is_edited_above_or_at_an_absolute_path() {
        for path in [
            "paths = [\"../out.toml\"]",
            "paths = [\"/tmp/hello-sockets-out.toml\"]",
            "search = [\"{../,a}*.toml\"]",
        ] {
            let insert = format!(
                "about = \"x\"\n[[insert]]\nplace = \"here\"\n[places.here]\nabout = \"x\"\ntext = \"x = 1\"\n\
                 [places.here.file]\n{path}\ncreate = true\n[[places.here.anchor]]\nat = \"end\"\n"
            );
            let sandbox = with_note(&insert);
            sandbox.write("out.toml", "");

            writes_nothing(&sandbox, "is outside the project");
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_out_of_the_project() {
        use std::os::unix::fs::symlink;

        let elsewhere = Sandbox::new();
        let sandbox = with_note("about = \"x\"\n");
        sandbox.write(&format!("{OWN}/note/linked/note.txt"), "x");
        let link = sandbox.path().join("my_app/linked");
        symlink(elsewhere.path(), &link).expect("it is linked");
        let ran = sandbox.run(&["gen", "note", "--yes", "--force"]);
        failed(&ran, &["`linked/note.txt` leads out of the project"]);
        assert_eq!(elsewhere.tree(), Vec::new());

        let sandbox = with_note("about = \"x\"\n");
        sandbox.write(&format!("{OWN}/note/note.txt"), "x");
        let link = sandbox.path().join("my_app/note.txt");
        let nowhere = elsewhere.path().join("note.txt");
        symlink(&nowhere, &link).expect("it is linked");
        let ran = sandbox.run(&["gen", "note", "--yes", "--force"]);
        failed(&ran, &["`note.txt` leads out of the project"]);
        assert!(!nowhere.exists());
    }

    #[cfg(unix)]
    #[test]
    fn an_own_place_follows_no_link_out_for_a_built_in_generator() {
        use std::os::unix::fs::symlink;

        let sandbox = Sandbox::with_app();
        let ours = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates/rust/places/crate_module.toml"
        );
        let place = fs::read_to_string(ours).expect("it is there");
        sandbox.write(&format!("{OWN}/places/crate_module.toml"), &place);
        sandbox.write("elsewhere.rs", "");
        let lib = sandbox.path().join("my_app/src/lib.rs");
        fs::remove_file(&lib).expect("it was there");
        symlink(sandbox.path().join("elsewhere.rs"), &lib).expect("it is linked");
        let before = sandbox.tree();

        let ran = sandbox.run(&["gen", "channel", "Room", "--yes"]);

        failed(&ran, &["`src/lib.rs` leads out of the project"]);
        let ran = sandbox.run(&["destroy", "channel", "Room"]);
        failed(&ran, &["`src/lib.rs` leads out of the project"]);
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn cases_of_own_places_pass_or_fail_with_their_outcome() {
    let sandbox = Sandbox::with_app();
    let place = r#"
about = "The list of notes"
text = "{{ name }} = 1"
present = '(pair (bare_key) @name (#eq? @name "{{ name }}"))'

[needs]
name = "The note"

[example.with]
name = "milk"

[file]
paths = ["notes.toml"]

[[anchor]]
at = "end"
"#;
    let write = |path: &str, text: &str| sandbox.write(&format!("{OWN}/places/{path}"), text);
    write("notes.toml", place);
    write("notes/last/before.toml", "bread = 1\n");
    write("notes/last/after.toml", "bread = 1\nmilk = 1\n");
    write("notes/there/before.toml", "milk = 2\n");
    write("notes/with_another_name/before.toml", "milk = 2\n");
    write("notes/with_another_name/with.toml", "name = \"bread\"\n");
    let before = sandbox.tree();

    let failing = sandbox.run(&["templates", "test"]);

    assert_eq!(
        (failing.code, failing.stdout.as_str()),
        (
            Some(1),
            "* passed rust/places/notes/last\n\
             * passed rust/places/notes/there\n\
             * failed rust/places/notes/with_another_name: the outcome is\nmilk = 2\nbread = 1\n\
             \nCases: 3. Failed: 1.\n"
        ),
        "{}",
        failing.stderr
    );
    assert_eq!(sandbox.tree(), before);

    write(
        "notes/with_another_name/after.toml",
        "milk = 2\nbread = 1\n",
    );
    sandbox.ok(&["templates", "test"]);
}
