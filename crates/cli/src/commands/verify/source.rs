//! A journal that can be read again: where a history went apart, verifying takes a second pass
//! (ledger-format.md §7.3).

use std::fs::File;
use std::io::{self, Read, Seek, Take, Write};

/// A reader that can go back to its beginning.
pub(crate) trait Again: Read + Send {
    /// Goes back to the beginning.
    fn again(&mut self) -> io::Result<()>;
}

impl<A: Again> Again for &mut A {
    fn again(&mut self) -> io::Result<()> {
        (**self).again()
    }
}

impl Again for io::Empty {
    fn again(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Again for Take<File> {
    fn again(&mut self) -> io::Result<()> {
        let read = self.get_mut().stream_position()?;
        let length = self.limit().saturating_add(read);
        self.get_mut().rewind()?;
        self.set_limit(length);
        Ok(())
    }
}

/// What comes through a pipe, copied while it is read, so that no more of it is than is verified.
pub(crate) struct Copied {
    /// `None` once all of it is in the copy.
    from: Option<Box<dyn Read + Send>>,
    copy: File,
}

impl Copied {
    /// Reads from here.
    pub(crate) fn new(from: impl Read + Send + 'static) -> io::Result<Self> {
        Ok(Self {
            from: Some(Box::new(from)),
            copy: tempfile::tempfile()?,
        })
    }

    /// What was read, from its beginning.
    pub(crate) fn into_file(mut self) -> io::Result<File> {
        self.copy.rewind()?;
        Ok(self.copy)
    }
}

impl Read for Copied {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(from) = &mut self.from else {
            return self.copy.read(into);
        };
        let count = from.read(into)?;
        self.copy.write_all(&into[..count])?;
        Ok(count)
    }
}

impl Again for Copied {
    fn again(&mut self) -> io::Result<()> {
        if let Some(mut from) = self.from.take() {
            io::copy(&mut from, &mut self.copy)?;
        }
        self.copy.rewind()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_in_part_is_read_again_whole() {
        let text = b"one\ntwo\nthree\n";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        file.rewind().unwrap();
        let sources: [Box<dyn Again>; 2] = [
            Box::new(Copied::new(&text[..13]).unwrap()),
            Box::new(file.take(13)),
        ];
        for mut source in sources {
            let mut part = [0; 5];
            source.read_exact(&mut part).unwrap();
            for _ in 0..2 {
                source.again().unwrap();
                let mut all = Vec::new();
                source.read_to_end(&mut all).unwrap();
                assert_eq!(all, text[..13]);
            }
        }
    }
}
