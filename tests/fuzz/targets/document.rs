//! Any bytes as a plan: reading keeps every byte, parsing never fails, diffs and merges keep
//! their laws.

#![no_main]

use ledger_document::hunk::{diff, merge};
use ledger_document::{Document, Outline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::from_bytes(bytes) else {
        return;
    };
    assert_eq!(document.text().as_bytes(), bytes);
    let _ = Outline::parse(&document);

    // Three versions of one text: cut at 0x1e, a byte that plans do not have.
    let mut texts = document.text();
    if texts.matches('\u{1e}').count() < 2 {
        texts = format!("{texts}\u{1e}{texts}x\u{1e}y\n{texts}");
    }
    let versions: Vec<Document> = texts.splitn(3, '\u{1e}').map(Document::from).collect();
    let [base, ours, theirs] = versions.as_slice() else {
        return;
    };
    let mut changed = base.clone();
    assert!(changed.apply_all(&diff(base, ours)).is_ok());
    assert!(&changed == ours);
    assert!(&merge(base, ours, base).document == ours);
    assert!(&merge(base, base, theirs).document == theirs);
    assert!(&merge(base, ours, ours).document == ours);
    let _ = merge(base, ours, theirs);
});
