//! Boxes below a task that were checked or whose check was taken back.

use std::collections::HashMap;

use super::Kind;
use super::profile::key;
use super::words::{self, Bag, Lexicon};
use crate::outline::Step;

/// Share of words two steps must have in common to be one. Steps are often reworded when they
/// are checked, and they keep their order, which speaks for the pair as well.
const SAME_STEP: f64 = 0.25;
/// The most pairs of reworded steps of one task that are compared.
const MOST_PAIRS: usize = 10_000;

/// Compares the steps of one task, in the order of the new text.
pub(super) fn compare(before: &[Step], after: &[Step]) -> Vec<Kind> {
    let same = |(a, b): (&Step, &Step)| a.checked == b.checked && a.text.text == b.text.text;
    if before.len() == after.len() && before.iter().zip(after).all(same) {
        return Vec::new();
    }
    let pairs = pair(before, after);
    let turned = after.iter().zip(pairs).filter_map(|(step, old)| {
        let old = before.get(old?)?;
        let text = step.text.text.clone();
        match (old.checked, step.checked) {
            (false, true) => Some(Kind::StepChecked { text }),
            (true, false) => Some(Kind::StepUnchecked { text }),
            _ => None,
        }
    });
    turned.collect()
}

/// For each new step the old one: with the same words wherever it stood, several of the same
/// words in their order; else one that is alike and has its place in the order of the rest.
fn pair(before: &[Step], after: &[Step]) -> Vec<Option<usize>> {
    let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, step) in before.iter().enumerate().rev() {
        let same = waiting.entry(key(&step.text.text).0).or_default();
        same.push(at);
    }
    let mut pairs: Vec<Option<usize>> = after
        .iter()
        .map(|step| waiting.get_mut(&key(&step.text.text).0)?.pop())
        .collect();
    let mut old: Vec<usize> = waiting.into_values().flatten().collect();
    old.sort_unstable();
    let free = pairs.iter().enumerate().filter(|(_, old)| old.is_none());
    let new: Vec<usize> = free.map(|(at, _)| at).collect();
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return pairs;
    }
    let mut lexicon = Lexicon::default();
    let mut bags = |steps: &[Step], chosen: &[usize]| -> Vec<Bag> {
        let texts = chosen.iter().filter_map(|&at| steps.get(at));
        texts
            .map(|step| lexicon.read(words::split(&step.text.text)))
            .collect()
    };
    let (old_bags, new_bags) = (bags(before, &old), bags(after, &new));
    let likeness: Vec<Vec<f64>> = old_bags
        .iter()
        .map(|a| {
            let row = new_bags.iter().map(|b| lexicon.compare(a, b).plain);
            row.collect()
        })
        .collect();
    for (a, b) in align(&likeness, new.len()) {
        if let (Some(&a), Some(slot)) = (old.get(a), new.get(b).and_then(|&b| pairs.get_mut(b))) {
            *slot = Some(a);
        }
    }
    pairs
}

/// The pairs, in the order of both sides, whose likeness sums up to the most (the alignment of
/// Needleman and Wunsch, without a price for gaps).
fn align(likeness: &[Vec<f64>], width: usize) -> Vec<(usize, usize)> {
    let cell = |table: &[Vec<f64>], a: usize, b: usize| -> f64 {
        table
            .get(a)
            .and_then(|row| row.get(b))
            .copied()
            .unwrap_or(0.0)
    };
    // best[a][b]: the most that the steps from `a` and from `b` on can give.
    let mut best = vec![vec![0.0_f64; width + 1]; likeness.len() + 1];
    let paired = |best: &[Vec<f64>], a: usize, b: usize| {
        let alike = cell(likeness, a, b);
        (alike >= SAME_STEP).then(|| alike + cell(best, a + 1, b + 1))
    };
    for a in (0..likeness.len()).rev() {
        for b in (0..width).rev() {
            let skip = cell(&best, a + 1, b).max(cell(&best, a, b + 1));
            let value = paired(&best, a, b).map_or(skip, |with| with.max(skip));
            if let Some(slot) = best.get_mut(a).and_then(|row| row.get_mut(b)) {
                *slot = value;
            }
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < likeness.len() && b < width {
        let here = cell(&best, a, b);
        if paired(&best, a, b).is_some_and(|with| with >= here) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if cell(&best, a + 1, b) >= here {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::{Span, Text};

    fn steps(lines: &[&str]) -> Vec<Step> {
        let span = || Span {
            line: 0,
            columns: 0..0,
        };
        lines
            .iter()
            .map(|line| Step {
                text: Text {
                    text: line.trim_start_matches("x ").to_owned(),
                    span: span(),
                },
                checked: line.starts_with("x "),
                mark: span(),
            })
            .collect()
    }

    #[test]
    fn a_step_reworded_when_it_was_checked_is_the_same_step() {
        let before = steps(&[
            "tests written",
            "docs evaluated (updated if needed)",
            "lint",
        ]);
        let after = steps(&["x tests written", "x docs updated (v2)", "x paint", "lint"]);
        let texts: Vec<String> = compare(&before, &after)
            .into_iter()
            .map(|kind| match kind {
                Kind::StepChecked { text } => text,
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(texts, ["tests written", "docs updated (v2)"]);
    }

    #[test]
    fn steps_in_another_order_are_the_same_steps() {
        let before = steps(&["x one", "two", "three"]);
        let after = steps(&["three", "x one", "two"]);
        assert!(compare(&before, &after).is_empty());
    }
}
