//! What holds for the merge of any three texts.

use super::tests::merged;
use super::{apart, merge};
use crate::text::{Document, content};
use proptest::prelude::*;

fn document() -> impl Strategy<Value = Document> {
    (prop::collection::vec("[abc]{0,1}", 0..30), any::<bool>()).prop_map(|(lines, end)| {
        let text = lines.join("\n") + if end { "\n" } else { "" };
        Document::from(text.as_str())
    })
}

/// Documents of few lines of all forms, in any order.
fn structured() -> impl Strategy<Value = Document> {
    let line = prop::sample::select(vec![
        "",
        "# A",
        "## B",
        "## C-1: Roof",
        "### D",
        "- a",
        "- [ ] T-1: One wall",
        "- [x] T-1: One wall",
        "- [ ] T-2: Two walls",
        "  - [ ] T-2: Two walls",
        "  - Note: high",
        "  - Note: low",
        "    more",
        "\tdeep",
        "```",
        "text of some words",
        "| T-1 | row |",
        "1. first",
        "---",
    ]);
    (prop::collection::vec(line, 0..14), any::<bool>()).prop_map(|(lines, end)| {
        let text = lines.join("\n") + if end { "\n" } else { "" };
        Document::from(text.as_str())
    })
}

/// What one side did to each line of a base of different lines, and what it put before it.
fn edits(own: char) -> impl Strategy<Value = Vec<(u8, Vec<String>)>> {
    let new = prop_oneof![
        (0u32..50).prop_map(move |at| format!("{own}{at}\n")),
        (0u32..50).prop_map(|at| format!("s{at}\n")),
    ];
    prop::collection::vec((0u8..6, prop::collection::vec(new, 0..3)), 0..12)
}

fn edited(base: usize, edits: &[(u8, Vec<String>)], own: char) -> String {
    let mut text = String::new();
    for at in 0..base {
        let (act, new) = edits.get(at).cloned().unwrap_or_default();
        text.push_str(&new.concat());
        match act {
            0 => {}
            1 => text.push_str(&format!("{own}c{at}\n")),
            _ => text.push_str(&format!("b{at}\n")),
        }
    }
    text
}

/// A task's box, the words of its title and its mark, as one side has them.
type Task = (u8, [u8; 3], u8);

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    let changed = prop_oneof![3 => Just(0u8), 1 => 1u8..3];
    let word = [changed.clone(), changed.clone(), changed.clone()];
    prop::collection::vec((changed.clone(), word, changed), 8)
}

fn written(tasks: &[Task]) -> Vec<String> {
    let line = |(at, (tick, words, mark)): (usize, &Task)| {
        let tick = [" ", "x", "-"][usize::from(*tick)];
        let mark = ["⏳", "✅", "🔄"][usize::from(*mark)];
        let [one, two, three] = words.map(|word| ["same", "new", "other"][usize::from(word)]);
        format!("- [{tick}] T-{at}: {one} walls {two} roof {three} {mark}\n")
    };
    tasks.iter().enumerate().map(line).collect()
}

/// What both sides make of it, unless they do different things to it.
fn both(found: u8, ours: u8) -> Option<u8> {
    match (found, ours) {
        (0, side) | (side, 0) => Some(side),
        (a, b) => (a == b).then_some(a),
    }
}

proptest! {
    #[test]
    fn merging_with_an_unchanged_side_gives_the_other(base in document(), side in document()) {
        for (found, ours) in [(&side, &base), (&base, &side), (&side, &side)] {
            let merge = merge(&base, found, ours);
            prop_assert_eq!(&merge.document, &side);
            prop_assert!(merge.overridden.is_empty());
        }
    }

    #[test]
    fn merging_any_three_gives_a_document(
        (base, a, b) in prop_oneof![
            (document(), document(), document()),
            (structured(), structured(), structured()),
        ],
    ) {
        let merge = merge(&base, &a, &b);
        prop_assert!(merge.document.is_whole());
        for lines in merge.overridden {
            prop_assert!(!lines.is_empty() && lines.end <= b.len());
        }
    }

    #[test]
    fn each_line_stands_or_is_listed(found in edits('f'), ours in edits('o')) {
        let base = edited(12, &[], 'b');
        let (found, ours) = (edited(12, &found, 'f'), edited(12, &ours, 'o'));
        let (text, overridden) = merged(&base, &found, &ours);
        let stands = |line: &str| text.lines().any(|other| other == line);
        for line in found.lines().filter(|line| !base.contains(line)) {
            prop_assert!(stands(line), "{line} of the file is lost");
        }
        for line in ours.lines().filter(|line| line.starts_with('o')) {
            let listed = overridden.iter().any(|other| other == line);
            prop_assert!(stands(line) || listed, "{line} of ours is lost");
        }
        for line in &overridden {
            prop_assert!(!base.lines().any(|other| other == line), "{line} was not changed");
        }
    }

    #[test]
    fn no_new_line_of_one_side_is_lost(found in edits('f'), ours in edits('o')) {
        let base = edited(12, &[], 'b');
        let only_new: Vec<_> = ours.into_iter().map(|(_, new)| (5, new)).collect();
        let (found, ours) = (edited(12, &found, 'f'), edited(12, &only_new, 'o'));
        let (text, overridden) = merged(&base, &found, &ours);
        prop_assert_eq!(overridden, Vec::<String>::new());
        for line in found.lines().chain(ours.lines()).filter(|line| !line.starts_with('b')) {
            prop_assert!(text.lines().any(|other| other == line), "{line} is lost");
        }
    }

    #[test]
    fn what_both_did_to_tasks_is_merged_token_by_token(found in tasks(), ours in tasks()) {
        let base = written(&[(0, [0; 3], 0); 8]);
        let (theirs, mine) = (written(&found), written(&ours));
        let mut expected = String::new();
        let mut gave_way = Vec::new();
        for (at, (f, o)) in found.iter().zip(&ours).enumerate() {
            let all = (|| {
                let words = [both(f.1[0], o.1[0])?, both(f.1[1], o.1[1])?, both(f.1[2], o.1[2])?];
                Some((both(f.0, o.0)?, words, both(f.2, o.2)?))
            })();
            let mut tasks = [(0, [0; 3], 0); 8];
            if let Some(all) = all {
                tasks[at] = all;
                expected.push_str(&written(&tasks)[at]);
            } else {
                expected.push_str(&theirs[at]);
                gave_way.push(content(&mine[at]).to_owned());
            }
        }
        prop_assert_eq!(
            merged(&base.concat(), &theirs.concat(), &mine.concat()),
            (expected, gave_way)
        );
    }
}

/// A task of a plan: its number, words of its title, whether it is done, its details.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: usize,
    words: [u8; 2],
    done: bool,
    details: Vec<String>,
}

/// What one side does to a plan.
#[derive(Debug, Clone)]
enum Act {
    Tick(usize),
    Retitle(usize, usize),
    Remove(usize),
    Detail(usize, u8),
    Reword(usize),
    Relocate(usize, usize),
    Add(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (0usize..8).prop_map(Act::Tick),
        (0usize..8, 0usize..2).prop_map(|(task, word)| Act::Retitle(task, word)),
        (0usize..8).prop_map(Act::Remove),
        (0usize..8, 0u8..3).prop_map(|(task, detail)| Act::Detail(task, detail)),
        (0usize..8).prop_map(Act::Reword),
        (0usize..8, 0usize..10).prop_map(|(task, to)| Act::Relocate(task, to)),
        (0usize..10).prop_map(Act::Add),
    ];
    prop::collection::vec(act, 0..5)
}

/// Two sections of tasks, the second from the given place on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plan {
    tasks: Vec<Entry>,
    open: usize,
}

impl Plan {
    fn base() -> Self {
        let tasks = (0..8).map(|number| Entry {
            number,
            words: [0; 2],
            done: false,
            details: vec![
                "Priority: high".to_owned(),
                format!("first of {number}"),
                format!("second of {number}"),
            ],
        });
        Self {
            tasks: tasks.collect(),
            open: 5,
        }
    }

    fn after(mut self, acts: &[Act], own: char) -> Self {
        let find = |plan: &Self, task: usize| plan.tasks.iter().position(|e| e.number == task);
        for (nth, act) in acts.iter().enumerate() {
            match *act {
                Act::Tick(task) => {
                    if let Some(at) = find(&self, task) {
                        self.tasks[at].done = true;
                    }
                }
                Act::Retitle(task, word) => {
                    if let Some(at) = find(&self, task) {
                        self.tasks[at].words[word] = own as u8;
                    }
                }
                Act::Remove(task) => {
                    if let Some(at) = find(&self, task) {
                        self.tasks.remove(at);
                        self.open -= usize::from(at < self.open);
                    }
                }
                Act::Detail(task, detail) => {
                    if let Some(at) = find(&self, task) {
                        let text = format!("{own}-detail {detail} of {task} number {nth}");
                        let details = &mut self.tasks[at].details;
                        let place = usize::from(detail).min(details.len());
                        details.insert(place, text);
                    }
                }
                Act::Reword(task) => {
                    if let Some(at) = find(&self, task)
                        && let Some(detail) = self.tasks[at].details.last_mut()
                    {
                        detail.push_str(&format!(" changed by {own}"));
                    }
                }
                Act::Relocate(task, to) => {
                    if let Some(at) = find(&self, task) {
                        let task = self.tasks.remove(at);
                        self.open -= usize::from(at < self.open);
                        let to = to.min(self.tasks.len());
                        self.tasks.insert(to, task);
                        self.open += usize::from(to < self.open);
                    }
                }
                Act::Add(to) => {
                    let to = to.min(self.tasks.len());
                    let number = 100 * (own as usize) + nth;
                    let details = vec![format!("{own}-detail of {number}")];
                    self.tasks.insert(
                        to,
                        Entry {
                            number,
                            words: [own as u8; 2],
                            done: false,
                            details,
                        },
                    );
                    self.open += usize::from(to < self.open);
                }
            }
        }
        self
    }

    fn text(&self) -> String {
        let mut text = String::from("# Plan\n\n## Open\n\n");
        for (at, task) in self.tasks.iter().enumerate() {
            if at == self.open {
                text.push_str("\n## Done\n\n");
            }
            let word = |at: usize| match task.words[at] {
                0 => "plain",
                b'f' => "found",
                _ => "other",
            };
            let tick = if task.done { "x" } else { " " };
            text.push_str(&format!(
                "- [{tick}] T-{}: The {} wall number{} of {}\n",
                task.number,
                word(0),
                task.number,
                word(1)
            ));
            for detail in &task.details {
                text.push_str(&format!("  - {detail}\n"));
            }
        }
        if self.open >= self.tasks.len() {
            text.push_str("\n## Done\n\n");
        }
        text
    }

    fn number(line: &str) -> Option<usize> {
        line.split_once("] T-")?.1.split(':').next()?.parse().ok()
    }
}

proptest! {
    #[test]
    fn taking_sides_apart_gives_what_the_only_one_did(
        acts in acts(),
        side in prop_oneof![document(), structured()],
        base in prop_oneof![document(), structured()],
    ) {
        let plan = Plan::base();
        let other = plan.clone().after(&acts, 'f').text();
        let texts = [(plan.text(), other), (base.text(), side.text())];
        for (base, side) in texts {
            let (base, side) = (Document::from(base.as_str()), Document::from(side.as_str()));
            for (found, ours) in [(&side, &base), (&base, &side), (&side, &side)] {
                let merge = apart(&base, found, ours);
                prop_assert_eq!(&merge.document, &side);
                prop_assert!(merge.overridden.is_empty(), "{:?}", merge.overridden);
                prop_assert!(merge.returned.is_empty(), "{:?}", merge.returned);
            }
        }
    }

    #[test]
    fn no_task_is_lost_stands_twice_or_gets_the_details_of_another(theirs in acts(), mine in acts()) {
        let before = Plan::base();
        let (theirs, mine) = (before.clone().after(&theirs, 'f'), before.clone().after(&mine, 'o'));
        let (base, found, ours) = (before.text(), theirs.text(), mine.text());
        let (text, overridden) = merged(&base, &found, &ours);
        let stands = |line: &str| text.lines().any(|other| other == line);
        let entry = |plan: &Plan, number: usize| {
            plan.tasks.iter().find(|task| task.number == number).cloned()
        };
        let numbers = theirs.tasks.iter().chain(&mine.tasks).map(|task| task.number);
        for number in numbers {
            let times = text.lines().filter(|line| Plan::number(line) == Some(number)).count();
            let (was, is) = (entry(&before, number), entry(&theirs, number));
            let expected = match (&is, entry(&mine, number)) {
                (Some(_), Some(_)) => 1..=1,
                // The hand removed it, or it is new in ours.
                (None, Some(_)) if was.is_some() => 0..=0,
                (None, _) => 1..=1,
                // Ours removed it: it stands again if the hand changed or moved it.
                (Some(_), None) if is != was => 1..=1,
                (Some(_), None) => 0..=1,
            };
            prop_assert!(expected.contains(&times), "T-{number} {times} times in:\n{text}");
        }
        // What the hand wrote stands.
        for line in found.lines().filter(|line| !base.contains(line) && !line.starts_with("- [")) {
            prop_assert!(stands(line), "{line} is lost in:\n{text}");
        }
        // What ours wrote stands or is listed.
        for line in ours.lines().filter(|line| line.starts_with("  - ") && !base.contains(line)) {
            let listed = overridden.iter().any(|other| other == line);
            prop_assert!(stands(line) || listed, "{line} of ours is lost in:\n{text}");
        }
        // A detail that all have stands once below each that was changed at most.
        for task in theirs.tasks.iter().filter(|task| entry(&mine, task.number).is_some()) {
            let below = text.lines().skip_while(|line| Plan::number(line) != Some(task.number));
            let own = below.skip(1).take_while(|line| line.starts_with("  - "));
            let times = own.filter(|line| *line == "  - Priority: high").count();
            prop_assert_eq!(times, usize::from(task.number < 8), "T-{} in:\n{}", task.number, text);
        }
        // A detail stands below its own task.
        let mut below = None;
        for line in text.lines() {
            below = Plan::number(line).or(below);
            if let Some((_, of)) = line.strip_prefix("  - ").and_then(|line| line.split_once(" of ")) {
                let of = of.split(' ').next().and_then(|of| of.parse().ok());
                prop_assert_eq!(of, below, "{} in:\n{}", line, text);
            }
        }
    }

    #[test]
    fn where_a_task_stands_is_as_the_one_says_who_moved_it(theirs in acts(), mine in acts()) {
        let keep = |act: &Act| !matches!(act, Act::Remove(_));
        let theirs: Vec<Act> = theirs.into_iter().filter(keep).collect();
        let mine: Vec<Act> = mine.into_iter().filter(keep).collect();
        let base = Plan::base();
        let (theirs, mine) = (base.clone().after(&theirs, 'f'), base.clone().after(&mine, 'o'));
        let (text, _) = merged(&base.text(), &theirs.text(), &mine.text());
        let done = |text: &str, task: usize| {
            let lines = text.lines().skip_while(|line| *line != "## Done");
            lines.filter_map(Plan::number).any(|number| number == task)
        };
        for task in 0..8 {
            let (was, is, ours) =
                (done(&base.text(), task), done(&theirs.text(), task), done(&mine.text(), task));
            let expected = if is == was { ours } else { is };
            // Moved within its section by the hand, it may be where the hand put it.
            let near = is == was && ours != was;
            prop_assert!(done(&text, task) == expected || near, "T-{task} in:\n{text}");
        }
    }
}
