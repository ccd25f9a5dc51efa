//! Finds the lines that repeat what the tasks say.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::outline::Outline;
use crate::text::Document;

use super::binding::{Binding, Subject};
use super::called::{keys, titles};
use super::date::{Date, DateFormat};
use super::facts::Facts;
use super::figures::{Evidence, Figures};
use super::group::{Group, Groups, Known, Scope};
use super::hints::{PlaceHints, headers};
use super::lex;
use super::line::{self, Kind, Place};
use super::mention;
use super::sequence;
use super::template::{Builder, Share, Slot};
use crate::vocabulary::Sense;

/// The lines of a document that repeat what its tasks say, in order.
///
/// A line binds when every slot in it agrees with the tasks and just one group of tasks fits.
#[must_use]
pub fn bind(document: &Document, outline: &Outline) -> Vec<Binding> {
    bind_beside(&Facts::all(document, outline), &HashSet::new())
}

/// [`bind`] for the lines that are not bound already; of those that are, it may leave out any.
pub(super) fn bind_beside(facts: &Facts<'_>, bound: &HashSet<usize>) -> Vec<Binding> {
    if facts.order().is_empty() {
        return Vec::new();
    }
    Binder::new(facts).bind(bound)
}

/// Everything that is looked up while binding.
pub(super) struct Binder<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) groups: Groups,
    pub(super) places: Vec<Place<'a>>,
    /// What sections are called, and their headings' lines.
    titles: OnceCell<HashMap<String, Vec<usize>>>,
    headers: HashMap<usize, Vec<&'a str>>,
    ends: RefCell<HashMap<Group, Option<Ends>>>,
    /// How often lines are still compared with groups that nothing ties them to.
    pub(super) comparisons: Cell<usize>,
    /// By their headings' lines, the tasks of sections that have further writings of tasks which
    /// stand elsewhere.
    pub(super) written: OnceCell<BTreeMap<usize, Known>>,
    /// By block, the number of tasks that a line of it gives as their total.
    pub(super) totals: OnceCell<HashMap<usize, u64>>,
}

/// How often lines of one document are compared with groups that nothing ties them to.
const MOST_COMPARISONS: usize = 1 << 22;

/// How many tasks a group has, and the ones that lines name.
#[derive(Debug, Clone, Copy)]
struct Ends {
    size: usize,
    last: Option<usize>,
    next: Option<usize>,
}

/// How a line was tied to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// It is the group's heading, stands in its section, or names it.
    Place,
    /// It stands in no section with tasks, and the group is the whole document.
    Whole,
    /// It stands in no section with tasks, and only this group fits.
    Figures,
}

impl<'a> Binder<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        let places = line::places(facts.document, facts.outline);
        Self {
            headers: headers(&places),
            groups: Groups::new(facts),
            facts,
            places,
            titles: OnceCell::new(),
            ends: RefCell::default(),
            comparisons: Cell::new(MOST_COMPARISONS),
            written: OnceCell::new(),
            totals: OnceCell::new(),
        }
    }

    fn bind(&self, kept: &HashSet<usize>) -> Vec<Binding> {
        let rolled_up = |place: &Place<'_>| self.count(place).or_else(|| self.sequence(place));
        let is_kept = |place: &Place<'_>| kept.contains(&place.line);
        let new = self.places.iter().map(|place| match is_kept(place) {
            true => None,
            false => rolled_up(place),
        });
        let mut found: Vec<Option<Binding>> = new.collect();
        let updated = self.updated();
        // What lines are about that are bound already matters only to lines in their blocks that
        // may name a task.
        let dated: HashSet<usize> = updated.iter().map(|binding| binding.line).collect();
        let others = self.places.iter().zip(&found);
        let others = others.filter(|(place, found)| {
            found.is_none() && !is_kept(place) && !dated.contains(&place.line)
        });
        let blocks: HashSet<usize> = others
            .filter(|(place, _)| self.mention(place).is_some())
            .map(|(place, _)| place.block)
            .collect();
        for (place, found) in self.places.iter().zip(&mut found) {
            if is_kept(place) && blocks.contains(&place.block) {
                *found = rolled_up(place);
            }
        }
        // Blocks that hold a roll-up, and the groups they are about.
        let mut company: HashMap<usize, Vec<Group>> = HashMap::new();
        for (place, found) in self.places.iter().zip(&found) {
            if let Some(group) = found.as_ref().and_then(|found| found.subject.group()) {
                company.entry(place.block).or_default().push(group.clone());
            }
        }
        let mut bound: Vec<Binding> = found.into_iter().flatten().chain(updated).collect();
        let counted: HashSet<usize> = bound.iter().map(|binding| binding.line).collect();
        let rest = self
            .places
            .iter()
            .filter(|place| blocks.contains(&place.block) && !counted.contains(&place.line));
        bound.extend(self.mentions(rest, &company));
        bound.sort_by_key(|binding| binding.line);
        bound
    }

    /// A line of counts.
    fn count(&self, place: &Place<'_>) -> Option<Binding> {
        let figures = self.figures(place)?;
        let (group, slots, tie) = self.tie(place, &|group| self.explain(place, &figures, group))?;
        convinces(place, figures.evidence(), figures.words, tie).then(|| {
            let offset = place.columns.start + self.cells_from(place);
            let mut builder = Builder::new(place.content);
            for (range, slot) in slots {
                builder.slot(&(offset + range.start..offset + range.end), slot);
            }
            Binding {
                line: place.line,
                subject: Subject::Group(group),
                template: builder.finish(),
            }
        })
    }

    pub(super) fn figures(&self, place: &Place<'_>) -> Option<Figures> {
        self.figures_in(place, place.text())
    }

    /// The same for the beginning of a place's text.
    pub(super) fn figures_in(&self, place: &Place<'_>, text: &str) -> Option<Figures> {
        let from = self.cells_from(place);
        let hints = PlaceHints {
            place,
            from,
            cells: self.headers.get(&place.line),
        };
        Figures::read(text.get(from..)?, self.facts, &hints)
    }

    pub(super) fn explain(
        &self,
        place: &Place<'_>,
        figures: &Figures,
        group: &Known,
    ) -> Option<Vec<(Range<usize>, Slot)>> {
        let plain = (place.kind == Kind::Heading).then_some(Share::Total);
        figures.explain(self.facts, group, plain)
    }

    /// Where the figures of a place start: in a table row behind the first cell.
    pub(super) fn cells_from(&self, place: &Place<'_>) -> usize {
        if place.kind != Kind::Row {
            return 0;
        }
        let text = place.text();
        let first = text.len() - text.trim_start_matches('|').len();
        text[first..].find('|').map_or(text.len(), |at| first + at)
    }

    /// The groups to try for a place, those of the first stage that has any that fits.
    fn stages(&self, place: &Place<'_>) -> Vec<(Tie, Vec<usize>)> {
        if place.kind == Kind::Heading {
            return vec![(Tie::Place, self.groups.of_section(place.line).to_vec())];
        }
        if let Some(named) = self.named(place) {
            return vec![(Tie::Place, named)];
        }
        let is_all = |index: &usize| self.groups.whole.contains(index);
        let mut stages = Vec::new();
        for section in &place.sections {
            let groups = self.groups.of_section(*section);
            if !groups.is_empty() && !groups.iter().all(is_all) {
                stages.push((Tie::Place, groups.to_vec()));
            }
        }
        if stages.is_empty() {
            stages.push((Tie::Figures, (0..self.groups.all.len()).collect()));
        } else {
            stages.push((Tie::Whole, self.groups.whole.clone()));
        }
        stages
    }

    /// The groups of the stage that comes first, where the place itself says which these are.
    pub(super) fn nearest(&self, place: &Place<'_>) -> Vec<usize> {
        let stages = self.stages(place);
        match stages.into_iter().next() {
            Some((Tie::Place | Tie::Whole, groups)) => groups,
            // Without a section that has tasks of its own, it is about the document.
            _ => self.groups.whole.clone(),
        }
    }

    /// The one group that a test holds for, at the nearest stage where it holds for any.
    fn tie<T>(
        &self,
        place: &Place<'_>,
        test: &impl Fn(&Known) -> Option<T>,
    ) -> Option<(Group, T, Tie)> {
        for (tie, groups) in self.stages(place) {
            let mut fitting = groups.into_iter().filter_map(|index| {
                let group = self.groups.get(index)?;
                Some((group, test(group)?))
            });
            let Some((group, value)) = fitting.next() else {
                continue;
            };
            if fitting.next().is_some() {
                return None;
            }
            let tie = if tie == Tie::Figures && group.is_all() {
                Tie::Whole
            } else {
                tie
            };
            return Some((group.name(&place.sections)?, value, tie));
        }
        None
    }

    /// The groups of the section that a place names in front of its figures, if it names one.
    fn named(&self, place: &Place<'_>) -> Option<Vec<usize>> {
        let text = place.text();
        let phrase = match place.kind {
            Kind::Field => place.label,
            Kind::Row => &text[..self.cells_from(place)],
            Kind::Heading | Kind::Item | Kind::Prose => lex::split(text)
                .iter()
                .find(|token| {
                    matches!(token.kind, lex::Kind::Number(_) | lex::Kind::Percent { .. })
                })
                .map_or(text, |token| &text[..token.range.start]),
        };
        if place.kind == Kind::Row && Sense::Total.is_in(phrase) {
            return Some(self.groups.whole.clone());
        }
        let titles = self.titles.get_or_init(|| titles(self.facts.outline));
        let lines = keys(phrase).into_iter().find_map(|key| titles.get(&key))?;
        let mut groups: Vec<usize> = Vec::new();
        for line in lines {
            groups.extend(self.groups.of_section(*line));
        }
        groups.sort_unstable();
        groups.dedup();
        (!groups.is_empty()).then_some(groups)
    }

    /// Whether a place names a section in front of its figures.
    pub(super) fn names_section(&self, place: &Place<'_>) -> bool {
        self.named(place).is_some()
    }

    /// A line of names with marks.
    fn sequence(&self, place: &Place<'_>) -> Option<Binding> {
        if place.kind == Kind::Row {
            return None;
        }
        let sequence = sequence::read(place, self.facts)?;
        // The names and marks say what group is meant, so a place has nothing to add. Groups
        // around one another fit alike; the closest one is meant.
        let mut fitting = self
            .groups
            .all
            .iter()
            .filter(|group| sequence.fits(self.facts, group));
        let mut closest = fitting.next()?;
        for group in fitting {
            if !sequence.same_tasks(self.facts, closest, group) {
                return None;
            }
            if group.members.len() < closest.members.len() {
                closest = group;
            }
        }
        Some(Binding {
            line: place.line,
            subject: Subject::Group(closest.name(&place.sections)?),
            template: sequence.template(place.content),
        })
    }

    /// The fields that hold the date of the last change. Of several, those with the newest date:
    /// nobody keeps the others.
    fn updated(&self) -> Vec<Binding> {
        let dated: Vec<_> = self
            .places
            .iter()
            .filter_map(|place| Some((place, lone_date(place)?)))
            .collect();
        let newest = dated.iter().map(|(_, (date, ..))| *date).max();
        let done = newest.and_then(|_| self.facts.newest());
        dated
            .into_iter()
            .filter(|(_, (date, ..))| {
                Some(*date) == newest && done.is_none_or(|done| *date >= done)
            })
            .map(|(place, (_, format, range))| {
                let mut builder = Builder::new(place.content);
                builder.slot(&range, Slot::Date { format });
                Binding {
                    line: place.line,
                    subject: Subject::Document,
                    template: builder.finish(),
                }
            })
            .collect()
    }

    /// Lines that name the task completed last, or the next one.
    fn mentions<'p>(
        &self,
        places: impl Iterator<Item = &'p Place<'a>>,
        company: &HashMap<usize, Vec<Group>>,
    ) -> Vec<Binding>
    where
        'a: 'p,
    {
        let mut found: Vec<(usize, bool, Binding)> = Vec::new();
        for place in places {
            let Some(mention) = self.mention(place) else {
                continue;
            };
            let around = company.get(&place.block).map_or(&[][..], Vec::as_slice);
            let Some(subject) = self.subject(place, &mention, around) else {
                continue;
            };
            let sense = match subject {
                Subject::Next(_) => Sense::Next,
                _ => Sense::Last,
            };
            let told = sense.is_in(place.label)
                || (sense == Sense::Last && Sense::Done.is_in(place.label) && mention.dated);
            let labelled = !place.label.is_empty();
            if labelled && (told || (mention.detailed && !around.is_empty())) {
                found.push((
                    place.block,
                    told,
                    Binding {
                        line: place.line,
                        subject,
                        template: mention.template,
                    },
                ));
            }
        }
        // Two lines of a block about the same task: words have to say which one is derived.
        found
            .chunk_by(|a, b| a.0 == b.0)
            .flat_map(|block| {
                block.iter().enumerate().filter(|(at, (_, told, binding))| {
                    let rival = |(other, (_, _, rival)): (usize, &(usize, bool, Binding))| {
                        other != *at && rival.subject == binding.subject
                    };
                    *told || !block.iter().enumerate().any(rival)
                })
            })
            .map(|(_, (_, _, binding))| binding.clone())
            .collect()
    }

    /// The one task that a place names.
    fn mention(&self, place: &Place<'_>) -> Option<mention::Mention> {
        let no = matches!(place.kind, Kind::Row | Kind::Heading) || Sense::Needs.is_in(place.label);
        (!no).then(|| mention::read(place, self.facts)).flatten()
    }

    /// What a mention is about: the task completed last or the next one, of the section it stands
    /// in, of the document, or of the group that the lines around it are about.
    fn subject(
        &self,
        place: &Place<'_>,
        mention: &mention::Mention,
        around: &[Group],
    ) -> Option<Subject> {
        let task = self.facts.task(mention.task)?;
        let done = task.status == crate::status::Status::Completed;
        // Words of its own, or a date, make no sense of a task still to be done.
        if !done && (mention.worded || mention.dated || !task.can_go_on()) {
            return None;
        }
        let own = place
            .sections
            .iter()
            .map(|line| Group::whole(Scope::Section(*line)));
        // A section that holds everything is the document.
        let own = own.filter(|group| {
            self.ends(group)
                .is_some_and(|ends| ends.size > 0 && ends.size < self.facts.order().len())
        });
        let all = std::iter::once(Group::whole(Scope::All));
        own.chain(all)
            .chain(around.iter().cloned())
            .find_map(|group| {
                let ends = self.ends(&group)?;
                let expected = if done { ends.last } else { ends.next };
                let subject = if done {
                    Subject::LastCompleted(group)
                } else {
                    Subject::Next(group)
                };
                (expected == Some(mention.task)).then_some(subject)
            })
    }

    fn ends(&self, group: &Group) -> Option<Ends> {
        if let Some(known) = self.ends.borrow().get(group) {
            return *known;
        }
        let ends = group.members(self.facts).map(|members| Ends {
            size: members.len(),
            last: self.facts.last_completed(&members),
            next: self.facts.next(&members),
        });
        self.ends.borrow_mut().insert(group.clone(), ends);
        ends
    }
}

/// The date that is all of the value of a field about the document's last change.
pub(super) fn lone_date(place: &Place<'_>) -> Option<(Date, DateFormat, Range<usize>)> {
    if place.kind != Kind::Field || !Sense::Updated.is_in(place.label) {
        return None;
    }
    let tokens = lex::split(place.text());
    let [token, rest @ ..] = tokens.as_slice() else {
        return None;
    };
    let lex::Kind::Date(date, format) = token.kind else {
        return None;
    };
    let alone = rest
        .iter()
        .all(|token| matches!(token.kind, lex::Kind::Sign('*' | '_' | '.' | '。')));
    let start = place.columns.start;
    alone.then(|| {
        (
            date,
            format,
            start + token.range.start..start + token.range.end,
        )
    })
}

/// Whether figures that fit are more than a coincidence.
fn convinces(place: &Place<'_>, evidence: Evidence, words: usize, tie: Tie) -> bool {
    /// Words of a line without a label that is still a roll-up and no sentence.
    const SHORT: usize = 8;
    /// Wholes below this fit too many groups.
    const FEW: u64 = 3;
    let summed = evidence.points && Sense::Total.is_in(place.label);
    let sentence = place.text().ends_with(['.', '!', '?', '。']);
    match place.kind {
        Kind::Heading => evidence.fraction || evidence.noun,
        Kind::Row => {
            tie != Tie::Figures && (evidence.fraction || evidence.worded || evidence.several)
        }
        Kind::Field => match tie {
            Tie::Place | Tie::Whole => {
                !sentence && (evidence.fraction || evidence.worded || summed)
            }
            Tie::Figures => {
                let counts = evidence.fraction
                    && evidence.most >= FEW
                    && (evidence.percent || !evidence.full);
                !sentence && (summed || counts || evidence.fraction && evidence.percent)
            }
        },
        Kind::Item | Kind::Prose => {
            !sentence && evidence.fraction && words <= SHORT && tie != Tie::Figures
        }
    }
}
