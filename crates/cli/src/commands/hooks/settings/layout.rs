//! Where things stand in a text of JSON with comments.

/// What lies between an item and the next, or the end of the list.
pub(super) struct Gap {
    /// The comma in it.
    pub(super) comma: Option<usize>,
    /// Where only whitespace is left.
    pub(super) end: usize,
    /// Whether somebody wrote something there.
    pub(super) has_comments: bool,
}

impl Gap {
    /// The gap behind an item, or behind an opening bracket.
    pub(super) fn after(text: &str, from: usize) -> Self {
        let mut gap = Self {
            comma: None,
            end: from,
            has_comments: false,
        };
        let mut at = from;
        loop {
            let rest = &text[at..];
            at += rest.len() - rest.trim_start().len();
            let rest = &text[at..];
            let length = if rest.starts_with("//") {
                let line = rest.split(['\n', '\r']).next().unwrap_or(rest);
                line.trim_end().len()
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with(',') && gap.comma.is_none() {
                gap.comma = Some(at);
                1
            } else {
                return gap;
            };
            gap.has_comments |= rest.starts_with('/');
            at += length;
            gap.end = at;
        }
    }
}

/// The whitespace that the line of a place begins with.
pub(super) fn indentation(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Whether nothing is before a place on its line.
pub(super) fn starts_its_line(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    before.ends_with('\n')
}

/// What one level is indented by.
pub(super) fn unit(text: &str) -> &str {
    let lines = text.lines().skip(1);
    let mut indented = lines.filter_map(|line| {
        let rest = line.trim_start_matches([' ', '\t']);
        let unit = &line[..line.len() - rest.len()];
        (rest.starts_with('"') && !unit.is_empty()).then_some(unit)
    });
    indented.next().unwrap_or("  ")
}
