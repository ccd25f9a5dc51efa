//! Two texts as a unified diff: harmless on a terminal, and byte for byte elsewhere, where `patch`
//! may read it.

use std::io::{self, Write};

use ledger_core::document::Document;
use ledger_core::document::text::content;
use ledger_core::document::unified::unified;

use super::escape::plain;
use super::screen;

/// Prints how `after` differs from `before`, each under its name.
pub(crate) fn print(names: [&str; 2], before: &Document, after: &Document) -> io::Result<()> {
    let mut out = screen::raw();
    write(&mut out, screen::is_watched(), names, before, after)?;
    out.flush()
}

/// Writes hunks to standard output.
pub(crate) fn write_hunks(out: &mut impl Write, hunks: &str) -> io::Result<()> {
    show(out, screen::is_watched(), hunks)
}

fn write(
    out: &mut impl Write,
    harmless: bool,
    [before_name, after_name]: [&str; 2],
    before: &Document,
    after: &Document,
) -> io::Result<()> {
    let hunks = unified(before, after);
    if hunks.is_empty() {
        return Ok(());
    }
    writeln!(out, "--- {}", plain(before_name))?;
    writeln!(out, "+++ {}", plain(after_name))?;
    show(out, harmless, &hunks)
}

fn show(out: &mut impl Write, harmless: bool, hunks: &str) -> io::Result<()> {
    if !harmless {
        return out.write_all(hunks.as_bytes());
    }
    for line in hunks.split_inclusive('\n') {
        writeln!(out, "{}", plain(content(line)))?;
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
