//! Tests of the database.

use std::path::PathBuf;

use rusqlite::Result;
use team_chat::store::{File, Store};

/// A path for a database, deleted at the end of the test.
struct Database(PathBuf);

impl Drop for Database {
    fn drop(&mut self) {
        for end in ["", "-shm", "-wal"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display())); // if it is there
        }
    }
}

#[tokio::test]
async fn messages_and_files_are_there_after_a_restart() -> Result<()> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let database = Database(folder.join(format!("restart-{}.db", std::process::id())));
    let file = File {
        name: "cat.png".to_owned(),
        bytes: vec![7; 200_000],
    };

    let store = Store::open(&database.0)?;
    let hello = store.add("lobby", "alice", "hello", None).await?;
    let cat = store.add("lobby", "bob", "", Some(file.clone())).await?;
    drop(store);
    let store = Store::open(&database.0)?;

    assert_eq!(store.history("lobby").await?, [hello, cat.clone()]);
    assert_eq!(store.file(cat.id).await?, Some(file));
    Ok(())
}

#[tokio::test]
async fn the_history_ends_with_the_last_hundred_messages() -> Result<()> {
    let store = Store::in_memory()?;
    for number in 1..=101 {
        let body = number.to_string();
        store.add("lobby", "alice", &body, None).await?;
    }

    let ids = store
        .history("lobby")
        .await?
        .into_iter()
        .map(|message| message.id);

    assert_eq!(ids.collect::<Vec<_>>(), (2..=101).collect::<Vec<_>>());
    Ok(())
}
