//! What an append is compared with: the least a durable append can do, and SQLite.
//!
//! Both take the bytes to append from a file, so that a process gets them at no cost of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

/// Appends a file's bytes to another, durably.
///
/// # Errors
/// Whatever the system says.
pub fn bare(target: &Path, payload: &Path) -> io::Result<()> {
    let bytes = fs::read(payload)?;
    let mut file = OpenOptions::new().append(true).create(true).open(target)?;
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Inserts a file's bytes as a row, durably: WAL, `synchronous=FULL`.
///
/// # Errors
/// Whatever SQLite or the system says.
pub fn sqlite(database: &Path, payload: &Path) -> crate::Outcome<()> {
    let bytes = fs::read(payload)?;
    let connection = Connection::open(database)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("INSERT INTO event (line) VALUES (?1)", [&bytes])?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Makes the database with one row for each line of a journal.
///
/// # Errors
/// Whatever SQLite or the system says.
pub fn fill_sqlite(database: &Path, journal: &Path) -> crate::Outcome<()> {
    let lines = fs::read(journal)?;
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute(
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, line BLOB NOT NULL)",
        [],
    )?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO event (line) VALUES (?1)")?;
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            insert.execute([line])?;
        }
    }
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    // What was written must not have to be written out during the measurement.
    File::open(database)?.sync_all()?;
    Ok(())
}
