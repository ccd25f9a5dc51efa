//! What always holds, whatever the text.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::hunk::Hunk;

use super::*;

/// The laws of binding and filling, for one text.
pub(super) fn hold(document: &Document, outline: &Outline) {
    let bound = bind(document, outline);
    for binding in &bound {
        assert!(binding.fits(document.content(binding.line)), "{binding:?}");
        let json = serde_json::to_string(binding).unwrap();
        assert_eq!(
            &serde_json::from_str::<Binding>(&json).unwrap(),
            binding,
            "{json}"
        );
        assert_eq!(binding.carry(&[]).as_ref(), Some(binding));
    }
    assert_eq!(
        rebind(document, outline, &bound, &BTreeSet::new()),
        bound,
        "rebinding changes nothing"
    );
    // Whatever of it was recorded, the rest is found again as if nothing had been.
    for (every, from) in [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)] {
        let kept: Vec<Binding> = bound.iter().skip(from).step_by(every).cloned().collect();
        assert_eq!(
            rebind(document, outline, &kept, &BTreeSet::new()),
            bound,
            "kept {kept:?}"
        );
    }
    for one in 0..bound.len().min(12) {
        let mut kept = bound.clone();
        kept.remove(one);
        assert_eq!(
            rebind(document, outline, &kept, &BTreeSet::new()),
            bound,
            "all but {one}"
        );
    }
    let agree = disagreements(document, outline, &bound);
    assert!(
        agree.iter().all(|found| found.expected.is_none()),
        "what binds agrees with the tasks: {agree:?}"
    );
    // A change that left everything as it is.
    let unchanged = outline
        .tasks
        .iter()
        .position(|task| outline.entries[task[0]].status != Status::Completed);
    if let Some(task) = unchanged {
        let change = Change {
            flipped: Some((task, outline.entries[outline.tasks[task][0]].status)),
            returned: Vec::new(),
            date: None,
            summary: None,
        };
        let filled = refill(document, outline, &bound, &change);
        assert_eq!(filled.hunks, [], "nothing changed, so nothing is written");
        assert_eq!(filled.bindings, None);
    }
    for task in 0..outline.tasks.len().min(4) {
        let change = Change {
            flipped: Some((task, Status::Completed)),
            returned: Vec::new(),
            date: Some("2031-02-03".to_owned()),
            summary: Some("all new".to_owned()),
        };
        let filled = refill(document, outline, &bound, &change);
        let mut after = document.clone();
        after.apply_all(&filled.hunks).unwrap();
        assert_eq!(after.len(), document.len());
        for hunk in &filled.hunks {
            // A hunk changes slots of a bound line and nothing else.
            assert_eq!((hunk.remove, hunk.insert.len()), (1, 1));
            let after_all = filled.bindings.as_ref().unwrap_or(&bound);
            let binding = after_all
                .iter()
                .find(|binding| binding.line == hunk.at)
                .unwrap();
            assert!(
                binding.fits(after.content(hunk.at)),
                "{binding:?} {:?}",
                after.content(hunk.at)
            );
            assert_eq!(
                crate::text::terminator(after.line(hunk.at)),
                crate::text::terminator(document.line(hunk.at))
            );
        }
    }
}

fn figure() -> impl Strategy<Value = String> {
    (0u8..5, 0u8..6, 0u8..101).prop_flat_map(|(done, total, percent)| {
        prop::sample::select(vec![
            format!("{done}/{total}"),
            format!("{done}/{total} ({percent}%)"),
            format!("{done} of {total} tasks"),
            format!("{total} tasks"),
            format!("{total}件中{done}件"),
            "K-1 ✅ → K-2 ⏳".to_owned(),
            "K-2 (B - 2025-01-02)".to_owned(),
            "K-3".to_owned(),
            "2025-01-02".to_owned(),
        ])
    })
}

pub(super) fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        figure().prop_map(|figure| format!("**Progress**: {figure}")),
        figure().prop_map(|figure| format!("Last updated: {figure}")),
        figure().prop_map(|figure| format!("**Next**: {figure}")),
        figure().prop_map(|figure| format!("## Part ({figure})")),
        figure().prop_map(|figure| format!("| Part | {figure} |")),
        figure().prop_map(|figure| format!("- {figure}")),
        (1u8..6, any::<bool>()).prop_map(|(id, done)| {
            format!(
                "- [{}] **K-{id}**: Thing {id} (B)",
                if done { 'x' } else { ' ' }
            )
        }),
        Just(String::new()),
        "\\PC{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn laws_hold_on_plans(lines in prop::collection::vec(line(), 0..25)) {
        let document = Document::from(lines.join("\n").as_str());
        hold(&document, &Outline::parse(&document));
    }

    #[test]
    fn laws_hold_on_any_text(text in "(\\PC|[\n\r|#*:/()0-9 -]){0,200}") {
        let document = Document::from(text.as_str());
        hold(&document, &Outline::parse(&document));
    }

    #[test]
    fn rebinding_twice_is_rebinding_once(
        before in prop::collection::vec(line(), 0..15),
        after in prop::collection::vec(line(), 0..15),
    ) {
        let before = Document::from(before.join("\n").as_str());
        let after = Document::from(after.join("\n").as_str());
        let kept = bind(&before, &Outline::parse(&before));
        let hunks = crate::hunk::diff(&before, &after);
        let kept = Binding::carry_all(&kept, &hunks);
        let outline = Outline::parse(&after);
        for by_hand in [BTreeSet::new(), hunks.iter().flat_map(Hunk::lines).collect()] {
            let once = rebind(&after, &outline, &kept, &by_hand);
            prop_assert_eq!(rebind(&after, &outline, &once, &by_hand), once);
        }
    }
}
