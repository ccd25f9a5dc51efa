//! `ledger man`: one page for the program and one for each command.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::args;
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::screen::Screen;

pub(crate) fn run(directory: &Path) -> Result<(), Failure> {
    let about = |error| Failure::from(error).about(directory.display());
    fs::create_dir_all(directory).map_err(about)?;
    clap_mangen::generate_to(args::whole(), directory).map_err(about)?;
    let place = directory.display().to_string();
    let place = plain(&place);
    let mut out = Screen::new();
    writeln!(
        out,
        "wrote the man pages to {place}; man -l {place}/ledger.1 shows the first"
    )?;
    Ok(out.flush()?)
}
