//! Damage is healed, or refused with its place and what to do; nothing is lost without a word.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Project;
use crate::support::doctor::{codes, doctor};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: First
- [ ] **T-2**: Second
- [ ] **T-3**: Third
";

/// A ledger of some 70 events, all of them in the store too.
fn absorbed() -> Project {
    let project = Project::adopted(PLAN);
    let batch: String = (0..33)
        .map(|_| "{\"change\":\"start\",\"task\":\"T-1\"}\n{\"change\":\"complete\",\"task\":\"T-1\"}\n{\"change\":\"reopen\",\"task\":\"T-1\"}\n")
        .collect();
    let run = project.run_with(["append", "--json", "-q"], batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(project.path(".ledger/store").exists());
    project
}

/// A ledger without a store: the journal's lines are nowhere else.
fn short() -> Project {
    let project = Project::adopted(PLAN);
    for change in ["start", "complete", "reopen"] {
        project.ok(["append", change, "T-2"]);
    }
    project
}

fn journal(project: &Project) -> Vec<u8> {
    project.bytes(".ledger/journal.jsonl")
}

fn lines(journal: &[u8]) -> Vec<Vec<u8>> {
    let lines = journal.split_inclusive(|byte| *byte == b'\n');
    lines.map(<[u8]>::to_vec).collect()
}

fn quarantined(project: &Project) -> usize {
    fs::read_dir(project.path(".ledger/quarantine")).map_or(0, Iterator::count)
}

#[test]
fn a_ledger_that_is_well_has_no_findings_and_doctor_changes_nothing() {
    for project in [short(), absorbed()] {
        let before = files(&project.path(".ledger"));
        let report = doctor(&project, &[], 0);
        assert_eq!(report["findings"], Value::Array(Vec::new()));
        assert_eq!(report["checkouts"], 1);
        assert_eq!(
            doctor(&project, &["--fix"], 0)["done"],
            Value::Array(Vec::new())
        );
        let after = files(&project.path(".ledger"));
        let kept =
            |(path, _): &&(PathBuf, Vec<u8>)| !path.starts_with(project.path(".ledger/store"));
        assert!(before.iter().filter(kept).eq(after.iter().filter(kept)));
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn a_deleted_journal_is_put_back_from_the_store_with_a_word() {
    let project = absorbed();
    let whole = journal(&project);
    let audit = project.ok(["audit", "--json"]).stdout;
    fs::remove_file(project.path(".ledger/journal.jsonl")).unwrap();
    let run = project.ok(["status"]);
    assert!(
        run.stderr.contains("put back from the store"),
        "{}",
        run.stderr
    );
    assert_eq!(journal(&project), whole);
    assert_eq!(project.ok(["audit", "--json"]).stdout, audit);
    assert!(project.ok(["status"]).stderr.is_empty());
}

#[test]
fn a_cut_journal_is_put_back_wherever_it_is_cut() {
    let project = absorbed();
    let whole = journal(&project);
    let ends: Vec<usize> = lines(&whole)
        .iter()
        .scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        })
        .collect();
    for cut in [
        0,
        1,
        ends[0],
        ends[40],
        ends[40] + 100,
        ends[ends.len() - 2],
        whole.len() - 1,
    ] {
        project.write(".ledger/journal.jsonl", &whole[..cut]);
        let run = project.ok(["append", "note", "T-3", "here"]);
        assert!(
            run.stderr.contains("put back"),
            "cut at {cut}: {}",
            run.stderr
        );
        assert!(journal(&project).starts_with(&whole), "cut at {cut}");
        project.ok(["verify", "--deep"]);
        project.write(".ledger/journal.jsonl", &whole);
        project.run(["doctor", "--fix", "--accept-loss"]);
    }
}

#[test]
fn events_that_nobody_has_are_named_and_given_up_only_by_consent() {
    let project = short();
    let whole = journal(&project);
    let all = lines(&whole);
    let left = all[..all.len() - 2].concat();
    project.write(".ledger/journal.jsonl", &left);
    let last = all.len() - 1;
    let gone = format!("events {} to {last}", last - 1);
    for words in [&["status"][..], &["append", "start", "T-3"], &["rebuild"]] {
        project.fails(words, 2, &["journal.jsonl", &gone, "head", "ledger doctor"]);
    }
    assert_eq!(journal(&project), left);
    let report = doctor(&project, &["--fix"], 1);
    assert!(codes(&report).contains(&"gone"), "{report}");
    assert_eq!(journal(&project), left);
    let report = doctor(&project, &["--fix", "--accept-loss"], 0);
    assert!(report["done"].to_string().contains("head"), "{report}");
    assert!(quarantined(&project) >= 4);
    assert_eq!(journal(&project), left);
    // The plan file has what was lost: that is now somebody's edit.
    project.ok(["observe"]);
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_changed_line_is_refused_with_its_number_and_doctor_puts_it_back() {
    let project = absorbed();
    let whole = journal(&project);
    let mut bad = lines(&whole);
    let at = bad[20].len() / 2;
    bad[20][at] ^= 1;
    let bad = bad.concat();
    project.write(".ledger/journal.jsonl", &bad);
    project.fails(["verify"], 1, &["line 2", "doctor"]);
    project.fails(["audit"], 2, &["line 2", "ledger doctor"]);
    let report = doctor(&project, &[], 1);
    assert_eq!(codes(&report), ["journal-damaged"], "{report}");
    assert_eq!(journal(&project), bad);
    doctor(&project, &["--fix"], 0);
    assert_eq!(journal(&project), whole);
    let kept = files(&project.path(".ledger/quarantine"));
    assert!(kept.iter().any(|(_, bytes)| *bytes == bad));
    project.ok(["verify", "--deep"]);
}

#[test]
fn line_ends_that_some_program_has_changed_are_named_and_can_be_changed_back() {
    let project = short();
    let whole = project.read(".ledger/journal.jsonl");
    project.write(".ledger/journal.jsonl", whole.replace('\n', "\r\n"));
    let report = doctor(&project, &[], 1);
    let hint = report["findings"][0]["hint"].as_str().unwrap();
    assert!(
        hint.contains("CR LF") && !hint.contains("--accept-loss"),
        "{report}"
    );
    project.write(".ledger/journal.jsonl", whole);
    doctor(&project, &[], 0);
    project.ok(["verify", "--deep"]);
}

#[test]
fn lines_out_of_place_are_named_without_a_store_that_is_not_there() {
    let project = short();
    let whole = journal(&project);
    let all = lines(&whole);
    assert_eq!(all.len(), 5);
    let mut swapped = all.clone();
    swapped.swap(2, 3);
    let mut doubled = all.clone();
    doubled.insert(2, all[1].clone());
    let mut blank = all;
    blank.insert(0, b"\n".to_vec());
    for (bad, line) in [(swapped, 3), (doubled, 3), (blank, 1)] {
        project.write(".ledger/journal.jsonl", bad.concat());
        let line = format!("line {line} is not the one that follows there");
        let run = project.fails(["status"], 2, &["journal.jsonl", &line, "doctor --fix"]);
        assert!(!run.stderr.contains("store"), "{}", run.stderr);
        let report = doctor(&project, &[], 1);
        assert_eq!(codes(&report)[0], "journal-damaged", "{report}");
        let said = report["findings"][0].to_string();
        assert!(
            said.contains("no event is lost") && !said.contains("store"),
            "{said}"
        );
        let done = doctor(&project, &["--fix"], 0)["done"].to_string();
        assert!(
            done.contains("in order") && !done.contains("store"),
            "{done}"
        );
        assert_eq!(journal(&project), whole);
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn a_changed_line_without_a_copy_is_refused_with_its_number() {
    let project = short();
    let whole = journal(&project);
    let mut bad = lines(&whole);
    let at = bad[1].len() / 2;
    bad[1][at] ^= 1;
    project.write(".ledger/journal.jsonl", bad.concat());
    fs::remove_file(project.path(".ledger/state")).unwrap();
    project.fails(["verify"], 1, &["line 2"]);
    project.fails(["audit"], 2, &["line 2", "ledger doctor"]);
    let report = doctor(&project, &["--fix"], 1);
    assert!(codes(&report).contains(&"bad-line"), "{report}");
    project.fails(["rebuild"], 2, &["line 2"]);
    project.fails(["rebuild", "--journal"], 2, &["store", "not there"]);
}

#[test]
fn both_copies_damaged_in_different_places_heal_each_other() {
    let project = absorbed();
    let whole = journal(&project);
    // The store lacks what comes now.
    project.ok(["append", "note", "T-3", "only in the journal"]);
    let longer = journal(&project);
    let mut bad = lines(&longer);
    let at = bad[10].len() / 2;
    bad[10][at] ^= 4;
    bad.remove(30);
    project.write(".ledger/journal.jsonl", bad.concat());
    assert_ne!(whole, longer);
    doctor(&project, &["--fix"], 0);
    assert_eq!(journal(&project), longer);
    project.ok(["verify", "--deep"]);
}

#[test]
fn another_ledgers_store_is_replaced_and_its_journal_refused() {
    let (project, other) = (absorbed(), absorbed());
    let audit = project.ok(["audit", "--json"]).stdout;
    let (own, foreign) = (project.path(".ledger/store"), other.path(".ledger/store"));
    fs::remove_dir_all(&own).unwrap();
    for (path, bytes) in files(&foreign) {
        let to = own.join(path.strip_prefix(&foreign).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    let report = doctor(&project, &[], 1);
    assert!(report.to_string().contains("another ledger's"), "{report}");
    let report = doctor(&project, &["--fix"], 0);
    assert!(
        report["done"].to_string().contains("filled anew"),
        "{report}"
    );
    assert_eq!(project.ok(["audit", "--json"]).stdout, audit);
    let whole = journal(&project);
    project.write(".ledger/journal.jsonl", journal(&other));
    project.fails(
        ["status"],
        2,
        &["line 1", "different histories", "ledger rebuild"],
    );
    assert_eq!(codes(&doctor(&project, &["--fix"], 1))[0], "fork");
    project.ok(["rebuild", "--journal"]);
    assert_eq!(journal(&project), whole);
    project.ok(["verify", "--deep"]);
}

#[test]
fn of_two_histories_either_can_be_gone_on_with_as_the_hint_says() {
    let hint = ["tell different histories", "`ledger rebuild --accept-loss`"];
    // Whether head sides with the store, and whether the record of the checkout does.
    for (head, record) in [(true, true), (true, false), (false, true), (false, false)] {
        let project = absorbed();
        let kept = |name: &str| files(&project.path(&format!(".ledger/{name}")));
        let before = project.bytes(".ledger/head");
        let (start, records) = (journal(&project), kept("checkouts"));
        project.ok(["append", "note", "T-3", "the journal's"]);
        let (own, own_head, own_records) = (
            journal(&project),
            project.bytes(".ledger/head"),
            kept("checkouts"),
        );
        project.write(".ledger/journal.jsonl", &start);
        project.write(".ledger/head", &before);
        for (path, bytes) in &records {
            fs::write(path, bytes).unwrap();
        }
        project.write("TODO.md", project.ok(["render", "--stdout"]).bytes);
        project.ok(["append", "note", "T-3", "the store's"]);
        // A further one, and sled has both.
        project.ok(["rebuild"]);
        let store = journal(&project);
        project.write(".ledger/journal.jsonl", &own);
        if !head {
            project.write(".ledger/head", own_head);
        }
        if !record {
            for (path, bytes) in own_records {
                fs::write(path, bytes).unwrap();
            }
        }
        let saved = files(&project.path(".ledger"));
        for (words, expected) in [
            (&["rebuild", "--accept-loss"][..], &own),
            (&["rebuild", "--journal", "--accept-loss"], &store),
        ] {
            fs::remove_dir_all(project.path(".ledger")).unwrap();
            for (path, bytes) in &saved {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            project.fails(["status"], 2, &hint);
            assert_eq!(
                codes(&doctor(&project, &["--fix", "--accept-loss"], 1))[0],
                "fork"
            );
            project.ok(words);
            assert_eq!(journal(&project), *expected, "{head} {record} {words:?}");
            project.ok(["observe"]);
            project.ok(["verify", "--deep"]);
            let all = quarantined(&project);
            assert!(all > 0, "{head} {record} {words:?}");
        }
    }
}

#[test]
fn another_ledgers_head_beside_a_whole_journal_costs_no_event() {
    for notes in [0, 2, 5] {
        let (project, other) = (short(), Project::adopted(PLAN));
        for n in 0..notes {
            other.ok(["append", "note", "T-1", &format!("note {n}")]);
        }
        let whole = journal(&project);
        let foreign = other.bytes(".ledger/head");
        // The record of the checkout knows the journal, so it is head that is in the wrong place.
        project.write(".ledger/head", &foreign);
        assert_eq!(codes(&doctor(&project, &[], 1)), ["head"]);
        let run = project.ok(["status"]);
        assert!(run.stderr.contains("another ledger's"), "{}", run.stderr);
        assert_eq!(journal(&project), whole);
        doctor(&project, &[], 0);
        // Without it nobody knows, and nothing of the journal is offered for giving up.
        fs::remove_dir_all(project.path(".ledger/checkouts")).unwrap();
        project.write(".ledger/head", &foreign);
        project.fails(["status"], 2, &["line 1 is not the event that head knows"]);
        project.fails(["append", "start", "T-1"], 2, &["line 1", "doctor"]);
        let report = doctor(&project, &["--fix"], 1);
        assert_eq!(codes(&report), ["contradicted"], "{report}");
        doctor(&project, &["--fix", "--accept-loss"], 0);
        assert_eq!(journal(&project), whole);
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn a_lost_store_is_made_again_and_rebuild_keeps_the_old_one() {
    let project = absorbed();
    let audit = project.ok(["audit", "--json"]).stdout;
    fs::remove_dir_all(project.path(".ledger/store")).unwrap();
    let run = project.ok(["rebuild"]);
    assert!(run.stdout.contains("from the journal: 1"), "{}", run.stdout);
    let run = project.ok(["rebuild"]);
    assert!(run.stdout.contains("quarantine"), "{}", run.stdout);
    let run = project.ok(["rebuild", "--journal"]);
    assert!(run.stdout.contains("from the store: 1"), "{}", run.stdout);
    assert_eq!(project.ok(["audit", "--json"]).stdout, audit);
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_record_of_an_event_that_never_was_is_found() {
    let project = short();
    project.ok(["append", "start", "T-2"]);
    let whole = journal(&project);
    let head = project.bytes(".ledger/head");
    project.ok(["append", "complete", "T-2"]);
    // The ledger is set back behind the checkout's back.
    project.write(".ledger/journal.jsonl", &whole);
    project.write(".ledger/head", head);
    let root = fs::canonicalize(project.path("."))
        .unwrap()
        .display()
        .to_string();
    for words in [&["status"][..], &["append", "start", "T-3"]] {
        project.fails(
            words,
            2,
            &["is gone", "event", "the record of", &root].as_slice()[2..],
        );
    }
    project.fails(["verify", "--deep"], 1, &["has lost"]);
    doctor(&project, &["--fix", "--accept-loss"], 0);
    project.ok(["observe"]);
    project.ok(["verify", "--deep"]);
}

#[test]
fn verify_finds_what_a_record_knows_otherwise() {
    let (project, other) = (short(), short());
    let whole = journal(&project);
    let place = files(&project.path(".ledger/checkouts")).remove(0).0;
    let own = fs::read(&place).unwrap();
    let record = files(&other.path(".ledger/checkouts")).remove(0).1;
    // Of another ledger: the events before the head are other ones, which nothing shows but them.
    project.ok(["append", "start", "T-3"]);
    fs::write(&place, record).unwrap();
    let named = ["journal.jsonl line", "is not the event that the record of"];
    for words in [
        &["verify"][..],
        &["verify", "--chain"],
        &["verify", "--deep"],
    ] {
        project.fails(words, 1, &[&named[..], &["ledger doctor"]].concat());
    }
    fs::write(&place, &own).unwrap();
    // One that is behind agrees, as far as it goes.
    project.ok(["verify"]);
    // The whole ledger is another one.
    for name in ["journal.jsonl", "head"] {
        project.write(
            &format!(".ledger/{name}"),
            other.bytes(&format!(".ledger/{name}")),
        );
    }
    project.fails(["verify"], 1, &named);
    project.write(".ledger/journal.jsonl", whole);
}

#[test]
fn a_lost_or_garbled_configuration_is_written_anew_with_another_writer() {
    for bad in [None, Some("{"), Some("")] {
        let project = short();
        let old = project.read(".ledger/config.json");
        match bad {
            None => fs::remove_file(project.path(".ledger/config.json")).unwrap(),
            Some(text) => project.write(".ledger/config.json", text),
        }
        project.fails(["status"], 2, &["config.json", "ledger doctor"]);
        doctor(&project, &["--fix"], 0);
        let new = project.read(".ledger/config.json");
        assert_ne!(new, old);
        project.ok(["append", "start", "T-3"]);
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn a_configuration_of_an_earlier_version_gets_what_it_lacks_from_whoever_writes() {
    for words in [&["append", "start", "T-3"][..], &["doctor", "--fix"]] {
        let project = short();
        let config: Value = serde_json::from_str(&project.read(".ledger/config.json")).unwrap();
        let mut old = config.clone();
        for name in ["spool_key", "check"] {
            assert!(old.as_object_mut().unwrap().remove(name).is_some());
        }
        project.write(".ledger/config.json", old.to_string());
        let report = doctor(&project, &[], 1);
        assert_eq!(codes(&report), ["config-old"], "{report}");
        project.ok(["status"]);
        project.ok(words);
        let new: Value = serde_json::from_str(&project.read(".ledger/config.json")).unwrap();
        assert_eq!(new["writer"], config["writer"]);
        assert!(new["spool_key"].is_string() && new["check"].is_string());
        doctor(&project, &[], 0);
    }
}

#[test]
fn a_changed_byte_of_the_configuration_is_named_and_its_secret_is_kept() {
    let project = short();
    let old = project.read(".ledger/config.json");
    let year = old.find("\"20").unwrap() + 4;
    let mut bad = old.clone().into_bytes();
    bad[year] ^= 1;
    project.write(".ledger/config.json", bad);
    project.fails(["status"], 2, &["config.json", "check", "ledger doctor"]);
    let done = doctor(&project, &["--fix"], 0);
    assert!(!done.to_string().contains("new secret"), "{done}");
    let key = |text: &str| serde_json::from_str::<Value>(text).unwrap()["spool_key"].clone();
    assert_eq!(key(&project.read(".ledger/config.json")), key(&old));
    project.ok(["append", "start", "T-3"]);
}

#[test]
fn small_files_that_are_garbled_do_no_harm_and_doctor_names_them() {
    let project = absorbed();
    let audit = project.ok(["audit", "--json"]).stdout;
    project.write(".ledger/head", "garbled");
    project.write(".ledger/state", "garbled");
    let record = files(&project.path(".ledger/checkouts")).remove(0).0;
    fs::write(record, "garbled").unwrap();
    let report = doctor(&project, &[], 1);
    let mut found = codes(&report);
    found.sort_unstable();
    assert_eq!(found, ["checkout", "head", "state"]);
    doctor(&project, &["--fix"], 0);
    assert_eq!(project.ok(["audit", "--json"]).stdout, audit);
    assert!(
        project
            .ok(["status"])
            .stdout
            .contains("as the ledger has it")
    );
}

#[test]
fn verify_heals_what_any_command_would_before_it_says_that_all_is_well() {
    let project = absorbed();
    let whole = journal(&project);
    fs::remove_file(project.path(".ledger/journal.jsonl")).unwrap();
    let run = project.ok(["verify"]);
    assert!(
        run.stderr.contains("put back from the store"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("verified 1"), "{}", run.stdout);
    assert_eq!(journal(&project), whole);
}

#[test]
fn folders_in_the_place_of_files_are_moved_away_and_keep_nobody_waiting() {
    let places = [
        "lock",
        "journal.jsonl",
        "journal.jsonl.new",
        "head",
        "head.new",
        "state",
        "state.new",
        "config.json.new",
        "config.json",
        "store",
        "checkouts",
        "quarantine",
    ];
    for name in places {
        let project = absorbed();
        let exported = project.ok(["export"]).bytes;
        let place = project.path(&format!(".ledger/{name}"));
        if place.is_dir() || name == "quarantine" {
            let _ = fs::remove_dir_all(&place);
            fs::write(&place, "not a folder").unwrap();
        } else {
            let _ = fs::remove_file(&place);
            fs::create_dir_all(place.join("inside")).unwrap();
        }
        let report = doctor(&project, &["--fix"], 0);
        assert!(
            report["done"].to_string().contains(name),
            "{name}: {report}"
        );
        assert_eq!(project.ok(["export"]).bytes, exported, "{name}");
        project.ok(["append", "start", "T-3"]);
        project.ok(["verify", "--deep"]);
    }
}

#[test]
fn the_record_of_a_worktree_is_put_aside_once_git_has_given_the_worktree_up() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    let path = other.display().to_string();
    project.git(["worktree", "add", "-q", &path, "-b", "other"]);
    project.ok(["-C", &path, "append", "start", "T-1"]);
    assert_eq!(doctor(&project, &[], 0)["checkouts"], 2);
    // Its disk may only not be mounted: git does not give it up either.
    fs::remove_dir_all(&other).unwrap();
    let report = doctor(&project, &["--fix"], 1);
    assert_eq!(codes(&report), ["checkout"], "{report}");
    assert!(report.to_string().contains("is not there"), "{report}");
    assert_eq!(report["checkouts"], 2);
    project.git(["worktree", "prune"]);
    let report = doctor(&project, &[], 1);
    assert_eq!(codes(&report), ["checkout"], "{report}");
    assert!(report.to_string().contains("is gone"), "{report}");
    assert_eq!(doctor(&project, &["--fix"], 0)["checkouts"], 1);
    project.ok(["verify", "--deep"]);
}

#[test]
fn the_quarantine_and_a_killed_holder_of_the_lock_are_shown() {
    let project = absorbed();
    project.ok(["rebuild"]);
    project.write(".ledger/lock", "4194000 ledger append\n");
    let run = project.ok(["doctor"]);
    for word in [
        "quarantine",
        "a rebuild was asked for",
        "was killed",
        "4194000",
    ] {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
}

#[test]
fn an_import_gives_the_same_ids_renders_and_audit() {
    let from = absorbed();
    let exported = from.ok(["export"]).bytes;
    let to = Project::empty();
    to.write("copy.jsonl", &exported);
    let run = to.ok(["import", "copy.jsonl"]);
    assert!(
        run.stdout.contains("TODO.md was not there and is written"),
        "{}",
        run.stdout
    );
    assert_eq!(to.ok(["export"]).bytes, exported);
    assert_eq!(to.plan(), from.plan());
    assert_eq!(
        to.ok(["audit", "--json"]).stdout,
        from.ok(["audit", "--json"]).stdout
    );
    for at in ["1", "70"] {
        let render = |project: &Project| project.run(["render", "--stdout", "--at", at]).bytes;
        assert_eq!(render(&to), render(&from));
    }
    to.ok(["verify", "--deep"]);
    // What is recorded here is another writer's.
    to.ok(["append", "start", "T-2"]);
    let writers = |project: &Project| {
        let text = String::from_utf8(project.ok(["export"]).bytes).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        last["header"]["writer"].clone()
    };
    assert_ne!(writers(&to), writers(&from));
    to.ok(["verify", "--deep"]);
    to.fails(["import", "copy.jsonl"], 2, &["already"]);
}

#[test]
fn an_import_from_a_pipe_leaves_plan_files_that_are_there_alone() {
    let from = absorbed();
    let exported = from.ok(["export"]).bytes;
    let to = Project::empty();
    let edited = from.plan().replace("Third", "Third, by hand");
    to.write("TODO.md", &edited);
    let run = to.run_with(["import", "-"], &exported);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("takes it for an edit"),
        "{}",
        run.stdout
    );
    assert_eq!(to.plan(), edited);
    to.ok(["observe"]);
    assert_eq!(to.plan(), edited);
    assert_eq!(to.events().len(), lines(&exported).len() + 1);
}

#[test]
fn a_cut_or_changed_export_is_refused_with_its_line_and_nothing_is_made() {
    let from = short();
    let exported = from.ok(["export"]).bytes;
    let all = lines(&exported);
    let mut changed = all.clone();
    let at = changed[2].len() / 2;
    changed[2][at] ^= 1;
    let mut out = all.clone();
    out.remove(1);
    for (bad, line) in [
        (exported[..exported.len() - 1].to_vec(), all.len()),
        (exported[..all[0].len() + 10].to_vec(), 2),
        (changed.concat(), 3),
        (out.concat(), 2),
        (b"no journal\n".to_vec(), 1),
    ] {
        let to = Project::empty();
        to.write("copy.jsonl", &bad);
        let run = to.fails(
            ["import", "copy.jsonl"],
            1,
            &["copy.jsonl", "nothing was imported"],
        );
        assert!(
            run.stderr.contains(&format!("line {line} "))
                || run.stderr.contains(&format!("line {} ", line + 1)),
            "{line}: {}",
            run.stderr
        );
        assert!(!to.path(".ledger").exists() && !to.path("TODO.md").exists());
        to.fails(["status"], 2, &["no ledger"]);
    }
    let to = Project::empty();
    to.write("copy.jsonl", "");
    to.fails(["import", "copy.jsonl"], 1, &["no events"]);
}

#[test]
fn an_import_that_was_cut_short_leaves_no_ledger_and_can_be_done_again() {
    let exported = short().ok(["export"]).bytes;
    let to = Project::empty();
    to.write("copy.jsonl", &exported);
    fs::create_dir(to.path(".ledger")).unwrap();
    to.write(".ledger/lock", "");
    to.write(".ledger/journal.jsonl.new", &exported[..exported.len() / 2]);
    to.fails(["status"], 2, &["no ledger"]);
    to.ok(["import", "copy.jsonl"]);
    assert_eq!(to.ok(["export"]).bytes, exported);
}

#[test]
fn an_import_never_writes_a_plan_outside_the_project() {
    let (from, elsewhere) = (Project::empty(), Project::empty());
    elsewhere.write("PLAN.md", PLAN);
    let path = elsewhere.path("PLAN.md").display().to_string();
    from.ok(["init", "--allow-outside", &path]);
    let exported = from.ok(["export"]).bytes;
    fs::remove_file(elsewhere.path("PLAN.md")).unwrap();
    let to = Project::empty();
    to.write("copy.jsonl", &exported);
    to.fails(["import", "copy.jsonl"], 1, &["outside", "--allow-outside"]);
    assert!(!to.path(".ledger").exists() && !elsewhere.path("PLAN.md").exists());
}

fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn the_chain_alone_is_verified_without_the_documents() {
    let project = Project::adopted("# Plan\n\n- [ ] **T-1**: Brew\n");
    project.ok(["append", "start", "T-1"]);
    let report: serde_json::Value =
        serde_json::from_str(&project.ok(["verify", "--chain", "--json"]).stdout).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["events"], 3);
    assert_eq!(report["documents_checked"], serde_json::Value::Null);
    let mut journal = project.ok(["export"]).bytes;
    let middle = journal.len() / 2;
    journal[middle] ^= 1;
    project.write("copy.jsonl", journal);
    project.fails(
        ["verify", "--chain", "--journal", "copy.jsonl"],
        1,
        &["event"],
    );
}

#[test]
fn an_import_over_what_checkouts_know_is_only_of_their_own_history() {
    let own = short();
    own.write("own.jsonl", own.ok(["export"]).bytes);
    let other = Project::adopted("# Other\n\n- [ ] **O-1**: Rest\n");
    for n in 0..9 {
        other.ok(["append", "note", "O-1", &format!("note {n}")]);
    }
    own.write("other.jsonl", other.ok(["export"]).bytes);
    for name in ["journal.jsonl", "head", "state"] {
        fs::remove_file(own.path(".ledger").join(name)).unwrap();
    }
    let _ = fs::remove_dir_all(own.path(".ledger/store"));
    own.fails(["import", "other.jsonl"], 2, &["the record of"]);
    assert!(!own.path(".ledger/journal.jsonl").exists());
    own.ok(["import", "own.jsonl"]);
    own.ok(["verify"]);
}
