//! Whether a shell's pattern can stand for a path, without a look at the files: `*`, `?`, `[…]` and
//! `**` as in POSIX 2.13, and braces as bash has them.

use std::path::{Component, Path};

/// The longest word that is read as a pattern, in bytes.
const LONGEST: usize = 1 << 10;

/// How many words braces are written out to, at most.
const MOST_WORDS: usize = 64;

/// Whether a word has anything in it that makes it a pattern.
pub(super) fn is_one(word: &str) -> bool {
    word.len() <= LONGEST && word.contains(['*', '?', '[', '{'])
}

/// Whether `word`, from `folder` on where it is not absolute, can stand for `path`.
pub(super) fn matches(word: &str, folder: &Path, path: &Path) -> bool {
    if word.len() > LONGEST {
        return false;
    }
    let path = names(path);
    written_out(word).iter().any(|word| {
        let mut parts = Vec::new();
        if !Path::new(word).is_absolute() {
            parts.extend(names(folder).into_iter().map(Part::Name));
        }
        for name in word.split('/').filter(|name| !name.is_empty()) {
            match name {
                "." => {}
                ".." => drop(parts.pop()),
                "**" => parts.push(Part::Folders),
                name => parts.push(Part::Pattern(name.chars().collect())),
            }
        }
        fits(&parts, &path, |part| *part == Part::Folders, Part::is)
    })
}

/// Whether a pattern without `/` stands for a name, as `find -name` has it.
pub(super) fn names_file(pattern: &str, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let pattern: Vec<char> = pattern.chars().take(LONGEST).collect();
    name.is_some_and(|name| is_name(&pattern, name))
}

#[derive(PartialEq)]
enum Part<'p> {
    /// A folder's name as it is.
    Name(&'p str),
    /// A pattern of one name.
    Pattern(Vec<char>),
    /// Any folders.
    Folders,
}

impl Part<'_> {
    fn is(&self, name: &&str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Pattern(pattern) => is_name(pattern, name),
            Self::Folders => true,
        }
    }
}

fn names(path: &Path) -> Vec<&str> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_str().unwrap_or_default()),
        _ => None,
    });
    names.collect()
}

/// One character's place in a pattern.
#[derive(PartialEq)]
enum Sign {
    Any,
    One,
    Letter(char),
    /// A set of ranges; whether it is what is not in them.
    Set(Vec<(char, char)>, bool),
}

fn is_name(pattern: &[char], name: &str) -> bool {
    let mut signs = Vec::new();
    let mut at = 0;
    while let Some(letter) = pattern.get(at) {
        at += 1;
        signs.push(match letter {
            '*' => Sign::Any,
            '?' => Sign::One,
            '[' => match set(&pattern[at..]) {
                Some((sign, length)) => {
                    at += length;
                    sign
                }
                None => Sign::Letter('['),
            },
            letter => Sign::Letter(*letter),
        });
    }
    let name: Vec<char> = name.chars().collect();
    let is = |sign: &Sign, letter: &char| match sign {
        Sign::Any | Sign::One => true,
        Sign::Letter(own) => own == letter,
        Sign::Set(ranges, inverted) => {
            let mut ranges = ranges.iter();
            ranges.any(|(first, last)| (first..=last).contains(&letter)) != *inverted
        }
    };
    fits(&signs, &name, |sign| *sign == Sign::Any, is)
}

/// The set behind a `[`, and how long it is with its `]`; `None` if it does not end.
fn set(pattern: &[char]) -> Option<(Sign, usize)> {
    let inverted = matches!(pattern.first(), Some('!' | '^'));
    let begin = usize::from(inverted);
    // A `]` that comes first is one of the set.
    let length = pattern.iter().skip(begin + 1).position(|end| *end == ']')?;
    let end = begin + 1 + length;
    let mut ranges = Vec::new();
    let mut letters = &pattern[begin..end];
    while let Some((first, rest)) = letters.split_first() {
        letters = match rest {
            ['-', last, rest @ ..] => {
                ranges.push((*first, *last));
                rest
            }
            rest => {
                ranges.push((*first, *first));
                rest
            }
        };
    }
    Some((Sign::Set(ranges, inverted), end + 1))
}

/// Whether a row of signs, some of which stand for any number of things, fits a row of things. Only
/// the last such sign is ever tried again, so this takes at most the product of both lengths.
fn fits<S, T>(
    signs: &[S],
    things: &[T],
    is_any: impl Fn(&S) -> bool,
    is: impl Fn(&S, &T) -> bool,
) -> bool {
    let (mut sign, mut thing) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while let Some(this) = things.get(thing) {
        match signs.get(sign) {
            Some(own) if is_any(own) => {
                last = Some((sign, thing));
                sign += 1;
            }
            Some(own) if is(own, this) => {
                sign += 1;
                thing += 1;
            }
            _ => {
                let Some((any, from)) = last else {
                    return false;
                };
                last = Some((any, from + 1));
                sign = any + 1;
                thing = from + 1;
            }
        }
    }
    signs.iter().skip(sign).all(is_any)
}

/// The words that a word with braces stands for, `{a,b}.md` for `a.md` and `b.md`.
fn written_out(word: &str) -> Vec<String> {
    let mut open = vec![word.to_owned()];
    let mut words = Vec::new();
    while let Some(word) = open.pop() {
        match braces(&word) {
            Some((begin, end)) if open.len() + words.len() < MOST_WORDS => {
                let (before, after) = (&word[..begin], &word[end + 1..]);
                let inner = word[begin + 1..end].split(',').take(MOST_WORDS);
                open.extend(inner.map(|part| format!("{before}{part}{after}")));
            }
            _ => words.push(word),
        }
    }
    words
}

/// Where the first braces begin and end that have a comma and no such braces in them.
fn braces(word: &str) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, letter) in word.bytes().enumerate() {
        match letter {
            b'{' => open.push((at, false)),
            b',' => {
                if let Some(last) = open.last_mut() {
                    last.1 = true;
                }
            }
            b'}' => {
                if let Some((begin, true)) = open.pop() {
                    return Some((begin, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stands(word: &str) -> bool {
        matches(word, Path::new("/proj/sub"), Path::new("/proj/sub/TODO.md"))
    }

    #[test]
    fn patterns_stand_for_what_they_match() {
        for word in [
            "*.md",
            "*",
            "T?DO.md",
            "[Tt]ODO.md",
            "[!a-z]ODO.md",
            "[A-Z]*",
            "**/*.md",
            "**",
            "{TODO,x}.md",
            "{x,{y,TO{DO,x}}}.md",
            "./*.md",
            "../*/TODO.*",
            "/proj/*/TODO.md",
            "/**/TODO.md",
            "T*D*.m?",
            "{a,b}/../{x,TODO}.md",
            "{,a}TODO.md",
        ] {
            assert!(stands(word), "{word}");
        }
    }

    #[test]
    fn patterns_stand_for_nothing_else() {
        for word in [
            "*.rs",
            "?.md",
            "[a-z]ODO.md",
            "[!T]ODO.md",
            "[TODO.md",
            "{TODO.md",
            "{TODO}.md",
            "{a,b}.md",
            "a,{TODO,x}.md",
            "*/*.md",
            "src/**",
            "../*.md",
            "s/a*/b/",
            "",
        ] {
            assert!(!stands(word), "{word}");
        }
        // What a folder is called is no pattern.
        let folder = Path::new("/proj/[ab]");
        assert!(matches("*.md", folder, Path::new("/proj/[ab]/x.md")));
        assert!(!matches("*.md", folder, Path::new("/proj/a/x.md")));
    }

    #[test]
    fn hostile_patterns_end_soon() {
        for word in [
            "*a".repeat(500),
            "{a,b}".repeat(200),
            "{".repeat(1_000),
            "**/".repeat(300),
            "[".repeat(1_000),
            "{".repeat(300) + &",a}".repeat(300),
        ] {
            let path = format!("/proj/{}b", "a".repeat(10_000));
            assert!(
                !matches(&word, Path::new("/proj"), Path::new(&path)) || word.starts_with("**")
            );
            assert!(written_out(&word).len() <= 2 * MOST_WORDS);
        }
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(
            word in "([*?{},!^/.-]|\\[|\\]|[ab]|\\PC){0,40}", path in "(/|[ab*]|\\PC){0,20}"
        ) {
            matches(&word, Path::new("/a"), Path::new(&path));
            names_file(&word, Path::new(&path));
        }

        #[test]
        fn a_path_with_some_of_it_left_open_still_fits(
            name in "[a-z]{1,8}", from in 0..8_usize, many in 0..8_usize
        ) {
            let from = from.min(name.len());
            let to = (from + many).min(name.len());
            let word = format!("{}*{}", &name[..from], &name[to..]);
            let path = Path::new("/a").join(&name);
            prop_assert!(matches(&word, Path::new("/a"), &path));
            let ones = format!("{}{}{}", &name[..from], "?".repeat(to - from), &name[to..]);
            prop_assert!(matches(&ones, Path::new("/a"), &path));
        }
    }
}
