//! `peer-redb DATABASE PAYLOAD`: one durable insert, in a process of its own.

use std::path::Path;

use ledger_benches::{Outcome, peers};

fn main() -> Outcome<()> {
    let mut words = std::env::args_os().skip(1);
    match (words.next(), words.next()) {
        (Some(database), Some(payload)) => peers::redb(Path::new(&database), Path::new(&payload)),
        _ => Err("peer-redb DATABASE PAYLOAD".into()),
    }
}
