//! Running the binary where it may take only so much memory and time.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Run;

/// The address space a run may take, in KiB.
const MEMORY: u64 = 1 << 20;
/// How long a run may take on the slowest machine; it is there to end one that hangs.
const HANG: Duration = Duration::from_secs(60);

/// What standard input gives.
pub(crate) enum Input {
    /// Nothing.
    None,
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes again and again, for as long as they are read.
    Endless(Vec<u8>),
}

/// Runs a command within bounds of memory and time, and demands of it what is demanded of every
/// run: it ends by itself, with a code that is documented, and without a panic.
#[track_caller]
pub(crate) fn run(command: &Command, input: Input) -> Run {
    match judged(command, input) {
        Ok(run) => run,
        Err(why) => panic!("{why}"),
    }
}

/// The same, for those who go on after a run that did not do what is demanded.
pub(crate) fn judged(command: &Command, input: Input) -> Result<Run, String> {
    let mut child = bounded(command)
        .stdin(match input {
            Input::None => Stdio::null(),
            _ => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let feeder = child.stdin.take().map(|mut stdin| {
        thread::spawn(move || match input {
            Input::None => {}
            // It may end without reading all of it.
            Input::Bytes(bytes) => drop(stdin.write_all(&bytes)),
            Input::Endless(bytes) => while stdin.write_all(&bytes).is_ok() {},
        })
    });
    let stdout = collect(child.stdout.take().expect("its output"));
    let stderr = collect(child.stderr.take().expect("its messages"));
    let stdout = finished(&mut child, &stdout, command)?;
    let stderr = finished(&mut child, &stderr, command)?;
    let status = child.wait().expect("its end");
    if let Some(feeder) = feeder {
        feeder.join().expect("the feeder");
    }
    let run = Run {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        bytes: stdout,
    };
    if !matches!(run.code, 0..=2) || run.stderr.contains("panicked") {
        return Err(format!("{command:?} ended with {status}: {}", run.stderr));
    }
    Ok(run)
}

/// The same command with a bound on its memory, where the system knows one.
fn bounded(command: &Command) -> Command {
    if !cfg!(target_os = "linux") {
        let mut same = Command::new(command.get_program());
        copy(command, &mut same);
        return same;
    }
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("ulimit -v {MEMORY} && exec \"$0\" \"$@\""))
        .arg(command.get_program());
    copy(command, &mut shell);
    shell
}

/// Gives a command the arguments, the folder and the environment of another.
pub(crate) fn copy(from: &Command, to: &mut Command) {
    to.args(from.get_args());
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

fn collect(mut from: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

fn finished(
    child: &mut Child,
    output: &mpsc::Receiver<Vec<u8>>,
    command: &Command,
) -> Result<Vec<u8>, String> {
    output.recv_timeout(HANG).map_err(|_| {
        let _ = child.kill();
        let _ = child.wait();
        format!("{command:?} hangs")
    })
}
