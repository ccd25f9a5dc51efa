//! `ledger.toml`: rules that a project sets for its plans.

use std::fs;

use serde_json::{Value, json};

use crate::support::holder::Holder;
use crate::support::{Project, Run, lines_of_json, types};

pub(crate) const PLAN: &str = "\
# Plan

### T-1: Brew
**Status**: ⏳ Pending
**Priority**: High

### T-2: Drink
**Status**: ⏳ Pending
**Priority**: High
**Dependencies**: T-1
**Output**: `docs/cup.md`

- [ ] pour

### T-3: Wash up
**Status**: ⏳ Pending
**Priority**: Low
";

/// The rules, each with a command that breaks it and what is missing then.
const BREAKING: [(&str, &[&str], &str); 7] = [
    (
        "evidence",
        &["complete", "T-1"],
        "there is no evidence for T-1",
    ),
    (
        "dependencies-completed",
        &["complete", "T-2"],
        "T-2 depends on T-1, which is pending",
    ),
    (
        "steps-checked",
        &["complete", "T-2"],
        "T-2 has 1 open step: 'pour'",
    ),
    (
        "outputs-exist",
        &["complete", "T-2"],
        "T-2 promises docs/cup.md, which is not there",
    ),
    (
        "no-open-deletion",
        &["remove", "T-3"],
        "T-3 is removed and is pending",
    ),
    (
        "one-in-progress",
        &["start", "T-3"],
        "T-3 is begun while tester has T-1 in progress",
    ),
    (
        "required-fields",
        &["add", "Buy beans", "--id", "T-4"],
        "T-4 has no field 'Priority'",
    ),
];

fn set(project: &Project, rule: &str, level: &str) {
    let setting = match rule {
        "required-fields" => format!("{{ level = \"{level}\", fields = [\"Priority\"] }}"),
        _ => format!("\"{level}\""),
    };
    project.write("ledger.toml", format!("[rules]\n{rule} = {setting}\n"));
}

/// A project in which somebody is at work, and that has one rule.
fn under(rule: &str, level: &str) -> Project {
    let project = Project::adopted(PLAN);
    if rule == "one-in-progress" {
        project.ok(["append", "start", "T-1"]);
    }
    set(&project, rule, level);
    project.ok(["observe"]);
    project
}

fn append(project: &Project, words: &[&str]) -> Run {
    project.run([&["append"], words].concat())
}

/// Everything of a project: its plan and its journal.
pub(crate) fn bytes(project: &Project) -> (Vec<u8>, Vec<u8>) {
    (project.bytes("TODO.md"), project.ok(["export"]).bytes)
}

fn violations(event: &Value) -> Vec<(String, String, Value)> {
    let all = event["violations"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|own| {
        (
            text(&own["rule"]),
            text(&own["level"]),
            own["override"].clone(),
        )
    })
    .collect()
}

#[test]
fn without_a_file_and_where_they_are_off_no_rule_is_looked_at() {
    for (rule, words, _) in BREAKING {
        let off = under(rule, "off");
        let run = append(&off, words);
        assert_eq!(run.code, 0, "{rule}: {}", run.stderr);
        assert!(!run.stderr.contains("rule"), "{}", run.stderr);
        let events = off.events();
        let last = events.last().unwrap();
        assert_eq!(violations(last), [], "{rule}");
        assert_eq!(
            off.ok(["audit", "--violations", "--json"]).stdout.trim(),
            "[]"
        );
    }
}

#[test]
fn a_rule_that_warns_lets_the_command_pass_and_records_what_it_breaks() {
    for (rule, words, missing) in BREAKING {
        let project = under(rule, "warn");
        let run = append(&project, words);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stderr.contains("warning: ") && run.stderr.contains(missing),
            "{}",
            run.stderr
        );
        let events = project.events();
        let found = violations(events.last().unwrap());
        assert_eq!(found, [(rule.to_owned(), "warn".to_owned(), Value::Null)]);
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn a_rule_that_denies_refuses_the_command_and_leaves_plan_and_ledger_as_they_are() {
    for (rule, words, missing) in BREAKING {
        let project = under(rule, "deny");
        let before = bytes(&project);
        let run = append(&project, words);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let forbids = format!("error: the rule '{rule}' forbids it: {missing}");
        assert!(run.stderr.contains(&forbids), "{}", run.stderr);
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        let run = append(&project, &[words, &["--json"]].concat());
        assert_eq!(run.code, 1);
        let said = lines_of_json(&run.stdout);
        assert_eq!(said[0]["refused"][0]["rule"], rule);
        assert_eq!(said[0]["refused"][0]["missing"], missing);
        assert!(bytes(&project) == before, "{rule}");
    }
}

#[test]
fn an_override_is_recorded_with_its_reason_and_the_audit_lists_it() {
    for (rule, words, missing) in BREAKING {
        let project = under(rule, "deny");
        if words[0] == "add" {
            // It is given what it lacks instead.
            project.ok([&["append"], words, &["--field", "Priority=Low"]].concat());
            continue;
        }
        let alone = append(&project, &[words, &["--override"]].concat());
        assert_eq!(alone.code, 2, "{}", alone.stderr);
        let why = ["--override", "--reason", "tea will do"];
        project.ok([&["append"], words, &why].concat());
        let events = project.events();
        let last = events.last().unwrap();
        let expected = (rule.to_owned(), "deny".to_owned(), json!("tea will do"));
        assert_eq!(violations(last), [expected]);
        let listed = project.receipts(["audit", "--violations", "--format", "ndjson"]);
        assert_eq!(listed, std::slice::from_ref(last));
        let table = project
            .ok(["audit", "--violations", "--format", "md"])
            .stdout;
        assert!(
            table.contains(rule) && table.contains("overridden: tea will do"),
            "{table}"
        );
        let csv = project
            .ok(["audit", "--violations", "--format", "csv"])
            .stdout;
        assert!(
            csv.lines().next().unwrap().contains(",violations,override"),
            "{csv}"
        );
        assert!(
            csv.contains(missing) && csv.contains("tea will do"),
            "{csv}"
        );
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn only_who_is_named_may_override_a_rule() {
    let project = Project::adopted(PLAN);
    let rule = "{ level = \"deny\", override = [\"alice\", \"kind:human\"] }";
    project.write("ledger.toml", format!("[rules]\nsteps-checked = {rule}\n"));
    project.ok(["observe"]);
    let why = [
        "append",
        "complete",
        "T-2",
        "--override",
        "--reason",
        "x",
        "--actor",
    ];
    let before = bytes(&project);
    for other in ["bob", "agent:alix"] {
        let words = [&why[..], &[other]].concat();
        project.fails(words, 1, &["only alice and kind:human may override it"]);
    }
    assert!(bytes(&project) == before);
    for own in ["alice", "human:bob"] {
        let project = Project::adopted(PLAN);
        project.write("ledger.toml", format!("[rules]\nsteps-checked = {rule}\n"));
        project.ok([&why[..], &[own]].concat());
    }
}

#[test]
fn rules_that_change_between_two_commands_are_an_event_before_the_second() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-1"]);
    set(&project, "steps-checked", "deny");
    let run = append(&project, &["complete", "T-2"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let events = project.events();
    assert_eq!(types(&events[3..]), ["rules.changed"]);
    assert_eq!(events[3]["actor"]["kind"], "unknown");
    assert_eq!(events[3]["origin"], "observed");
    let details = events[3]["details"].to_string();
    assert!(
        details.contains("ledger.toml") && details.contains("steps-checked"),
        "{details}"
    );
    set(&project, "steps-checked", "warn");
    let receipts = project.receipts(["append", "complete", "T-2", "--json"]);
    assert_eq!(types(&receipts), ["rules.changed", "task.completed"]);
    assert_eq!(receipts[1]["violations"][0]["rule"], "steps-checked");
    fs::remove_file(project.path("ledger.toml")).unwrap();
    let receipts = project.receipts(["append", "complete", "T-3", "--json"]);
    assert_eq!(types(&receipts), ["rules.changed", "task.completed"]);
    // Queries record nothing, and the same rules are no change.
    set(&project, "steps-checked", "warn");
    project.ok(["status"]);
    project.ok(["observe"]);
    project.write(
        "ledger.toml",
        "# said otherwise\n[rules.steps-checked]\nlevel = \"warn\"\n",
    );
    project.ok(["observe"]);
    assert_eq!(types(&project.events()[8..]), ["rules.changed"]);
    project.ok(["verify", "--deep"]);
    project.ok(["rebuild"]);
}

#[test]
fn the_status_says_which_rules_are_in_force() {
    let project = Project::adopted(PLAN);
    let status = || -> Value {
        let said = project.ok(["status", "--json"]).stdout;
        serde_json::from_str::<Value>(&said).unwrap()["plans"][0]["rules"].clone()
    };
    assert_eq!(status(), Value::Null);
    set(&project, "steps-checked", "deny");
    assert_eq!(status(), Value::Null, "nobody has recorded them yet");
    project.ok(["observe"]);
    let rules = json!({"steps-checked": {"level": "deny"}});
    assert_eq!(status(), json!({"path": "ledger.toml", "rules": rules}));
    let said = project.ok(["status"]).stdout;
    assert!(
        said.contains("rules: steps-checked (deny) ledger.toml"),
        "{said}"
    );
}

#[test]
fn a_batch_that_breaks_very_much_takes_bounded_time_and_says_little() {
    let count = 200;
    let tasks: String = (0..count)
        .map(|n| format!("- [ ] **T-{n}**: {}\n", "x".repeat(50)))
        .collect();
    let project = Project::adopted(&format!("# Plan\n\n{tasks}"));
    project.write(
        "ledger.toml",
        "[rules]\none-in-progress = \"deny\"\nno-open-deletion = \"warn\"\n",
    );
    let lines: String = (0..count)
        .map(|n| format!("{}\n", json!({"change": "start", "task": format!("T-{n}")})))
        .collect();
    let run = project.run_with(["append", "--json", "-", "--quiet"], lines);
    assert_eq!(run.code, 1);
    assert!(run.stderr.len() < 3_000, "{}", run.stderr);
    assert!(
        run.stderr.contains("and 195 more like that"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("and 193 more in progress"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_file_that_is_not_understood_leaves_the_last_rules_in_force_and_holds_nobody_up() {
    let project = under("steps-checked", "deny");
    for (text, words) in [
        (
            "[rules]\n\nsteps = \"deny\"\n",
            &[
                "ledger.toml:3: there is no rule 'steps'",
                "the rules are",
                "steps-checked",
            ][..],
        ),
        (
            "[rules]\nsteps-checked = \"error\"\n",
            &[
                "ledger.toml:2: 'error' is no level",
                "\"off\", \"warn\", \"deny\"",
            ],
        ),
        ("[rules\n", &["ledger.toml:1: this is no TOML"]),
    ] {
        project.write("ledger.toml", text);
        let before = bytes(&project);
        let words = [words, &["warning: ", "recorded last stay in force"]].concat();
        project.fails(
            ["append", "complete", "T-2"],
            1,
            &["rule 'steps-checked' forbids it"],
        );
        let run = project.ok(["observe"]);
        for word in words {
            assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
        }
        assert!(bytes(&project) == before);
    }
    let run = project.ok(["append", "start", "T-1"]);
    assert!(run.stderr.contains("ledger.toml:1"), "{}", run.stderr);
    for odd in [&b"\xff\xfe"[..], &vec![b'#'; 2 << 20]] {
        project.write("ledger.toml", odd);
        let run = project.ok(["append", "note", "T-1", "x"]);
        assert!(
            run.stderr.contains("ledger.toml cannot be read"),
            "{}",
            run.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_rules_that_leads_elsewhere_is_not_read() {
    let project = under("steps-checked", "deny");
    let outside = Project::empty();
    outside.write("secret.toml", "[rules]\nsteps-checked = \"off\"\n");
    fs::remove_file(project.path("ledger.toml")).unwrap();
    std::os::unix::fs::symlink(outside.path("secret.toml"), project.path("ledger.toml")).unwrap();
    let run = append(&project, &["complete", "T-2"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("cannot be read"), "{}", run.stderr);
    fs::remove_file(project.path("ledger.toml")).unwrap();
    fs::create_dir(project.path("ledger.toml")).unwrap();
    let run = append(&project, &["complete", "T-2"]);
    assert!(run.stderr.contains("cannot be read"), "{}", run.stderr);
}

#[test]
fn the_nearest_file_counts_for_each_of_several_plans() {
    let project = Project::empty();
    fs::create_dir_all(project.path("docs/later")).unwrap();
    project.write("TODO.md", "- [ ] T-1: one\n- [ ] T-2: two\n");
    project.write("docs/later/PLAN.md", "- [ ] P-1: one\n- [ ] P-2: two\n");
    project.ok(["init", "TODO.md", "docs/later/PLAN.md"]);
    set(&project, "no-open-deletion", "deny");
    project.fails(["append", "remove", "T-1"], 1, &["no-open-deletion"]);
    project.fails(["append", "remove", "P-1"], 1, &["no-open-deletion"]);
    project.write("docs/ledger.toml", "[rules]\n");
    project.ok(["append", "remove", "P-1"]);
    project.fails(["append", "remove", "T-1"], 1, &["no-open-deletion"]);
    fs::remove_file(project.path("docs/ledger.toml")).unwrap();
    project.fails(["append", "remove", "P-2"], 1, &["no-open-deletion"]);
}

#[test]
fn a_promised_file_may_lie_in_the_root_or_beside_the_plan_and_nowhere_else() {
    for (made, ends) in [("docs/cup.md", 0), ("cup.md", 1)] {
        let project = under("outputs-exist", "deny");
        fs::create_dir_all(project.path("docs")).unwrap();
        project.write(made, "x");
        assert_eq!(append(&project, &["complete", "T-2"]).code, ends, "{made}");
    }
    let project = Project::empty();
    fs::create_dir_all(project.path("sub/docs")).unwrap();
    project.write("sub/TODO.md", PLAN);
    project.write("sub/docs/cup.md", "x");
    project.write("ledger.toml", "[rules]\noutputs-exist = \"deny\"\n");
    project.ok(["init", "sub/TODO.md"]);
    project.ok(["append", "complete", "T-2"]);
    let project = under("outputs-exist", "deny");
    let field = [
        "append",
        "complete",
        "T-1",
        "--field",
        "Output=`out/{a,b}_*.md`",
    ];
    fs::create_dir_all(project.path("out")).unwrap();
    project.write("out/a_1.md", "x");
    project.fails(field, 1, &["promises out/b_*.md, which is not there"]);
    project.write("out/b_1.md", "x");
    project.ok(field);
    let project = under("outputs-exist", "deny");
    let field = ["append", "complete", "T-1", "--field", "Output=`../out.md`"];
    fs::write(project.folder().parent().unwrap().join("out.md"), "x").unwrap();
    project.fails(field, 1, &["../out.md, which is not there"]);
}

#[test]
fn batches_obey_and_are_refused_as_a_whole() {
    let project = under("dependencies-completed", "deny");
    let before = bytes(&project);
    let batch = |lines: &[Value]| {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        project.run_with(["append", "--json", "-"], text)
    };
    let complete = |task: &str| json!({"change": "complete", "task": task});
    let run = batch(&[complete("T-3"), complete("T-2")]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("T-2 depends on T-1"), "{}", run.stderr);
    assert!(run.stdout.contains("\"refused\""), "{}", run.stdout);
    assert!(bytes(&project) == before);
    let mute = json!({"change": "complete", "task": "T-2", "override": true});
    let run = batch(&[mute]);
    assert!(run.stderr.contains("needs a reason"), "{}", run.stderr);
    assert!(bytes(&project) == before);
    let over = json!({"change": "complete", "task": "T-2", "override": true, "reason": "why not"});
    let run = batch(&[over, complete("T-3")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let events = project.receipts(["audit", "--violations", "--format", "ndjson"]);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["violations"][0]["override"], "why not");
    let project = under("dependencies-completed", "deny");
    let both = format!("{}\n{}\n", complete("T-2"), complete("T-1"));
    let run = project.run_with(["append", "--json", "-"], both);
    assert_eq!(run.code, 0, "what a batch comes to: {}", run.stderr);
}

#[test]
fn a_change_that_waited_obeys_when_its_turn_comes() {
    let project = under("dependencies-completed", "deny");
    let held = |words: &[&str]| {
        let _holder = Holder::of(&project);
        let run = project.run([&["--wait", "0.01", "append"], words].concat());
        assert_eq!(run.code, 2, "{}", run.stderr);
    };
    held(&["complete", "T-2"]);
    held(&["complete", "T-2", "--override", "--reason", "tea will do"]);
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(
        types(&events[3..]),
        ["command.rejected", "task.completed"],
        "{events:#?}"
    );
    let why = events[3]["reason"].as_str().unwrap();
    assert!(
        why.contains("the rule 'dependencies-completed' forbids it"),
        "{why}"
    );
    assert_eq!(events[4]["violations"][0]["override"], "tea will do");
    // The rules of now count, not those of when it was put there.
    let project = under("no-open-deletion", "deny");
    {
        let _holder = Holder::of(&project);
        project.run(["--wait", "0.01", "append", "remove", "T-3"]);
    }
    set(&project, "no-open-deletion", "off");
    project.ok(["observe"]);
    assert_eq!(
        types(&project.events()[3..]),
        ["rules.changed", "task.removed"]
    );
}

#[test]
fn an_edit_by_hand_is_recorded_with_the_rules_it_breaks() {
    for level in ["warn", "deny"] {
        let project = under("dependencies-completed", level);
        let done = PLAN.replace(
            "Drink\n**Status**: ⏳ Pending",
            "Drink\n**Status**: ✅ Completed",
        );
        project.write("TODO.md", &done);
        let run = project.ok(["observe"]);
        assert!(
            run.stderr.contains("what was edited goes against the rule"),
            "{}",
            run.stderr
        );
        assert_eq!(project.plan(), done);
        let events = project.receipts(["audit", "--violations", "--format", "ndjson"]);
        let [event] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(event["origin"], "observed");
        let expected = (
            "dependencies-completed".to_owned(),
            level.to_owned(),
            Value::Null,
        );
        assert_eq!(violations(event), [expected]);
        let table = project.ok(["audit", "--violations"]).stdout;
        assert!(table.contains("T-2"), "{table}");
    }
}
