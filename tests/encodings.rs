//! Bytes that are no UTF-8 are refused, and all others come back as they were.

use std::fs;

use crate::support::Project;

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(bytes)
        .collect()
}

#[test]
fn other_encodings_are_refused_with_the_place_and_leave_nothing_behind() {
    let text = "# Plan\n\n- [ ] **T-1**: one\n";
    let rows: [(&str, Vec<u8>, &str, &str); 5] = [
        (
            "CP1252",
            b"# Plan\n\n- [ ] **T-1**: caf\xe9 au lait\n".to_vec(),
            "byte 26",
            "1252",
        ),
        (
            "UTF-16LE",
            utf_16(text, u16::to_le_bytes),
            "byte 0",
            "UTF-16",
        ),
        (
            "UTF-16BE",
            utf_16(text, u16::to_be_bytes),
            "byte 0",
            "UTF-16",
        ),
        (
            "cut off",
            "# Plan\n\n- [ ] **T-1**: ✅".as_bytes()[..25].to_vec(),
            "byte 23",
            "end is missing",
        ),
        (
            "surrogate",
            b"# Plan\n\n- [ ] \xed\xa0\x80\n".to_vec(),
            "byte 14",
            "convert",
        ),
    ];
    for (name, bytes, place, hint) in rows {
        let project = Project::empty();
        project.write("GOOD.md", text);
        project.write("TODO.md", &bytes);
        for words in [&["init", "TODO.md"][..], &["init", "GOOD.md", "TODO.md"]] {
            let run = project.fails(words, 2, &["TODO.md", place]);
            let said = run
                .stderr
                .lines()
                .find(|line| line.starts_with("hint:"))
                .unwrap_or_default();
            assert!(said.contains(hint), "{name}: {}", run.stderr);
            let names: Vec<_> = fs::read_dir(project.path("."))
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            assert_eq!(names.len(), 2, "{name}: {names:?}");
        }
        assert_eq!(project.bytes("TODO.md"), bytes);
        project.ok(["init", "GOOD.md"]);
        assert_eq!(project.events().len(), 2);

        // The same bytes saved over a plan that is tracked: nothing is recorded or written.
        project.write("GOOD.md", &bytes);
        project.fails(["observe"], 2, &["GOOD.md", place]);
        project.fails(["append", "start", "T-1"], 2, &["GOOD.md", place]);
        project.fails(["render", "--check"], 1, &["differ"]);
        project.ok(["status"]);
        assert_eq!(project.bytes("GOOD.md"), bytes, "{name}");
        assert_eq!(project.events().len(), 2, "{name}");
        project.write("GOOD.md", text);
        project.ok(["append", "start", "T-1"]);
        project.ok(["verify"]);
    }
}

#[test]
fn a_plan_that_is_refused_for_its_size_leaves_nothing_behind() {
    let project = Project::empty();
    let line = "No task, only a line of prose that goes on for a while and then ends here.\n";
    project.write("TODO.md", line.repeat((17 << 20) / line.len()));
    project.fails(
        ["init", "TODO.md"],
        2,
        &["at most 16777216", "nothing was recorded"],
    );
    assert!(!project.path(".ledger").exists());
    project.write("TODO.md", "- [ ] **T-1**: one\n");
    project.ok(["init", "TODO.md"]);
}

#[test]
fn a_plan_named_twice_is_refused_and_leaves_nothing_behind() {
    let project = Project::empty();
    project.write("TODO.md", "- [ ] **T-1**: one\n");
    project.fails(["init", "TODO.md", "./TODO.md"], 1, &["TODO.md", "already"]);
    assert!(!project.path(".ledger").exists());
}

/// Takes a plan through changes and edits by hand, and asks for each moment of it again.
#[track_caller]
fn comes_back(name: &str, plan: &[u8]) {
    let project = Project::empty();
    project.write("TODO.md", plan);
    project.ok(["init", "TODO.md"]);
    assert_eq!(project.bytes("TODO.md"), plan, "{name}");
    let mut moments = vec![(1, plan.to_vec())];
    let mut note = |project: &Project| {
        let seq = project.events().len() - 1;
        let bytes = project.bytes("TODO.md");
        if moments.last().is_none_or(|(last, _)| *last < seq) {
            moments.push((seq, bytes));
        } else {
            assert_eq!(
                moments.last().unwrap().1,
                bytes,
                "{name}: changed without an event"
            );
        }
    };
    for change in [
        &["append", "start", "T-1"][..],
        &[
            "append",
            "complete",
            "T-1",
            "--date",
            "2025-10-15",
            "--result",
            "done ✅",
        ],
        &["append", "note", "T-2", "soon"],
        &["append", "add", "Third", "--id", "T-3"],
    ] {
        // A plan may have no place for a change; that it says so is well enough.
        let run = project.run(change);
        assert!(matches!(run.code, 0 | 1), "{name}: {}", run.stderr);
        note(&project);
    }
    let ends: [&[u8]; 6] = [
        b"\r\nby hand",
        b"\r",
        b"\0\x0b\x0c",
        b"\n\n",
        b"\r\r\n",
        "\u{feff}\u{85}\u{2028}".as_bytes(),
    ];
    for end in ends {
        project.write("TODO.md", [&project.bytes("TODO.md"), end].concat());
        project.ok(["observe"]);
        note(&project);
        assert!(
            project.bytes("TODO.md").ends_with(end),
            "{name}: an edit is left as it is"
        );
    }
    project.write("TODO.md", "");
    project.ok(["observe"]);
    note(&project);
    project.write("TODO.md", plan);
    project.ok(["observe"]);
    note(&project);
    assert_eq!(project.bytes("TODO.md"), plan, "{name}");
    for (seq, bytes) in &moments {
        let run = project.ok(["render", "--stdout", "--at", &seq.to_string()]);
        assert_eq!(run.bytes, *bytes, "{name}: moment {seq}");
    }
    project.ok(["verify"]);
}

const PLAN: &str = "# Plan\n\n- [ ] **T-1**: one\n- [ ] **T-2**: two\n\nProse.\n";

#[test]
fn carriage_returns_of_every_kind_come_back() {
    comes_back("CRLF", PLAN.replace('\n', "\r\n").as_bytes());
    comes_back("CR CR LF", PLAN.replace('\n', "\r\r\n").as_bytes());
    comes_back("lone CR", PLAN.replace('\n', "\r").as_bytes());
}

#[test]
fn mixed_line_ends_come_back() {
    let mut mixed = String::new();
    for (line, end) in PLAN
        .lines()
        .zip(["\n", "\r\n", "\r", "\r\r\n", "\n\r", "\r\n"])
    {
        mixed.push_str(line);
        mixed.push_str(end);
    }
    comes_back("mixed", mixed.as_bytes());
}

#[test]
fn nul_and_byte_order_marks_come_back() {
    comes_back(
        "NUL",
        PLAN.replace("Prose", "a\0b\0")
            .replace("two", "t\0o")
            .as_bytes(),
    );
    comes_back("BOM", format!("\u{feff}{PLAN}").as_bytes());
    comes_back("two BOMs", format!("\u{feff}\u{feff}{PLAN}").as_bytes());
}

#[test]
fn empty_files_and_open_ends_come_back() {
    comes_back("empty", b"");
    comes_back("blank", b"\n\n\n");
    comes_back("only a BOM", "\u{feff}".as_bytes());
    comes_back("no final line end", PLAN.trim_end().as_bytes());
    comes_back(
        "a task is the end",
        b"- [ ] **T-1**: one\n- [ ] **T-2**: two",
    );
}
