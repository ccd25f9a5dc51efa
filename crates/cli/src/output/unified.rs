//! Two texts as a unified diff, as `diff -u` prints it and `patch` reads it.

use std::io::{self, IsTerminal, Write};
use std::ops::Range;

use ledger_core::document::Document;
use ledger_core::document::hunk::{Region, regions};
use ledger_core::document::text::content;

use super::escape::plain;
use super::screen;

/// Lines that are shown around a change.
const CONTEXT: usize = 3;

/// Prints how `after` differs from `before`, each under its name: harmless on a terminal, byte for
/// byte elsewhere.
pub(crate) fn print(names: [&str; 2], before: &Document, after: &Document) -> io::Result<()> {
    let harmless = io::stdout().is_terminal();
    let mut out = screen::raw();
    write(&mut out, harmless, names, before, after)?;
    out.flush()
}

fn write(
    out: &mut impl Write,
    harmless: bool,
    [before_name, after_name]: [&str; 2],
    before: &Document,
    after: &Document,
) -> io::Result<()> {
    let hunks = together(regions(before, after));
    if hunks.is_empty() {
        return Ok(());
    }
    writeln!(out, "--- {}", plain(before_name))?;
    writeln!(out, "+++ {}", plain(after_name))?;
    let line = |out: &mut _, sign: char, text: &str| show(out, harmless, sign, text);
    for hunk in hunks {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let above = first.before.start.min(CONTEXT);
        let below = (before.len() - last.before.end).min(CONTEXT);
        let old = first.before.start - above..last.before.end + below;
        let new = first.after.start - above..last.after.end + below;
        writeln!(out, "@@ -{} +{} @@", place(&old), place(&new))?;
        let mut at = old.start;
        for region in &hunk {
            for same in at..region.before.start {
                line(out, ' ', before.line(same))?;
            }
            for gone in region.before.clone() {
                line(out, '-', before.line(gone))?;
            }
            for came in region.after.clone() {
                line(out, '+', after.line(came))?;
            }
            at = region.before.end;
        }
        for same in at..old.end {
            line(out, ' ', before.line(same))?;
        }
    }
    Ok(())
}

/// Changes that stand so close together that what is shown around them would meet.
fn together(regions: Vec<Region>) -> Vec<Vec<Region>> {
    let mut hunks: Vec<Vec<Region>> = Vec::new();
    for region in regions {
        let near = |last: &Region| region.before.start - last.before.end <= 2 * CONTEXT;
        match hunks.last_mut() {
            Some(hunk) if hunk.last().is_some_and(near) => hunk.push(region),
            _ => hunks.push(vec![region]),
        }
    }
    hunks
}

/// The first line and how many, as a hunk's head has them: an empty range is named by the line
/// before it.
fn place(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn show(out: &mut impl Write, harmless: bool, sign: char, text: &str) -> io::Result<()> {
    match harmless {
        true => writeln!(out, "{sign}{}", plain(content(text)))?,
        false => write!(out, "{sign}{text}")?,
    }
    if !text.ends_with('\n') {
        let lead = if harmless { "" } else { "\n" };
        writeln!(out, "{lead}\\ No newline at end of file")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str, harmless: bool) -> String {
        let mut out = Vec::new();
        let [before, after] = [before, after].map(Document::from);
        write(&mut out, harmless, ["a", "b"], &before, &after).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn it_reads_as_diff_prints_it() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n2\n", "\ntwo\n").replace("\n19\n", "\n");
        let expected = "\
--- a
+++ b
@@ -1,5 +1,5 @@
 1
-2
+two
 3
 4
 5
@@ -16,5 +16,4 @@
 16
 17
 18
-19
 20
";
        assert_eq!(diff(&before, &after, false), expected);
        assert_eq!(
            diff("", "x", false),
            "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("x\n", "x\n", false), "");
    }

    #[test]
    fn a_terminal_gets_no_escapes() {
        let shown = diff("a\n", "\u{1b}[2J\n", true);
        assert!(shown.ends_with("-a\n+\\u{1b}[2J\n"), "{shown}");
    }
}
