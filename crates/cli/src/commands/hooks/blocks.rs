//! A block of ours in somebody's text, between two lines that mark it.

use std::ops::Range;

/// How a text has comments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    before: &'static str,
    after: &'static str,
}

/// A shell script's.
pub(super) const SHELL: Marks = Marks {
    before: "# ",
    after: "",
};
/// JavaScript's.
pub(super) const SCRIPT: Marks = Marks {
    before: "// ",
    after: "",
};

/// Markdown's.
pub(super) const MARKDOWN: Marks = Marks {
    before: "<!-- ",
    after: " -->",
};

/// What a block says in a file that was made for it.
const MADE: &str = "This file was made by ledger hooks install.";

impl Marks {
    fn line(self, text: &str) -> String {
        format!("{}{text}{}", self.before, self.after)
    }

    fn begin(self) -> String {
        self.line("--- BEGIN ledger ---")
    }

    fn end(self) -> String {
        self.line("--- END ledger ---")
    }

    fn block(self, content: &str, made: bool) -> String {
        let made = if made {
            self.line(MADE) + "\n"
        } else {
            String::new()
        };
        format!(
            "{}\n{made}{}\n{}",
            self.begin(),
            content.trim_end(),
            self.end()
        )
    }

    /// Where the block is, its last line's end excluded.
    fn find(self, text: &str) -> Result<Option<Range<usize>>, String> {
        let (begin, end) = (self.begin(), self.end());
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end_matches(['\n', '\r']);
            if bare == begin || bare == end {
                lines.push((bare == begin, at, at + bare.len()));
            }
            at += line.len();
        }
        let line_of = |at: usize| text[..at].matches('\n').count() + 1;
        match lines[..] {
            [] => Ok(None),
            [(true, start, _), (false, _, end)] => Ok(Some(start..end)),
            [(_, at, _), ..] => Err(format!(
                "line {} marks a block of the ledger, which does not begin and end once",
                line_of(at)
            )),
        }
    }

    /// Whether there is a block.
    ///
    /// # Errors
    /// That its marks do not fit together.
    pub(super) fn has(self, text: &str) -> Result<bool, String> {
        Ok(self.find(text)?.is_some())
    }

    /// Puts a block behind the first line if that says who runs the script, else at the beginning:
    /// a script may end anywhere. One that is there gets what it says now.
    ///
    /// # Errors
    /// That the marks of a block do not fit together.
    pub(super) fn install(self, text: &str, content: &str) -> Result<String, String> {
        if let Some(block) = self.find(text)? {
            return Ok(self.renewed(text, block, content));
        }
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let block = self.block(content, false).replace('\n', newline);
        let first = match text.starts_with("#!") {
            true => text.find('\n').map_or(text.len(), |end| end + 1),
            false => 0,
        };
        let (before, behind) = text.split_at(first);
        Ok(match before.is_empty() || before.ends_with('\n') {
            true => format!("{before}{block}{newline}{behind}"),
            false => format!("{before}{newline}{block}"),
        })
    }

    /// Puts a block at the end of a text. One that is there gets what it says now.
    ///
    /// # Errors
    /// That the marks of a block do not fit together.
    pub(super) fn append(self, text: &str, content: &str) -> Result<String, String> {
        if let Some(block) = self.find(text)? {
            return Ok(self.renewed(text, block, content));
        }
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let block = self.block(content, false).replace('\n', newline);
        Ok(match text.is_empty() || text.ends_with('\n') {
            true => format!("{text}{block}{newline}"),
            false => format!("{text}{newline}{block}"),
        })
    }

    fn renewed(self, text: &str, block: Range<usize>, content: &str) -> String {
        let old = &text[block.clone()];
        let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
        let new = self
            .block(content, self.is_made(old))
            .replace('\n', newline);
        let (before, behind) = (&text[..block.start], &text[block.end..]);
        format!("{before}{new}{behind}")
    }

    /// Whether the file was made for its block.
    fn is_made(self, block: &str) -> bool {
        block.lines().nth(1) == Some(&*self.line(MADE))
    }

    /// A text made for a block, behind what it has to begin with.
    pub(super) fn made(self, first: &str, content: &str) -> String {
        format!("{first}{}\n", self.block(content, true))
    }

    /// Takes the block out. `None` if the text was made for it, behind `first`, and nothing was
    /// added.
    ///
    /// # Errors
    /// That its marks do not fit together.
    pub(super) fn uninstall(self, text: &str, first: &str) -> Result<Option<String>, String> {
        let Some(block) = self.find(text)? else {
            return Ok(Some(text.to_owned()));
        };
        let (before, behind) = (&text[..block.start], &text[block.end..]);
        let made = self.is_made(&text[block.clone()]);
        if made && before == first && behind.trim().is_empty() {
            return Ok(None);
        }
        let newline = match text[block].contains("\r\n") {
            true => "\r\n",
            false => "\n",
        };
        Ok(Some(match behind.strip_prefix(newline) {
            Some(behind) => format!("{before}{behind}"),
            // It was put behind a line that had no end.
            None => before.strip_suffix(newline).unwrap_or(before).to_owned() + behind,
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_runs_before_what_may_end_the_script() {
        let now = SHELL.install("#!/bin/sh\nexit 0\n", "ledger\n").unwrap();
        assert_eq!(
            now,
            "#!/bin/sh\n# --- BEGIN ledger ---\nledger\n# --- END ledger ---\nexit 0\n"
        );
        let other = SHELL.install(&now, "other").unwrap();
        assert_eq!(other, now.replace("\nledger\n", "\nother\n"));
    }

    #[test]
    fn a_file_made_for_it_goes_unless_something_was_added() {
        let made = SHELL.made("#!/bin/sh\n", "ledger\n");
        assert_eq!(SHELL.uninstall(&made, "#!/bin/sh\n"), Ok(None));
        let more = format!("{made}make\n");
        let left = SHELL.uninstall(&more, "#!/bin/sh\n").unwrap();
        assert_eq!(left.as_deref(), Some("#!/bin/sh\nmake\n"));
        let bare = "#!/bin/sh\n";
        let now = SHELL.install(bare, "ledger\n").unwrap();
        assert_eq!(
            SHELL.uninstall(&now, "#!/bin/sh\n").unwrap().as_deref(),
            Some(bare)
        );
    }

    #[test]
    fn marks_that_do_not_fit_are_named() {
        for text in [
            "a\n# --- BEGIN ledger ---\n",
            "\n# --- END ledger ---\n# --- BEGIN ledger ---\n",
        ] {
            let error = SHELL.uninstall(text, "#!/bin/sh\n").unwrap_err();
            assert!(error.starts_with("line 2 "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn to_install_and_uninstall_changes_no_byte(
            text in "(#!/bin/sh)?(a|\r|\n|\r\n|# --- | ledger|é){0,12}",
        ) {
            let now = SHELL.install(&text, "one\ntwo\n").unwrap();
            prop_assert!(SHELL.has(&now).unwrap());
            prop_assert_eq!(SHELL.install(&now, "one\ntwo\n").unwrap(), now.as_str());
            let other = SHELL.install(&now, "three\n").unwrap();
            prop_assert_eq!(SHELL.install(&other, "one\ntwo\n").unwrap(), now.as_str());
            for now in [now, other] {
                prop_assert_eq!(SHELL.uninstall(&now, "").unwrap(), Some(text.clone()));
            }
            let now = MARKDOWN.append(&text, "one\n").unwrap();
            prop_assert_eq!(MARKDOWN.append(&now, "one\n").unwrap(), now.as_str());
            prop_assert_eq!(MARKDOWN.uninstall(&now, "").unwrap(), Some(text));
        }
    }
}
