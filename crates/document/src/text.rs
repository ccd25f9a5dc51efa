//! A document as a sequence of lines in which every byte is kept.

use std::fmt;
use std::sync::Arc;

/// One line with its terminator, if it has one. Cheap to clone.
pub type Line = Arc<str>;

/// A text as its lines.
///
/// Lines end after each `\n`; whatever comes before it (`\r`, `\r\r`, a byte order mark, NUL)
/// belongs to the line. The last line may lack its `\n`, so concatenating the lines always
/// gives back the bytes that were read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document {
    // Shared by copies until one of them is edited.
    lines: Arc<Vec<Line>>,
}

/// Bytes that are not UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8 text: byte {offset} (line {line}) is 0x{byte:02x}; {guess}")]
pub struct EncodingError {
    /// Offset of the first byte that is not valid, from 0.
    pub offset: usize,
    /// Its line, from 1.
    pub line: usize,
    /// The byte itself.
    pub byte: u8,
    /// What the file looks like instead.
    pub guess: Guess,
}

/// The encoding a file that is not UTF-8 seems to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Starts with a UTF-16 byte order mark, or has a NUL in every other byte.
    Utf16,
    /// A single-byte encoding such as Windows-1252.
    SingleByte,
    /// UTF-8 whose last character is incomplete.
    CutOff,
}

impl Guess {
    /// What a user can run to convert the file.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Utf16 => "convert it first: iconv -f UTF-16 -t UTF-8",
            Self::SingleByte => "convert it first: iconv -f WINDOWS-1252 -t UTF-8",
            Self::CutOff => "its end is missing: save it again, or take it from a copy",
        }
    }
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "it looks like UTF-16",
            Self::SingleByte => "it looks like Windows-1252 or another single-byte encoding",
            Self::CutOff => "the file ends within a character",
        })
    }
}

impl Document {
    /// Reads a document from bytes.
    ///
    /// # Errors
    /// [`EncodingError`] names the first byte that is not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        std::str::from_utf8(bytes).map(Self::from).map_err(|error| {
            let offset = error.valid_up_to();
            EncodingError {
                offset,
                line: 1 + bytes[..offset].iter().filter(|&&b| b == b'\n').count(),
                byte: bytes.get(offset).copied().unwrap_or_default(),
                guess: guess(bytes, &error),
            }
        })
    }

    /// A document of the given lines, which keep their terminators.
    #[must_use]
    pub fn from_lines(lines: Vec<Line>) -> Self {
        Self {
            lines: Arc::new(lines),
        }
    }

    /// The lines, each with its terminator.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line at `index` with its terminator, or `""` beyond the end.
    #[must_use]
    pub fn line(&self, index: usize) -> &str {
        self.lines.get(index).map_or("", |line| line)
    }

    /// The line at `index` without its terminator, or `""` beyond the end.
    #[must_use]
    pub fn content(&self, index: usize) -> &str {
        content(self.line(index))
    }

    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether the document has no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Number of bytes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.lines.iter().map(|line| line.len()).sum()
    }

    /// Whether reading the text again would give the same lines: each ends with the only `\n` in
    /// it, but for the last one, which may have none.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let last = self.lines.len().saturating_sub(1);
        self.lines
            .iter()
            .enumerate()
            .all(|(at, line)| match line.find('\n') {
                Some(end) => end + 1 == line.len(),
                None => at == last && !line.is_empty(),
            })
    }

    /// The exact bytes as one string.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.byte_len());
        for line in &*self.lines {
            text.push_str(line);
        }
        text
    }

    /// The terminator this document uses where a new line is put in: that of the line before
    /// `index`, else of the first line that has one, else `\n`.
    #[must_use]
    pub fn terminator_near(&self, index: usize) -> &str {
        self.lines
            .get(..index.min(self.lines.len()))
            .and_then(<[Line]>::last)
            .map(|line| terminator(line))
            .filter(|end| !end.is_empty())
            .or_else(|| {
                self.lines
                    .iter()
                    .map(|line| terminator(line))
                    .find(|end| !end.is_empty())
            })
            .unwrap_or("\n")
    }

    pub(crate) fn splice(&mut self, at: usize, remove: usize, insert: &[Line]) {
        let lines = Arc::make_mut(&mut self.lines);
        if remove == insert.len() {
            lines[at..at + remove].clone_from_slice(insert);
        } else {
            lines.splice(at..at + remove, insert.iter().cloned());
        }
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Self::from_lines(text.split_inclusive('\n').map(Line::from).collect())
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| f.write_str(line))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines.iter()).finish()
    }
}

/// A line without its terminator (`\n` and any `\r` before it).
#[must_use]
pub fn content(line: &str) -> &str {
    match line.strip_suffix('\n') {
        Some(rest) => rest.trim_end_matches('\r'),
        None => line,
    }
}

/// The terminator of a line: `""`, `"\n"`, `"\r\n"`, or more `\r` where a file has them.
#[must_use]
pub fn terminator(line: &str) -> &str {
    &line[content(line).len()..]
}

fn guess(bytes: &[u8], error: &std::str::Utf8Error) -> Guess {
    let head = &bytes[..bytes.len().min(512)];
    let nuls = head.iter().filter(|&&b| b == 0).count();
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || nuls * 3 > head.len() {
        Guess::Utf16
    } else if error.error_len().is_none() && shows_utf_8(bytes, error.valid_up_to()) {
        Guess::CutOff
    } else {
        Guess::SingleByte
    }
}

/// Whether anything but a single lone byte speaks for UTF-8: a longer character before it, or more
/// than its first byte at the end.
fn shows_utf_8(bytes: &[u8], valid: usize) -> bool {
    bytes.len() > valid + 1 || !bytes[..valid].is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_every_odd_byte() {
        for text in ["", "\n", "a", "\u{feff}# x\r\n\r\r\ny\0\n\tz ", "a\rb\n"] {
            assert_eq!(Document::from(text).text(), text);
        }
        assert_eq!(content("x\r\r\n"), "x");
        assert_eq!(terminator("x\r\r\n"), "\r\r\n");
        assert_eq!(terminator("x\r"), "");
    }

    #[test]
    fn names_the_byte_that_is_not_utf8() {
        let error = Document::from_bytes(b"ok\ncaf\xe9 au lait\n").unwrap_err();
        assert_eq!((error.offset, error.line, error.byte), (6, 2, 0xe9));
        assert_eq!(error.guess, Guess::SingleByte);
        let utf16 = [0xff, 0xfe, b'#', 0, b' ', 0];
        assert_eq!(
            Document::from_bytes(&utf16).unwrap_err().guess,
            Guess::Utf16
        );
        let cut = Document::from_bytes(b"done \xe2\x9c").unwrap_err();
        assert_eq!((cut.offset, cut.guess), (5, Guess::CutOff));
        let cafe = Document::from_bytes(b"caf\xe9").unwrap_err();
        assert_eq!(cafe.guess, Guess::SingleByte);
    }

    proptest! {
        #[test]
        fn reading_then_printing_is_the_identity(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(document) = Document::from_bytes(&bytes) {
                prop_assert_eq!(document.text().into_bytes(), bytes);
            }
        }

        #[test]
        fn a_document_is_whole_if_it_reads_as_it_is(
            lines in prop::collection::vec("[ab\r]{0,2}\n?[a\n]?", 0..5),
        ) {
            let document = Document::from_lines(lines.iter().map(|line| line.as_str().into()).collect());
            let again = Document::from(document.text().as_str());
            prop_assert_eq!(document.is_whole(), again == document);
        }

        #[test]
        fn any_text_survives(text in "(\\PC|[\r\n\t\0])*") {
            prop_assert_eq!(Document::from(text.as_str()).text(), text);
        }
    }
}
