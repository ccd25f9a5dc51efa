//! Plans, payloads, paths and arguments of somebody who means harm: every command answers in
//! bounded time and memory, and nothing that was read gets the better of who reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::Project;
use crate::support::limits::Input;

/// What a terminal would obey, hide or turn around.
const TERMINAL: &str = "\u{1b}[2J\u{1b}]8;;https://example.org\u{1b}\\x\u{1b}]8;;\u{1b}\\ \u{9b}31m\u{9d}0;t\u{9c} \u{7}\u{8}\u{7f} \u{202e}exe\u{2066}y\u{2069} a\u{200b}b\u{2060}c\u{feff}\u{e0041}";
/// What a spreadsheet would run.
const FORMULAS: [&str; 8] = [
    "=HYPERLINK(\"https://example.org\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " \u{a0}=1+1",
    "＝1+1",
];
/// What would end a table's cell, a code span or a line.
const MARKUP: &str =
    "a | b || `c` ``d`` \\| <script>alert(1)</script> [l](javascript:x) <!-- --> &lt;";

/// A plan whose every part tries something.
fn nasty() -> String {
    let mut plan = format!(
        "# Plan {TERMINAL} {MARKUP}\n\n**Owner {TERMINAL}**: {TERMINAL}\n\n## Work {TERMINAL}\n\n"
    );
    plan.push_str(&format!("- [ ] **T-1**: {TERMINAL} {MARKUP}\n"));
    plan.push_str(&format!(
        "  - **Owner**: {TERMINAL}\n  - **Note**: {MARKUP}\n"
    ));
    plan.push_str(&format!(
        "- [ ] **T-\u{1b}[31m2\u{202e}**: in its id\n  - **Dependencies**: T-1 {TERMINAL}\n"
    ));
    plan.push_str(&format!(
        "- [ ] {TERMINAL}\n- [ ] **{MARKUP}**: in its id\n"
    ));
    for (n, formula) in FORMULAS.iter().enumerate() {
        plan.push_str(&format!(
            "- [ ] **F-{n}**: {formula}\n  - **{formula}**: {formula}\n  - [ ] {formula}\n"
        ));
        plan.push_str(&format!("- [ ] **{formula}**: in its id\n"));
    }
    plan.push_str(&format!(
        "\n| id | task | status |\n|---|---|---|\n| R-1 | {TERMINAL} \\| x | pending |\n"
    ));
    plan
}

/// Whether a terminal may do anything else with a character than show it.
fn acts_up(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// What the standard output of a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// For people.
    Human,
    /// JSON: one value, or one a line.
    Json,
    Csv,
    Markdown,
    /// A page for browsers.
    Page,
    /// The plan itself.
    Raw,
    /// The journal itself.
    Journal,
}

const QUERIES: [(&[&str], Form); 30] = [
    (&["status"], Form::Human),
    (&["status", "--json"], Form::Json),
    (&["next", "--all"], Form::Human),
    (&["next", "--json"], Form::Json),
    (&["list"], Form::Human),
    (&["list", "--json"], Form::Json),
    (&["show", "T-1"], Form::Human),
    (&["show", "T-1", "--json"], Form::Json),
    (&["audit"], Form::Human),
    (&["audit", "--json"], Form::Json),
    (&["audit", "--format", "table"], Form::Human),
    (&["audit", "--format", "json"], Form::Json),
    (&["audit", "--format", "ndjson"], Form::Json),
    (&["audit", "--format", "csv"], Form::Csv),
    (&["audit", "--format", "md"], Form::Markdown),
    (&["audit", "--format", "cloudevents"], Form::Json),
    (&["audit", "--grep", "=HYPER", "--reverse"], Form::Human),
    (&["render", "--stdout"], Form::Raw),
    (&["render", "--view", "history"], Form::Human),
    (&["render", "--view", "audit"], Form::Human),
    (&["render", "--check"], Form::Human),
    (&["history"], Form::Human),
    (&["history", "--json"], Form::Json),
    (&["history", "--task", "T-1"], Form::Human),
    (&["history", "--task", "T-1", "--json"], Form::Json),
    (&["show", "event:1"], Form::Human),
    (&["show", "event:1", "--json"], Form::Json),
    (&["verify"], Form::Human),
    (&["verify", "--json"], Form::Json),
    (&["export"], Form::Journal),
];

/// What is asked where there is one plan, and its file is there.
const OF_ONE_PLAN: [(&[&str], Form); 24] = [
    (&["status", "--at", "head"], Form::Human),
    (&["list", "--at", "head"], Form::Human),
    (&["show", "T-1", "--at", "head"], Form::Human),
    (&["stats"], Form::Human),
    (&["stats", "--json"], Form::Json),
    (&["stats", "--task", "T-1"], Form::Human),
    (&["graph"], Form::Human),
    (&["graph", "--format", "mermaid"], Form::Human),
    (&["graph", "--format", "dot"], Form::Human),
    (&["graph", "--json"], Form::Json),
    (&["graph", "--task", "T-1"], Form::Human),
    (&["blame"], Form::Human),
    (&["blame", "--words"], Form::Human),
    (&["blame", "--words", "--json"], Form::Json),
    (&["blame", "--task", "T-1"], Form::Human),
    (&["identify", "TODO.md"], Form::Human),
    (&["identify", "TODO.md", "--json"], Form::Json),
    (&["check"], Form::Human),
    (&["check", "--format", "json"], Form::Json),
    (&["check", "--format", "sarif"], Form::Json),
    (&["report", "--html", "-"], Form::Page),
    // It records a checkpoint, so it comes last.
    (&["prove", "1"], Form::Human),
    (&["prove", "1", "--header-only"], Form::Human),
    (&["verify", "--deep"], Form::Human),
];

/// What is asked where the plan was adopted alone, in event 1.
const DIFFS: [(&[&str], Form); 4] = [
    (&["diff", "1"], Form::Human),
    (&["diff", "1", "--stat"], Form::Human),
    (&["diff", "1", "--json"], Form::Json),
    (&["diff", "1", "--text"], Form::Raw),
];

/// Runs a command and looks at all that it says.
#[track_caller]
fn harmless(project: &Project, arguments: &[&str], form: Form, input: Input) -> i32 {
    let run = project.bounded(arguments, input);
    assert_eq!(
        run.stderr.chars().find(|&c| acts_up(c)),
        None,
        "{arguments:?}: {}",
        run.stderr
    );
    if matches!(form, Form::Human | Form::Json | Form::Csv | Form::Markdown) {
        let found = run
            .stdout
            .chars()
            .find(|&c| acts_up(c) && !(form == Form::Csv && c == '\r'));
        assert_eq!(found, None, "{arguments:?}: {}", run.stdout);
    }
    match form {
        Form::Human | Form::Raw => {}
        Form::Page => {
            let page = &run.stdout;
            assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
            assert!(!page.contains("<script>alert"), "{arguments:?}");
            assert!(!page.contains("href=\"javascript:"), "{arguments:?}");
        }
        Form::Json if serde_json::from_str::<Value>(&run.stdout).is_ok() => {}
        Form::Json | Form::Journal => {
            for line in run.stdout.lines() {
                if let Err(error) = serde_json::from_str::<Value>(line) {
                    panic!("{arguments:?}: {error}: {line}");
                }
            }
        }
        Form::Csv => {
            let mut reader = csv::Reader::from_reader(run.stdout.as_bytes());
            for record in reader.records() {
                let record = record.unwrap();
                let formula = record.iter().find(|cell| {
                    let first = cell.trim_start().chars().next();
                    first.is_some_and(|c| "=+-@|%＝＋－＠\t\r".contains(c))
                });
                assert_eq!(formula, None);
                assert_eq!(record.len(), 23);
            }
        }
        Form::Markdown => {
            for line in run.stdout.lines() {
                assert_eq!(bare_pipes(line), 8, "{line}");
                assert!(line.starts_with('|') && line.ends_with('|'), "{line}");
            }
        }
    }
    run.code
}

fn bare_pipes(line: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for c in line.chars() {
        count += usize::from(c == '|' && !escaped);
        escaped = c == '\\' && !escaped;
    }
    count
}

/// Takes a plan through every command. Whatever a change makes of it, queries answer.
#[track_caller]
fn through_every_command(plan: &[u8]) -> Project {
    let project = Project::empty();
    project.write("TODO.md", plan);
    assert_eq!(
        harmless(
            &project,
            &["init", "TODO.md", "--json"],
            Form::Json,
            Input::None
        ),
        0
    );
    assert_eq!(project.bytes("TODO.md"), plan);
    harmless(&project, &["init", "TODO.md"], Form::Human, Input::None);
    let tree = [plan, b"\n- [ ] **T-0**: by hand\n"].concat();
    project.write("TODO.md", tree);
    assert_eq!(
        harmless(&project, &["observe", "--json"], Form::Json, Input::None),
        0
    );
    let batch = format!(
        "{}\n{}\n",
        serde_json::json!({"change": "note", "task": "T-0", "text": TERMINAL}),
        serde_json::json!({"change": "block", "task": "T-0", "reason": format!("{} {TERMINAL}", FORMULAS[0])}),
    );
    let changes: [(&[&str], Form, Input); 5] = [
        (&["append", "start", "T-1"], Form::Human, Input::None),
        (
            &["append", "complete", "T-1", "--json", "--result", TERMINAL],
            Form::Json,
            Input::None,
        ),
        (&["append", "start", TERMINAL], Form::Human, Input::None),
        (
            &["append", "add", "--", FORMULAS[1]],
            Form::Human,
            Input::None,
        ),
        (
            &["append", "--json"],
            Form::Json,
            Input::Bytes(batch.into_bytes()),
        ),
    ];
    for (change, form, input) in changes {
        harmless(&project, change, form, input);
    }
    for (query, form) in QUERIES.into_iter().chain(OF_ONE_PLAN).chain(DIFFS) {
        let code = harmless(&project, query, form, Input::None);
        let may_be_missing = query[0] == "show" || query.contains(&"--task");
        let may_find = query[0] == "check" && code == 1;
        assert!(
            code == 0 || may_be_missing || may_find,
            "{query:?} ended with {code}"
        );
    }
    project
}

#[test]
fn what_a_plan_says_stays_text_in_every_form_of_every_command() {
    let project = through_every_command(nasty().as_bytes());
    harmless(
        &project,
        &[
            "append",
            "block",
            "F-0",
            "--reason",
            &format!("{}\nerror: forged", FORMULAS[4]),
        ],
        Form::Human,
        Input::None,
    );
    for (n, formula) in FORMULAS.iter().enumerate().skip(1) {
        let task = format!("F-{n}");
        let words = [
            "append",
            "start",
            &task,
            "--actor",
            formula,
            "--session",
            formula,
            "--cause",
        ];
        let words = [&words[..], &[formula]].concat();
        harmless(&project, &words, Form::Human, Input::None);
    }
    for (query, form) in QUERIES.into_iter().chain(OF_ONE_PLAN).chain(DIFFS) {
        assert_eq!(harmless(&project, query, form, Input::None), 0, "{query:?}");
    }
    let said = project.ok(["audit"]).stdout;
    assert!(
        !said.lines().any(|line| line.starts_with("error:")),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn names_of_folders_and_plans_stay_text_too() {
    let project = Project::empty();
    let folder = format!("{} \n| `x`", TERMINAL.replace('/', ""));
    let plan = format!("=1+1 {}\r\n|.md", TERMINAL.replace('/', ""));
    fs::create_dir(project.path(&folder)).unwrap();
    let text = "- [ ] **T-1**: one\n";
    project.write(&format!("{folder}/{plan}"), text);
    project.write(&format!("{folder}/OTHER.md"), "# Other\n");
    let go = |words: &[&str], form| {
        let words = [&["-C", folder.as_str()], words].concat();
        harmless(&project, &words, form, Input::None)
    };
    assert_eq!(go(&["init", &plan, "OTHER.md"], Form::Human), 0);
    assert_eq!(go(&["append", "complete", "T-1"], Form::Human), 0);
    assert_eq!(
        go(
            &["append", "rename", "OTHER.md", &format!("2{plan}")],
            Form::Human
        ),
        0
    );
    for state in 0..4 {
        match state {
            1 => project.write(&format!("{folder}/{plan}"), text),
            2 => project.write(&format!("{folder}/{plan}"), b"\xff\n"),
            3 => fs::remove_file(project.path(&format!("{folder}/{plan}"))).unwrap(),
            _ => {}
        }
        for (query, form) in QUERIES {
            if query != ["render", "--stdout"] {
                let code = go(query, form);
                assert!(
                    code == 0 || query == ["render", "--check"],
                    "{query:?}: {code}"
                );
            }
        }
        go(&["render", "--stdout"], Form::Human);
        go(&["render", "--stdout", "--plan", &plan], Form::Human);
        go(&["append", "note", "T-1", "x"], Form::Human);
        go(&["observe"], Form::Human);
    }
}

#[test]
fn a_hundred_thousand_nested_quotes_take_bounded_time() {
    let mut plan = "# Plan\n\n- [ ] **T-1**: one\n\n".to_owned();
    plan.push_str(&">".repeat(100_000));
    plan.push_str(" - [ ] **T-2**: deep\n\n");
    plan.push_str(&"> ".repeat(100_000));
    plan.push('\n');
    through_every_command(plan.as_bytes());
}

#[test]
fn a_hundred_thousand_nested_lists_take_bounded_time() {
    let mut plan = "# Plan\n\n- [ ] **T-1**: one\n\n".to_owned();
    plan.push_str(&"- ".repeat(100_000));
    plan.push_str("[ ] **T-2**: deep\n\n");
    for depth in 0..400 {
        plan.push_str(&format!(
            "{}- [ ] **D-{depth}**: deep\n",
            "  ".repeat(depth)
        ));
    }
    through_every_command(plan.as_bytes());
}

#[test]
fn a_line_of_a_megabyte_takes_bounded_time() {
    let mut plan = format!("# Plan\n\n- [ ] **T-1**: {}\n", "long ".repeat(200_000));
    for inline in ["[", "`", "**a ", "<", "![](", "a_", "| "] {
        plan.push_str(&format!("\n{}\n", inline.repeat(100_000 / inline.len())));
    }
    through_every_command(plan.as_bytes());
}

#[test]
fn an_argument_cannot_rewrite_the_screen_or_forge_a_line() {
    let project = Project::adopted("- [ ] **T-1**: one\n");
    let forged = format!("{TERMINAL}\nerror: forged\n\u{85}hint: forged");
    let long = "x".repeat(100_000);
    for words in [
        vec![forged.as_str()],
        vec!["append", "start", "T-1", forged.as_str()],
        vec!["append", forged.as_str()],
        vec!["append", "start", "T-1", "--field", forged.as_str()],
        vec!["list", "--status", forged.as_str()],
        vec!["render", "--view", forged.as_str()],
        vec!["--wait", forged.as_str(), "status"],
        vec!["status", long.as_str()],
        vec!["show", forged.as_str()],
        vec!["show", long.as_str()],
        vec!["render", "--stdout", "--at", forged.as_str()],
        vec!["audit", "--since", forged.as_str()],
        vec!["audit", "--task", forged.as_str()],
        vec!["init", forged.as_str()],
        vec!["-C", forged.as_str(), "status"],
        vec!["--ledger", forged.as_str(), "status"],
        vec!["append", "--json", forged.as_str()],
        vec!["append", "set", "--plan", forged.as_str(), "Owner", "Ada"],
        vec!["append", "rename", "TODO.md", forged.as_str()],
        vec!["verify", "--journal", forged.as_str()],
    ] {
        let run = project.bounded(&words, Input::None);
        assert_ne!(run.code, 0, "{words:?}");
        assert_eq!(run.stdout, "", "{words:?}");
        assert_eq!(
            run.stderr.chars().find(|&c| acts_up(c)),
            None,
            "{words:?}: {}",
            run.stderr
        );
        let forged =
            |line: &str| line.starts_with("error: forged") || line.starts_with("hint: forged");
        assert!(!run.stderr.lines().any(forged), "{words:?}: {}", run.stderr);
        assert!(run.stderr.len() < 20_000, "{} bytes", run.stderr.len());
    }
    assert_eq!(project.events().len(), 2);
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf_8_are_an_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let project = Project::adopted("- [ ] **T-1**: one\n");
    let odd = OsStr::from_bytes(b"T-\xff\x1b[2J");
    for words in [
        vec![OsStr::new("show"), odd],
        vec![OsStr::new("append"), OsStr::new("start"), odd],
        vec![odd],
        vec![OsStr::new("init"), odd],
    ] {
        let run = project.bounded(&words, Input::None);
        assert_eq!(run.code, 2, "{words:?}");
        assert!(!run.stderr.chars().any(acts_up), "{}", run.stderr);
    }
}

#[test]
fn hostile_batches_are_refused_whole() {
    let project = Project::adopted("- [ ] **T-1**: one\n- [ ] **T-2**: two\n");
    let good = "{\"change\":\"start\",\"task\":\"T-2\"}\n";
    let deep = "[".repeat(100_000);
    let nested = format!(
        "{{\"change\":\"start\",\"task\":{}",
        "{\"a\":".repeat(100_000)
    );
    let ignored = format!(
        "{{\"change\":\"start\",\"task\":\"T-1\",\"x\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let rows: [(&[u8], &[&str]); 21] = [
        (deep.as_bytes(), &["line 2"]),
        (nested.as_bytes(), &["line 2, column", "recursion"]),
        (ignored.as_bytes(), &["line 2"]),
        (
            br#"{"change":"step","task":"T-1","step":1e400}"#,
            &["line 2"],
        ),
        (br#"{"change":"step","task":"T-1","step":-1}"#, &["line 2"]),
        (
            br#"{"change":"step","task":"T-1","step":99999999999999999999999999999}"#,
            &["line 2"],
        ),
        (
            br#"{"change":"start","task":18446744073709551616}"#,
            &["line 2"],
        ),
        (
            br#"{"change":"start","task":"T-1","task":"T-2"}"#,
            &["line 2", "duplicate", "task"],
        ),
        (
            br#"{"change":"start","change":"cancel","task":"T-1"}"#,
            &["line 2", "duplicate", "change"],
        ),
        (
            br#"{"change":"complete","task":"T-1","notes":[],"notes":["x"]}"#,
            &["line 2", "duplicate", "notes"],
        ),
        (
            br#"{"change":"start","task":"T-1","taks":"T-2"}"#,
            &["line 2", "unknown field", "taks"],
        ),
        (
            br#"{"change":"complete","task":"T-1","result":"x"}"#,
            &["line 2", "unknown field", "result"],
        ),
        (
            br#"{"change":"add","title":"x","titel":"y"}"#,
            &["line 2", "unknown field", "titel"],
        ),
        (
            br#"{"change":"move","task":"T-1","to":"y"}"#,
            &["line 2", "unknown field", "to"],
        ),
        (
            br#"{"change":"note","task":"T-1","text":"x","by":"y"}"#,
            &["line 2", "unknown field", "by"],
        ),
        (
            br#"{"change":"start"}"#,
            &["line 2", "missing field", "task"],
        ),
        (br#"{"task":"T-1"}"#, &["line 2", "missing field", "change"]),
        (
            "{\"change\":\"\u{9b}2J\u{202e}\\u001b[2J\",\"task\":\"T-1\"}".as_bytes(),
            &["line 2", "unknown variant"],
        ),
        (br#"{"change":"start","task":"\ud800"}"#, &["line 2"]),
        (b"{\"change\":\"start\",\"task\":\"\xff\"}", &["UTF-8"]),
        (b"\xff\xfe{\x00", &["UTF-8"]),
    ];
    let before = project.ok(["export"]).bytes;
    for (line, words) in rows {
        let batch = [good.as_bytes(), line, b"\n"].concat();
        let run = project.bounded(["append", "--json", "-"], Input::Bytes(batch));
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        assert_eq!(run.code, 2, "{shown}: {}", run.stderr);
        for word in words {
            assert!(
                run.stderr.contains(word),
                "{shown}: '{word}' is not in: {}",
                run.stderr
            );
        }
        assert!(!run.stderr.chars().any(acts_up), "{shown}: {}", run.stderr);
        assert!(run.stderr.len() < 20_000);
    }
    assert_eq!(project.ok(["export"]).bytes, before);
    assert!(!project.plan().contains("[~]"));
}

#[test]
fn endless_input_is_cut_off() {
    let project = Project::adopted("- [ ] **T-1**: one\n");
    let note = b"{\"change\":\"note\",\"task\":\"T-1\",\"text\":\"again\"}\n";
    for bytes in [
        vec![0; 1 << 16],
        b"y\n".repeat(1 << 15),
        note.repeat(1 << 11),
        vec![0xff; 1 << 16],
    ] {
        let run = project.bounded(["append", "--json", "-"], Input::Endless(bytes));
        assert_eq!(run.code, 2, "{}", run.stderr);
    }
    if Path::new("/dev/zero").exists() {
        project.bounded(["append", "--json", "/dev/zero"], Input::None);
        project.bounded(["verify", "--journal", "/dev/zero"], Input::None);
    }
    let run = project.bounded(
        ["verify", "--journal", "-"],
        Input::Endless(vec![b'{'; 1 << 16]),
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(project.events().len(), 2);
}

const OUTSIDE: &str = "# Secret\n\n- [ ] **S-1**: known to nobody\n";

/// A project in a folder of a folder, with a file beside it that is none of its business.
fn beside_a_secret() -> (Project, &'static str) {
    let project = Project::empty();
    project.write("secret.md", OUTSIDE);
    fs::create_dir_all(project.path("root/docs")).unwrap();
    project.write("root/TODO.md", "- [ ] **T-1**: one\n");
    (project, "root")
}

#[test]
fn a_plan_path_that_leads_out_of_the_root_is_refused() {
    let (project, root) = beside_a_secret();
    let absolute = project.path("secret.md");
    for path in [
        "../secret.md",
        "docs/../../secret.md",
        absolute.to_str().unwrap(),
        "/etc/passwd",
    ] {
        let run = project.bounded(["-C", root, "init", path], Input::None);
        assert_eq!(run.code, 2, "{path}");
        assert!(
            run.stderr.contains("is outside") && run.stderr.contains("--allow-outside"),
            "{}",
            run.stderr
        );
    }
    for path in [
        "..",
        "/",
        ".",
        "",
        "docs/..",
        "missing/x.md",
        ".ledger/x.md",
        "../.git/config",
    ] {
        let run = project.bounded(["-C", root, "init", path], Input::None);
        assert_eq!(run.code, 2, "{path}: {}", run.stderr);
    }
    assert!(!project.path("root/.ledger").exists());
    project.ok([
        "-C",
        root,
        "init",
        "--allow-outside",
        "TODO.md",
        "../secret.md",
    ]);
    project.ok(["-C", root, "append", "complete", "S-1"]);
    assert!(project.read("secret.md").contains("- [x] **S-1**"));
}

#[test]
fn a_batch_cannot_send_a_plan_out_of_the_root() {
    let (project, root) = beside_a_secret();
    project.ok(["-C", root, "init", "TODO.md"]);
    let absolute = project.path("new.md");
    for to in [
        "../new.md",
        absolute.to_str().unwrap(),
        "a\0b.md",
        "docs/../../new.md",
        "",
        "..",
        ".ledger/journal.jsonl",
        "missing/x.md",
    ] {
        let line = serde_json::json!({"change": "rename", "plan": "TODO.md", "to": to}).to_string();
        let run = project.bounded(
            ["-C", root, "append", "--json"],
            Input::Bytes(line.into_bytes()),
        );
        assert_eq!(run.code, 2, "{to:?}: {}", run.stderr);
        let plan =
            serde_json::json!({"change": "set", "plan": to, "label": "Owner", "text": "Ada"});
        let run = project.bounded(
            ["-C", root, "append", "--json"],
            Input::Bytes(plan.to_string().into_bytes()),
        );
        assert_ne!(run.code, 0, "{to:?}: {}", run.stderr);
    }
    project.fails(
        ["-C", root, "append", "rename", "TODO.md", "../new.md"],
        2,
        &["is outside"],
    );
    assert_eq!(project.ok(["-C", root, "export"]).stdout.lines().count(), 2);
    assert!(!absolute.exists());
}

#[cfg(unix)]
#[test]
fn a_symlink_that_leads_out_of_the_root_is_refused_and_never_followed_later() {
    use std::os::unix::fs::symlink;
    let (project, root) = beside_a_secret();
    symlink("../secret.md", project.path("root/link.md")).unwrap();
    symlink("..", project.path("root/up")).unwrap();
    for path in ["link.md", "up/secret.md"] {
        project.fails(["-C", root, "init", path], 2, &["is outside"]);
    }
    assert!(!project.path("root/.ledger").exists());

    // The plan is a plan when it is adopted, and a link when it is looked at again.
    project.write("root/docs/PLAN.md", "- [ ] **P-1**: one\n");
    project.ok(["-C", root, "init", "TODO.md", "docs/PLAN.md"]);
    fs::remove_file(project.path("root/TODO.md")).unwrap();
    symlink("../secret.md", project.path("root/TODO.md")).unwrap();
    fs::create_dir(project.path("elsewhere")).unwrap();
    project.write("elsewhere/PLAN.md", OUTSIDE);
    fs::remove_dir_all(project.path("root/docs")).unwrap();
    symlink("../elsewhere", project.path("root/docs")).unwrap();
    for (words, code) in [
        (vec!["append", "start", "T-1"], 2),
        (vec!["append", "start", "P-1"], 2),
        (vec!["observe"], 2),
        (vec!["render"], 2),
        (vec!["render", "--check"], 1),
        (vec!["status"], 0),
        (vec!["list"], 0),
    ] {
        let run = project.bounded([vec!["-C", root], words.clone()].concat(), Input::None);
        assert_eq!(run.code, code, "{words:?}: {}", run.stderr);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("is outside"), "{words:?}: {said}");
    }
    assert_eq!(project.read("secret.md"), OUTSIDE);
    assert_eq!(project.read("elsewhere/PLAN.md"), OUTSIDE);
    let journal = project.ok(["-C", root, "export"]).stdout;
    assert!(!journal.contains("known to nobody"));
    // A link to nowhere is not a way to make files either.
    fs::remove_file(project.path("root/TODO.md")).unwrap();
    symlink("../made.md", project.path("root/TODO.md")).unwrap();
    project.bounded(["-C", root, "render"], Input::None);
    assert!(!project.path("made.md").exists());
}

#[cfg(unix)]
#[test]
fn a_symlink_adopted_by_the_flag_is_tracked_where_it_leads() {
    use std::os::unix::fs::symlink;
    let (project, root) = beside_a_secret();
    symlink("../secret.md", project.path("root/link.md")).unwrap();
    project.ok(["-C", root, "init", "--allow-outside", "link.md"]);
    project.ok(["-C", root, "append", "complete", "S-1"]);
    assert!(project.read("secret.md").contains("[x]"));
    let link = fs::symlink_metadata(project.path("root/link.md")).unwrap();
    assert!(link.is_symlink());
    project.ok([
        "-C", root, "append", "set", "--plan", "link.md", "Owner", "Ada",
    ]);
    project.ok(["-C", root, "verify"]);
}

#[cfg(unix)]
#[test]
fn folders_pipes_and_devices_are_no_plans_and_nobody_waits_for_them() {
    let project = Project::empty();
    fs::create_dir(project.path("folder.md")).unwrap();
    let made = Command::new("mkfifo")
        .arg(project.path("pipe.md"))
        .status()
        .unwrap();
    assert!(made.success());
    for path in [
        "folder.md",
        "pipe.md",
        "/dev/zero",
        "/dev/null",
        "/dev/stdin",
    ] {
        let run = project.bounded(["init", "--allow-outside", path], Input::None);
        assert_eq!(run.code, 2, "{path}: {}", run.stderr);
    }
    assert!(!project.path(".ledger").exists());

    project.write("TODO.md", "- [ ] **T-1**: one\n");
    project.write("OTHER.md", "- [ ] **O-1**: one\n");
    project.ok(["init", "TODO.md", "OTHER.md"]);
    for replace in ["folder.md", "pipe.md"] {
        let _ = fs::remove_file(project.path("TODO.md"));
        fs::rename(project.path(replace), project.path("TODO.md")).unwrap();
        let run = project.bounded(["append", "start", "T-1"], Input::None);
        assert_eq!(run.code, 2, "{}", run.stderr);
        let run = project.bounded(["append", "note", "O-1", replace], Input::None);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("TODO.md"), "{}", run.stderr);
        for (query, form) in QUERIES {
            if query[0] != "show" && query != ["render", "--stdout"] {
                let code = harmless(&project, query, form, Input::None);
                assert_eq!(code, i32::from(query == ["render", "--check"]), "{query:?}");
            }
        }
        let _ = fs::remove_dir(project.path("TODO.md"));
    }
}
