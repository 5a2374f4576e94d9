//! Messages and files, in SQLite.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Result, Row, named_params};
use serde::Serialize;

/// Maximum number of messages that a client receives when it joins a room.
const HISTORY: i64 = 100;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY,
        room TEXT NOT NULL,
        author TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL DEFAULT (unixepoch())
    );
    CREATE INDEX IF NOT EXISTS messages_by_room ON messages (room, id);
    CREATE TABLE IF NOT EXISTS files (
        message INTEGER PRIMARY KEY REFERENCES messages,
        name TEXT NOT NULL,
        bytes BLOB NOT NULL
    );
";

const MESSAGES: &str = "
    SELECT id, author, body, at, name FROM messages LEFT JOIN files ON message = id
";

/// The database. One connection is enough: SQLite has one writer, and a query takes microseconds.
#[derive(Debug, Clone)]
pub struct Store(Arc<Mutex<Connection>>);

/// A message as clients receive it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    pub id: i64,
    pub author: String,
    pub body: String,
    /// Seconds since 1970.
    pub at: i64,
    /// Name of its file, if it has one.
    pub file: Option<String>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Store {
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(Connection::open(path)?)
    }

    /// Opens an empty database, for tests.
    pub fn in_memory() -> Result<Self> {
        Self::new(Connection::open_in_memory()?)
    }

    fn new(connection: Connection) -> Result<Self> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Adds a message, with its file, to a room.
    pub async fn add(
        &self,
        room: &str,
        author: &str,
        body: &str,
        file: Option<File>,
    ) -> Result<Message> {
        let [room, author, body] = [room, author, body].map(str::to_owned);
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO messages (room, author, body) VALUES (?, ?, ?)",
                [room, author, body],
            )?;
            let id = transaction.last_insert_rowid();
            if let Some(File { name, bytes }) = file {
                let insert = "INSERT INTO files (message, name, bytes) VALUES (?, ?, ?)";
                transaction.execute(insert, (id, name, bytes))?;
            }
            let select = format!("{MESSAGES} WHERE id = ?");
            let message = transaction.query_row(&select, [id], message)?;
            transaction.commit()?;
            Ok(message)
        })
        .await
    }

    /// Returns the last messages of a room, the oldest first.
    pub async fn history(&self, room: &str) -> Result<Vec<Message>> {
        let room = room.to_owned();
        self.run(move |connection| {
            let select = format!("{MESSAGES} WHERE room = :room ORDER BY id DESC LIMIT :limit");
            let mut statement = connection.prepare_cached(&select)?;
            let params = named_params! { ":room": room, ":limit": HISTORY };
            let messages = statement.query_map(params, message)?;
            let mut messages = messages.collect::<Result<Vec<_>>>()?;
            messages.reverse();
            Ok(messages)
        })
        .await
    }

    /// Returns the names of the rooms that have messages.
    pub async fn rooms(&self) -> Result<Vec<String>> {
        self.run(|connection| {
            let select = "SELECT DISTINCT room FROM messages ORDER BY room";
            let mut statement = connection.prepare_cached(select)?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .await
    }

    /// Returns the file of a message, if it has one.
    pub async fn file(&self, message: i64) -> Result<Option<File>> {
        self.run(move |connection| {
            let select = "SELECT name, bytes FROM files WHERE message = ?";
            let file = |row: &Row<'_>| {
                let (name, bytes) = (row.get("name")?, row.get("bytes")?);
                Ok(File { name, bytes })
            };
            connection.query_row(select, [message], file).optional()
        })
        .await
    }

    /// Runs queries on a thread where they may block.
    async fn run<T: Send + 'static>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.0.clone();
        let blocking = move || queries(&mut store.lock().unwrap_or_else(PoisonError::into_inner));
        match tokio::task::spawn_blocking(blocking).await {
            Ok(result) => result,
            Err(error) => resume_unwind(error.into_panic()), // it is never cancelled
        }
    }
}

fn message(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.get("id")?,
        author: row.get("author")?,
        body: row.get("body")?,
        at: row.get("at")?,
        file: row.get("name")?,
    })
}
