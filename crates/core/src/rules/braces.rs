//! Braces in a promised path, written out: `{a,b}` as bash has it, and rows of numbers as `{3..7}`
//! or, as people write them, `{003-007}`.

/// As many words as one path is written out to, at most.
const MOST: usize = 256;

/// A word for each that its braces stand for; `None` where they are no list, too many, or do not
/// close: then they stand for something else.
pub(super) fn written_out(word: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut rest = word;
    while let Some((before, behind)) = rest.split_once('{') {
        let (inner, after) = behind.split_once('}')?;
        let choices = choices(inner)?;
        if before.contains('}') || words.len().checked_mul(choices.len())? > MOST {
            return None;
        }
        let with = |word: String| {
            let ends = choices.iter();
            ends.map(move |end| [&word, before, end].concat())
                .collect::<Vec<_>>()
        };
        words = words.into_iter().flat_map(with).collect();
        rest = after;
    }
    let end = |word: String| word + rest;
    (!rest.contains('}')).then(|| words.into_iter().map(end).collect())
}

/// What stands between two braces: a list, or a row of numbers with as many digits as its first.
fn choices(inner: &str) -> Option<Vec<String>> {
    if inner.contains('{') {
        return None;
    }
    if inner.contains(',') {
        let own: Vec<String> = inner.split(',').map(|own| own.trim().to_owned()).collect();
        let goes_on = |own: &String| ["...", "..", "…"].contains(&own.as_str());
        return (!own.iter().any(goes_on)).then_some(own);
    }
    let (first, last) = inner
        .split_once("..")
        .or_else(|| inner.split_once(['-', '–']))?;
    let number = |text: &str| {
        let is_one = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
        is_one.then(|| text.parse::<usize>().ok()).flatten()
    };
    let (from, to) = (number(first)?, number(last)?);
    let width = first.len();
    let is_row = from <= to && to - from < MOST;
    is_row.then(|| (from..=to).map(|own| format!("{own:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_rows_of_numbers_are_written_out() {
        for (word, words) in [
            ("a.md", &["a.md"][..]),
            ("{a,b}.md", &["a.md", "b.md"]),
            (
                "US-{008-010}_*.md",
                &["US-008_*.md", "US-009_*.md", "US-010_*.md"],
            ),
            ("{1..2}/{a,b}", &["1/a", "1/b", "2/a", "2/b"]),
        ] {
            assert_eq!(written_out(word).unwrap(), words, "{word}");
        }
    }

    #[test]
    fn braces_that_are_no_list_stand_for_something_else() {
        for word in [
            "US-{id}.md",
            "{1,...,9}",
            "{3-1}",
            "{1-999999}",
            "{a,b",
            "a}",
            "{{a,b}}",
            "{1-}",
            "{}",
        ] {
            assert_eq!(written_out(word), None, "{word}");
        }
    }
}
