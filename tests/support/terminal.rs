//! A terminal to run the binary on.

use std::fs::File;
use std::io::Read;
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
    let mut child = command
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(theirs.try_clone().expect("a terminal"))
        .stderr(theirs)
        .spawn()
        .expect("a run");
    // The last hold on the other side that is not the child's.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let reader = std::thread::spawn(move || {
        let mut seen = Vec::new();
        // Reading a terminal that nobody holds any more fails.
        let _ = File::from(ours).read_to_end(&mut seen);
        seen
    });
    let code = child.wait().expect("its end").code();
    let seen = reader.join().expect("the reader");
    let text = String::from_utf8_lossy(&seen).replace("\r\n", "\n");
    Seen { code, text }
}
