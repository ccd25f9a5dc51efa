//! Laws that hold for any two texts and any two outlines, sensible or not.

use proptest::prelude::*;

use super::*;
use crate::outline::Span;
use crate::outline::{Entry, Form, Text};

fn text(line: usize, text: &str) -> Text {
    Text {
        text: text.to_owned(),
        span: Span {
            line,
            columns: 0..text.len(),
        },
    }
}

/// Reads a toy plan: each line `ID title` starts a task that reaches to the next one, `?` makes
/// a line nobody's.
fn toy(document: &Document) -> Outline {
    let mut entries: Vec<Entry> = Vec::new();
    for (at, line) in document.lines().iter().enumerate() {
        let line = crate::text::content(line);
        if let Some((id, title)) = line.split_once(' ') {
            entries.push(Entry {
                form: Form::Bullet,
                lines: at..at + 1,
                id: (id != "-").then(|| text(at, id)),
                title: text(at, title.trim_end_matches('!')),
                status: if title.ends_with('!') {
                    Status::Completed
                } else {
                    Status::Pending
                },
                sites: Vec::new(),
                section: None,
                parent: None,
                fields: Vec::new(),
                steps: Vec::new(),
            });
        } else if !line.starts_with('?')
            && let Some(entry) = entries.last_mut()
        {
            entry.lines.end = at + 1;
        }
    }
    Outline {
        tasks: (0..entries.len()).map(|entry| vec![entry]).collect(),
        entries: entries.into(),
        ..Outline::default()
    }
}

fn plan() -> impl Strategy<Value = Document> {
    let line = prop_oneof!["[abc-] [xyz]{1,2}!?", "[pq]{0,2}", Just("?".to_owned())];
    prop::collection::vec(line, 0..25).prop_map(|lines| {
        let text = lines.join("\n");
        Document::from(text.as_str())
    })
}

fn side<'a>(document: &'a Document, outline: &'a Outline) -> Side<'a> {
    Side { document, outline }
}

proptest! {
    #[test]
    fn the_hunks_of_all_changes_in_order_give_the_new_text(a in plan(), b in plan()) {
        let (x, y) = (toy(&a), toy(&b));
        let observation = observe(side(&a, &x), side(&b, &y), &[]);
        let mut replayed = a;
        let hunks = observation.changes.iter().flat_map(|change| &change.hunks);
        replayed.apply_all(hunks).unwrap();
        prop_assert_eq!(replayed, b);
    }

    #[test]
    fn each_task_is_paired_once_or_came_or_went(a in plan(), b in plan()) {
        let (x, y) = (toy(&a), toy(&b));
        let observation = observe(side(&a, &x), side(&b, &y), &[]);
        let count = |kind: &Kind| observation.changes.iter().filter(|c| c.kind == *kind).count();
        prop_assert_eq!(observation.pairs.len() + count(&Kind::Removed), x.tasks.len());
        prop_assert_eq!(observation.pairs.len() + count(&Kind::Added), y.tasks.len());
    }

    #[test]
    fn observing_the_same_text_twice_gives_nothing(a in plan()) {
        let x = toy(&a);
        prop_assert!(observe(side(&a, &x), side(&a, &x), &[]).changes.is_empty());
    }

    #[test]
    fn any_outline_of_any_text_is_survived(a in plan(), b in plan()) {
        // Outlines that belong to other texts: nothing in them fits.
        let (x, y) = (toy(&b), toy(&a));
        let observation = observe(side(&a, &x), side(&b, &y), &[]);
        let mut replayed = a;
        let hunks = observation.changes.iter().flat_map(|change| &change.hunks);
        replayed.apply_all(hunks).unwrap();
        prop_assert_eq!(replayed, b);
    }
}
