//! Text in columns, by the width it has on a terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many cells a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to at most `most` cells, with `…` where something was cut off.
pub(crate) fn fit(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || width(text) <= most {
        return Cow::Borrowed(text);
    }
    let Some(room) = most.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        end = at + c.len_utf8();
    }
    // A sequence of characters can be wider or narrower than its characters one by one.
    let mut cut = text.get(..end).unwrap_or_default();
    while width(cut) > room {
        let mut chars = cut.chars();
        chars.next_back();
        cut = chars.as_str();
    }
    Cow::Owned(format!("{}…", cut.trim_end()))
}

/// The text with blanks behind it, so that it takes at least `least` cells.
pub(crate) fn pad(text: &str, least: usize) -> String {
    let missing = least.saturating_sub(width(text));
    format!("{text}{:missing$}", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_characters_take_two_cells() {
        assert_eq!(fit("日本語の計画", 7), "日本語…");
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(fit("plan", 4), "plan");
        assert_eq!(fit("plans", 4), "pla…");
        assert_eq!(fit("plans", 0), "");
    }

    proptest! {
        #[test]
        fn a_cut_text_is_never_wider_than_asked(text in "\\PC*", most in 0usize..40) {
            prop_assert!(width(&fit(&text, most)) <= most);
        }

        #[test]
        fn a_padded_text_is_never_narrower_than_asked(text in "\\PC*", least in 0usize..40) {
            prop_assert!(width(&pad(&text, least)) >= least);
        }
    }
}
