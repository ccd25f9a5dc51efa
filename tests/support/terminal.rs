//! A terminal to run the binary on.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What somebody saw of a run.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: Option<i32>,
    /// What came on the terminal, with line feeds alone.
    pub(crate) text: String,
}

/// Runs a command with a terminal of so many columns as its standard output and error.
pub(crate) fn run(command: &mut Command, columns: u16) -> Seen {
    on_terminal(command, columns, None)
}

/// The same with the terminal as its standard input too, on which somebody types an answer.
pub(crate) fn answer(command: &mut Command, columns: u16, answer: &str) -> Seen {
    on_terminal(command, columns, Some(answer))
}

fn on_terminal(command: &mut Command, columns: u16, answer: Option<&str>) -> Seen {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).expect("a terminal of ours");
    unlockpt(&ours).expect("an open terminal");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other side");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size).expect("a size");
    let mut ours = File::from(ours);
    let input = match answer {
        Some(answer) => {
            ours.write_all(answer.as_bytes()).expect("an answer");
            Stdio::from(theirs.try_clone().expect("a terminal"))
        }
        None => Stdio::null(),
    };
    let mut child = command
        .env("TERM", "xterm")
        .stdin(input)
        .stdout(theirs.try_clone().expect("a terminal"))
        .stderr(theirs)
        .spawn()
        .expect("a run");
    // The last hold on the other side that is not the child's.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let reader = std::thread::spawn(move || {
        let mut seen = Vec::new();
        // Reading a terminal that nobody holds any more fails.
        let _ = ours.read_to_end(&mut seen);
        seen
    });
    let code = child.wait().expect("its end").code();
    let seen = reader.join().expect("the reader");
    let text = String::from_utf8_lossy(&seen).replace("\r\n", "\n");
    Seen { code, text }
}
