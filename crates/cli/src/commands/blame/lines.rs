//! Which lines are asked for, as `git blame -L` has it.

use std::ops::Range;

use crate::failure::Failure;

/// The lines, from 0, that a range means in a text of `length` lines: `10,20`, `10,+5` (five lines
/// from 10 on), `10,-5` (five lines up to 10), `10` or `10,` (to the end), `,20` (from the
/// beginning). Without one, all.
///
/// # Errors
/// For what is no range, and for one that begins beyond the end.
pub(super) fn range(asked: Option<&str>, length: usize) -> Result<Range<usize>, Failure> {
    let Some(asked) = asked else {
        return Ok(0..length);
    };
    let (first, last) = read(asked).ok_or_else(|| {
        Failure::trouble(format!("-L: '{asked}' is no range of lines"))
            .hint("use 10,20 or 10,+5 or 10, or ,20; the first line is 1")
    })?;
    let lines = match length {
        1 => "1 line".to_owned(),
        _ => format!("{length} lines"),
    };
    if first > length {
        return Err(Failure::trouble(format!(
            "-L: the range begins with line {first}, and the plan has {lines}"
        )));
    }
    Ok(first - 1..last.unwrap_or(length).min(length))
}

/// The first line and the last, from 1; no last one stands for the end.
fn read(asked: &str) -> Option<(usize, Option<usize>)> {
    let number = |text: &str| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<usize>().ok().filter(|_| is_plain);
        number.filter(|number| *number > 0)
    };
    let (first, last) = asked.split_once(',').unwrap_or((asked, ""));
    let begin = match first {
        "" if last.is_empty() => return None,
        "" => 1,
        first => number(first)?,
    };
    if last.is_empty() {
        return Some((begin, None));
    }
    if let Some(count) = last.strip_prefix('+') {
        return Some((begin, Some(begin.saturating_add(number(count)? - 1))));
    }
    if let Some(count) = last.strip_prefix('-') {
        return Some((begin.saturating_sub(number(count)? - 1).max(1), Some(begin)));
    }
    // Whichever comes first, as in git.
    let last = number(last)?;
    Some((begin.min(last), Some(begin.max(last))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_range_means_what_it_means_to_git() {
        for (asked, lines) in [
            ("3,5", 2..5),
            ("5,3", 2..5),
            ("3", 2..10),
            ("3,", 2..10),
            (",3", 0..3),
            ("3,+2", 2..4),
            ("3,-2", 1..3),
            ("3,-9", 0..3),
            ("9,99", 8..10),
            ("10,10", 9..10),
        ] {
            assert_eq!(range(Some(asked), 10).unwrap(), lines, "{asked}");
        }
        assert_eq!(range(None, 10).unwrap(), 0..10);
    }

    #[test]
    fn a_range_beyond_the_end_is_told_the_length() {
        let beyond = range(Some("11,12"), 10).unwrap_err();
        assert!(beyond.message().contains("10 lines"), "{beyond:?}");
        for asked in [
            "", ",", "x", "0,3", "3,0", "3,+0", "1,2,3", "3,+", "-1", "+1",
        ] {
            assert!(range(Some(asked), 10).is_err(), "{asked}");
        }
    }

    proptest! {
        #[test]
        fn a_range_lies_in_the_text(asked in "[0-9]{0,22},?[+-]?[0-9]{0,22}", length in 0usize..50) {
            if let Ok(lines) = range(Some(&asked), length) {
                prop_assert!(lines.start < lines.end && lines.end <= length);
            }
        }
    }
}
