//! Checks that `destroy` and `undo` take back what `gen` makes.

use super::{Ran, Sandbox};

/// Returns the paths of the files that differ from `before`.
pub fn different(sandbox: &Sandbox, before: &[(String, Vec<u8>)]) -> Vec<String> {
    let now = sandbox.tree();
    let added = now.iter().filter(|file| !before.contains(file));
    let gone = before.iter().filter(|file| !now.contains(file));
    added.chain(gone).map(|(path, _)| path.clone()).collect()
}

/// Checks that `destroy` takes back what `gen` makes, byte for byte; `args` come after both.
#[track_caller]
pub fn by_destroy(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let before = sandbox.tree();
    sandbox.ok(&[&["gen"], args].concat());
    assert!(sandbox.tree() != before, "{args:?} has changed nothing");
    let ran = sandbox.ok(&[&["destroy"], args].concat());
    is_as_before(sandbox, &before, &ran);
    ran
}

/// Checks that `undo` takes back what `gen` makes, byte for byte.
#[track_caller]
pub fn by_undo(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let before = sandbox.tree();
    sandbox.ok(&[&["gen"], args].concat());
    assert!(sandbox.tree() != before, "{args:?} has changed nothing");
    let ran = sandbox.ok(&["undo"]);
    is_as_before(sandbox, &before, &ran);
    ran
}

#[track_caller]
fn is_as_before(sandbox: &Sandbox, before: &[(String, Vec<u8>)], ran: &Ran) {
    let changed = different(sandbox, before);
    let Some(path) = changed.first() else {
        return;
    };
    let now = sandbox.exists(path).then(|| sandbox.read(path));
    let (now, report) = (now.unwrap_or_default(), &ran.stdout);
    panic!("{changed:?} differ\n{report}\n{now}");
}
