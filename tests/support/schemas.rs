//! Whether what was printed as JSON is as its schema says.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

/// Options that have a value of their own before a command.
const WITH_VALUE: [&str; 3] = ["-C", "--ledger", "--wait"];

/// The schema of a command's answers, by what `ledger schema` calls the command.
fn of(command: &str) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = known.get(command) {
        return Arc::clone(schema);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_ledger"))
        .args(["schema", command])
        .output()
        .expect("a run");
    assert!(output.status.success(), "{command} has no schema");
    let schema = serde_json::from_slice(&output.stdout).expect("a schema");
    let schema = Arc::new(jsonschema::validator_for(&schema).expect("a right schema"));
    known.insert(command.to_owned(), Arc::clone(&schema));
    schema
}

/// The command that was typed, as `ledger schema` calls it, if it was asked for JSON.
fn asked(command: &Command) -> Option<String> {
    let words: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
    let format = words.iter().position(|word| *word == "--format");
    let format = format.and_then(|at| words.get(at + 1));
    let is_json = words.contains(&"--json")
        || format.is_some_and(|format| ["json", "ndjson", "cloudevents"].contains(format));
    let mut words = words.iter();
    let mut named = Vec::new();
    while let Some(&word) = words.next() {
        match word {
            option if WITH_VALUE.contains(&option) => drop(words.next()),
            option if option.starts_with('-') => {}
            word => named.push(word),
        }
    }
    let command = match *named.first().filter(|_| is_json)? {
        above @ ("hooks" | "ids") => format!("{above}-{}", named.get(1)?),
        command => command.to_owned(),
    };
    Some(command)
}

/// The values that were printed: one, or one a line. None where it is not JSON, as the receipts of
/// a batch that was read as JSON are not.
fn values(stdout: &[u8]) -> Vec<Value> {
    if !stdout.starts_with(b"{") && !stdout.starts_with(b"[") {
        return Vec::new();
    }
    match serde_json::from_slice(stdout) {
        Ok(one) => vec![one],
        Err(_) => {
            let lines = stdout.split(|&byte| byte == b'\n');
            let lines = lines.filter(|line| !line.is_empty());
            let values = lines.map(|line| serde_json::from_slice(line).expect("a line of JSON"));
            values.collect()
        }
    }
}

/// Fails if something was printed as JSON that its schema does not allow.
#[track_caller]
pub(crate) fn check(command: &Command, stdout: &[u8]) {
    let Some(command) = asked(command) else {
        return;
    };
    for value in values(stdout) {
        if let Some(wrong) = of(&command).iter_errors(&value).next() {
            panic!(
                "ledger {command} printed what its schema does not allow: {wrong} at {}",
                wrong.instance_path()
            );
        }
    }
}
