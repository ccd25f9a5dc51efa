//! Which events of the audit trail are asked for.

use ledger_document::Status;
use serde_json::Value;

use crate::batch::Recorded;
use crate::event::{Event, Header, Origin, Part};
use crate::id::Seq;
use crate::plan::wire::part;
use crate::time::Time;

/// Whether an event type is the one that was named: `task.completed`, or one part of it.
#[must_use]
pub fn is_kind(kind: &str, named: &str) -> bool {
    kind == named || kind.split('.').any(|part| part == named)
}

/// A text in which `*` stands for any characters and `?` for any one. A text without them stands
/// for itself alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    wanted: Vec<char>,
    any_case: bool,
}

impl Pattern {
    /// A pattern that tells letters of one case from those of the other.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            wanted: text.chars().collect(),
            any_case: false,
        }
    }

    /// A pattern for which ASCII letters of both cases are the same, as ids are named.
    #[must_use]
    pub fn of_any_case(text: &str) -> Self {
        Self {
            any_case: true,
            ..Self::new(text)
        }
    }

    /// Whether a text has anything that stands for other characters.
    #[must_use]
    pub fn is_wild(text: &str) -> bool {
        text.contains(['*', '?'])
    }

    /// Whether the whole text is as the pattern says. Takes at most the product of both lengths.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let same = |own: char, other: char| {
            own == other || (self.any_case && own.eq_ignore_ascii_case(&other))
        };
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut of) = (0, 0);
        // The last star, and how far the text was then: only that one ever has to take in more.
        let mut star: Option<(usize, usize)> = None;
        while let Some(&c) = text.get(at) {
            match self.wanted.get(of) {
                Some('*') => {
                    star = Some((of, at));
                    of += 1;
                }
                Some(&own) if own == '?' || same(own, c) => {
                    at += 1;
                    of += 1;
                }
                _ => {
                    let Some((place, taken)) = star else {
                        return false;
                    };
                    star = Some((place, taken + 1));
                    at = taken + 1;
                    of = place + 1;
                }
            }
        }
        self.wanted.iter().skip(of).all(|&rest| rest == '*')
    }
}

/// What an actor is called: a pattern of the whole name, or of the part of it before an address, as
/// in `Ann <ann@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Pattern);

impl Name {
    /// Reads what was typed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Pattern::new(text))
    }

    fn fits(&self, name: &str) -> bool {
        let bare = name.split_once(" <").map(|(bare, _)| bare);
        self.0.fits(name) || bare.is_some_and(|bare| self.0.fits(bare))
    }
}

/// What set something off: a pattern of the whole text, or the beginning of a commit's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    whole: Pattern,
    commit: Option<String>,
}

/// So many digits of a commit's id are enough; git shows as many.
const ENOUGH: usize = 7;

impl Cause {
    /// Reads what was typed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let begins_commit = text.len() >= ENOUGH && is_hex(text);
        Self {
            whole: Pattern::new(text),
            commit: begins_commit.then(|| text.to_ascii_lowercase()),
        }
    }

    fn fits(&self, cause: &str) -> bool {
        let begins = |commit: &String| cause.starts_with(commit.as_str());
        self.whole.fits(cause) || (is_commit(cause) && self.commit.as_ref().is_some_and(begins))
    }
}

/// Whether a text is a git commit's id: all digits of a SHA-1 or SHA-256.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Which events to show. Every condition that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The task's key, as the event has it.
    pub task: Option<Pattern>,
    /// The actor's name.
    pub actor: Option<Name>,
    /// The actor's session.
    pub session: Option<String>,
    /// The event's type, or its part before the dot (`task`), or after it (`completed`).
    pub kind: Option<String>,
    /// How it came about.
    pub origin: Option<Origin>,
    /// What set it off.
    pub cause: Option<Cause>,
    /// Whether only events that break rules are shown, overridden or not.
    pub violations: bool,
    /// Not before this time.
    pub since: Option<Time>,
    /// Not after this time.
    pub until: Option<Time>,
    /// The first event that is looked at.
    pub first: Option<Seq>,
    /// The last one.
    pub last: Option<Seq>,
    /// The status that a task left.
    pub from: Option<Status>,
    /// The status that a task got.
    pub to: Option<Status>,
    /// A text in a title, a reason, a detail or a line that was written, compared without regard
    /// to case.
    pub text: Option<String>,
}

/// Text parts that are no words of anybody: ids, salts and digests.
const WORDLESS: [&str; 4] = [part::DOCUMENT, part::GONE, part::COMMAND, "document_salt"];

impl Filter {
    /// Whether to show an event. Its body is looked at only for violations and for text.
    #[must_use]
    pub fn admits(&self, recorded: &Recorded) -> bool {
        let header = &recorded.event.header;
        self.spans(recorded.seq, header.time)
            && self.fits(header)
            && (!self.violations || recorded.event.values(part::VIOLATION).next().is_some())
            && self
                .text
                .as_deref()
                .is_none_or(|text| says(&recorded.event, &text.to_lowercase()))
    }

    fn spans(&self, seq: Seq, time: Time) -> bool {
        self.first.is_none_or(|first| seq >= first)
            && self.last.is_none_or(|last| seq <= last)
            && self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time <= until)
    }

    fn fits(&self, header: &Header) -> bool {
        let is = |wanted: &Option<String>, own: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| own == Some(wanted))
        };
        let like = |wanted: &Option<Pattern>, own: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| own.is_some_and(|own| wanted.fits(own)))
        };
        // What a task was called before it got another id may read like a status.
        let is_status = |wanted: Option<Status>, own: Option<&str>| {
            wanted.is_none_or(|wanted| own == Some(wanted.name()) && header.kind != "task.rekeyed")
        };
        let named = |wanted: &Name| wanted.fits(&header.actor.id);
        let caused = |wanted: &Cause| header.cause.as_deref().is_some_and(|own| wanted.fits(own));
        self.actor.as_ref().is_none_or(named)
            && is(&self.session, header.actor.session.as_deref())
            && self.cause.as_ref().is_none_or(caused)
            && like(&self.task, header.task.as_ref().map(|task| task.as_str()))
            && is_status(self.from, header.from.as_deref())
            && is_status(self.to, header.to.as_deref())
            && self.origin.is_none_or(|origin| origin == header.origin)
            && self
                .kind
                .as_deref()
                .is_none_or(|kind| is_kind(&header.kind, kind))
    }
}

/// Whether an event has a text, given in small letters, among its words.
fn says(event: &Event, text: &str) -> bool {
    let has = |own: &str| own.to_lowercase().contains(text);
    event.body.iter().any(|own| match own {
        Part::Open { name, value, .. } if !WORDLESS.contains(&name.as_str()) => match value {
            Value::String(own) => has(own),
            Value::Object(_) | Value::Array(_) if name == part::RULES => has(&value.to_string()),
            _ => false,
        },
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by trying every way to share out the text: exponential, and plainly right.
    fn fits(wanted: &[char], text: &[char]) -> bool {
        match wanted.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
            Some((own, rest)) => text
                .split_first()
                .is_some_and(|(c, after)| (*own == '?' || own == c) && fits(rest, after)),
        }
    }

    #[test]
    fn patterns_stand_for_whole_texts() {
        for (pattern, text, expected) in [
            ("US-*", "US-12", true),
            ("us-*", "US-12", false),
            ("US-*", "XUS-12", false),
            ("US-?", "US-12", false),
            ("*-12", "US-12", true),
            ("*", "", true),
            ("", "US", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).fits(text),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(Pattern::of_any_case("us-*").fits("US-12"));
    }

    #[test]
    fn an_actor_is_found_without_its_address_and_a_commit_by_its_beginning() {
        let ann = "Ann Lee <ann@example.org>";
        for (name, expected) in [
            ("Ann Lee", true),
            (ann, true),
            ("Ann*", true),
            ("*@example.org>", true),
            ("Ann", false),
            ("ann lee", false),
        ] {
            assert_eq!(Name::new(name).fits(ann), expected, "{name}");
        }
        let commit = "bd8873b0aa11223344556677889900aabbccddee";
        for (text, expected) in [
            ("bd8873b", true),
            ("BD8873B0", true),
            (commit, true),
            ("bd8873*", true),
            ("bd8873", false),
            ("d8873b0", false),
        ] {
            assert_eq!(Cause::new(text).fits(commit), expected, "{text}");
        }
        assert!(!Cause::new("bd8873b").fits("bd8873b and more"));
        assert!(Cause::new("bd8873b").fits("bd8873b"));
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time_to_speak_of() {
        let pattern = Pattern::new(&format!("{}b", "a*".repeat(2_000)));
        assert!(!pattern.fits(&"a".repeat(5_000)));
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_some_way_to_read_it_fits(
            pattern in "[ab*?é]{0,7}",
            text in "[abé]{0,8}",
        ) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(&pattern).fits(&text), fits(&chars(&pattern), &chars(&text)));
        }
    }
}
