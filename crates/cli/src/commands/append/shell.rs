//! A command that somebody names, run as a shell runs it.

use std::io::{self, PipeReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use ledger_core::Digest;
use ledger_core::decide::{MOST_OUTPUT, Run};

use crate::failure::Failure;

/// How long is waited for the end of the output once the command has ended: something that it left
/// running may hold it open for ever.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs a command in a folder, and says how it ended and what it wrote. What it writes, to either
/// of its outputs, is passed on to standard error, since the receipt goes to standard output.
pub(super) fn run(command: &str, folder: &Path, quiet: bool) -> Result<Run, Failure> {
    let unable = |error: io::Error| Failure::from(error).about(format!("cannot run `{command}`"));
    let (reader, writer) = io::pipe().map_err(unable)?;
    let mut shell = shell(command);
    shell
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(unable)?)
        .stderr(writer);
    let begun = Instant::now();
    let mut child = shell.spawn().map_err(unable)?;
    // Its ends of the pipe are open in the child alone from here on.
    drop(shell);
    let pieces = pieces(reader);
    let mut output = Output::new(quiet);
    let status = thread::scope(|scope| {
        let waited = scope.spawn(|| child.wait());
        while !waited.is_finished() {
            if let Ok(piece) = pieces.recv_timeout(Duration::from_millis(5)) {
                output.take(&piece);
            }
        }
        waited.join()
    });
    let elapsed = begun.elapsed();
    let status = match status {
        Ok(status) => status.map_err(unable)?,
        Err(_) => {
            return Err(Failure::trouble(format!(
                "`{command}` cannot be waited for"
            )));
        }
    };
    let until = Instant::now() + PATIENCE;
    while let Ok(piece) = pieces.recv_timeout(until.saturating_duration_since(Instant::now())) {
        output.take(&piece);
    }
    Ok(Run {
        command: command.to_owned(),
        exit: status.code(),
        millis: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        bytes: output.hasher.count(),
        hash: Digest::from_bytes(*output.hasher.finalize().as_bytes()),
        output: output.text(),
    })
}

fn shell(command: &str) -> Command {
    let (program, option) = match cfg!(windows) {
        true => ("cmd", "/C"),
        false => ("sh", "-c"),
    };
    let mut shell = Command::new(program);
    shell.arg(option).arg(command);
    shell
}

/// What comes out of a pipe, as it comes.
fn pieces(mut reader: PipeReader) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut piece = vec![0; 16 << 10];
        // It ends with the process where nobody closes the pipe.
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            if sender
                .send(piece.get(..length).unwrap_or_default().to_owned())
                .is_err()
            {
                break;
            }
        }
    });
    receiver
}

/// What a command has written so far.
struct Output {
    hasher: blake3::Hasher,
    /// The end of it.
    kept: Vec<u8>,
    quiet: bool,
}

impl Output {
    fn new(quiet: bool) -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            kept: Vec::new(),
            quiet,
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        self.kept.extend_from_slice(piece);
        if self.kept.len() > 2 * MOST_OUTPUT {
            self.kept.drain(..self.kept.len() - MOST_OUTPUT);
        }
        if !self.quiet {
            // Whoever ran it may have closed it; the evidence does not depend on that.
            let _ = io::stderr().write_all(piece);
        }
    }

    /// The end of it as text.
    fn text(&self) -> String {
        let from = self.kept.len().saturating_sub(MOST_OUTPUT);
        String::from_utf8_lossy(self.kept.get(from..).unwrap_or_default()).into_owned()
    }
}
