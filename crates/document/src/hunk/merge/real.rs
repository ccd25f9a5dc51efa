//! Real plans in all their versions, where they are at hand.
#![allow(clippy::disallowed_methods)] // tests read the corpus

use std::collections::BTreeMap;

use super::{Merge, apart, is_blank};
use crate::hunk::traits::{Numbers, Traits};
use crate::real_plans::{all_series, versions};
use crate::text::Document;

/// How often each line stands that begins with an id.
fn named(document: &Document) -> BTreeMap<&str, usize> {
    let mut numbers = Numbers::default();
    let mut named = BTreeMap::new();
    for line in document.lines().iter().filter(|line| !is_blank(line)) {
        if Traits::of(line, &mut numbers).id().is_some() {
            *named.entry(line.trim()).or_default() += 1;
        }
    }
    named
}

#[test]
#[ignore = "merges every version of every plan"]
fn versions_of_real_plans_merge_without_losing_or_doubling_a_line_that_all_have() {
    for series in all_series() {
        let versions: Vec<Document> = versions(&series)
            .iter()
            .filter_map(|path| Document::from_bytes(&std::fs::read(path).ok()?).ok())
            .collect();
        for pair in versions.windows(2) {
            for (found, ours) in [(&pair[1], &pair[0]), (&pair[0], &pair[1])] {
                let merge = apart(&pair[0], found, ours);
                assert!(merge.document == pair[1], "{}", series.display());
                assert_eq!((merge.overridden, merge.returned), (vec![], vec![]));
            }
        }
        for three in versions.windows(3) {
            for (found, ours) in [(&three[1], &three[2]), (&three[2], &three[1])] {
                let Merge { document, .. } = apart(&three[0], found, ours);
                assert!(document.is_whole());
                let all = [&three[0], found, ours].map(named);
                let merged = named(&document);
                for line in all[0].keys() {
                    if all.iter().all(|lines| lines.get(line) == Some(&1)) {
                        let times = merged.get(line);
                        assert_eq!(times, Some(&1), "{line} in {}", series.display());
                    }
                }
            }
        }
    }
}
