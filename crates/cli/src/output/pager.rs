//! A pager between a long answer and a terminal.
//!
//! It is begun when the first of the answer is about to be printed, so that a command which only
//! fails, or has something to say on standard error before, does so on the terminal itself. Until
//! [`end`], standard output is the pager's standard input.

use std::env;

/// What is run where no variable says it.
const USUAL: &str = "less";

/// What `less` is told where `LESS` says nothing: to leave at once where all of it fits on the
/// screen, to show colours, and to leave on the screen what it showed.
const LESS: &str = "FRX";

/// The command that a person wants answers shown with, of `LEDGER_PAGER` and `PAGER` the first that
/// is set; none where that is empty or `cat`, and on a terminal that cannot move its cursor.
fn wanted() -> Option<Wanted> {
    if env::var_os("TERM").is_some_and(|terminal| terminal == "dumb") {
        return None;
    }
    let said = ["LEDGER_PAGER", "PAGER"];
    let said = said.into_iter().find_map(|name| env::var(name).ok());
    let wanted = Wanted {
        is_said: said.is_some(),
        command: said.unwrap_or_else(|| USUAL.to_owned()),
    };
    let command = wanted.command.trim();
    (!command.is_empty() && command != "cat").then_some(wanted)
}

/// A pager to run.
struct Wanted {
    command: String,
    /// Whether somebody said that it is this one.
    is_said: bool,
}

#[cfg(unix)]
pub(crate) use unix::{allow, begin, columns, end};

#[cfg(not(unix))]
pub(crate) use elsewhere::{allow, begin, columns, end};

#[cfg(unix)]
mod unix {
    use std::io::{self, Write};
    use std::os::fd::OwnedFd;
    use std::process::{Child, Command, Stdio};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use anstream::AutoStream;
    use signal_hook::consts::SIGINT;

    use super::{LESS, Wanted, wanted};
    use crate::output::escape::plain;
    use crate::output::screen;

    /// How far it is.
    enum State {
        /// Answers go to standard output.
        Unused,
        /// A long answer may come.
        Allowed,
        /// It runs.
        Running(Running),
    }

    struct Running {
        pager: Child,
        /// Standard output as it was.
        terminal: OwnedFd,
        columns: usize,
        /// Whether an interrupt ends this process, as it does without a pager.
        interruptible: Arc<AtomicBool>,
    }

    static STATE: Mutex<State> = Mutex::new(State::Unused);

    /// Does something with the state, which is always whole.
    fn with<T>(does: impl FnOnce(&mut State) -> T) -> T {
        does(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that a long answer may come.
    pub(crate) fn allow() {
        with(|state| *state = State::Allowed);
    }

    /// Runs the pager if one is wanted for the answer that is about to be printed. Without it the
    /// answer is printed all the same.
    pub(crate) fn begin() {
        with(|state| {
            if !matches!(state, State::Allowed) {
                return;
            }
            *state = State::Unused;
            let Some(columns) = screen::terminal_columns() else {
                return;
            };
            let Some(wanted) = wanted() else {
                return;
            };
            match run(&wanted, columns) {
                Ok(running) => *state = State::Running(running),
                // Nobody misses what is not installed.
                Err(_) if !wanted.is_said => {}
                Err(error) => {
                    let command = plain(&wanted.command);
                    let mut err = anstream::stderr().lock();
                    let _ = writeln!(err, "note: the pager '{command}' cannot be run: {error}");
                }
            }
        });
    }

    fn run(wanted: &Wanted, columns: usize) -> io::Result<Running> {
        // Asked before it is no terminal any more.
        let colours = AutoStream::choice(&io::stdout());
        io::stdout().flush()?;
        let terminal = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
        let mut command = command(&wanted.command);
        for (name, value) in [("LESS", LESS), ("LV", "-c")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        // An interrupt is the pager's, and what it shows must not break off.
        let interruptible = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&interruptible))?;
        let spawned = command.stdin(Stdio::piped()).spawn();
        let mut pager = spawned.inspect_err(|_| interruptible.store(true, Ordering::Relaxed))?;
        if let Some(input) = pager.stdin.take() {
            rustix::stdio::dup2_stdout(&input)?;
        }
        colours.write_global();
        Ok(Running {
            pager,
            terminal,
            columns,
            interruptible,
        })
    }

    /// A command as a shell would read it; without one where it has nothing that only a shell
    /// understands, so that a program which is not there is noticed before the answer is written.
    fn command(text: &str) -> Command {
        let is_plain = |c: char| c.is_alphanumeric() || " ./-_+,:@%".contains(c);
        let mut words = text.split_whitespace();
        if let Some(program) = words.next().filter(|_| text.chars().all(is_plain)) {
            let mut command = Command::new(program);
            command.args(words);
            return command;
        }
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    /// The width of the terminal that a pager shows the answer on, if one runs.
    pub(crate) fn columns() -> Option<usize> {
        with(|state| match state {
            State::Running(running) => Some(running.columns),
            _ => None,
        })
    }

    /// Lets the pager have the end of the answer, and waits until somebody has read it.
    pub(crate) fn end() {
        let running = with(|state| std::mem::replace(state, State::Unused));
        let State::Running(mut running) = running else {
            return;
        };
        // A pager that was left reads no more.
        let _ = io::stdout().flush();
        // The pipe has no other end here, so the pager sees that nothing comes any more.
        if rustix::stdio::dup2_stdout(&running.terminal).is_ok() {
            let _ = running.pager.wait();
        }
        running.interruptible.store(true, Ordering::Relaxed);
    }
}

/// Elsewhere answers are not paged: standard output cannot be exchanged there.
#[cfg(not(unix))]
mod elsewhere {
    pub(crate) fn allow() {}

    pub(crate) fn begin() {}

    pub(crate) fn columns() -> Option<usize> {
        None
    }

    pub(crate) fn end() {}
}
