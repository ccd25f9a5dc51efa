//! Keys that others could read, and files that are not what they should be.

#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::path::Path;

#[cfg(unix)]
use super::json;
use super::{codes, python, signed};

#[cfg(unix)]
#[test]
fn the_private_key_is_its_owners_alone_and_never_leaves() {
    use std::os::unix::fs::PermissionsExt as _;
    let (project, key) = signed();
    let path = project.path(".git/ledger/keys/checkpoint.key");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(
        project.read(".git/ledger/keys/checkpoint.pub"),
        format!("{key}\n")
    );
    let secret = fs::read_to_string(&path).unwrap();
    // Base64 has the sign that stands between the fields too.
    let secret = secret.trim_end().splitn(5, '+').last().unwrap().to_owned();
    assert!(secret.len() > 40);
    for arguments in [
        &["export"][..],
        &["doctor", "--json"],
        &["checkpoint", "--json"],
        &["checkpoint", "--show-key", "--json"],
        &["audit", "--json"],
    ] {
        let run = project.ok(arguments);
        let said = run.stdout + &run.stderr;
        assert!(
            !said.contains(&secret) && !said.contains("PRIVATE"),
            "{arguments:?}"
        );
    }

    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(&path, open).unwrap();
    let before = project.events().len();
    project.ok(["append", "note", "T-3", "soon"]);
    let words = ["read or changed by others", "chmod 600"];
    project.fails(["checkpoint"], 2, &words);
    let shown = project.ok(["checkpoint", "--show-key"]).stdout;
    assert_eq!(shown.trim_end(), key, "the public one is nobody's secret");
    project.fails(["doctor"], 1, &["1 finding"]);
    assert!(
        project
            .run(["doctor"])
            .stdout
            .contains("read or changed by others")
    );
    assert_eq!(project.events().len(), before + 1);
    // What checks needs no private key.
    project.ok(["verify", "--checkpoint", "first.checkpoint"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    project.ok(["checkpoint"]);

    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let at = bad.len() - 8;
    bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
    project.ok(["append", "note", "T-3", "later"]);
    for bad in [
        &bad[..],
        b"",
        b"\xff\xfe",
        &[b'x'; 100_000],
        &good[..good.len() - 1],
    ] {
        fs::write(&path, bad).unwrap();
        let run = project.fails(["checkpoint"], 2, &["the key", "hint:"]);
        assert!(!run.stderr.contains(&secret[..20]), "{}", run.stderr);
        project.fails(["doctor"], 1, &["1 finding"]);
    }
    fs::remove_file(&path).unwrap();
    project.fails(["checkpoint"], 2, &["it is gone", "hand"]);
    // Moved away as the hint says, there is a new one.
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let new = json(&project.ok(["checkpoint", "--json"]));
    assert_ne!(new["key"], key);
    project.fails(
        ["verify", "--checkpoint", "first.checkpoint"],
        1,
        &["did not sign"],
    );
    project.ok(["verify", "--checkpoint", "first.checkpoint", "--key", &key]);
}

#[test]
fn a_program_is_told_what_is_wrong_with_each_file() {
    let (project, key) = signed();
    project.ok(["prove", "1", "--to", "proof"]);
    project.write("text", "no checkpoint\n");
    project.write("huge", vec![b'A'; 40_000_000]);
    let proof = project.read("proof");
    let check = |arguments: &[&str], code: &str| {
        let words = [&["--key", &key, "--json"][..], arguments].concat();
        let run = project.run([&["verify-proof"][..], &words].concat());
        assert_eq!((run.code, codes(&run)), (1, vec![code.to_owned()]));
        assert!(run.stderr.contains("proves nothing"), "{}", run.stderr);
    };
    check(&["text"], "NOT_A_PROOF");
    check(&["huge"], "NOT_A_PROOF");
    check(&["proof", "--event", "text"], "BAD_EVENT");
    check(&["proof", "--event", "huge"], "BAD_EVENT");
    for kept in ["text", "huge", "proof"] {
        check(&["proof", "--checkpoint", kept], "NOT_A_CHECKPOINT");
        let run = project.run(["verify", "--json", "--checkpoint", kept]);
        let expected = vec!["NOT_A_CHECKPOINT".to_owned()];
        assert_eq!((run.code, codes(&run)), (1, expected), "{kept}");
    }
    let words = ["verify-proof", "proof", "--checkpoint", "text"];
    project.fails(words, 1, &["signed note", "hint: a checkpoint is"]);

    let run = project.run_with(["verify-proof", "-", "--json"], &proof);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = project.run_with(["verify-proof", "-", "--event", "-"], &proof);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("only one of them"), "{}", run.stderr);
    let run = project.run_with(["verify", "--journal", "-", "--checkpoint", "-"], "");
    assert_eq!(run.code, 2);
    project.fails(["verify-proof", "no-such-file"], 2, &["no-such-file"]);
}

#[test]
fn hostile_files_are_refused_within_bounds() {
    let (project, key) = signed();
    let good = project.read("first.checkpoint");
    let escapes = good.replace("— plan-ledger", "— \u{9b}31m\u{202e}evil");
    let nested = format!("{{\"body\":{}", "[".repeat(2_000_000));
    let header = format!("{{\"actor\":{}", "{\"a\":".repeat(1_000_000));
    let files: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![b'\n'; 3_000_000],
        vec![0xff; 3_000_000],
        vec![b'A'; 40_000_000],
        good.replace('\n', "\n\n").into_bytes(),
        format!("{good}{}", "— a AAAAAAA=\n".repeat(400_000)).into_bytes(),
        format!(
            "c2sp.org/tlog-proof@v1\nindex 0\n{}",
            format!("{}=\n", "A".repeat(43)).repeat(400_000)
        )
        .into_bytes(),
        format!("c2sp.org/tlog-proof@v1\nextra {}\n", "A".repeat(8_000_000)).into_bytes(),
        format!("Plan-Checkpoint: {}\n", "a ".repeat(100_000)).into_bytes(),
        nested.into_bytes(),
        header.into_bytes(),
    ];
    for (nth, bytes) in files.iter().enumerate() {
        project.write("hostile", bytes);
        for arguments in [
            &["verify", "--checkpoint", "hostile"][..],
            &["verify-proof", "hostile", "--key", &key],
            &["verify-proof", "hostile", "--key", &key, "--json"],
            &["prove", "--from", "hostile"],
            &["prove", "1", "--checkpoint", "hostile"],
        ] {
            let run = project.run(arguments);
            assert!(
                run.code == 1 || run.code == 2,
                "{nth} {arguments:?}: {}",
                run.code
            );
            let said = run.stdout + &run.stderr;
            assert!(!said.contains("panicked") && !said.contains(['\u{9b}', '\u{202e}']));
            assert!(
                said.len() < 20_000,
                "{nth} {arguments:?}: {} bytes",
                said.len()
            );
        }
        if let Some(run) = python(&["--proof", "hostile", "--key", &key], &project) {
            assert_eq!(run.code, 1, "{nth}: {}", run.stderr);
            assert!(!run.stderr.contains("Traceback"), "{nth}: {}", run.stderr);
        }
    }
    // Who is said to have signed something is shown so that it does nothing to a terminal.
    project.write("hostile", &escapes);
    let run = project.run(["verify", "--checkpoint", "hostile"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("\\u{202e}evil"), "{}", run.stderr);
    assert!(
        !run.stderr.contains(['\u{9b}', '\u{202e}']),
        "{}",
        run.stderr
    );
    // An event that nests too deep is one that is not right.
    project.ok(["prove", "1", "--to", "proof"]);
    project.write("hostile", &files[9]);
    let run = project.run(["verify-proof", "proof", "--event", "hostile", "--json"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["BAD_EVENT".to_owned()]));
    for wrong in ["", "nonsense", "a+b+c", "TODO.md"] {
        project.fails(
            ["verify-proof", "proof", "--key", wrong],
            2,
            &["--key", "--show-key"],
        );
    }
}
