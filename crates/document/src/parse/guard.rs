//! A copy of the text that is safe to hand to the markdown parser, byte for byte as long.

/// How many container markers (`>`, `-`, `1.`) one line may open before it is left unread.
const MAX_MARKERS: usize = 64;

/// How far a line may be indented before it is left unread.
const MAX_INDENT: usize = 1024;

/// The text with each byte in its place, but with lines nested beyond reason blanked out and
/// lone carriage returns turned into blanks (only `\n` ends a line of a
/// [`Document`](crate::Document)).
///
/// A plan nests a handful of levels; a line with a hundred thousand markers is an attack on
/// the reader's time, and nothing in it can be a task.
pub(super) fn readable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if is_nested_beyond_reason(line) {
            blank_out(line, &mut out);
        } else {
            push_without_lone_returns(line, &mut out);
        }
    }
    out
}

fn is_nested_beyond_reason(line: &str) -> bool {
    let mut markers = 0;
    let mut indent = 0;
    let mut bytes = line.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' => indent += 1,
            b'>' => markers += 1,
            b'-' | b'*' | b'+' if matches!(bytes.peek(), Some(b' ' | b'\t')) => markers += 1,
            b'0'..=b'9' => {
                while bytes.next_if(u8::is_ascii_digit).is_some() {}
                if bytes.next_if(|b| matches!(b, b'.' | b')')).is_none() {
                    break;
                }
                markers += 1;
            }
            _ => break,
        }
        if markers > MAX_MARKERS || indent > MAX_INDENT {
            return true;
        }
    }
    false
}

fn blank_out(line: &str, out: &mut String) {
    let body = line.strip_suffix('\n');
    let width = body.map_or(line.len(), str::len);
    out.extend(std::iter::repeat_n(' ', width));
    if body.is_some() {
        out.push('\n');
    }
}

fn push_without_lone_returns(line: &str, out: &mut String) {
    if !line.contains('\r') {
        out.push_str(line);
        return;
    }
    let (body, end) = match line.strip_suffix("\r\n") {
        Some(body) => (body, "\r\n"),
        None => match line.strip_suffix('\n') {
            Some(body) => (body, "\n"),
            None => (line, ""),
        },
    };
    out.extend(body.chars().map(|c| if c == '\r' { ' ' } else { c }));
    out.push_str(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_length_of_every_line() {
        let deep = ">".repeat(100_000);
        let text = format!("a\r\r\nb\rc\n{deep}\n- - x\né {}\n", "- ".repeat(70));
        let safe = readable(&text);
        assert_eq!(safe.len(), text.len());
        let lengths = |t: &str| t.split('\n').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&safe), lengths(&text));
        assert!(safe.starts_with("a \r\nb c\n   "));
    }
}
