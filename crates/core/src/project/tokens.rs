//! How many tokens of the large models a text takes at most.
//!
//! Their tokenizers (cl100k, o200k) cut a text into pieces: words with the one sign or blank before
//! them, numbers by threes, runs of signs, blanks. In a piece they start from single bytes and join
//! neighbours as long as two of them together are a token, so no token is shorter than a byte, and
//! of two bytes that are a token together at least one belongs to a longer token. Words that are
//! one token are listed. The facts about the tokenizers that this builds on (the words, the pairs)
//! are tested against the tokenizers themselves, and so is the bound.

use std::sync::LazyLock;

/// Words in lower case, in the order of their bytes. As they are, and with a capital, each is one
/// token, also with a blank before it, and at most two with any one sign of ASCII before it.
static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("tokens/words.txt").lines().collect());

/// The pairs of letters of one case that are no token.
const APART: &str = "\
    bq fj fz gj gk gq hj jg jv jw jx jy jz kq kx kz lq mz nq oq qf qg qj qk qo qv qy qz rj tj tq \
    uq vq vz wq wv wz xg xh xj xk xq xu xv xw yf yj yq yv zg zj zq zr zv \
    BQ BZ CJ CQ CZ DQ DZ EJ EY FJ FQ FV FZ GJ GK GQ GZ HJ IY JF JG JH JL JN JQ JU JW JX JY JZ KJ \
    KQ KU KX KZ LH LJ LQ LW LX LZ MZ NQ OJ OQ OY OZ PQ PZ QD QF QG QH QI QJ QK QO QV QW QX QY QZ \
    RJ RQ RZ TJ TQ UH UJ UO UQ UW UZ VH VJ VQ VU VW VX VY VZ WJ WQ WU WV WY WZ XG XH XJ XK XN XO \
    XQ XU XV XW XZ YB YD YF YH YI YJ YK YQ YR YU YV YX ZB ZC ZD ZG ZI ZJ ZK ZL ZM ZP ZQ ZS ZT ZU ZV";

/// How many digits of a number are one token.
const DIGITS: usize = 3;

/// The most tokens that a text takes.
#[must_use]
pub fn at_most(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut count = 0;
    let mut at = 0;
    while let Some(first) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let run = |is: fn(&u8) -> bool| bytes[at..].iter().take_while(|byte| is(byte)).count();
        let (length, cost) = match first {
            b' ' => match bytes.get(at + 1) {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    let length = 1 + bytes[at + 1..].iter().take_while(is_letter).count();
                    (length, word(text, at + 1, at + length))
                }
                // A blank and the sign behind it are a token together.
                Some(sign) if sign.is_ascii_punctuation() => (1, 0),
                _ => (1, 1),
            },
            letter if letter.is_ascii_alphabetic() => {
                let length = run(u8::is_ascii_alphabetic);
                (length, word(text, at, at + length))
            }
            digit if digit.is_ascii_digit() => {
                let length = run(u8::is_ascii_digit);
                // Another script's digit counts when they are taken by threes.
                let alone = before.is_none_or(u8::is_ascii);
                (length, length.div_ceil(if alone { DIGITS } else { 1 }))
            }
            _ => (1, 1),
        };
        count += cost;
        at += length;
    }
    count
}

/// The most tokens of a run of letters, with the blank before it, if there is one.
fn word(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    let letters = &bytes[start..end];
    // `'s` and its like are cut off from what stands before and behind them.
    if before == Some(&b'\'') {
        return letters.len();
    }
    let begins = before.is_none_or(|byte| byte.is_ascii_graphic() || b" \n".contains(byte));
    let ends = bytes
        .get(end)
        .is_none_or(|byte| byte.is_ascii() && *byte != b'\'');
    if begins && ends && is_known(&text[start..end]) {
        return 1;
    }
    let spaced = before == Some(&b' ');
    in_pieces(&bytes[start - usize::from(spaced)..end])
}

/// Whether letters are a word that is one token.
fn is_known(letters: &str) -> bool {
    let small = |letters: &str| letters.bytes().all(|letter| letter.is_ascii_lowercase());
    let find = |word: &str| WORDS.binary_search(&word).is_ok();
    match letters.split_at_checked(1) {
        Some((_, rest)) if !small(rest) => false,
        Some((first, rest)) => find(&format!("{}{rest}", first.to_ascii_lowercase())),
        None => false,
    }
}

/// The most pieces that bytes can be cut into where no two single ones that are a token together
/// stand side by side.
fn in_pieces(bytes: &[u8]) -> usize {
    // Of the bytes up to here: cut anyhow, and so that the last piece is longer than one byte.
    let mut best = 0;
    let mut long: Option<usize> = None;
    let mut best_before = None;
    let mut last = None;
    for byte in bytes {
        let single = match last.is_some_and(|last| is_token(last, *byte)) {
            true => long.map(|long| long + 1),
            false => Some(best + 1),
        };
        long = best_before.map(|before: usize| before + 1);
        best_before = Some(best);
        best = single.max(long).unwrap_or(best);
        last = Some(*byte);
    }
    best
}

/// Whether a blank or a letter and the letter behind it are known to be a token.
fn is_token(first: u8, second: u8) -> bool {
    if first == b' ' {
        return true;
    }
    let same = first.is_ascii_lowercase() == second.is_ascii_lowercase();
    let is_apart = |pair: &[u8]| pair == [first, second];
    same && !APART.as_bytes().chunks(3).any(|pair| is_apart(&pair[..2]))
}

fn is_letter(byte: &&u8) -> bool {
    byte.is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_are_in_order() {
        assert!(WORDS.is_sorted() && WORDS.len() > 3_000);
    }

    #[test]
    fn known_words_are_one_token_and_others_are_cut_into_pieces() {
        for (text, most) in [
            ("", 0),
            ("class", 1),
            (" Class class\n", 3),
            ("(class)", 3),
            ("class's", 5),
            ("xqz", 3),
            ("abcd", 3),
            ("TODO-123456", 6),
            ("\u{b2}123", 5),
            ("é", 2),
            (" - ", 2),
        ] {
            assert_eq!(at_most(text), most, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_more_tokens_than_bytes_and_none_more_than_two_parts_take(
            first in "\\PC{0,40}",
            second in "\\PC{0,40}",
        ) {
            let both = format!("{first}\n{second}");
            prop_assert!(at_most(&both) <= both.len());
            prop_assert_eq!(at_most(&both), at_most(&first) + 1 + at_most(&second));
        }
    }
}
