//! File systems of a test's own: it runs again in a namespace where it may mount, which goes with
//! its process, so nothing stays mounted whatever happens.

use std::path::Path;
use std::process::Command;

use crate::support::Run;

const INSIDE: &str = "LEDGER_TEST_MAY_MOUNT";

/// Runs a test where it may mount. `name` is the test's own. Where that is not possible it says
/// so, and on a machine that runs all checks it fails.
#[track_caller]
pub(super) fn where_mounting_is_allowed(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let Some(options) = ["-m", "-rm"].into_iter().find(|options| may_mount(options)) else {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "no namespace in which a test may mount can be had here"
        );
        eprintln!("no namespace to mount a small disk in can be had here: checked nothing");
        return;
    };
    let output = Command::new("unshare")
        .arg(options)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--include-ignored", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let run = Run::of(&output);
    println!("{}", run.stdout);
    assert!(
        run.code == 0 && run.stdout.contains("1 passed"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

fn may_mount(options: &str) -> bool {
    let tried = Command::new("unshare")
        .args([options, "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

/// Mounts a disk in memory of so many KiB.
pub(super) fn small_disk(place: &Path, kib: u64) {
    let size = format!("size={kib}k");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
        .arg(place)
        .output()
        .unwrap();
    assert!(
        mounted.status.success(),
        "{}",
        String::from_utf8_lossy(&mounted.stderr)
    );
}
