//! What was typed for a moment, taken apart. What it means only the ledger and git can say.

/// The longest text that names a moment.
const LONGEST: usize = 300;
/// A longer count is more moments than any history has.
const MOST_DIGITS: usize = 18;

/// A reference: something that is named, and how many moments before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    /// What is named.
    pub(super) named: Named<'t>,
    /// Moments back from it: the `3` in `head~3`.
    pub(super) back: u64,
}

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'t> {
    /// The last moment.
    Head,
    /// `checkpoint`: the newest one, or one of those before it.
    Checkpoint {
        /// How many before the newest.
        before: u64,
    },
    /// `checkpoint:120`: the one of so many events.
    CheckpointOf(u64),
    /// An event by its position.
    Seq(u64),
    /// An event by the beginning of its id, in lower case.
    Id(&'t str),
    /// A time in words or figures.
    Time(&'t str),
    /// The plan's own version, without `v`.
    Version(&'t str),
    /// A commit by the beginning of its id, or as git calls it.
    Commit(&'t str),
    /// Any of these, as the ledger and git know it.
    Any {
        /// Without the count.
        text: &'t str,
        /// With it, for git, which counts its commits itself.
        whole: &'t str,
    },
}

/// Takes a reference apart; `None` for one that can name nothing.
pub(super) fn parse(text: &str) -> Option<Reference<'_>> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if let Some(name) = text.strip_prefix("commit:") {
        let named = Named::Commit(name);
        return (!name.is_empty()).then_some(Reference { named, back: 0 });
    }
    let (base, back) = counted(text)?;
    let named = match base.split_once(':') {
        Some(("event" | "seq", number)) => Named::Seq(digits(number)?),
        Some(("id", id)) => Named::Id(filled(id)?),
        Some(("time", time)) => Named::Time(filled(time)?),
        Some(("version", version)) => Named::Version(filled(without_v(version))?),
        Some(("checkpoint", size)) => Named::CheckpointOf(digits(size)?),
        _ if base == "head" => Named::Head,
        _ if base == "checkpoint" => {
            let named = Named::Checkpoint { before: back };
            return Some(Reference { named, back: 0 });
        }
        _ => Named::Any {
            text: filled(base)?,
            whole: text,
        },
    };
    Some(Reference { named, back })
}

/// A text without the `~3` at its end, however often, and their sum; `~` alone is one back. `None`
/// if the count is beyond all numbers.
fn counted(text: &str) -> Option<(&str, u64)> {
    let (mut text, mut back) = (text, 0u64);
    while let Some((base, count)) = text.rsplit_once('~') {
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        let more = match count.is_empty() {
            true => 1,
            false => digits(count)?,
        };
        (text, back) = (base.trim_end(), back.checked_add(more)?);
    }
    Some((text, back))
}

/// A number in figures and nothing else.
pub(super) fn digits(text: &str) -> Option<u64> {
    let is_number =
        (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A version's number without the letter that it is often written with.
pub(in crate::session) fn without_v(version: &str) -> &str {
    let number = version.strip_prefix(['v', 'V']);
    let is_number = |number: &&str| number.starts_with(|c: char| c.is_ascii_digit());
    number.filter(is_number).unwrap_or(version)
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(text: &str) -> Option<(Named<'_>, u64)> {
        parse(text).map(|own| (own.named, own.back))
    }

    #[test]
    fn each_form_is_told_by_its_prefix_or_its_word() {
        let any = |text, whole| Named::Any { text, whole };
        for (text, expected) in [
            ("head", Some((Named::Head, 0))),
            ("head~3", Some((Named::Head, 3))),
            ("head~", Some((Named::Head, 1))),
            ("head~1~2~", Some((Named::Head, 4))),
            ("checkpoint", Some((Named::Checkpoint { before: 0 }, 0))),
            ("checkpoint~2", Some((Named::Checkpoint { before: 2 }, 0))),
            ("checkpoint:120", Some((Named::CheckpointOf(120), 0))),
            ("seq:12~1", Some((Named::Seq(12), 1))),
            ("event:12", Some((Named::Seq(12), 0))),
            ("id:ab12cd", Some((Named::Id("ab12cd"), 0))),
            ("time:2 days ago", Some((Named::Time("2 days ago"), 0))),
            ("version:v1.4", Some((Named::Version("1.4"), 0))),
            ("commit:HEAD~2", Some((Named::Commit("HEAD~2"), 0))),
            (" 12 ", Some((any("12", "12"), 0))),
            ("HEAD~2", Some((any("HEAD", "HEAD~2"), 2))),
            ("main~2^2", Some((any("main~2^2", "main~2^2"), 0))),
            (
                "2025-10-15T12:00:00Z",
                Some((any("2025-10-15T12:00:00Z", "2025-10-15T12:00:00Z"), 0)),
            ),
            ("", None),
            ("~3", None),
            ("~ ~", None),
            (
                "2 days ago ~1",
                Some((any("2 days ago", "2 days ago ~1"), 1)),
            ),
            ("seq:", None),
            ("seq:-1", None),
            ("seq:+1", None),
            ("id:", None),
            ("commit:", None),
            ("checkpoint:new", None),
            ("head~99999999999999999999", None),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_not(
            text in prop_oneof![
                any::<String>(),
                "(head|checkpoint|event:|seq:|id:|time:|version:|commit:)?[0-9a-zA-Z.:~^ -]{0,30}(~[0-9]{0,25})?",
            ],
        ) {
            if let Some(Reference { named: Named::Any { text: base, whole }, back }) = parse(&text) {
                prop_assert!(whole.starts_with(base));
                prop_assert!(back > 0 || base == whole || whole.ends_with("~0"));
                prop_assert!(parse(base).is_some_and(|own| own.back == 0));
            }
        }
    }
}
