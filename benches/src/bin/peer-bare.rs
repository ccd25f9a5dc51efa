//! `peer-bare FILE PAYLOAD`: one durable append, in a process of its own.

use std::path::Path;

use ledger_benches::{Outcome, peers};

fn main() -> Outcome<()> {
    let mut words = std::env::args_os().skip(1);
    match (words.next(), words.next()) {
        (Some(file), Some(payload)) => Ok(peers::bare(Path::new(&file), Path::new(&payload))?),
        _ => Err("peer-bare FILE PAYLOAD".into()),
    }
}
