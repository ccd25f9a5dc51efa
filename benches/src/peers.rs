//! What an append is compared with: the least a durable append can do, SQLite and redb.
//!
//! All take the bytes to append from a file, so that a process gets them at no cost of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use redb::{Database, ReadableTable, TableDefinition};
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

const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("event");

/// Inserts a file's bytes under the next number, durably (redb's default).
///
/// # Errors
/// Whatever redb or the system says.
pub fn redb(database: &Path, payload: &Path) -> crate::Outcome<()> {
    let bytes = fs::read(payload)?;
    let database = Database::open(database)?;
    let transaction = database.begin_write()?;
    {
        let mut events = transaction.open_table(EVENTS)?;
        let next = events.last()?.map_or(0, |(key, _)| key.value() + 1);
        events.insert(next, &bytes[..])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Makes redb's database with one value for each line of a journal.
///
/// # Errors
/// Whatever redb or the system says.
pub fn fill_redb(path: &Path, journal: &Path) -> crate::Outcome<()> {
    let database = Database::create(path)?;
    let transaction = database.begin_write()?;
    {
        let mut events = transaction.open_table(EVENTS)?;
        for (seq, line) in lines(journal)?.enumerate() {
            events.insert(seq as u64, &line?[..])?;
        }
    }
    transaction.commit()?;
    drop(database);
    File::open(path)?.sync_all()?;
    Ok(())
}

/// The lines of a journal, of which there may be more than fit into memory.
fn lines(journal: &Path) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    let file = BufReader::with_capacity(1 << 20, File::open(journal)?);
    Ok(file.split(b'\n'))
}

/// Makes the database with one row for each line of a journal.
///
/// # Errors
/// Whatever SQLite or the system says.
pub fn fill_sqlite(database: &Path, journal: &Path) -> crate::Outcome<()> {
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
        for line in lines(journal)? {
            insert.execute([line?])?;
        }
    }
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    // What was written must not have to be written out during the measurement.
    File::open(database)?.sync_all()?;
    Ok(())
}
