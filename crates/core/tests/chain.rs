//! What a chain shows: that sealed batches verify, and that no change goes unseen.

#![allow(clippy::unwrap_used)] // test helpers

mod common;

use common::{NONCE, document_id, draft, hunk, lines, small, stamp, verify, verify_bytes};
use ledger_core::document::Document;
use ledger_core::verify::DocumentFault;
use ledger_core::{FaultKind, Head, SealError, Seq, Verifier, seal, verify_document};
use proptest::prelude::*;
use serde_json::{Value, json};

fn code(result: Result<Option<Head>, ledger_core::Fault>) -> (u64, &'static str) {
    let fault = result.unwrap_err();
    (fault.seq.0, fault.kind.code())
}

#[test]
fn what_was_sealed_is_what_is_read_back() {
    let batches = small();
    let mut verifier = Verifier::new();
    let mut read = Vec::new();
    for line in lines(&batches) {
        read.extend(verifier.line(&line).unwrap());
    }
    assert_eq!(read, batches);
    assert!(verifier.warnings().is_empty());
    assert_eq!(verifier.finish().unwrap().as_ref(), Some(batches[2].head()));
}

#[test]
fn a_verifier_goes_on_from_any_batch() {
    let batches = small();
    for (i, batch) in batches.iter().enumerate() {
        let mut verifier = Verifier::resume(batch.head().clone());
        for line in lines(&batches[i + 1..]) {
            verifier.line(&line).unwrap();
        }
        assert_eq!(verifier.head(), Some(batches[2].head()));
    }
}

#[test]
fn the_bytes_of_a_ledger_are_pinned() {
    let batches = small();
    let head = batches[2].head();
    assert_eq!(head.seq, Seq(4));
    assert_eq!(head.height, 4);
    assert_eq!(
        head.ledger.to_string(),
        "f2296f361b736139342ea99bdbcf9fcd1f1bafc098dd5135559a6fa2ca5e0cca"
    );
    assert_eq!(
        head.id.to_string(),
        "b3cb691da203450409f5e129a600b721639a513245a25c7bd7b2c50bc8107e63"
    );
}

#[test]
fn any_flipped_bit_is_found_or_gives_another_head() {
    let batches = small();
    let all = lines(&batches);
    let head = batches[2].head();
    let mut before = Verifier::new();
    for (i, line) in all.iter().enumerate() {
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut changed = all[i..].concat();
                changed[at] ^= 1 << bit;
                let mut verifier = before.clone();
                let result = changed
                    .split_inclusive(|&byte| byte == b'\n')
                    .try_for_each(|line| verifier.line(line).map(drop));
                // Only the last header has nothing after it that holds it.
                assert!(i == 4 || result.is_err(), "line {i} byte {at} bit {bit}");
                assert!(
                    result.is_err() || verifier.head() != Some(head),
                    "line {i} byte {at} bit {bit}"
                );
            }
        }
        before.line(line).unwrap();
    }
}

#[test]
fn a_line_removed_repeated_or_swapped_is_found() {
    let all = lines(&small());
    for at in 0..all.len() {
        let mut removed = all.clone();
        removed.remove(at);
        // Without its end a journal is either a shorter one or ends inside a batch.
        assert!(
            verify(removed.iter().map(Vec::as_slice)).is_err(),
            "without line {at}"
        );
        let mut repeated = all.clone();
        repeated.insert(at, all[at].clone());
        assert!(
            verify(repeated.iter().map(Vec::as_slice)).is_err(),
            "line {at} twice"
        );
        for other in at + 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(at, other);
            assert!(
                verify(swapped.iter().map(Vec::as_slice)).is_err(),
                "{at} and {other}"
            );
        }
    }
}

#[test]
fn a_journal_cut_anywhere_but_between_batches_is_found() {
    let batches = small();
    let journal = lines(&batches).concat();
    let mut ends = vec![0];
    for i in 1..=batches.len() {
        ends.push(lines(&batches[..i]).concat().len());
    }
    for end in 0..journal.len() {
        let result = verify_bytes(&journal[..end]);
        assert_eq!(result.is_ok(), ends.contains(&end), "cut at {end}");
    }
}

#[test]
fn a_fault_names_its_line_and_what_is_wrong() {
    let mut all = lines(&small());
    let text = String::from_utf8(all[2].clone()).unwrap();
    all[2] = text.replace("230 MB", "231 MB").into_bytes();
    let fault = verify(all.iter().map(Vec::as_slice)).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "journal line 3 (event 2): the body is not the one the header commits to"
    );
    assert_eq!(
        code(verify(lines(&small())[1..].iter().map(Vec::as_slice))),
        (0, "WRONG_PARENT")
    );
}

#[test]
fn a_failed_line_leaves_the_verifier_where_it_was() {
    let all = lines(&small());
    let mut verifier = Verifier::new();
    for line in &all {
        assert!(verifier.line(b"{}\n").is_err());
        assert!(verifier.line(&line[..line.len() - 1]).is_err());
        verifier.line(line).unwrap();
    }
    assert!(verifier.finish().is_ok());
}

#[test]
fn a_time_before_the_parents_is_a_warning() {
    let first = seal(
        None,
        &stamp(9),
        &[draft("ledger.created", vec![])],
        &[],
        Some(NONCE),
    )
    .unwrap();
    let second = seal(
        Some(first.head()),
        &stamp(3),
        &[draft("note.recorded", vec![])],
        &[],
        None,
    )
    .unwrap();
    let mut verifier = Verifier::new();
    verifier.line(&first.events()[0].line).unwrap();
    verifier.line(&second.events()[0].line).unwrap();
    assert_eq!(verifier.warnings().len(), 1);
    assert_eq!(verifier.warnings()[0].seq, Seq(1));
}

#[test]
fn a_document_is_checked_against_its_moment() {
    let batches = small();
    let event = &batches[1].events()[0].event;
    let mut document = Document::from("# Plan\n\n- [x] T-1: café ☕\n- [ ] T-2: \u{7f}\u{2028}\n");
    assert_eq!(verify_document(event, &document_id(), &document), Ok(()));
    document = Document::from("# Plan\n");
    assert!(matches!(
        verify_document(event, &document_id(), &document),
        Err(DocumentFault::Differs { .. })
    ));
    let first = &batches[0].events()[0].event;
    assert!(matches!(
        verify_document(first, &document_id(), &document),
        Err(DocumentFault::NotCommitted { .. })
    ));
}

#[test]
fn an_unattributed_draft_is_nobodys() {
    let batches = small();
    let header = &batches[2].events()[1].event.header;
    assert_eq!(header.actor.id, "unknown");
    assert_eq!(header.actor.session, None);
}

#[test]
fn what_does_not_fit_the_format_is_not_sealed() {
    let head = small()[2].head().clone();
    let try_value = |value: Value| {
        seal(
            Some(&head),
            &stamp(5),
            &[draft("note.recorded", vec![("value", value)])],
            &[],
            None,
        )
    };
    assert!(try_value(json!(1.5)).is_err());
    assert!(try_value(json!(1u64 << 53)).is_err());
    assert!(try_value(json!((1u64 << 53) - 1)).is_ok());
    assert!(try_value(json!({"né": 1})).is_err());
    let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
    assert!(try_value(nested(29)).is_ok());
    assert!(try_value(nested(30)).is_err());
    let result = try_value(json!("x".repeat(16 << 20)));
    assert!(
        matches!(result, Err(SealError::TooLong { .. })),
        "{result:?}"
    );
    let mut long = stamp(5);
    long.cause = Some("x".repeat(257));
    assert!(
        seal(
            Some(&head),
            &long,
            &[draft("note.recorded", vec![])],
            &[],
            None
        )
        .is_err()
    );
    assert_eq!(
        seal(Some(&head), &stamp(5), &[], &[], None),
        Err(SealError::Empty)
    );
    let one = [draft("note.recorded", vec![])];
    assert_eq!(
        seal(None, &stamp(5), &one, &[], None),
        Err(SealError::Genesis)
    );
    assert_eq!(
        seal(Some(&head), &stamp(5), &one, &[], Some(NONCE)),
        Err(SealError::Genesis)
    );
    let bad_name = [draft("note.recorded", vec![("Bad name", json!(1))])];
    let result = seal(Some(&head), &stamp(5), &bad_name, &[], None);
    assert!(matches!(result, Err(SealError::PartName { .. })));
}

/// Any value the format can hold.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[\\x00-\\x20\"\\\\\u{7f}\u{2028}\u{2029}\u{fffd}\u{10ffff}😀]{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-((1i64 << 53) - 1)..(1i64 << 53)).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[ !#-\\[\\]-~]{0,6}", inner, 0..5)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_body_survives_sealing_and_reading(values in prop::collection::vec(value(), 0..6)) {
        let first = seal(None, &stamp(0), &[draft("ledger.created", vec![])], &[], Some(NONCE)).unwrap();
        let parts = values.iter().map(|value| ("value", value.clone())).collect();
        let batch = seal(Some(first.head()), &stamp(1), &[draft("note.recorded", parts)], &[], None).unwrap();
        let mut verifier = Verifier::resume(first.head().clone());
        let read = verifier.line(&batch.events()[0].line).unwrap().unwrap();
        prop_assert_eq!(&read, &batch);
        let back: Vec<Value> = read.events()[0].event.values("value").cloned().collect();
        prop_assert_eq!(back, values);
    }

    #[test]
    fn a_flipped_bit_in_a_larger_journal_is_found(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut journal = larger().to_vec();
        let at = at.index(journal.len());
        journal[at] ^= 1 << bit;
        static HEAD: std::sync::OnceLock<Option<Head>> = std::sync::OnceLock::new();
        let head = HEAD.get_or_init(|| verify_bytes(larger()).unwrap());
        prop_assert_ne!(&verify_bytes(&journal).ok().flatten(), head);
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = verify_bytes(&bytes);
    }

    #[test]
    fn no_splice_of_a_line_makes_the_verifier_panic(
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        insert in "[\\[\\]{}\",:\\\\0-9a-z]{0,6}",
    ) {
        let journal = larger();
        let (from, to) = (from.index(journal.len()), to.index(journal.len()));
        let mut spliced = journal[..from.min(to)].to_vec();
        spliced.extend_from_slice(insert.as_bytes());
        spliced.extend_from_slice(&journal[from.max(to)..]);
        let _ = verify_bytes(&spliced);
    }
}

/// Some 20 batches.
fn larger() -> &'static [u8] {
    static JOURNAL: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    JOURNAL.get_or_init(|| {
        let mut batches = small();
        for n in 0..20u8 {
            let parts = hunk(&document_id(), 0, 1, &[&format!("# Plan {n}\n")]);
            let drafts = vec![draft("document.edited", parts); 1 + usize::from(n % 3)];
            let head = batches.last().unwrap().head().clone();
            batches.push(seal(Some(&head), &stamp(n), &drafts, &[], None).unwrap());
        }
        lines(&batches).concat()
    })
}

#[test]
fn a_bare_chain_cannot_show_that_whole_batches_are_missing_at_the_end() {
    let batches = small();
    let shorter = lines(&batches[..2]);
    let head = verify(shorter.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(head.as_ref(), Some(batches[1].head()));
    assert!(matches!(
        verify(lines(&batches)[..4].iter().map(Vec::as_slice))
            .unwrap_err()
            .kind,
        FaultKind::IncompleteBatch {
            found: 1,
            length: 2
        }
    ));
}
