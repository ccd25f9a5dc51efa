//! Reading canonical JSON in one pass over the stored bytes (ledger-format.md §2.1, §2.2).
//!
//! A scanner accepts exactly the canonical form, so what it has passed needs no second check.

use std::ops::Range;

use crate::id::parse_hex;

use super::defect::Defect;
use super::write::{Escape, escape, is_name_byte, plain};
use super::{MAX_DEPTH, MAX_INTEGER};

/// A place in a text that has been read up to there.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A string as it is stored: what is between its quotes, escapes and all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(pub(crate) &'a str);

impl Raw<'_> {
    /// The text it stands for.
    pub(crate) fn decode(self) -> String {
        if !self.0.contains('\\') {
            return self.0.to_owned();
        }
        let mut text = String::with_capacity(self.0.len());
        let mut rest = self.0;
        while let Some((plain, after)) = rest.split_once('\\') {
            text.push_str(plain);
            let mut chars = after.chars();
            text.push(match chars.next() {
                Some('b') => '\u{8}',
                Some('t') => '\t',
                Some('n') => '\n',
                Some('f') => '\u{c}',
                Some('r') => '\r',
                Some('u') => {
                    let code = chars.as_str().get(..4).unwrap_or_default();
                    chars = chars.as_str().get(4..).unwrap_or_default().chars();
                    u32::from_str_radix(code, 16)
                        .ok()
                        .and_then(char::from_u32)
                        .unwrap_or_default()
                }
                Some(other) => other,
                None => break,
            });
            rest = chars.as_str();
        }
        text.push_str(rest);
        text
    }
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has read.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Whether all was read.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The text of a range that was read.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads `token` if it comes next. Where the token is known it is compared as a few words,
    /// and most of a line is such tokens.
    #[inline(always)]
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let comes = self.text.as_bytes()[self.at..].starts_with(token.as_bytes());
        if comes {
            self.at += token.len();
        }
        comes
    }

    pub(crate) const fn not_canonical(&self, why: &'static str) -> Defect {
        Defect::NotCanonical {
            offset: self.at,
            why,
        }
    }

    /// Any value; a container here is the `depth`th, counted from 1.
    pub(crate) fn value(&mut self, depth: usize) -> Result<(), Defect> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.integer().map(drop),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            _ if self.eat("null") || self.eat("true") || self.eat("false") => Ok(()),
            _ => Err(self.not_canonical("a value is expected, without space before it")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Defect> {
        self.check_depth(depth)?;
        self.at += 1;
        if self.eat("]") {
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if self.eat("]") {
                return Ok(());
            }
            if !self.eat(",") {
                return Err(self.not_canonical("',' or ']' is expected, without space"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Defect> {
        self.check_depth(depth)?;
        self.at += 1;
        if self.eat("}") {
            return Ok(());
        }
        let mut before: Option<&str> = None;
        loop {
            let offset = self.at;
            let name = self.name()?;
            match before {
                Some(before) if before == name => return Err(Defect::DuplicateKey { offset }),
                Some(before) if before > name => {
                    return Err(Defect::NotCanonical {
                        offset,
                        why: "member names are in ascending order",
                    });
                }
                _ => before = Some(name),
            }
            if !self.eat(":") {
                return Err(self.not_canonical("':' is expected, without space"));
            }
            self.value(depth + 1)?;
            if self.eat("}") {
                return Ok(());
            }
            if !self.eat(",") {
                return Err(self.not_canonical("',' or '}' is expected, without space"));
            }
        }
    }

    const fn check_depth(&self, depth: usize) -> Result<(), Defect> {
        if depth > MAX_DEPTH {
            Err(Defect::TooDeep { offset: self.at })
        } else {
            Ok(())
        }
    }

    fn name(&mut self) -> Result<&'a str, Defect> {
        if !self.eat("\"") {
            return Err(self.not_canonical("a member name is expected, without space before it"));
        }
        let start = self.at;
        while let Some(byte) = self.peek() {
            if byte == b'"' {
                let name = self.slice(start..self.at);
                self.at += 1;
                return Ok(name);
            }
            if !is_name_byte(byte) {
                break;
            }
            self.at += 1;
        }
        Err(self.not_canonical("member names are printable ASCII without '\"' and '\\'"))
    }

    /// Reads a string of exactly `2 * N` lower-case hex digits if it comes next: about half of
    /// a line is such strings, and they need no looking for escapes.
    #[inline]
    pub(crate) fn hex<const N: usize>(&mut self) -> Option<[u8; N]> {
        let quoted = self.text.as_bytes().get(self.at..self.at + 2 * N + 2)?;
        let (b'"', [digits @ .., b'"']) = quoted.split_first()? else {
            return None;
        };
        let bytes = parse_hex(digits)?;
        self.at += quoted.len();
        Some(bytes)
    }

    /// A string with its quotes.
    pub(crate) fn string(&mut self) -> Result<Raw<'a>, Defect> {
        if !self.eat("\"") {
            return Err(self.not_canonical("a string is expected"));
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            self.at += plain(&bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    let raw = self.slice(start..self.at);
                    self.at += 1;
                    return Ok(Raw(raw));
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.not_canonical("control characters are escaped")),
                None => return Err(self.not_canonical("the string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Defect> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let escaped = match rest {
            [b'"' | b'\\', ..] => 2,
            [b'b' | b't' | b'n' | b'f' | b'r', ..] => 2,
            [b'u', b'0', b'0', high @ b'0'..=b'1', low, ..] => {
                let low = match low {
                    b'0'..=b'9' => low - b'0',
                    b'a'..=b'f' => low - b'a' + 10,
                    _ => return Err(self.not_canonical("hex digits of escapes are lower case")),
                };
                match escape((high - b'0') << 4 | low) {
                    Some(Escape::Hex) => 6,
                    _ => return Err(self.not_canonical("this character has a short escape")),
                }
            }
            _ => return Err(self.not_canonical("this character is written as itself")),
        };
        self.at += escaped;
        Ok(())
    }

    /// An integer.
    pub(crate) fn integer(&mut self) -> Result<i64, Defect> {
        let start = self.at;
        let negative = self.eat("-");
        let rest = &self.text.as_bytes()[self.at..];
        let mut digits = 0;
        let mut size: u64 = 0;
        while let Some(digit) = rest.get(digits).filter(|byte| byte.is_ascii_digit()) {
            size = size
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'));
            digits += 1;
        }
        let zero = rest.first() == Some(&b'0') && (digits > 1 || negative);
        if digits == 0 || zero {
            return Err(self.not_canonical("integers have no leading zero, no '+' and no '-0'"));
        }
        self.at += digits;
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.not_canonical("numbers are integers without fraction or exponent"));
        }
        match i64::try_from(size) {
            Ok(n) if size <= MAX_INTEGER => Ok(if negative { -n } else { n }),
            _ => Err(Defect::NumberOutOfRange { offset: start }),
        }
    }
}
