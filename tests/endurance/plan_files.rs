//! Plan files that cannot be written, lie on another disk, or were torn by a crash.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;

use super::namespace::{small_disk, where_mounting_is_allowed};
use super::{Claim, plan_of, standing, text_at};
use crate::support::Project;

const RECORDS: &str = ".ledger/checkouts";

/// The record of the only checkout.
fn record(project: &Project) -> (String, Value) {
    let name = fs::read_dir(project.path(RECORDS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| !name.ends_with(".new"))
        .unwrap();
    let text = project.read(&format!("{RECORDS}/{name}"));
    let (_, payload) = text.split_once('\n').unwrap();
    (name, serde_json::from_str(payload).unwrap())
}

/// A project where a change was recorded, and the machine stopped while its plan file was
/// written: the record says what was to be there.
fn crashed_while_writing() -> Project {
    let project = Project::adopted(&plan_of(30)).kept();
    project.ok(["append", "complete", "T-1"]);
    let (_, before) = record(&project);
    project.ok(["append", "note", "T-2", "heard before the crash"]);
    let (name, mut after) = record(&project);
    let document = &mut after["documents"][0];
    document["writing"] = serde_json::json!([document["rendered"].take()]);
    document["rendered"] = before["documents"][0]["rendered"].clone();
    let payload = serde_json::to_string(&after).unwrap();
    let check = blake3::hash(payload.as_bytes()).to_hex();
    project.write(&format!("{RECORDS}/{name}"), format!("{check}\n{payload}"));
    project
}

#[test]
fn what_a_crash_left_of_a_plan_file_is_nobodys_edit() {
    let project = crashed_while_writing();
    let whole = project.bytes("TODO.md");
    let zeros = |from: usize| {
        let mut bytes = whole.clone();
        bytes[from..].fill(0);
        bytes
    };
    let half = whole.len() / 2;
    let torn = [
        Vec::new(),
        whole[..1].to_vec(),
        whole[..half].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        zeros(0),
        zeros(half),
    ];
    for bytes in torn {
        for words in [
            &["observe", "--json"][..],
            &["append", "complete", "T-9", "--json"],
            &["render"],
        ] {
            let project = crashed_while_writing();
            project.write("TODO.md", &bytes);
            let what = format!("{} bytes, {words:?}", bytes.len());
            let before = project.events();
            assert_eq!(standing(&project), "stale", "{what}");
            project.ok(words);
            let events = project.events();
            assert!(
                events.iter().all(|event| event["origin"] != "observed"),
                "{what}: an edit that nobody made"
            );
            assert_eq!(events[..before.len()], before);
            assert_eq!(project.plan().as_bytes(), text_at(&project, None), "{what}");
            project.ok(["render", "--check"]);
        }
    }
}

#[test]
fn what_a_crash_left_is_known_also_where_the_ledger_has_moved_on() {
    let project = crashed_while_writing();
    let whole = project.plan();
    // Another checkout of the same plan goes on: here, the same ledger under another root.
    let (name, _) = record(&project);
    let kept = project.bytes(&format!("{RECORDS}/{name}"));
    project.ok(["append", "complete", "T-5"]);
    project.write(&format!("{RECORDS}/{name}"), kept);
    project.write("TODO.md", &whole[..whole.len() / 2]);
    assert_eq!(standing(&project), "stale");
    let receipts = project.receipts(["observe", "--json"]);
    assert_eq!(receipts.len(), 0, "{receipts:?}");
    assert!(project.plan().contains("- [x] **T-5**"));
}

#[test]
fn what_somebody_types_into_a_torn_plan_file_or_cuts_from_a_whole_one_is_their_edit() {
    let project = crashed_while_writing();
    let whole = project.plan();
    project.write(
        "TODO.md",
        format!("{}\ntyped by hand\n", &whole[..whole.len() / 2]),
    );
    assert_eq!(standing(&project), "edited");
    assert!(!project.receipts(["observe", "--json"]).is_empty());
    assert!(project.plan().contains("typed by hand"));

    // Nothing was being written here.
    let project = Project::adopted(&plan_of(30));
    project.ok(["append", "complete", "T-1"]);
    let lines: Vec<String> = project
        .plan()
        .lines()
        .take(20)
        .map(|line| format!("{line}\n"))
        .collect();
    project.write("TODO.md", lines.concat());
    assert_eq!(standing(&project), "edited");
    assert!(!project.receipts(["observe", "--json"]).is_empty());
    assert_eq!(project.plan(), lines.concat());
}

#[test]
fn nul_bytes_that_nobody_announced_are_nobodys_edit() {
    let project = Project::adopted(&plan_of(5)).kept();
    let before = project.events();
    let plan = project.plan();
    let (half, rest) = plan.as_bytes().split_at(plan.len() / 2);
    let torn = [
        vec![0; 64],
        [half, &[0; 32]].concat(),
        [half, &[0; 512], rest].concat(),
    ];
    for torn in torn {
        project.write("TODO.md", &torn);
        assert_eq!(standing(&project), "unreadable");
        let said = ["TODO.md has", "NUL bytes", "ledger render"];
        project.fails(["observe"], 2, &said);
        project.fails(["append", "complete", "T-1"], 2, &said);
        assert_eq!(project.bytes("TODO.md"), torn);
        assert_eq!(project.events(), before);
    }
    fs::remove_file(project.path("TODO.md")).unwrap();
    project.ok(["render"]);
    assert_eq!(project.plan(), plan);
}

#[test]
fn what_stands_in_a_plans_place_is_named_and_render_writes_the_plan_once_it_is_gone() {
    let project = Project::adopted(&plan_of(5)).kept();
    let path = project.path("TODO.md");
    let plan = project.plan();
    let before = project.events();
    fs::remove_file(&path).unwrap();
    let link = || symlink("nowhere.md", &path).unwrap();
    let folder = || fs::create_dir(&path).unwrap();
    let places: [(&dyn Fn(), &str); 2] = [
        (&link, "is a link that leads nowhere"),
        (&folder, "is a folder"),
    ];
    for (put, what) in places {
        put();
        let advice = "move it out of the way; ledger render then writes the plan again";
        let said = ["TODO.md", what, advice];
        let status = project.ok(["status"]).stdout;
        assert!(said.iter().all(|word| status.contains(word)), "{status}");
        project.fails(["render"], 2, &said);
        project.fails(["append", "complete", "T-1"], 2, &said);
        assert_eq!(project.events(), before);
        fs::rename(&path, project.path("aside")).unwrap();
        project.ok(["render"]);
        assert_eq!(project.plan(), plan);
        fs::remove_file(&path).unwrap();
        let aside = project.path("aside");
        fs::remove_file(&aside)
            .or_else(|_| fs::remove_dir(&aside))
            .unwrap();
    }
}

#[test]
fn what_stands_in_the_new_files_place_is_kept_and_in_nobodys_way() {
    let project = Project::adopted(&plan_of(5)).kept();
    let quarantine = project
        .path(".ledger")
        .canonicalize()
        .unwrap()
        .join("quarantine");
    let hash = blake3::hash(quarantine.as_os_str().as_encoded_bytes()).to_hex();
    let new = format!(".TODO.md.{}.ledger-new", &hash[..8]);
    fs::create_dir(project.path(&new)).unwrap();
    project.write(&format!("{new}/words.md"), "somebody's");
    project.ok(["append", "complete", "T-1"]);
    assert!(!project.path(&new).exists());
    let kept = ".ledger/quarantine/0001-plan-file/words.md";
    assert_eq!(project.read(kept), "somebody's");
}

/// Makes a change whose plan file cannot be written; the event stands, and the file follows when
/// it can.
#[track_caller]
fn stands_without_its_file(project: &Project, words: &[&str], said: &[&str], mend: impl FnOnce()) {
    let prefix: Vec<&str> = words.to_vec();
    let with = |more: &[&'static str]| [&prefix[..], more].concat();
    let run = project.run(with(&["append", "complete", "T-1"]));
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(Claim::of(&run), Claim::Recorded, "{}", run.stderr);
    assert!(run.stdout.contains("task.completed"), "{}", run.stdout);
    for word in said {
        assert!(
            run.stderr.contains(word),
            "'{word}' is not in: {}",
            run.stderr
        );
    }
    project.ok(with(&["verify"]));
    // Whoever tries again is told that it is done.
    let again = project.run(with(&["append", "complete", "T-1"]));
    assert_eq!(again.code, 1, "{}", again.stderr);
    mend();
    project.ok(with(&["render"]));
    project.ok(with(&["render", "--check"]));
    let head = project.ok(with(&["render", "--stdout"])).bytes;
    let events = project.receipts(with(&["audit", "--format", "ndjson"]));
    assert_eq!(events.len(), 3);
    assert!(String::from_utf8(head).unwrap().contains("- [x] **T-1**"));
}

fn mount(words: &[&str], place: &std::path::Path) {
    let output = Command::new("mount")
        .args(words)
        .arg(place)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_plan_in_a_folder_that_is_read_only_keeps_the_event() {
    let name = "endurance::plan_files::a_plan_in_a_folder_that_is_read_only_keeps_the_event";
    where_mounting_is_allowed(name, || {
        let project = Project::empty().kept();
        let work = project.path("work");
        fs::create_dir(&work).unwrap();
        small_disk(&work, 1 << 10);
        project.write("work/TODO.md", plan_of(5));
        let options = ["-C", "work", "--ledger", "../ledger"];
        project.ok(options.iter().chain(&["init", "TODO.md"]));
        mount(&["-o", "remount,ro"], &work);
        stands_without_its_file(
            &project,
            &options,
            &["TODO.md", "Read-only file system"],
            || {
                mount(&["-o", "remount,rw"], &work);
            },
        );
        assert!(project.read("work/TODO.md").contains("- [x] **T-1**"));
    });
}

#[test]
fn a_plan_on_a_full_disk_of_its_own_keeps_the_event() {
    let name = "endurance::plan_files::a_plan_on_a_full_disk_of_its_own_keeps_the_event";
    where_mounting_is_allowed(name, || {
        let project = Project::empty().kept();
        let disk = project.path("disk");
        fs::create_dir(&disk).unwrap();
        small_disk(&disk, 64);
        project.write("disk/TODO.md", plan_of(5));
        project.ok(["init", "disk/TODO.md"]);
        let _ = fs::write(disk.join("ballast"), vec![0; 1 << 20]);
        stands_without_its_file(&project, &[], &["TODO.md", "No space left"], || {
            fs::remove_file(disk.join("ballast")).unwrap();
        });
        assert!(project.read("disk/TODO.md").contains("- [x] **T-1**"));
    });
}

#[test]
fn a_plan_file_that_is_a_mount_of_its_own_keeps_the_event_and_is_read() {
    let name =
        "endurance::plan_files::a_plan_file_that_is_a_mount_of_its_own_keeps_the_event_and_is_read";
    where_mounting_is_allowed(name, || {
        let project = Project::empty().kept();
        // As containers have it: the file itself is mounted, and nothing can take its place.
        project.write("outside.md", plan_of(5));
        project.write("TODO.md", "");
        let outside = project.path("outside.md");
        mount(
            &["--bind", outside.to_str().unwrap()],
            &project.path("TODO.md"),
        );
        project.ok(["init", "TODO.md"]);
        let text = format!("{}\nTyped by hand.\n", plan_of(5));
        stands_without_its_file(&project, &[], &["TODO.md"], || {
            let unmounted = Command::new("umount").arg(project.path("TODO.md")).status();
            assert!(unmounted.unwrap().success());
            fs::remove_file(project.path("TODO.md")).unwrap();
        });
        project.write("TODO.md", text);
        project.ok(["observe"]);
        assert!(project.plan().contains("Typed by hand."));
    });
}

#[test]
fn a_plan_that_is_a_link_to_another_disk_is_written_there() {
    let name = "endurance::plan_files::a_plan_that_is_a_link_to_another_disk_is_written_there";
    where_mounting_is_allowed(name, || {
        let project = Project::empty().kept();
        let disk = project.path("disk");
        fs::create_dir(&disk).unwrap();
        small_disk(&disk, 1 << 10);
        project.write("disk/plan.md", plan_of(5));
        symlink("disk/plan.md", project.path("TODO.md")).unwrap();
        project.ok(["init", "TODO.md"]);
        project.ok(["append", "complete", "T-1"]);
        let link = fs::symlink_metadata(project.path("TODO.md")).unwrap();
        assert!(link.is_symlink());
        assert!(project.read("disk/plan.md").contains("- [x] **T-1**"));
        project.ok(["render", "--check"]);
        let text = project.plan().replace("Task number 3", "Task number three");
        project.write("disk/plan.md", text);
        assert!(!project.receipts(["observe", "--json"]).is_empty());
        project.ok(["append", "complete", "T-2"]);
        let plan = project.read("disk/plan.md");
        assert!(plan.contains("number three") && plan.contains("- [x] **T-2**"));
        let left: Vec<_> = fs::read_dir(&disk).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        project.ok(["verify"]);
    });
}
