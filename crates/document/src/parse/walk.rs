//! The one walk over all blocks that makes entries, fields and steps.

mod item;

use std::ops::Range;

use super::blocks::{Block, Kind};
use super::draft::Draft;
use super::front_matter;
use super::head::Head;
use super::legend;
use super::marks::Marks;
use super::scan::{self, Label};
use super::section::{self, Headings};
use super::settle::{add_field_site, boxes_follow_columns, settle};
use super::source::Source;
use super::table;
use super::value;
use crate::outline::{Entry, Field, Form, Section, Site};
use crate::status::Status;
use crate::vocabulary as words;
use item::Item;

/// Reads everything but the grouping into tasks.
pub(super) fn read(source: &Source<'_>, blocks: &[Block], front: Option<Range<usize>>) -> Draft {
    let legend = legend::read(source, blocks);
    let marks = Marks::new(&legend.marks);
    let mut skipped = vec![false; blocks.len()];
    let mut opaque: Vec<Range<usize>> = front.iter().cloned().collect();
    for range in &legend.blocks {
        if let Some(flags) = skipped.get_mut(range.clone()) {
            flags.fill(true);
        }
        opaque.extend(
            blocks
                .get(range.start)
                .map(|block| source.lines_of(&block.bytes)),
        );
    }
    for block in blocks {
        if matches!(block.kind, Kind::Code | Kind::Html) {
            opaque.push(source.lines_of(&block.bytes));
        }
    }
    opaque.sort_by_key(|lines| (lines.start, lines.end));
    opaque.dedup();
    let headings = section::read(
        source,
        blocks,
        &|at| skipped.get(at).copied().unwrap_or_default(),
        &marks,
    );
    let boxes_follow_columns = boxes_follow_columns(source, blocks, &headings);
    let Headings { sections, tasks } = headings;
    let board = sections.iter().any(|section| section.status.is_some());
    let mut walk = Walk {
        source,
        blocks,
        marks: &marks,
        skipped,
        outline: Draft {
            sections,
            legend: legend.marks,
            opaque,
            ..Draft::default()
        },
        heading_tasks: tasks
            .into_iter()
            .map(|task| Heading { task, entry: None })
            .collect(),
        roles: vec![Role::Plain; blocks.len()],
        section: None,
        ruled: false,
        front: None,
        label: None,
        boxes_follow_columns,
        board,
    };
    walk.front = front
        .and_then(|lines| front_matter::read(source, lines, &marks))
        .map(|entry| walk.push(entry));
    walk.run(0);
    walk.outline
}

/// Where a section stands that is read by itself.
pub(super) struct Context<'a> {
    /// The headings around it, outermost first, and its own as the last.
    pub(super) sections: Vec<Section>,
    /// For each of them the task that it is, if it is one, and whether that owns steps.
    pub(super) tasks: Vec<Option<(Entry, bool)>>,
    pub(super) marks: &'a Marks,
}

/// Reads what follows the first block, a heading, up to the next one. The outline begins with the
/// tasks of the context, which get the fields and steps found here.
pub(super) fn read_section(source: &Source<'_>, blocks: &[Block], context: Context<'_>) -> Draft {
    let mut walk = Walk {
        source,
        blocks,
        marks: context.marks,
        skipped: Vec::new(),
        outline: Draft::default(),
        heading_tasks: Vec::with_capacity(context.tasks.len()),
        roles: vec![Role::Plain; blocks.len()],
        section: context.sections.len().checked_sub(1),
        ruled: false,
        front: None,
        label: None,
        boxes_follow_columns: true,
        board: false,
    };
    walk.outline.sections = context.sections;
    for task in context.tasks {
        let entry = task.map(|(entry, owns_steps)| (walk.push(entry), owns_steps));
        walk.heading_tasks.push(Heading { task: None, entry });
    }
    for block in blocks {
        if matches!(block.kind, Kind::Code | Kind::Html) {
            walk.outline.opaque.push(source.lines_of(&block.bytes));
        }
    }
    walk.outline
        .opaque
        .sort_by_key(|lines| (lines.start, lines.end));
    walk.outline.opaque.dedup();
    walk.run(1);
    walk.outline
}

/// What an item is to the blocks inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing special, outside of any entry.
    Plain,
    /// The item of an entry, or a note inside it.
    Entry(usize),
    /// A field of an entry or of the document.
    Field(Option<usize>, usize),
    /// A step; what stands below it belongs to its entry.
    Step(usize),
}

impl Role {
    fn entry(self) -> Option<usize> {
        match self {
            Self::Plain => None,
            Self::Entry(entry) | Self::Step(entry) => Some(entry),
            Self::Field(entry, _) => entry,
        }
    }
}

struct Heading {
    task: Option<section::HeadingTask>,
    /// Its entry, once it is made, and whether it owns steps.
    entry: Option<(usize, bool)>,
}

struct Walk<'a> {
    source: &'a Source<'a>,
    blocks: &'a [Block],
    marks: &'a Marks,
    skipped: Vec<bool>,
    outline: Draft,
    heading_tasks: Vec<Heading>,
    /// By block index; only items have a role of their own.
    roles: Vec<Role>,
    section: Option<usize>,
    /// A rule ended the text of the section's own task.
    ruled: bool,
    /// The task of the front matter.
    front: Option<usize>,
    /// A label without a value in the paragraph just read: the list behind it is its value.
    label: Option<(Option<usize>, usize)>,
    /// Whether boxes are ticked when their task is moved to a done column.
    boxes_follow_columns: bool,
    /// Whether the document has columns, so that its plain bullets are cards.
    board: bool,
}

impl Walk<'_> {
    fn run(&mut self, from: usize) {
        for at in from..self.blocks.len() {
            let Some(block) = self.blocks.get(at) else {
                return;
            };
            if self.skipped.get(at).copied().unwrap_or_default() {
                if matches!(block.kind, Kind::Heading(_)) {
                    self.heading();
                }
                continue;
            }
            let top = block.parent.is_none();
            match block.kind {
                Kind::Heading(_) => self.heading(),
                Kind::Item => self.item(at),
                Kind::Text => self.text(at),
                Kind::Table => self.table(at),
                Kind::Rule if top => self.ruled = true,
                _ => {}
            }
            if top && !matches!(block.kind, Kind::Text | Kind::List) {
                self.label = None;
            }
        }
        let mut last = self.outline.entries.len();
        // A field below a heading ends with the entry's own lines at the latest.
        while last > 0 {
            last -= 1;
            if let Some(entry) = self.outline.entries.get_mut(last) {
                let end = entry.lines.end;
                for field in &mut entry.fields {
                    field.lines.end = field.lines.end.min(end).max(field.lines.start + 1);
                }
            }
        }
    }

    fn heading(&mut self) {
        self.ruled = false;
        self.label = None;
        let index = self.section.map_or(0, |section| section + 1);
        self.section = Some(index);
        let Some(task) = self
            .heading_tasks
            .get_mut(index)
            .and_then(|heading| heading.task.take())
        else {
            return;
        };
        let parent = self
            .outline
            .sections
            .get(index)
            .and_then(|section| self.heading_above(section.parent))
            .map(|(entry, _)| entry)
            .or(self.front);
        let line = task.lines.start;
        let id = task.head.id.map(|id| self.source.text(line, id.columns));
        let entry = self.push(Entry {
            form: Form::Heading,
            lines: task.lines,
            id,
            title: self.source.text(line, task.head.title),
            status: task.status,
            sites: task.sites,
            section: Some(index),
            parent,
            fields: Vec::new(),
            steps: Vec::new(),
        });
        if let Some(heading) = self.heading_tasks.get_mut(index) {
            heading.entry = Some((entry, task.owns_steps));
        }
    }

    fn push(&mut self, entry: Entry) -> usize {
        self.outline.entries.push(entry);
        self.outline.entries.len() - 1
    }

    /// The innermost heading task at or above a section, and whether it owns steps.
    fn heading_above(&self, section: Option<usize>) -> Option<(usize, bool)> {
        let mut next = section;
        while let Some(section) = next {
            if let Some(found) = self.heading_tasks.get(section).and_then(|h| h.entry) {
                return Some(found);
            }
            next = self.outline.sections.get(section).and_then(|s| s.parent);
        }
        None
    }

    /// The heading task the current place belongs to.
    fn heading_here(&self) -> Option<(usize, bool)> {
        // A rule ends what belongs to the headings above it.
        if self.ruled {
            return None;
        }
        self.heading_above(self.section)
    }

    /// The entry that takes boxes without an id as its steps here.
    fn owner(&self) -> Option<usize> {
        match self.heading_here() {
            Some((entry, true)) => Some(entry),
            Some((_, false)) => None,
            None => self.front,
        }
    }

    /// The status the section gives to what stands in it.
    fn column(&self) -> Option<(usize, Status)> {
        let mut next = self.section;
        while let Some(at) = next {
            let section = self.outline.sections.get(at)?;
            if let Some(status) = section.status {
                return Some((at, status));
            }
            next = section.parent;
        }
        None
    }

    fn table(&mut self, at: usize) {
        let entries = table::read(self.source, self.blocks, at, self.marks, self.column());
        let parent = self.heading_here().map(|(entry, _)| entry).or(self.front);
        for mut entry in entries {
            entry.section = self.section;
            entry.parent = parent;
            self.push(entry);
        }
    }

    /// Fields in a paragraph, or in the lines an item's own text goes on over.
    fn text(&mut self, at: usize) {
        let Some(block) = self.blocks.get(at) else {
            return;
        };
        let role = self.role_around(block.parent);
        let first_of_item = block.parent.is_some_and(|parent| parent + 1 == at);
        let (target, plain) = match (block.parent, role) {
            (None, _) => (self.owner_of_text(), true),
            (Some(_), Role::Entry(entry)) => (Some(entry), false),
            _ => return,
        };
        let lines = self.source.lines_of(&block.bytes);
        let skip = usize::from(first_of_item);
        for line in lines.clone().skip(skip) {
            let content = self.source.content(line);
            let columns = scan::behind_indent(content)..content.len();
            let plain = plain && (target.is_none() || lines.start == line);
            let label = scan::bold_label(content, &columns).or_else(|| {
                plain
                    .then(|| scan::plain_label(content, &columns))
                    .flatten()
            });
            let Some(label) = label else {
                self.label = None;
                continue;
            };
            let empty = label.value.is_empty();
            let field = self.add_field(target, line, &label, line..line + 1);
            self.label = (empty && block.parent.is_none()).then_some((target, field));
        }
    }

    /// The entry a paragraph's fields belong to.
    fn owner_of_text(&self) -> Option<usize> {
        if self.ruled {
            return None;
        }
        let (entry, _) = self.section.and_then(|s| {
            let own = self.heading_tasks.get(s).and_then(|h| h.entry);
            own.or_else(|| self.heading_above(Some(s)).filter(|(_, owns)| *owns))
        })?;
        Some(entry)
    }

    fn add_field(
        &mut self,
        target: Option<usize>,
        line: usize,
        label: &Label,
        lines: Range<usize>,
    ) -> usize {
        let content = self.source.content(line);
        let field = Field {
            label: content
                .get(label.name.clone())
                .unwrap_or_default()
                .to_owned(),
            value: self.source.text(line, label.value.clone()),
            lines,
            items: Vec::new(),
        };
        // A nested status field states the status of an entry that is no heading.
        if let Some(entry) = target.and_then(|entry| self.outline.entries.get_mut(entry)) {
            let known = matches!(entry.form, Form::Heading | Form::FrontMatter | Form::Row);
            if !known
                && words::is_status_label(&field.label)
                && let Some(status) = value::status(&field.value.text, self.marks)
            {
                let site = Site::Field(field.value.span.clone());
                add_field_site(entry, site, status);
            }
            entry.fields.push(field);
            return entry.fields.len() - 1;
        }
        self.outline.fields.push(field);
        self.outline.fields.len() - 1
    }

    fn field_mut(&mut self, target: Option<usize>, field: usize) -> Option<&mut Field> {
        match target {
            Some(entry) => self.outline.entries.get_mut(entry)?.fields.get_mut(field),
            None => self.outline.fields.get_mut(field),
        }
    }

    /// The role of the nearest item around a block.
    fn role_around(&self, parent: Option<usize>) -> Role {
        let mut next = parent;
        while let Some(at) = next {
            let Some(block) = self.blocks.get(at) else {
                break;
            };
            if block.kind == Kind::Item {
                return self.roles.get(at).copied().unwrap_or(Role::Plain);
            }
            next = block.parent;
        }
        Role::Plain
    }

    /// Makes an entry whose first site is the one that decides.
    fn entry(
        &mut self,
        form: Form,
        item: &Item,
        head: &Head,
        parent: Option<usize>,
        mut found: Vec<(Site, Status)>,
    ) -> usize {
        let status = settle(&mut found, self.boxes_follow_columns);
        let id = head
            .id
            .as_ref()
            .map(|id| self.source.text(item.line, id.columns.clone()));
        self.push(Entry {
            form,
            lines: item.lines.clone(),
            id,
            title: self.source.text(item.line, head.title.clone()),
            status,
            sites: found.into_iter().map(|(site, _)| site).collect(),
            section: self.section,
            parent,
            fields: Vec::new(),
            steps: Vec::new(),
        })
    }
}
