//! Which event wrote which line.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeMap;

use common::ledger::grown;
use common::real_plans::all_series;
use common::{NONCE, document_id, draft, hunk, stamp};
use ledger_core::document::{Document, Hunk, Line};
use ledger_core::project::{Along, Blame, Blamed, Changed, Nearness, Origin, distant_parents};
use ledger_core::seal::Parent;
use ledger_core::{Batch, EventId, Plan, Seq, TaskKey, Verified, Verifier, seal, seal_on};
use proptest::prelude::*;
use serde_json::json;

/// A history of one document, made of hunks; it may go apart.
#[derive(Default)]
struct Story {
    batches: Vec<Verified<Batch>>,
    /// The text after each batch.
    texts: Vec<Document>,
}

impl Story {
    /// A ledger that has adopted a document with these lines.
    fn new(lines: &[&str]) -> Self {
        let text = Document::from(lines.concat().as_str());
        let mut adopted = vec![
            ("document", json!(document_id())),
            ("path", json!("PLAN.md")),
        ];
        adopted.extend(hunk(&document_id(), 0, 0, lines));
        let created = vec![("grammar", json!(1))];
        let drafts = [
            draft("ledger.created", created),
            draft("document.adopted", adopted),
        ];
        let docs = [(document_id(), &text)];
        let batch = seal(None, &stamp(0), &drafts, &docs, Some(NONCE)).unwrap();
        Self {
            batches: vec![batch],
            texts: vec![text],
        }
    }

    /// Appends a batch of these events, each some hunks, to batch `parent`; its number.
    fn add(&mut self, parent: usize, joined: Option<usize>, events: &[Vec<Hunk>]) -> usize {
        let mut text = self.texts[parent].clone();
        let mut drafts = Vec::new();
        if joined.is_some() {
            drafts.push(draft("history.merged", vec![]));
        }
        for hunks in events {
            text.apply_all(hunks).unwrap();
            let parts = hunks.iter().flat_map(|own| {
                let lines: Vec<&str> = own.insert.iter().map(|line| &**line).collect();
                hunk(&document_id(), own.at, own.remove, &lines)
            });
            drafts.push(draft("document.edited", parts.collect()));
        }
        let docs = [(document_id(), &text)];
        let docs = if events.is_empty() {
            &[][..]
        } else {
            &docs[..]
        };
        let of = |batch: usize| Parent::from(self.batches[batch].head());
        let follows = (of(parent), joined.map(of));
        let head = self.batches.last().unwrap().head();
        let n = u8::try_from(self.batches.len() % 200).unwrap();
        let batch = seal_on(head, follows, &stamp(n), &drafts, docs).unwrap();
        self.batches.push(batch);
        self.texts.push(text);
        self.batches.len() - 1
    }

    /// What the fold says after each batch.
    fn blames(&self) -> Vec<Blame> {
        let mut before = None;
        let mut distant: Vec<EventId> = Vec::new();
        for batch in &self.batches {
            distant.extend(distant_parents(batch, before));
            before = Some(batch.head().id);
        }
        let mut fold = Along::new(Blame::default(), distant);
        let each = self.batches.iter().map(|batch| {
            fold.take(batch).unwrap();
            fold.state().clone()
        });
        each.collect()
    }

    /// The seq of the only or last event of a batch.
    fn seq(&self, batch: usize) -> Seq {
        self.batches[batch].head().seq
    }
}

fn own(blame: &Blame) -> &Blamed {
    blame.document(&document_id()).unwrap()
}

fn placed(blame: &Blame) -> Vec<Seq> {
    own(blame).origins().iter().map(|own| own.placed).collect()
}

fn written(blame: &Blame) -> Vec<Seq> {
    own(blame).origins().iter().map(|own| own.written).collect()
}

fn edit(at: usize, remove: usize, lines: &[&str]) -> Hunk {
    Hunk {
        at,
        remove,
        insert: lines.iter().map(|line| Line::from(*line)).collect(),
    }
}

#[test]
fn a_line_is_of_the_event_whose_hunk_put_it_in() {
    let mut story = Story::new(&["a\n", "b\n", "c\n"]);
    let changed = story.add(0, None, &[vec![edit(1, 1, &["B\n"])]]);
    let more = story.add(
        changed,
        None,
        &[vec![edit(0, 0, &["x\n"]), edit(4, 0, &["y\n"])]],
    );
    let blames = story.blames();
    let (first, changed, more) = (story.seq(0), story.seq(changed), story.seq(more));
    assert_eq!(placed(&blames[1]), [first, changed, first]);
    assert_eq!(placed(&blames[2]), [more, first, changed, first, more]);
}

#[test]
fn a_line_that_a_batch_takes_out_and_puts_back_keeps_its_writer() {
    let mut story = Story::new(&["a\n", "b\n", "c\n"]);
    // Once within a hunk, once by the hunks of two events.
    let wide = story.add(0, None, &[vec![edit(0, 3, &["a\n", "B\n", "c\n"])]]);
    let back = story.add(
        wide,
        None,
        &[
            vec![edit(2, 1, &["C\n"])],
            vec![edit(2, 1, &["c\n"]), edit(3, 0, &["d\n"])],
        ],
    );
    let blames = story.blames();
    let (first, wide, back) = (story.seq(0), story.seq(wide), story.seq(back));
    assert_eq!(placed(&blames[1]), [first, wide, first]);
    assert_eq!(placed(&blames[2]), [first, wide, first, back]);
}

#[test]
fn a_line_that_moved_is_placed_by_one_event_and_written_by_another() {
    let lines = ["# A\n", "- [ ] T-1: one\n", "\n", "# B\n", "\n", "end\n"];
    let mut story = Story::new(&lines);
    let there = vec![edit(1, 2, &[]), edit(3, 0, &["- [ ] T-1: one\n", "\n"])];
    let moved = story.add(0, None, &[there]);
    let back = vec![edit(1, 0, &["- [ ] T-1: one\n"]), edit(4, 1, &[])];
    let again = story.add(moved, None, &[back]);
    let blames = story.blames();
    let (first, moved, again) = (story.seq(0), story.seq(moved), story.seq(again));
    let text = own(&blames[1]).text().text();
    let at = text.lines().position(|line| line.contains("T-1")).unwrap();
    assert_eq!(placed(&blames[1])[at], moved);
    assert!(written(&blames[1])[at] == first, "{text}");
    assert_eq!(placed(&blames[2])[1], again);
    assert_eq!(written(&blames[2])[1], first);
}

#[test]
fn a_merge_names_the_other_sides_writers_for_what_it_brings() {
    let mut story = Story::new(&["a\n", "b\n", "c\n"]);
    let mine = story.add(0, None, &[vec![edit(0, 1, &["mine\n"])]]);
    let theirs = story.add(0, None, &[vec![edit(2, 1, &["theirs\n"])]]);
    let later = story.add(theirs, None, &[vec![edit(3, 0, &["later\n"])]]);
    let merge = vec![
        edit(2, 1, &["theirs\n", "later\n"]),
        edit(1, 1, &["both\n"]),
    ];
    let merged = story.add(mine, Some(later), &[merge]);
    let after = story.add(merged, None, &[vec![edit(0, 0, &["top\n"])]]);
    let blames = story.blames();
    let seq = |batch| story.seq(batch);
    assert_eq!(
        placed(&blames[merged]),
        [seq(mine), seq(merged), seq(theirs), seq(later)]
    );
    assert_eq!(
        placed(&blames[after]),
        [seq(after), seq(mine), seq(merged), seq(theirs), seq(later)]
    );
}

#[test]
fn a_row_of_merges_names_the_writers_of_all_that_it_joins() {
    let mut story = Story::new(&["a\n", "b\n", "c\n"]);
    let sides: Vec<usize> = [(0, "A\n"), (1, "B\n"), (2, "C\n")]
        .into_iter()
        .map(|(at, line)| story.add(0, None, &[vec![edit(at, 1, &[line])]]))
        .collect();
    let first = story.add(sides[0], Some(sides[1]), &[]);
    let both = vec![edit(1, 2, &["B\n", "C\n"])];
    let last = story.add(first, Some(sides[2]), &[both]);
    let expected: Vec<Seq> = sides.iter().map(|side| story.seq(*side)).collect();
    assert_eq!(placed(&story.blames()[last]), expected);
}

#[test]
fn a_parent_that_the_fold_was_not_told_of_is_an_error() {
    let mut story = Story::new(&["a\n"]);
    let one = story.add(0, None, &[vec![edit(0, 1, &["b\n"])]]);
    story.add(0, None, &[vec![edit(0, 1, &["c\n"])]]);
    let mut fold = Along::new(Blame::default(), []);
    fold.take(&story.batches[0]).unwrap();
    fold.take(&story.batches[one]).unwrap();
    assert!(fold.take(&story.batches[2]).is_err());
}

/// A hunk for a text of some length.
#[derive(Debug, Clone)]
struct Draw {
    at: prop::sample::Index,
    remove: usize,
    lines: Vec<String>,
}

fn draws(line: &'static str) -> impl Strategy<Value = Vec<Vec<Draw>>> {
    let hunk = (
        any::<prop::sample::Index>(),
        0usize..4,
        prop::collection::vec(line, 0..4),
    );
    let hunk = hunk.prop_map(|(at, remove, lines)| Draw { at, remove, lines });
    prop::collection::vec(prop::collection::vec(hunk, 1..4), 1..12)
}

/// A story whose batches have these hunks, each an event, and what a list of pairs of line and
/// event says after each.
fn told(draws: &[Vec<Draw>], unique: bool) -> (Story, Vec<Vec<(String, Seq)>>) {
    let start = ["one\n", "two\n", "three\n"];
    let mut story = Story::new(&start);
    let first = story.seq(0);
    let mut list: Vec<(String, Seq)> = start.map(|line| (line.to_owned(), first)).to_vec();
    let mut lists = vec![list.clone()];
    for (number, batch) in draws.iter().enumerate() {
        let mut seq = story.seq(number).next();
        let mut events = Vec::new();
        for (nth, draw) in batch.iter().enumerate() {
            let at = draw.at.index(list.len() + 1);
            let remove = draw.remove.min(list.len() - at);
            let lines: Vec<String> = (draw.lines.iter().enumerate())
                .map(|(line, text)| match unique {
                    true => format!("{text} {number} {nth} {line}\n"),
                    false => format!("{text}\n"),
                })
                .collect();
            let insert = lines.iter().map(|line| (line.clone(), seq));
            list.splice(at..at + remove, insert);
            let insert = lines.iter().map(|line| Line::from(line.as_str())).collect();
            events.push(vec![Hunk { at, remove, insert }]);
            seq = seq.next();
        }
        story.add(number, None, &events);
        lists.push(list.clone());
    }
    (story, lists)
}

/// Each task that a plan holds is known by what it is called now, and a change of its status is
/// the latest event that says so.
#[test]
fn what_changed_of_a_task_is_known_for_every_task_of_real_plans() {
    for series in all_series() {
        let Some(ledger) = grown(&series, |_| ()) else {
            continue;
        };
        let mut changed = Along::new(Changed::default(), []);
        let mut plan = Plan::default();
        let mut said: BTreeMap<TaskKey, Seq> = BTreeMap::new();
        let mut verifier = Verifier::new();
        let batches = ledger
            .lines
            .iter()
            .filter_map(|line| verifier.line(line).unwrap());
        for batch in batches {
            changed.take(&batch).unwrap();
            plan.evolve(&batch).unwrap();
            for recorded in batch.events() {
                let header = &recorded.event.header;
                let kinds = ["task.completed", "task.started", "task.reopened"];
                if let (Some(task), true) = (&header.task, kinds.contains(&header.kind.as_str())) {
                    said.insert(task.clone(), recorded.seq);
                }
            }
            for key in plan.tasks().keys() {
                let touched = changed.state().task(key);
                let touched = touched.unwrap_or_else(|| panic!("{key} of {}", series.display()));
                assert!(touched.came <= touched.status && touched.status <= batch.head().seq);
                assert!(
                    said.get(key)
                        .is_none_or(|said| *said <= touched.status || *said < touched.came)
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn of_lines_that_are_all_different_it_says_what_a_list_of_pairs_says(draws in draws("[a-c]")) {
        let (story, lists) = told(&draws, true);
        for (blame, list) in story.blames().iter().zip(&lists) {
            let lines = own(blame).text().lines().iter().map(|line| line.to_string());
            let pairs: Vec<(String, Seq)> = lines.zip(placed(blame)).collect();
            prop_assert_eq!(&pairs, list);
            prop_assert_eq!(written(blame), placed(blame));
        }
    }

    #[test]
    fn each_line_was_put_in_by_the_event_named_and_has_stood_there_since(draws in draws("[ab]?")) {
        let (story, lists) = told(&draws, false);
        let mut inserted: BTreeMap<Seq, Vec<String>> = BTreeMap::new();
        for recorded in story.batches.iter().flat_map(|batch| batch.events()) {
            let lines = recorded.event.values("line").filter_map(|line| line.as_str());
            inserted.insert(recorded.seq, lines.map(str::to_owned).collect());
        }
        for (number, (blame, list)) in story.blames().iter().zip(&lists).enumerate() {
            let document = own(blame);
            prop_assert_eq!(document.text(), &story.texts[number]);
            prop_assert_eq!(document.origins().len(), list.len());
            for ((line, naive), origin) in list.iter().zip(document.origins()) {
                let Origin { placed, written } = *origin;
                prop_assert!(written <= placed && placed <= *naive);
                for seq in [placed, written] {
                    prop_assert!(inserted[&seq].contains(line), "{} by {}", line, seq);
                }
                let since = story.batches.iter().zip(&story.texts).take(number + 1);
                for (_, text) in since.skip_while(|(batch, _)| batch.head().seq < placed) {
                    prop_assert!(text.lines().iter().any(|own| **own == **line));
                }
            }
        }
    }

    #[test]
    fn nearness_is_what_counting_the_lines_of_each_moment_gives(
        draws in draws("[ab]?"),
        sought in prop::collection::vec("[abc]?\r?\n", 0..8),
    ) {
        let (story, _) = told(&draws, false);
        let sought = Document::from(sought.concat().as_str());
        let count = |text: &Document| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for line in 0..text.len() {
                *counts.entry(text.content(line).to_owned()).or_default() += 1;
            }
            counts
        };
        let wanted = count(&sought);
        let mut fold = Along::new(Nearness::new(&sought), []);
        for (batch, text) in story.batches.iter().zip(&story.texts) {
            fold.take(batch).unwrap();
            let has = count(text);
            let shared: usize = wanted.iter().map(|(line, n)| (*n).min(has.get(line).copied().unwrap_or(0))).sum();
            let apart = text.len() + sought.len() - 2 * shared;
            prop_assert_eq!(fold.state().apart(&document_id()), Some(apart));
        }
    }

    #[test]
    fn going_on_from_any_moment_is_the_same_as_from_the_beginning(
        draws in draws("[ab]?"),
        at in any::<prop::sample::Index>(),
    ) {
        let (story, _) = told(&draws, false);
        let blames = story.blames();
        let at = at.index(blames.len());
        let bytes = postcard::to_stdvec(&blames[at]).unwrap();
        let kept: Blame = postcard::from_bytes(&bytes).unwrap();
        let mut fold = Along::resumed(story.batches[at].head().id, kept);
        for batch in &story.batches[at + 1..] {
            fold.take(batch).unwrap();
        }
        prop_assert!(fold.state() == blames.last().unwrap());
    }
}
