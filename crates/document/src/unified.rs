//! Two documents as a unified diff, which `patch` and `git apply` take.

use std::fmt::Write as _;
use std::ops::Range;

use crate::hunk::{Region, regions};
use crate::text::Document;

/// Lines shown around what differs.
const CONTEXT: usize = 3;

/// The hunks of a unified diff from one document to another, without the headers that name the
/// files; empty where they are the same. The form is POSIX's (`diff -u`), with
/// `\ No newline at end of file` where a last line has none.
#[must_use]
pub fn unified(before: &Document, after: &Document) -> String {
    let mut text = String::new();
    for group in groups(&regions(before, after)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let lead = first.before.start.min(CONTEXT);
        let trail = (before.len() - last.before.end).min(CONTEXT);
        let old = first.before.start - lead..last.before.end + trail;
        let new = first.after.start - lead..last.after.end + trail;
        // There is nowhere to report a failing string to.
        let _ = writeln!(text, "@@ -{} +{} @@", place(&old), place(&new));
        let mut at = old.start;
        for region in group {
            lines(&mut text, ' ', before, at..region.before.start);
            lines(&mut text, '-', before, region.before.clone());
            lines(&mut text, '+', after, region.after.clone());
            at = region.before.end;
        }
        lines(&mut text, ' ', before, at..old.end);
    }
    text
}

/// Regions so close together that their contexts touch.
fn groups(regions: &[Region]) -> Vec<&[Region]> {
    let apart = |one: &Region, next: &Region| next.before.start - one.before.end > 2 * CONTEXT;
    regions.chunk_by(|one, next| !apart(one, next)).collect()
}

/// `5,3`: from which line, and how many; of none the line above them.
fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn lines(text: &mut String, mark: char, document: &Document, range: Range<usize>) {
    for line in document.lines().iter().skip(range.start).take(range.len()) {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_that_of_diff() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("5\n6\n", "five\n6\n").replace("20\n", "20");
        let shown = unified(&Document::from(&*before), &Document::from(&*after));
        assert_eq!(
            shown,
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+20\n\\ No newline at end of file\n"
        );
        let same = Document::from("a\n");
        assert_eq!(unified(&same, &same), "");
        let none = Document::default();
        assert_eq!(unified(&none, &same), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(unified(&same, &none), "@@ -1 +0,0 @@\n-a\n");
    }
}
