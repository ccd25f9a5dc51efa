//! One-line YAML scalars, as front matter has them: read without their quotes and escapes,
//! written so that any YAML reader gives the same text back.

use std::fmt::Write as _;
use std::ops::Range;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
}

/// A scalar that stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// What it says. Line ends that are written as escapes are blanks here.
    pub(crate) text: String,
    /// Where it stands, without quotes around it.
    pub(crate) columns: Range<usize>,
    pub(crate) style: Style,
}

/// Reads the scalar that stands in a line from a column on.
pub(crate) fn read(content: &str, from: usize) -> Scalar {
    let rest = content.get(from..).unwrap_or_default();
    let start = from + (rest.len() - rest.trim_start().len());
    quoted(content, start).unwrap_or_else(|| {
        let rest = rest.trim();
        let end = comment(rest).unwrap_or(rest.len());
        let text = rest[..end].trim_end();
        Scalar {
            text: text.to_owned(),
            columns: start..start + text.len(),
            style: Style::Plain,
        }
    })
}

/// Where a comment begins: at a `#` that is the first character or has a blank before it.
fn comment(text: &str) -> Option<usize> {
    text.match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || text[..at].ends_with([' ', '\t']))
}

/// A quoted scalar that ends on its line, with nothing but a comment behind it.
fn quoted(content: &str, start: usize) -> Option<Scalar> {
    let rest = content.get(start..)?;
    let (quote, style) = match rest.chars().next()? {
        '\'' => ('\'', Style::Single),
        '"' => ('"', Style::Double),
        _ => return None,
    };
    let inner = rest.get(1..)?;
    let mut text = String::new();
    let mut chars = inner.char_indices().peekable();
    let end = loop {
        let (at, c) = chars.next()?;
        if c == quote {
            let doubled = style == Style::Single && chars.peek().is_some_and(|(_, c)| *c == quote);
            if !doubled {
                break at;
            }
            chars.next();
            text.push(quote);
        } else if c == '\\' && style == Style::Double {
            let unescaped = unescape(&mut chars)?;
            text.push(if matches!(unescaped, '\n' | '\r') {
                ' '
            } else {
                unescaped
            });
        } else {
            text.push(c);
        }
    };
    let behind = &inner[end + 1..];
    let closes = behind.trim().is_empty()
        || behind.starts_with([' ', '\t']) && comment(behind.trim()) == Some(0);
    closes.then(|| Scalar {
        text,
        columns: start + 1..start + 1 + end,
        style,
    })
}

/// The character an escape stands for; `None` if it is none that YAML knows.
fn unescape(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let digits = match chars.next()?.1 {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        kind => {
            let known = ESCAPES.iter().find(|(escape, _)| *escape == kind);
            return known.map(|(_, c)| *c);
        }
    };
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + chars.next()?.1.to_digit(16)?;
    }
    char::from_u32(code)
}

/// YAML 1.2, 5.7: what stands behind the backslash, and what it means.
const ESCAPES: &[(char, char)] = &[
    ('"', '"'),
    ('\\', '\\'),
    ('/', '/'),
    ('0', '\0'),
    ('a', '\u{7}'),
    ('b', '\u{8}'),
    ('t', '\t'),
    ('\t', '\t'),
    ('n', '\n'),
    ('v', '\u{b}'),
    ('f', '\u{c}'),
    ('r', '\r'),
    ('e', '\u{1b}'),
    (' ', ' '),
    ('N', '\u{85}'),
    ('_', '\u{a0}'),
    ('L', '\u{2028}'),
    ('P', '\u{2029}'),
];

/// A scalar as it is to be written, in the style it had where that can hold the text.
pub(crate) fn written(text: &str, style: Style) -> String {
    let odd = text.chars().any(needs_escape);
    match style {
        Style::Plain if is_plain(text) => text.to_owned(),
        Style::Single if !odd => single(text),
        Style::Plain if !odd && text.contains(['"', '\\']) && !text.contains('\'') => single(text),
        _ => double(text),
    }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\t' => written.push_str("\\t"),
            c if needs_escape(c) => {
                // Writing to a string cannot fail.
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(written, "\\x{code:02x}"),
                    code => write!(written, "\\u{code:04x}"),
                };
            }
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Whether a character is one that YAML takes for a line end, or does not allow as itself.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether a text can stand without quotes and still be this text.
pub(crate) fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return true;
    };
    let opens = match first {
        '-' | '?' | ':' => chars.next().is_none_or(char::is_whitespace),
        first => ",[]{}#&*!|>'\"%@`".contains(first),
    };
    !opens
        && text.trim() == text
        && !text.ends_with(':')
        && comment(text).is_none()
        && !text.contains(": ")
        && !text.chars().any(needs_escape)
}

/// Whether YAML reads a plain text as something else than text: a number, a truth value, nothing.
pub(crate) fn is_no_text(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan",
    ];
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_' | ':');
    WORDS.contains(&text.to_ascii_lowercase().as_str())
        || text.starts_with(number) && text.parse::<f64>().is_ok()
        || text.chars().all(number) && text.contains(|c: char| c.is_ascii_digit())
}

/// Whether a text can be a key of front matter.
pub(crate) fn is_key(text: &str) -> bool {
    is_plain(text) && !text.is_empty() && !text.contains(':')
}

/// What stands between the brackets of a list on one line: `[a, b]`.
pub(crate) fn flow_list(text: &str) -> Option<&str> {
    Some(text.strip_prefix('[')?.strip_suffix(']')?.trim())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scalar_is_read_without_quotes_escapes_and_comment() {
        for (line, text, style) in [
            ("k: plain text # aside", "plain text", Style::Plain),
            ("k: C#7 stays", "C#7 stays", Style::Plain),
            ("k: # nothing", "", Style::Plain),
            ("k: ", "", Style::Plain),
            (
                r#"k: "say \"hm\" \\ \u00e9""#,
                "say \"hm\" \\ \u{e9}",
                Style::Double,
            ),
            (r#"k: "one" # "two""#, "one", Style::Double),
            ("k: 'it''s' # so", "it's", Style::Single),
            // Not one scalar on one line: taken as it is.
            (r#"k: "open"#, "\"open", Style::Plain),
            (r#"k: "a" b"#, "\"a\" b", Style::Plain),
            (r#"k: "\q""#, r#""\q""#, Style::Plain),
        ] {
            let scalar = read(line, 2);
            assert_eq!(
                (scalar.text.as_str(), scalar.style),
                (text, style),
                "{line}"
            );
        }
    }

    #[test]
    fn quotes_are_written_where_yaml_needs_them() {
        for (text, plain) in [
            ("Mend the fence", "Mend the fence"),
            ("He said \"x\": y", "'He said \"x\": y'"),
            ("Colon: here", "\"Colon: here\""),
            ("it's: \"both\"", "\"it's: \\\"both\\\"\""),
            ("a #tag", "\"a #tag\""),
            ("- dash", "\"- dash\""),
            ("-5 degrees", "-5 degrees"),
            ("@home", "\"@home\""),
            ("http://x", "http://x"),
            ("bell\u{7}", "\"bell\\x07\""),
        ] {
            assert_eq!(written(text, Style::Plain), plain);
        }
        assert_eq!(written("it's", Style::Single), "'it''s'");
        assert_eq!(written("a \"b\"", Style::Double), "\"a \\\"b\\\"\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            text in prop_oneof!["[^\r\n]{0,12}", "[-?:#'\"\\\\ ab,\\[\\]{}&*!|>%@`\t]{0,8}"],
            style in prop::sample::select(vec![Style::Plain, Style::Single, Style::Double]),
            comment in prop::sample::select(vec!["", " # 'aside\"", "  "]),
        ) {
            let line = format!("key: {}{comment}", written(&text, style));
            prop_assert_eq!(read(&line, 4).text, text, "{}", line);
        }
    }
}
