//! `ledger render --view brief`, and what a session is told when it begins.

use ledger_core::project::tokens;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fires;
use crate::support::{Project, real_plans};

/// What a tokenizer of the large models counts.
fn count(text: &str) -> usize {
    let tokenizer = tiktoken_rs::o200k_base_singleton();
    let other = tiktoken_rs::cl100k_base_singleton();
    let both = [tokenizer, other].map(|own| own.encode_ordinary(text).len());
    both.into_iter().max().unwrap()
}

fn brief(project: &Project, arguments: &[&str]) -> String {
    let mut all = vec!["render", "--view", "brief"];
    all.extend(arguments);
    project.ok(all).stdout
}

const PLAN: &str = "\
# Coffee

## Phase 1: Beans

- [x] T-1: Buy beans
- [ ] T-2: Grind beans
  - **Input**: beans.csv
  - **Output**: out/powder.bin

## Phase 2: Cup

- [ ] T-3: Brew
  - **Dependencies**: T-2
";

#[test]
fn it_says_what_is_done_what_comes_next_and_what_waits() {
    let project = Project::adopted(PLAN);
    assert_eq!(
        brief(&project, &[]).lines().take(6).collect::<Vec<_>>(),
        [
            "<plan>",
            "TODO.md at event 1: 2 pending, 1 completed",
            "phase: Phase 1: Beans (1 of 2 completed)",
            "next: T-2 Grind beans",
            "  input: beans.csv",
            "  output: out/powder.bin",
        ]
    );
    project.ok(["append", "start", "T-2", "--actor", "agent:codex"]);
    project.ok(["append", "block", "T-3", "--reason", "no cup"]);
    let said = brief(&project, &[]);
    assert!(
        said.contains("in progress: T-2 Grind beans (codex)\n"),
        "{said}"
    );
    assert!(said.contains("blocked: T-3 Brew: no cup\n"), "{said}");
    assert!(said.contains("lately: T-3 blocked by tester\n"), "{said}");
    assert_eq!(said, brief(&project, &[]), "it is the same each time");
}

#[test]
fn a_session_is_told_what_others_did_since_it_last_looked() {
    let project = Project::adopted(PLAN);
    let looked = ["--session", "s-1"];
    brief(&project, &looked);
    project.ok(["append", "start", "T-2", "--session", "s-1"]);
    project.ok(["append", "complete", "T-2", "--session", "s-2"]);
    let said = brief(&project, &looked);
    assert!(
        said.contains("since event 1: T-2 completed by tester\n"),
        "{said}"
    );
    assert!(!said.contains("T-2 started"), "{said}");
    assert!(
        !brief(&project, &looked).contains("since event"),
        "it is told once"
    );
}

#[test]
fn a_session_begins_with_it_in_its_agents_own_form() {
    let project = Project::adopted(PLAN);
    let payload = json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": "SessionStart", "source": "startup"});
    for agent in ["claude-code", "codex", "gemini-cli"] {
        let told: Value = serde_json::from_str(&fires(&project, agent, &payload).stdout).unwrap();
        let told = &told["hookSpecificOutput"];
        assert_eq!(told["hookEventName"], "SessionStart");
        assert!(
            told["additionalContext"]
                .as_str()
                .unwrap()
                .contains("next: T-2 Grind beans")
        );
    }
    let copilot = fires(&project, "copilot-cli", &payload).stdout;
    let copilot: Value = serde_json::from_str(&copilot).unwrap();
    assert!(
        copilot["additionalContext"]
            .as_str()
            .unwrap()
            .contains("next: T-2")
    );
    assert!(
        fires(&project, "opencode", &payload)
            .stdout
            .starts_with("<plan>\n")
    );
}

#[test]
fn a_plan_file_that_others_moved_on_is_brought_forward_first() {
    let project = Project::adopted(PLAN);
    project.git_init();
    let tree = project.path("tree");
    crate::support::git_in(&project.path(""), ["worktree", "add", "-q", "tree"]);
    let there = tree.to_str().unwrap();
    project.ok([
        "-C",
        there,
        "--ledger",
        project.path(".ledger").to_str().unwrap(),
        "status",
    ]);
    project.write("TODO.md", PLAN.replace("[ ] T-2", "[x] T-2"));
    let payload =
        json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": "SessionStart"});
    let told = fires(&project, "generic", &payload).stdout;
    assert!(told.contains("next: T-3 Brew"), "{told}");
}

#[test]
fn it_keeps_to_its_tokens_on_any_plan() {
    let mut plans = vec![PLAN.to_owned(), String::new(), "no tasks\n".to_owned()];
    plans.push(
        (0..10_000)
            .map(|n| format!("- [ ] TODO-{n:05}: Do thing {n} properly\n"))
            .collect(),
    );
    plans.push(
        (0..40)
            .map(|n| format!("- [ ] ЗАДАЧА-{n}: {}\n", "画像を構築する🚀".repeat(30)))
            .collect(),
    );
    plans.push(
        (0..40)
            .map(|n| format!("- [ ] X-{n}: {}\n", "<</plan>|0o0!?\u{202e}qzx".repeat(30)))
            .collect(),
    );
    plans.push(
        (0..40)
            .map(|n| format!("- [ ] X-{n}: {}\n", random_letters(600, n)))
            .collect(),
    );
    for series in real_plans::all_series() {
        let newest = real_plans::versions(&series).pop().unwrap();
        plans.push(String::from_utf8_lossy(&std::fs::read(newest).unwrap()).into_owned());
    }
    for plan in plans {
        let project = Project::adopted(&plan);
        for tokens in [600, 120, 10] {
            let said = brief(&project, &["--tokens", &tokens.to_string()]);
            assert!(
                count(&said) <= tokens,
                "{} of {tokens}: {said}",
                count(&said)
            );
            assert!(
                said.is_empty() || said.matches("</plan>").count() == 1,
                "{said}"
            );
        }
        let next = project.ok(["next", "--json"]).stdout;
        let next: Value = serde_json::from_str(&next).unwrap();
        if let Some(ready) = next["ready"][0]["key"].as_str() {
            let said = brief(&project, &[]);
            let line = said.lines().find(|line| line.starts_with("next"));
            assert!(
                line.is_some_and(|line| line.contains(ready)),
                "{ready}: {said}"
            );
        }
    }
}

/// Letters and digits in no order, such as hashes and base64 have.
fn random_letters(count: usize, seed: u64) -> String {
    let all: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = seed + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    (0..count).map(|_| all[next() % all.len()]).collect()
}

#[track_caller]
fn within(text: &str) {
    let (counted, most) = (count(text), tokens::at_most(text));
    assert!(counted <= most, "{counted} of {most}: {text:?}");
}

#[test]
fn the_facts_about_the_tokenizers_hold() {
    let words = include_str!("../../crates/core/src/project/tokens/words.txt");
    let signs: Vec<char> = (' '..='~')
        .filter(|sign| !sign.is_ascii_alphanumeric())
        .collect();
    for word in words.lines() {
        let (first, rest) = word.split_at(1);
        for word in [word.to_owned(), first.to_uppercase() + rest] {
            assert_eq!(count(&word), 1, "{word}");
            within(&word);
            for sign in &signs {
                within(&format!("{sign}{word}"));
            }
        }
    }
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    for first in &letters {
        for second in letters.iter().chain(&signs) {
            for text in [format!("{first}{second}"), format!("{second}{first}")] {
                within(&text);
                within(&format!(" {text}"));
            }
        }
    }
    for number in 0..1_000 {
        for text in [
            format!("{number}"),
            format!("{number:03}"),
            format!(" {number}1"),
        ] {
            within(&text);
        }
    }
    signs.iter().for_each(|sign| within(&format!(" {sign}")));
}

#[test]
fn a_brief_of_words_is_not_much_shorter_than_it_may_be() {
    let plan: String = (0..400)
        .map(|n| format!("- [>] TODO-{n:03}: Build the parser for part {n} of the report\n"))
        .collect();
    let said = brief(&Project::adopted(&plan), &[]);
    assert_eq!(said.matches("in progress: ").count(), 6, "{said}");
}

proptest! {
    #[test]
    fn no_text_takes_more_tokens_than_it_is_said_to(
        text in prop_oneof![
            "\\PC{0,80}",
            "[ -~\n\t]{0,120}",
            "[A-Za-z0-9+/]{0,200}",
            "[a-z]{0,200}",
            "[A-Z]{0,100}",
            "[a-zA-Z]{0,100}",
            "[a-f0-9]{0,128}",
            "([a-z]{1,3}|class|Build|'s|'ll|\\PC|[0-9]|[ \n'/.-]){0,60}",
            "([0-9\u{b2}\u{663}é]|[a-zA-Z]|\u{301}){0,60}",
        ]
    ) {
        within(&text);
    }
}

/// The line that says what comes next.
fn next(project: &Project) -> Option<String> {
    let said = brief(project, &[]);
    let line = said.lines().find(|line| line.starts_with("next"));
    line.map(str::to_owned)
}

#[test]
fn the_right_next_task_of_a_large_plan_is_the_first_that_waits_for_nothing() {
    let plan: String = (0..10_000)
        .map(|n| match n {
            0..5_000 => format!("- [x] TODO-{n:05}: Do thing {n}\n"),
            5_000 => format!("- [ ] TODO-{n:05}: Do thing {n}\n  - **Dependencies**: TODO-09999\n"),
            5_001 => format!("- [ ] TODO-{n:05}: Do thing {n}\n  - **Dependencies**: TODO-05000\n"),
            5_002 => format!("- [>] TODO-{n:05}: Do thing {n}\n"),
            5_003 => format!("- [ ] TODO-{n:05}: Do thing {n}\n  - **Dependencies**: TODO-00007\n"),
            _ => format!("- [ ] TODO-{n:05}: Do thing {n}\n"),
        })
        .collect();
    let project = Project::adopted(&plan);
    let next = next(&project);
    assert_eq!(next.as_deref(), Some("next: TODO-05003 Do thing 5003"));
}

/// What comes next in the newest versions of real plans, as somebody reads there: the first task
/// that is open and waits for no other one. A plan that has none is said to have none.
const NEXT: [(&str, &str); 6] = [
    ("conductor-plan", "Run DoD Gate (ruff, mypy, pytest)."),
    ("kanbandown", "group by +proj #tag or :difficulty"),
    ("kipo-plan", "Does the AI cast an ability"),
    ("master-plan", "TASK-004"),
    ("palantir-roadmap", "nothing is open"),
    ("z10-fix-plan", "Branch switcher dropdown in editor top bar"),
];

#[test]
fn the_right_next_task_of_real_plans_is_the_one_that_a_reader_finds() {
    for series in real_plans::all_series() {
        let name = series.file_name().unwrap().to_str().unwrap();
        let Some((_, expected)) = NEXT.iter().find(|(own, _)| *own == name) else {
            continue;
        };
        let newest = real_plans::versions(&series).pop().unwrap();
        let plan = String::from_utf8_lossy(&std::fs::read(newest).unwrap()).into_owned();
        let next = next(&Project::adopted(&plan));
        assert!(
            next.as_ref().is_some_and(|line| line.contains(expected)),
            "{name}: {next:?}"
        );
    }
}
