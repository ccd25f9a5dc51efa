//! What `ledger doctor` says.

use serde_json::Value;

use super::Project;

/// The report of a run that must exit with this code.
#[track_caller]
pub(crate) fn doctor(project: &Project, words: &[&str], code: i32) -> Value {
    let run = project.run([&["doctor", "--json"], words].concat());
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The codes of a report's findings.
pub(crate) fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|found| found["code"].as_str().unwrap())
        .collect()
}
