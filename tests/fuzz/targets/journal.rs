//! Any bytes as a journal: the verifier never panics, and what it accepts it reads back.

#![no_main]

use ledger_core::examine::fork_points;
use ledger_core::link::Links;
use ledger_core::{Seq, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|journal: &[u8]| {
    let lines = || journal.split_inclusive(|&byte| byte == b'\n');
    check(Links::new(), lines());
    let points = fork_points(lines());
    if !points.is_empty() {
        check(Links::new().watching(points), lines());
    }
});

/// Both readers say the same, and nothing of a line is lost.
fn check<'a>(mut links: Links, lines: impl Iterator<Item = &'a [u8]>) {
    let mut verifier = Verifier::with_links(links.clone());
    let mut seq = Seq(0);
    for line in lines {
        let full = verifier.line(line);
        let light = links.line(line);
        match (full, light) {
            (Ok(batch), Ok(complete)) => {
                assert_eq!(batch.is_some(), complete);
                for recorded in batch.iter().flat_map(|batch| batch.events()) {
                    assert_eq!(recorded.seq, seq);
                    seq = seq.next();
                }
                if let Some(last) = batch.as_ref().and_then(|batch| batch.events().last()) {
                    assert_eq!(last.line, line);
                    assert!(last.event.is_moment());
                }
            }
            (Err(full), Err(light)) => {
                assert_eq!(full, light);
                assert!(!full.to_string().is_empty());
                return;
            }
            (full, light) => panic!("{full:?} but {light:?}"),
        }
    }
    assert_eq!(verifier.finish(), links.finish());
}
