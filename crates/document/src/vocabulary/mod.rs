//! The words, marks and labels that plans use, in a few languages.
//!
//! One place for all of them, so that what is written is also read, and what one part of this
//! crate takes for a status or a list of results no other part takes for something else. Only a
//! fallback: what a plan shows by example or says in its legend always comes first.

mod boxes;
mod columns;
mod exchange;
mod families;
mod labels;
mod marks;
mod nouns;
mod senses;
mod statuses;
mod table;

use std::sync::LazyLock;

pub(crate) use boxes::{box_status, boxes};
pub(crate) use columns::{is_id_column, is_symbol_column, is_title_column};
pub use exchange::{is_input_label, is_output_label};
pub(crate) use families::families;
pub use labels::{Role, is_version_label, role};
pub(crate) use labels::{is_report_label, is_status_label, label_like};
pub(crate) use marks::{
    is_pictograph, is_selector, is_symbol, mark_status, marks, sequence_mark_status,
};
pub(crate) use nouns::{
    is_container, is_counted, is_counted_as, is_generic, is_legend, is_parts, is_work,
    unspaced_noun,
};
pub(crate) use senses::Sense;
pub use senses::{announces_next_id, is_total};
pub(crate) use statuses::{column, tag};
pub use statuses::{is_outstanding, phrase, to_come};

/// Longer pieces are prose, never one of the words here.
const LONGEST: usize = 64;

use table::set;

type Set = LazyLock<table::WordSet>;

/// A word or label for comparing: lower case, markup and edge punctuation gone, `-` and `_` as
/// blanks, blanks single.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for c in text.chars() {
        match c {
            '*' | '`' | '~' | '"' => continue,
            '’' => out.push('\''),
            c if c.is_whitespace() || matches!(c, '-' | '_') => {
                if !blank {
                    out.push(' ');
                }
                blank = true;
                continue;
            }
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => out.extend(c.to_lowercase()),
        }
        blank = false;
    }
    let edge = |c: char| matches!(c, '!' | '.' | ',' | ':' | ';' | '[' | ']' | ' ' | '：');
    out.truncate(out.trim_end_matches(edge).len());
    let start = out.len() - out.trim_start_matches(edge).len();
    if start > 0 {
        out.drain(..start);
    }
    out
}

/// Whether two texts are the same but for case and markup.
pub(crate) fn is_like(a: &str, b: &str) -> bool {
    // Most texts that are compared differ in their first letters.
    let differs = a.is_ascii() && b.is_ascii() && !letters(a).eq(letters(b));
    a == b || (!differs && plain(a) == plain(b))
}

fn letters(text: &str) -> impl Iterator<Item = u8> {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_alike_if_they_are_the_same_without_case_and_markup(
            a in "([*~`_\" :.\\[-]|[AaBbİiß1]|\u{307}){0,6}",
            b in "([*~`_\" :.\\[-]|[AaBbİiß1]|\u{307}){0,6}",
        ) {
            prop_assert_eq!(is_like(&a, &b), plain(&a) == plain(&b));
            let marked = ["**", &a, "**:"].concat();
            prop_assert_eq!(is_like(&a, &marked), plain(&a) == plain(&marked));
        }
    }
}
