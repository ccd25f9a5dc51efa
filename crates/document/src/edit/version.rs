//! Writing a plan's next version where it says the present one.

use std::ops::Range;

use super::field::finish;
use super::patch::Patch;
use super::{Edit, EditError};
use crate::outline::{Outline, Span};
use crate::text::Document;
use crate::version::{HEAD, number};

/// The version that a document says it is, and where.
struct Written<'d> {
    version: &'d str,
    label: &'d str,
    line: usize,
    columns: Range<usize>,
}

fn written(document: &Document, line: usize) -> Option<Written<'_>> {
    let content = document.content(line);
    let columns = number(content)?;
    let label = content.get(..columns.start)?;
    Some(Written {
        version: content.get(columns.clone())?,
        label: label.trim_end_matches(['v', 'V']),
        line,
        columns,
    })
}

/// The version that a document says it is.
#[must_use]
pub fn version(document: &Document) -> Option<&str> {
    let mut lines = 0..document.len().min(HEAD);
    lines.find_map(|line| Some(written(document, line)?.version))
}

/// Makes a document say that it is another version: where it says so first, and wherever else it
/// says the same with the same words, such as at its end. All else of these lines stays.
///
/// # Errors
/// [`EditError::NoVersion`] if the document says no version; [`EditError::BadVersion`] for what
/// would not be read as one; [`EditError::Misread`].
pub fn set_version(
    document: &Document,
    outline: &Outline,
    version: &str,
) -> Result<Edit, EditError> {
    let mut head = (0..document.len().min(HEAD)).filter_map(|line| written(document, line));
    let first = head.next().ok_or(EditError::NoVersion)?;
    let content = document.content(first.line);
    let before = content.get(..first.columns.start).unwrap_or_default();
    let after = content.get(first.columns.end..).unwrap_or_default();
    let next = format!("{before}{version}{after}");
    if number(&next).and_then(|columns| next.get(columns)) != Some(version) {
        return Err(EditError::BadVersion(version.to_owned()));
    }
    let is_opaque = |line: usize| outline.opaque.iter().any(|lines| lines.contains(&line));
    let mut patch = Patch::new(document);
    for own in (first.line..document.len()).filter_map(|line| written(document, line)) {
        let same = own.version == first.version && own.label == first.label;
        if own.line == first.line || (same && !is_opaque(own.line)) {
            let span = Span {
                line: own.line,
                columns: own.columns,
            };
            patch.replace(&span, version);
        }
    }
    finish(outline, &patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(text: &str, version: &str) -> Result<String, EditError> {
        let mut document = Document::from(text);
        let outline = Outline::parse(&document);
        let edit = set_version(&document, &outline, version)?;
        document.apply_all(&edit.hunks).unwrap();
        Ok(document.text())
    }

    #[test]
    fn only_the_number_changes_in_every_dialect() {
        for line in [
            "**Document Version**: #\n",
            "> **Version:** v# (draft)\r\n",
            "- Plan version: #,\n",
            "**バージョン**：#\n",
            "Version: \"#\"\n",
            "*Version:* `#`  \n",
        ] {
            let text = |version: &str| {
                let line = line.replace('#', version);
                format!("# Plan\n\n{line}\n- [ ] T-1: Version: 1.4 is out\n\n---\n\n{line}")
            };
            assert_eq!(
                released(&text("1.4"), "1.5").unwrap(),
                text("1.5"),
                "{line}"
            );
            assert_eq!(
                released(&text("1.4"), "1.4").unwrap(),
                text("1.4"),
                "{line}"
            );
        }
        let matter = "---\ntitle: Plan\nversion: 3\n---\n\n# Plan\n\n```\nversion: 3\n```\n";
        let next = matter.replacen("version: 3", "version: 4", 1);
        assert_eq!(released(matter, "4").unwrap(), next);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let plan = "# Plan\n\nVersion: 1.4\n";
        for bad in [
            "",
            " ",
            "next",
            "1.5 beta",
            "1.5\n- [x] T-1: all",
            "1.5,",
            "v1.5",
        ] {
            let error = released(plan, bad).unwrap_err();
            assert_eq!(error, EditError::BadVersion(bad.to_owned()), "{bad:?}");
        }
        assert_eq!(released("# Plan\n", "1.5"), Err(EditError::NoVersion));
    }
}
