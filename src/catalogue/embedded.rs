//! The files of `templates/` in the binary, as `build.rs` has prepared them: tables of stacks, generators, parts and places are in
//! JSON, vendored libraries are packed.

use std::ops::Range;
use std::sync::LazyLock;
use std::thread;

use include_dir::{Dir, DirEntry, include_dir};
use miniz_oxide::inflate::decompress_slice_iter_to_slice;

static TEMPLATES: Dir<'_> = include_dir!("$OUT_DIR/templates");

/// Paths and lengths of the files in [`PACKED`], in order.
const INDEX: &str = include_str!(concat!(env!("OUT_DIR"), "/packed.json"));

/// Files of vendored libraries. Only new apps need them, and compressed they have a fourth of the size.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/packed"));

/// All files, sorted by path, because look-ups in the folders of [`TEMPLATES`] are linear.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let mut files = packed();
    collect(&TEMPLATES, &mut files);
    files.sort_unstable_by_key(|file| file.path);
    files
});

/// The contents of [`PACKED`].
#[expect(
    clippy::expect_used,
    reason = "they are part of the binary: a mistake in them fails every test of `new`"
)]
static UNPACKED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let lengths = index().into_iter().map(|(_, length)| length);
    let mut unpacked = vec![0; lengths.sum()];
    let length = decompress_slice_iter_to_slice(&mut unpacked, [PACKED].into_iter(), false, true);
    assert_eq!(length.expect("build.rs has packed them"), unpacked.len());
    unpacked
});

/// An embedded file.
#[derive(Debug)]
pub struct File {
    pub path: &'static str,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    Plain(&'static [u8]),
    /// Position in [`UNPACKED`].
    Packed(Range<usize>),
}

impl File {
    pub fn bytes(&self) -> &'static [u8] {
        match &self.storage {
            Storage::Plain(bytes) => bytes,
            Storage::Packed(range) => &UNPACKED[range.clone()],
        }
    }
}

/// Returns the file at `path`.
pub fn at(path: &str) -> Option<&'static File> {
    let at = FILES.binary_search_by_key(&path, |file| file.path);
    Some(&FILES[at.ok()?])
}

/// Returns the files whose path starts with `prefix`.
pub fn with_prefix(prefix: &str) -> &'static [File] {
    let start = FILES.partition_point(|file| file.path < prefix);
    let files = &FILES[start..];
    &files[..files.partition_point(|file| file.path.starts_with(prefix))]
}

/// Unpacks the vendored library of new apps of `stack`, if there is one, in another thread. Without the thread, it is unpacked when
/// it is needed.
pub fn unpack_meanwhile(stack: &str) {
    if !with_prefix(&format!("{stack}/app/vendor/")).is_empty() {
        let _ = thread::Builder::new().spawn(|| LazyLock::force(&UNPACKED));
    }
}

#[expect(
    clippy::expect_used,
    reason = "it is part of the binary: a mistake in it fails every test"
)]
fn index() -> Vec<(&'static str, usize)> {
    serde_json::from_str(INDEX).expect("build.rs has written it")
}

fn packed() -> Vec<File> {
    let mut end = 0;
    let file = |(path, length)| {
        let start = end;
        end += length;
        let storage = Storage::Packed(start..end);
        File { path, storage }
    };
    index().into_iter().map(file).collect()
}

fn collect(folder: &'static Dir<'_>, files: &mut Vec<File>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => collect(folder, files),
            DirEntry::File(file) => files.push(File {
                path: file.path().to_str().unwrap_or_default(),
                storage: Storage::Plain(file.contents()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "it compares with the templates on disk"
    )]
    fn packed_files_have_the_bytes_of_the_templates() {
        let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let is_packed = |file: &&File| matches!(file.storage, Storage::Packed(_));
        let packed: Vec<_> = FILES.iter().filter(is_packed).collect();
        for file in &packed {
            let path = format!("{templates}/{}", file.path);
            let expected = std::fs::read(&path).expect(&path);
            assert!(file.bytes() == expected, "{path}");
        }
        let lib = "rust/app/vendor/axum-channels/src/lib.rs";
        assert!(packed.iter().any(|file| file.path == lib));
        assert_eq!(with_prefix("rust/app/vendor/").len(), packed.len());
    }
}
