//! What tells one task from another: id, words of the title, place, body.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Side;
use super::lines;
use super::sections::place;
use super::words::{self, Bag, Lexicon};
use crate::list::List;
use crate::outline::{Entry, Outline, Section};
use crate::text::content;

/// One task of one side.
pub(super) struct Profile<'a> {
    /// The id as written.
    pub(super) id: Option<&'a str>,
    /// The title as written.
    pub(super) written: &'a str,
    /// Its words, read when they are asked for.
    title: OnceCell<(String, usize)>,
    /// The section's path, numbered alike on both sides.
    pub(super) path: u32,
    /// The task it is nested in: a hash of its id and title; 0 if there is none.
    pub(super) parent: u64,
    /// A hash of its own lines, blanks at their ends left out.
    pub(super) block: u64,
    /// The same of its own lines after the first.
    pub(super) body_hash: u64,
    /// Its own lines after the first.
    body: Vec<&'a str>,
}

/// Titles of fewer words ("Tests", "Write docs") are shared by many tasks.
pub(super) const DISTINCTIVE_WORDS: usize = 3;

impl Profile<'_> {
    /// The title's words in order; the title itself where it has none.
    pub(super) fn title(&self) -> &str {
        &self.words().0
    }

    /// Whether the title alone can tell the task from others.
    pub(super) fn is_distinctive(&self) -> bool {
        self.words().1 >= DISTINCTIVE_WORDS
    }

    fn words(&self) -> &(String, usize) {
        self.title.get_or_init(|| key(self.written))
    }
}

/// Words of titles and bodies, read only when exact agreement left something open.
pub(super) struct Texts {
    /// Words of all titles.
    pub(super) titles: Lexicon,
    /// Words of all bodies.
    pub(super) bodies: Lexicon,
    /// How many tasks of each side have a title.
    same_title: HashMap<String, (usize, usize)>,
    /// Title and body of each task of the old side.
    pub(super) before: Vec<(Bag, Bag)>,
    /// Title and body of each task of the new side.
    pub(super) after: Vec<(Bag, Bag)>,
}

impl Texts {
    pub(super) fn read(before: &[Profile<'_>], after: &[Profile<'_>]) -> Self {
        let (mut titles, mut bodies) = (Lexicon::default(), Lexicon::default());
        let mut bags = |profiles: &[Profile<'_>]| {
            profiles
                .iter()
                .map(|profile| {
                    let title = titles.read(words::split(profile.title()));
                    let body = profile.body.iter().flat_map(|line| words::split(line));
                    (title, bodies.read(body.collect()))
                })
                .collect()
        };
        let mut same_title: HashMap<String, (usize, usize)> = HashMap::new();
        for profile in before {
            same_title.entry(profile.title().to_owned()).or_default().0 += 1;
        }
        for profile in after {
            same_title.entry(profile.title().to_owned()).or_default().1 += 1;
        }
        let (before, after) = (bags(before), bags(after));
        Self {
            titles,
            bodies,
            same_title,
            before,
            after,
        }
    }

    /// Whether just one task of each side has this title.
    pub(super) fn are_unique(&self, title: &str) -> bool {
        self.same_title.get(title) == Some(&(1, 1))
    }
}

/// Profiles of both sides' tasks, in the order of their outlines.
pub(super) fn profiles<'a>(
    before: Side<'a>,
    after: Side<'a>,
) -> (Vec<Profile<'a>>, Vec<Profile<'a>>) {
    let mut paths = Paths::default();
    let old = side(before, &mut paths);
    (old, side(after, &mut paths))
}

fn side<'a>(side: Side<'a>, paths: &mut Paths) -> Vec<Profile<'a>> {
    let paths = paths.read(&side.outline.sections);
    let owned = lines::by_entry(side.outline, side.document.len());
    let task = |group: &Vec<usize>| {
        let primary = group.first().copied().unwrap_or(usize::MAX);
        let entry = side.outline.entries.get(primary);
        let own: Vec<&str> = owned
            .get(primary)
            .into_iter()
            .flatten()
            .map(|&line| side.document.line(line))
            .collect();
        profile(side.outline, entry, &own, &paths)
    };
    side.outline.tasks.iter().map(task).collect()
}

fn profile<'a>(
    outline: &'a Outline,
    entry: Option<&'a Entry>,
    own: &[&'a str],
    paths: &[u32],
) -> Profile<'a> {
    let parent = entry
        .and_then(|entry| outline.entries.get(entry.parent?))
        .map_or(0, |parent| {
            hash(&(parent.id.as_ref().map(|id| &id.text), &parent.title.text))
        });
    let trimmed: Vec<&str> = own.iter().map(|line| content(line).trim_end()).collect();
    Profile {
        id: entry
            .and_then(|entry| entry.id.as_ref())
            .map(|id| id.text.as_str()),
        written: entry.map_or("", |entry| &entry.title.text),
        title: OnceCell::new(),
        path: entry
            .and_then(|entry| paths.get(place(outline, entry)?).copied())
            .unwrap_or(0),
        parent,
        block: hash(&trimmed),
        body_hash: hash(&trimmed.get(1..)),
        body: own.get(1..).unwrap_or_default().to_vec(),
    }
}

/// The words of a title that decide whether two titles are the same, and their number.
pub(super) fn key(title: &str) -> (String, usize) {
    let words = words::split(title);
    if words.is_empty() {
        (title.trim().to_owned(), 0)
    } else {
        (words.join(" "), words.len())
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Numbers for section paths, shared by both sides; 0 is the document itself.
#[derive(Default)]
struct Paths(HashMap<(u32, String), u32>);

impl Paths {
    fn read(&mut self, sections: &List<Section>) -> Vec<u32> {
        let mut numbers: Vec<u32> = Vec::with_capacity(sections.len());
        for section in sections {
            let parent = section
                .parent
                .and_then(|parent| numbers.get(parent).copied())
                .unwrap_or(0);
            let next = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
            let path = (parent, key(&section.title.text).0);
            numbers.push(*self.0.entry(path).or_insert(next));
        }
        numbers
    }
}
