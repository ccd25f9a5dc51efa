//! What a plan file is now: the table of cases, and nothing else.

use ledger_core::Digest;

use super::record::{Base, DocumentRecord, Moment};

/// What a plan file is, compared with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// It has the head's bytes: nothing to do.
    Current,
    /// It has the bytes of this earlier moment and nobody wrote them: no event, bring it forward.
    /// `None`: git brought it from a time before the ledger.
    Stale(Option<Moment>),
    /// Somebody wrote it. The base to compare it with is what was last there; `None` where that is
    /// not what the edit was made on: the nearest known moment.
    Edited {
        /// What the edit started from.
        base: Option<Base>,
    },
    /// It is not there.
    Absent,
    /// Git's index has conflicts for it.
    Unmerged,
    /// It cannot be read as a plan: a folder, a pipe, not UTF-8, a link out of the root.
    /// [`classify`] never says so, since it is given a hash of its bytes.
    Unreadable,
}

/// The smallest piece that is written to a disk, in bytes.
const BLOCK: usize = 512;

/// Whether `bytes` are what a crash can have left of a plan file that was to have `text`: its
/// beginning, with the rest missing or never written. Whole lines are what somebody leaves who
/// deletes the others, so they count only where a block of the disk ends with them.
#[must_use]
pub fn is_torn(bytes: &[u8], text: &[u8]) -> bool {
    let written = bytes.iter().rposition(|byte| *byte != 0);
    let start = written.map_or(0, |last| last + 1);
    let cut = start < bytes.len() || !bytes.ends_with(b"\n") || bytes.len().is_multiple_of(BLOCK);
    cut && bytes.len() <= text.len() && bytes != text && text.starts_with(&bytes[..start])
}

/// What git says about one plan file that has neither the head's nor the recorded bytes; see
/// [`crate::git`]. Without git all of it is `false`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// Whether git put the bytes there: `HEAD` has moved since what was last there (or nothing
    /// ever was), and its commit has exactly these bytes.
    pub brought: bool,
    /// Whether `HEAD` only went forward, to a commit made on the one it was at.
    pub descends: bool,
    /// Whether the commit that last changed the file was made after that.
    pub newer: bool,
    /// Whether that commit is from before the ledger.
    pub before_ledger: bool,
}

/// Tells what a plan file is.
///
/// - `record`: the document's record in this checkout;
/// - `file`: the [`plain_hash`](super::plain_hash) of its bytes, `None` if it is not there;
/// - `head`: the plain hash of the document at the ledger's head;
/// - `unmerged`: whether git's index has conflicts for it; asked only when the file has not the
///   head's bytes;
/// - `git`: asked only when it has not the recorded bytes either;
/// - `only`: whether there are moments since the last one there, and no other checkout that could
///   have led to them; asked only when git says nothing;
/// - `known`: the latest moment at which the document had the file's bytes, if any; asked only
///   when git or this checkout put them there.
///
/// # Errors
/// What `known` fails with.
pub fn classify<E>(
    record: Option<&DocumentRecord>,
    file: Option<&Digest>,
    head: &Digest,
    unmerged: impl FnOnce() -> bool,
    git: impl FnOnce() -> GitFacts,
    only: impl FnOnce() -> Result<bool, E>,
    known: impl FnOnce() -> Result<Option<Moment>, E>,
) -> Result<Checkout, E> {
    let Some(hash) = file else {
        return Ok(Checkout::Absent);
    };
    if hash == head {
        return Ok(Checkout::Current);
    }
    if unmerged() {
        return Ok(Checkout::Unmerged);
    }
    let mut given = record.into_iter().flat_map(DocumentRecord::given);
    if let Some(given) = given.find(|given| given.hash == *hash) {
        return Ok(Checkout::Stale(Some(given.moment)));
    }
    let base = record.map(DocumentRecord::base);
    let is_later =
        |moment: &Moment, then: Option<Moment>| then.is_some_and(|then| moment.seq > then.seq);
    let facts = git();
    if !facts.brought {
        // After a power failure a record can be older than its file: only this checkout can have
        // led to later moments then, so their text is what it wrote.
        let last = record.map(|record| record.last().moment);
        let written = match only()? {
            true => known()?.filter(|moment| is_later(moment, last)),
            false => None,
        };
        return Ok(match written {
            Some(moment) => Checkout::Stale(Some(moment)),
            None => Checkout::Edited { base },
        });
    }
    let moment = known()?;
    // Somebody who takes a change back by hand and commits it makes the bytes of an earlier
    // moment too; another worktree's commit has those of a later one.
    let rendered = base.map(|base| base.moment);
    let later = moment.is_some_and(|moment| is_later(&moment, rendered));
    let by_hand = facts.descends && facts.newer && !later;
    Ok(match moment {
        Some(moment) if !by_hand => Checkout::Stale(Some(moment)),
        None if facts.before_ledger => Checkout::Stale(None),
        _ => Checkout::Edited {
            // A commit from before an edit was taken in was not made on that.
            base: base
                .filter(|_| facts.descends)
                .map(|base| match facts.newer {
                    true => base,
                    false => Base::from(base.moment),
                }),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::plain_hash;
    use super::super::record::samples::{moment, record, rendered};
    use super::*;

    /// The moments of the table below: 3 `early`, 5 `recorded`, 7 `later`, 9 `head`.
    fn known(bytes: &[u8]) -> Option<Moment> {
        [
            (3, &b"early\n"[..]),
            (5, b"recorded\n"),
            (7, b"later\n"),
            (9, b"head\n"),
        ]
        .into_iter()
        .find(|(_, own)| *own == bytes)
        .map(|(seq, _)| moment(seq))
    }

    fn tell(record: Option<&DocumentRecord>, file: Option<&[u8]>, git: GitFacts) -> Checkout {
        tell_where(record, file, git, false)
    }

    fn tell_where(
        record: Option<&DocumentRecord>,
        file: Option<&[u8]>,
        git: GitFacts,
        only: bool,
    ) -> Checkout {
        let Ok(told) = classify(
            record,
            file.map(plain_hash).as_ref(),
            &plain_hash(b"head\n"),
            || false,
            || git,
            || Ok::<_, Infallible>(only),
            || Ok(file.and_then(known)),
        );
        told
    }

    #[test]
    fn each_row_of_the_table_holds() {
        use Checkout::{Absent, Current, Edited, Stale};
        let on_record = Edited {
            base: Some(moment(5).into()),
        };
        let on_nearest = Edited { base: None };
        let record = record();
        let with = Some(&record);
        let none = GitFacts::default();
        // HEAD went elsewhere, or there was nothing here before.
        let brought = GitFacts {
            brought: true,
            ..none
        };
        let old = GitFacts {
            before_ledger: true,
            ..brought
        };
        let forward = GitFacts {
            descends: true,
            ..brought
        };
        let committed = GitFacts {
            newer: true,
            ..forward
        };
        type Row<'a> = (
            &'a str,
            Option<&'a DocumentRecord>,
            Option<&'a [u8]>,
            GitFacts,
            Checkout,
        );
        let rows: [Row<'_>; 19] = [
            ("deleted", with, None, none, Absent),
            ("the head's", with, Some(b"head\n"), none, Current),
            (
                "the head's, no record",
                None,
                Some(b"head\n"),
                none,
                Current,
            ),
            (
                "the head moved on",
                with,
                Some(b"recorded\n"),
                none,
                Stale(Some(moment(5))),
            ),
            ("by hand", with, Some(b"new\n"), none, on_record),
            ("back by hand", with, Some(b"early\n"), none, on_record),
            ("ahead by hand", with, Some(b"later\n"), none, on_record),
            ("a stranger", None, Some(b"new\n"), none, on_nearest),
            (
                "checkout of an old commit",
                with,
                Some(b"early\n"),
                brought,
                Stale(Some(moment(3))),
            ),
            (
                "checkout from before the ledger",
                with,
                Some(b"older\n"),
                old,
                Stale(None),
            ),
            (
                "checkout of somebody's branch",
                with,
                Some(b"theirs\n"),
                brought,
                on_nearest,
            ),
            (
                "pull of an old commit",
                with,
                Some(b"early\n"),
                forward,
                Stale(Some(moment(3))),
            ),
            (
                "pull of another worktree's commit",
                with,
                Some(b"later\n"),
                committed,
                Stale(Some(moment(7))),
            ),
            (
                "pull of somebody's edit",
                with,
                Some(b"theirs\n"),
                committed,
                on_record,
            ),
            (
                "back by hand, and committed",
                with,
                Some(b"early\n"),
                committed,
                on_record,
            ),
            (
                "by hand, and committed",
                with,
                Some(b"new\n"),
                committed,
                on_record,
            ),
            (
                "fresh worktree",
                None,
                Some(b"early\n"),
                brought,
                Stale(Some(moment(3))),
            ),
            (
                "fresh worktree of an old commit",
                None,
                Some(b"older\n"),
                old,
                Stale(None),
            ),
            (
                "fresh worktree of somebody's branch",
                None,
                Some(b"theirs\n"),
                brought,
                on_nearest,
            ),
        ];
        for (name, record, file, git, expected) in rows {
            assert_eq!(tell(record, file, git), expected, "{name}");
        }
    }

    #[test]
    fn conflicts_come_before_all_but_the_heads_bytes() {
        let record = record();
        let told = |file: &[u8]| {
            let never = || -> Result<Option<Moment>, Infallible> { panic!("not asked") };
            let head = plain_hash(b"head\n");
            let Ok(told) = classify(
                Some(&record),
                Some(&plain_hash(file)),
                &head,
                || true,
                || panic!("not asked"),
                || panic!("not asked"),
                never,
            );
            told
        };
        assert_eq!(told(b"<<<<<<<\n"), Checkout::Unmerged);
        assert_eq!(told(b"recorded\n"), Checkout::Unmerged);
        assert_eq!(told(b"head\n"), Checkout::Current);
    }

    #[test]
    fn a_crash_between_swap_and_record_is_not_an_edit() {
        let mut record = record();
        record.writing = vec![rendered(7, b"written\n"), rendered(8, b"and then\n")];
        for (text, seq) in [
            (&b"written\n"[..], 7),
            (b"and then\n", 8),
            (b"recorded\n", 5),
        ] {
            let got = tell(Some(&record), Some(text), GitFacts::default());
            assert_eq!(got, Checkout::Stale(Some(moment(seq))));
        }
    }

    #[test]
    fn where_nobody_else_led_to_later_moments_their_text_is_nobodys_edit() {
        let record = record();
        let only = |text: &[u8]| tell_where(Some(&record), Some(text), GitFacts::default(), true);
        assert_eq!(only(b"later\n"), Checkout::Stale(Some(moment(7))));
        let base = Some(moment(5).into());
        assert_eq!(only(b"early\n"), Checkout::Edited { base });
        assert_eq!(only(b"new\n"), Checkout::Edited { base });
    }

    #[test]
    fn a_torn_file_is_the_beginning_of_what_was_written() {
        for torn in [
            &b""[..],
            b"T",
            b"The te",
            b"\0\0\0\0\0\0\0\0",
            b"The \0\0\0\0",
        ] {
            assert!(is_torn(torn, b"The text"), "{torn:?}");
        }
        for whole in [
            &b"The text"[..],
            b"The texts",
            b"The\n",
            b"\0he text",
            b"The text\0",
        ] {
            assert!(!is_torn(whole, b"The text"), "{whole:?}");
        }
    }

    #[test]
    fn an_edit_that_was_taken_in_is_no_edit_any_more() {
        let mut record = record();
        record.taken = Some(rendered(7, b"edited\n"));
        let none = GitFacts::default();
        let got = tell(Some(&record), Some(b"edited\n"), none);
        assert_eq!(got, Checkout::Stale(Some(moment(7))));
        let base = Some(Base {
            moment: moment(5),
            taken: Some(plain_hash(b"edited\n")),
        });
        for further in [&b"edited again\n"[..], b"recorded\n", b"early\n"] {
            let got = tell(Some(&record), Some(further), none);
            assert_eq!(got, Checkout::Edited { base }, "{further:?}");
        }
    }

    #[test]
    fn what_git_puts_over_an_edit_that_was_taken_in_is_not_its_taking_back() {
        let mut record = record();
        record.taken = Some(rendered(8, b"edited\n"));
        let brought = GitFacts {
            brought: true,
            ..GitFacts::default()
        };
        let forward = GitFacts {
            descends: true,
            ..brought
        };
        let committed = GitFacts {
            newer: true,
            ..forward
        };
        for (text, seq) in [
            (&b"recorded\n"[..], 5),
            (b"early\n", 3),
            (b"later\n", 7),
            (b"edited\n", 8),
        ] {
            for git in [brought, forward] {
                let got = tell(Some(&record), Some(text), git);
                assert_eq!(got, Checkout::Stale(Some(moment(seq))), "{text:?}, {git:?}");
            }
        }
        let edited = |text: &[u8], git| match tell(Some(&record), Some(text), git) {
            Checkout::Edited { base } => base,
            other => panic!("{other:?}"),
        };
        // Taken back by hand, and committed.
        assert_eq!(edited(b"recorded\n", committed), Some(record.base()));
        assert_eq!(edited(b"new\n", committed), Some(record.base()));
        // Somebody's edit from before it.
        assert_eq!(edited(b"theirs\n", forward), Some(moment(5).into()));
        assert_eq!(edited(b"theirs\n", brought), None);
    }

    #[test]
    fn what_was_taken_in_and_is_not_kept_may_have_been_put_back_by_anybody() {
        let mut record = record();
        record.taken = Some(rendered(7, b"edited\n"));
        record.lose_taken();
        for (text, seq) in [(&b"recorded\n"[..], 5), (b"edited\n", 7)] {
            let got = tell(Some(&record), Some(text), GitFacts::default());
            assert_eq!(got, Checkout::Stale(Some(moment(seq))));
        }
        let base = Some(moment(5).into());
        let got = tell(Some(&record), Some(b"new\n"), GitFacts::default());
        assert_eq!(got, Checkout::Edited { base });
    }

    #[test]
    fn a_text_from_before_an_edit_was_taken_in_is_not_what_was_written_after_it() {
        let mut record = record();
        record.taken = Some(rendered(8, b"edited\n"));
        let only = |text: &[u8]| tell_where(Some(&record), Some(text), GitFacts::default(), true);
        let base = Some(record.base());
        assert_eq!(only(b"later\n"), Checkout::Edited { base });
    }
}
