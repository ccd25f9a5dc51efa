//! A shell's command line as the simple commands it is made of, without running any of it.
//!
//! Only as much of a shell as tells which words are names of files: quotes, escapes, redirections,
//! here-documents, and commands inside others. What a variable or a pattern stands for is not
//! worked out.

use std::iter::Peekable;
use std::str::Chars;

/// How deep commands stand in others, at most; what is deeper is passed over.
pub(super) const DEEPEST: usize = 4;

/// One step of a command line, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A command.
    Simple(Simple),
    /// A part begins that has a current folder of its own.
    Enter,
    /// That part ends.
    Leave,
}

/// A command with nothing joined to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simple {
    /// Its words, without quotes; a `$` stands where something is filled in.
    pub(super) words: Vec<String>,
    /// The files that its output is sent to.
    pub(super) written: Vec<String>,
    /// What it is given to read, if the line itself says so.
    pub(super) input: String,
}

/// The steps of a command line.
pub(super) fn steps(line: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    read(line, 0, &mut steps);
    steps
}

fn read(line: &str, depth: usize, steps: &mut Vec<Step>) {
    let reader = Reader {
        rest: line.chars().peekable(),
        depth,
        steps,
        current: None,
        word: None,
        next: Next::Word,
        waiting: Vec::new(),
    };
    reader.run();
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Word,
    /// A file that is written.
    Written,
    /// A file that is read.
    Read,
    /// The command's input itself.
    Input,
    /// What ends a here-document; whether tabs before it count for nothing.
    End {
        indented: bool,
    },
}

struct Reader<'s> {
    rest: Peekable<Chars<'s>>,
    depth: usize,
    steps: &'s mut Vec<Step>,
    /// Where the command that is being read is in `steps`.
    current: Option<usize>,
    word: Option<String>,
    next: Next,
    /// Here-documents that begin behind this line: of which command, what ends them.
    waiting: Vec<(usize, String, bool)>,
}

impl Reader<'_> {
    fn run(mut self) {
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(escaped) => self.push(escaped),
                },
                '\'' => self.quoted(),
                '"' => self.double_quoted(),
                '`' => self.nested_to('`'),
                '$' => self.dollar(),
                '#' if self.word.is_none() => {
                    while self.rest.next_if(|letter| *letter != '\n').is_some() {}
                }
                '<' | '>' => self.redirection(letter),
                '&' if self.rest.next_if_eq(&'>').is_some() => self.redirection('>'),
                '\n' => {
                    self.end_command();
                    self.documents();
                }
                ';' | '|' | '&' => self.end_command(),
                '(' | ')' => {
                    self.end_command();
                    self.steps.push(match letter {
                        '(' => Step::Enter,
                        _ => Step::Leave,
                    });
                }
                letter if letter.is_whitespace() => self.end_word(),
                letter => self.push(letter),
            }
        }
        self.end_command();
    }

    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn quoted(&mut self) {
        let word = self.word.get_or_insert_default();
        word.extend(self.rest.by_ref().take_while(|letter| *letter != '\''));
    }

    fn double_quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some(letter) = self.rest.next() {
            match letter {
                '"' => return,
                '\\' => {
                    let escaped = self.rest.next_if(|next| "\\\"$`\n".contains(*next));
                    match escaped {
                        Some('\n') => {}
                        escaped => self.push(escaped.unwrap_or('\\')),
                    }
                }
                '`' => self.nested_to('`'),
                '$' => self.dollar(),
                letter => self.push(letter),
            }
        }
    }

    /// Something that is filled in: the output of a command is read as one, all else is left.
    fn dollar(&mut self) {
        if self.rest.next_if_eq(&'(').is_some() {
            self.nested_to(')');
        } else if self.word.is_some() || self.rest.peek() != Some(&'\'') {
            self.push('$');
        }
    }

    /// Reads a command inside another one, up to the `end` that is its own.
    fn nested_to(&mut self, end: char) {
        let mut inner = String::new();
        let (mut open, mut quote) = (0_usize, None);
        while let Some(letter) = self.rest.next() {
            match (letter, quote) {
                ('\\', None | Some('"')) => {
                    inner.push(letter);
                    inner.extend(self.rest.next());
                    continue;
                }
                (letter, None) if letter == end && open == 0 => break,
                ('\'' | '"', None) => quote = Some(letter),
                (letter, Some(own)) if letter == own => quote = None,
                ('(', None) => open += 1,
                (')', None) => open = open.saturating_sub(1),
                _ => {}
            }
            inner.push(letter);
        }
        self.push('$');
        if self.depth < DEEPEST {
            self.steps.push(Step::Enter);
            read(&inner, self.depth + 1, self.steps);
            self.steps.push(Step::Leave);
        }
    }

    fn redirection(&mut self, sign: char) {
        // A number right before it says which of the command's outputs is meant.
        let is_number = |word: &mut String| word.chars().all(|letter| letter.is_ascii_digit());
        if self.word.take_if(is_number).is_none() {
            self.end_word();
        }
        if self.rest.next_if_eq(&'(').is_some() {
            self.nested_to(')');
            return;
        }
        self.next = match sign {
            '<' if self.rest.next_if_eq(&'<').is_some() => {
                if self.rest.next_if_eq(&'<').is_some() {
                    Next::Input
                } else {
                    let indented = self.rest.next_if_eq(&'-').is_some();
                    Next::End { indented }
                }
            }
            '<' if self.rest.next_if_eq(&'>').is_none() => Next::Read,
            _ => {
                self.rest.next_if(|letter| ">|".contains(*letter));
                match self.rest.next_if_eq(&'&') {
                    // Another of its outputs, not a file.
                    Some(_) => Next::Read,
                    None => Next::Written,
                }
            }
        };
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        let at = *self.current.get_or_insert_with(|| {
            self.steps.push(Step::Simple(Simple::default()));
            self.steps.len() - 1
        });
        let next = std::mem::replace(&mut self.next, Next::Word);
        let Some(Step::Simple(command)) = self.steps.get_mut(at) else {
            return;
        };
        match next {
            Next::Word => command.words.push(word),
            Next::Written => command.written.push(word),
            Next::Read => {}
            Next::Input => command.input.push_str(&word),
            Next::End { indented } => self.waiting.push((at, word, indented)),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.current = None;
        self.next = Next::Word;
    }

    /// Reads the here-documents that the line before announced.
    fn documents(&mut self) {
        for (at, end, indented) in std::mem::take(&mut self.waiting) {
            let mut text = String::new();
            while self.rest.peek().is_some() {
                let line: String = self
                    .rest
                    .by_ref()
                    .take_while(|letter| *letter != '\n')
                    .collect();
                let bare = match indented {
                    true => line.trim_start_matches('\t'),
                    false => &line,
                };
                if bare == end {
                    break;
                }
                text.push_str(&line);
                text.push('\n');
            }
            if let Some(Step::Simple(command)) = self.steps.get_mut(at) {
                command.input.push_str(&text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn simple(words: &[&str]) -> Simple {
        Simple {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Simple::default()
        }
    }

    fn commands(line: &str) -> Vec<Simple> {
        let commands = steps(line).into_iter().filter_map(|step| match step {
            Step::Simple(command) => Some(command),
            _ => None,
        });
        commands.collect()
    }

    #[test]
    fn words_are_as_a_shell_has_them() {
        for (line, words) in [
            (r"a 'b c' d", &["a", "b c", "d"][..]),
            (r#"a "b \"c\" $d" e\ f"#, &["a", "b \"c\" $d", "e f"]),
            ("a b\\\nc # d 'e", &["a", "bc"]),
            ("a '' b#c", &["a", "", "b#c"]),
            ("a $'b'", &["a", "b"]),
        ] {
            assert_eq!(commands(line), [simple(words)], "{line}");
        }
    }

    #[test]
    fn commands_are_told_apart() {
        for line in ["a;b", "a && b", "a|b", "a || b", "a & b", "a\nb", "(a) b"] {
            assert_eq!(commands(line), [simple(&["a"]), simple(&["b"])], "{line}");
        }
        let inside = [simple(&["b", "(", "c"]), simple(&["a", "x$y"])];
        for line in [r#"a "x$(b '(' c)y""#, "a x`b '(' c`y"] {
            let mut found = commands(line);
            found.sort_by_key(|command| std::cmp::Reverse(command.words.len()));
            assert_eq!(found, inside, "{line}");
        }
    }

    #[test]
    fn redirections_and_documents_are_no_words() {
        for (line, written, input) in [
            ("a >b", &["b"][..], ""),
            ("a 2>>'b c' <d", &["b c"], ""),
            ("a &>b 2>&1", &["b"], ""),
            ("a <<E >b\nx\nE\n", &["b"], "x\n"),
            ("a <<-'E F'\n\tx\n\tE F\n", &[], "\tx\n"),
            ("a <<< x", &[], "x"),
        ] {
            let wanted = Simple {
                written: written.iter().map(|word| (*word).to_owned()).collect(),
                input: input.to_owned(),
                ..simple(&["a"])
            };
            assert_eq!(commands(line), [wanted], "{line}");
        }
        assert_eq!(commands("a <<E\nx\nE\nb").len(), 2);
    }

    #[test]
    fn what_is_deep_inside_is_passed_over() {
        let deep = format!("{}a{}", "$(".repeat(10_000), ")".repeat(10_000));
        assert!(steps(&deep).len() <= 4 * DEEPEST + 2);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "([<>|&;()$`'\"\\\\#\n-]|EOF|[ab ]|\\PC){0,40}") {
            steps(&line);
        }
    }
}
