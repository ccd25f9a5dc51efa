//! Laws of the outline that hold for any text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use ledger_document::outline::{Entry, Field, Site, Span, Text};
use ledger_document::{Document, Outline};
use proptest::prelude::*;

/// Fails unless every place of the outline is inside the document, on character boundaries,
/// and says what the document says there.
fn check(document: &Document) {
    let outline = Outline::parse(document);
    let check = Check {
        document,
        outline: &outline,
    };
    for section in &outline.sections {
        check.text(&section.title);
        check.lines(&section.lines);
        if let Some(parent) = section.parent {
            assert!(
                outline.sections[parent]
                    .lines
                    .contains(&section.lines.start)
            );
        }
    }
    for field in &outline.fields {
        check.field(field);
    }
    for lines in &outline.opaque {
        check.lines(lines);
    }
    for (index, entry) in outline.entries.iter().enumerate() {
        check.entry(index, entry);
    }
    let mut grouped: Vec<usize> = outline.tasks.iter().flatten().copied().collect();
    grouped.sort_unstable();
    assert!(grouped.into_iter().eq(0..outline.entries.len()));
    assert!(outline.tasks.iter().map(|task| task[0]).is_sorted());
}

struct Check<'a> {
    document: &'a Document,
    outline: &'a Outline,
}

impl Check<'_> {
    fn span(&self, span: &Span) -> &str {
        assert!(span.line < self.document.len().max(1), "{span:?}");
        let content = self.document.content(span.line);
        content
            .get(span.columns.clone())
            .unwrap_or_else(|| panic!("{span:?} of {content:?}"))
    }

    fn text(&self, text: &Text) {
        let written = self.span(&text.span);
        let content = self.document.content(text.span.line);
        // Only what is quoted in front matter may say it in other characters.
        let quoted = content[..text.span.columns.start].ends_with(['"', '\'']);
        assert!(written == text.text || quoted && self.document.content(0).ends_with("---"));
    }

    fn lines(&self, lines: &std::ops::Range<usize>) {
        assert!(
            lines.start < lines.end && lines.end <= self.document.len(),
            "{lines:?}"
        );
    }

    fn field(&self, field: &Field) {
        self.text(&field.value);
        self.lines(&field.lines);
        assert!(!field.label.is_empty());
        for item in &field.items {
            self.text(item);
        }
    }

    fn entry(&self, index: usize, entry: &Entry) {
        self.lines(&entry.lines);
        self.text(&entry.title);
        if let Some(id) = &entry.id {
            self.text(id);
            assert!(!id.text.is_empty());
        }
        assert!(!entry.sites.is_empty());
        for site in &entry.sites {
            match site {
                Site::Box(span) => assert_eq!(self.span(span).chars().count(), 1),
                Site::Field(span)
                | Site::Mark(span)
                | Site::Word(span)
                | Site::Cell(span)
                | Site::Strike(span)
                | Site::Yaml(span) => assert!(!self.span(span).is_empty()),
                Site::Section(section) => assert!(*section < self.outline.sections.len()),
            }
        }
        if let Some(section) = entry.section {
            assert!(section < self.outline.sections.len());
        }
        if let Some(parent) = entry.parent {
            assert!(parent < index);
        }
        for field in &entry.fields {
            self.field(field);
        }
        for step in &entry.steps {
            self.text(&step.text);
            assert_eq!(self.span(&step.mark).chars().count(), 1);
        }
    }
}

/// Pieces of plans, put together at random: what no generator of random bytes would hit upon.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# ",
        "## ",
        "### ",
        "- ",
        "* ",
        "1. ",
        "  ",
        "    ",
        "> ",
        "| ",
        " | ",
        "|-|-|",
        "---",
        "```",
        "<!--",
        "-->",
        "[ ] ",
        "[x] ",
        "[~] ",
        "[]",
        "[",
        "]",
        "(",
        ")",
        "**",
        "~~",
        "`",
        "TODO-001",
        "T001 ",
        "1.2 ",
        "3. ",
        "#4 ",
        "Phase 2",
        "Task 3",
        ": ",
        ":",
        "：",
        " - ",
        " — ",
        ".",
        "✅",
        "⏳",
        "⚠️",
        "⏸",
        "\u{fe0f}",
        "🎉",
        "2031-05-06",
        "a1b2c3d",
        "Done",
        "In Progress",
        "(Pending)",
        "**Status**: ",
        "- Status: ",
        "状態",
        "完了",
        "Legend",
        "Results",
        "status: done",
        "id: X-1",
        "title: y",
        "ID | Task | Status",
        "word",
        "é",
        "界",
        "\t",
        "\r",
        "\0",
        "\u{feff}",
        "\u{200d}",
        "<details>",
        "</details>",
        "&amp;",
        "\\|",
    ]);
    let line = prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat());
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\n\n", "\r\r\n", ""]);
    prop::collection::vec((line, end), 0..24).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(line, end)| line + end)
            .collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_place_is_in_range_for_plan_like_text(text in soup()) {
        check(&Document::from(text.as_str()));
    }

    #[test]
    fn every_place_is_in_range_for_any_text(text in "(\\PC|[\r\n\t\0\u{feff}*|~>#\\-\\[\\]` ]){0,200}") {
        check(&Document::from(text.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn parsing_twice_gives_the_same(text in soup()) {
        let document = Document::from(text.as_str());
        prop_assert_eq!(Outline::parse(&document), Outline::parse(&document));
    }
}

/// Texts made to take quadratic time or to exhaust the stack. There is no clock in this test:
/// with quadratic behaviour it does not end in the patience of anybody who runs it.
#[test]
fn hostile_texts_are_read_in_bounded_time() {
    let many = |piece: &str, times: usize| piece.repeat(times);
    let mut deep = String::new();
    for level in 0..800 {
        deep.push_str(&" ".repeat(2 * level));
        deep.push_str("- [ ] T001: x ✅\n");
    }
    for text in [
        many(">", 100_000),
        many("> ", 100_000),
        many("- ", 100_000),
        many("1. ", 100_000),
        many("- [ ] ", 100_000),
        many(">\n- ", 50_000),
        format!("- [ ] {}", many("a ", 500_000)),
        format!("- [ ] {}", many("(", 500_000)),
        format!("- [ ] x {}", many(")", 500_000)),
        format!("- [ ] x {}", many("✅ ", 100_000)),
        format!("- [ ] **{}", many("[", 500_000)),
        format!("# {}", many("*", 500_000)),
        format!("# {}", many("~~", 250_000)),
        many("# Done\n", 20_000),
        many("- **Status**: done\n", 20_000),
        format!("{}\n{}\n", many("|a", 50_000), many("|-", 50_000)),
        format!("| ID | Status |\n|-|-|\n{}", many("| x | Done |\n", 20_000)),
        many("- [ ] T1: same\n", 20_000),
        format!("Legend:\n{}", many("- ✅ done\n", 20_000)),
        many("`", 100_001),
        many("<!-- ", 50_000),
        deep,
    ] {
        let document = Document::from(text.as_str());
        let outline = Outline::parse(&document);
        assert!(outline.entries.len() <= document.len().max(1));
    }
}
