//! The one walk over all blocks that makes entries, fields and steps.

use std::ops::Range;

use super::blocks::{Block, Kind};
use super::draft::Draft;
use super::front_matter;
use super::head::{self, Head, Signal};
use super::id::Sort;
use super::legend;
use super::marks::Marks;
use super::scan::{self, Label};
use super::section::{self, Headings};
use super::source::{Source, trimmed};
use super::table;
use super::value;
use crate::outline::{Entry, Field, Form, Section, Site, Span, Step};
use crate::status::Status;
use crate::vocabulary as words;

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

    fn item(&mut self, at: usize) {
        let Some(block) = self.blocks.get(at) else {
            return;
        };
        let line = self.source.line_of(block.bytes.start);
        let content = self.source.content(line);
        let has_text = self.blocks.get(at + 1).is_some_and(|child| {
            at + 1 < block.end
                && child.kind == Kind::Text
                && self.source.line_of(child.bytes.start) == line
        });
        let list = block.parent;
        let top = list
            .and_then(|list| self.blocks.get(list))
            .is_none_or(|list| list.parent.is_none());
        let around = self.role_around(list);
        let around = match (around, self.label) {
            // The list behind `**Label**:` is the label's value.
            (Role::Plain, Some((target, field))) if top => Role::Field(target, field),
            _ => around,
        };
        let from = scan::behind_bullet(content, self.source.column_of(block.bytes.start));
        let item = Item {
            line,
            columns: trimmed(content, from..content.len()),
            lines: self.source.lines_of(&block.bytes),
            top,
        };
        let role = if has_text {
            self.read_item(&item, around)
        } else {
            match around {
                Role::Step(entry) => Role::Entry(entry),
                around => around,
            }
        };
        if let Some(slot) = self.roles.get_mut(at) {
            *slot = role;
        }
    }

    fn read_item(&mut self, item: &Item, around: Role) -> Role {
        let content = self.source.content(item.line);
        let text = content.get(item.columns.clone()).unwrap_or_default();
        if let Some((mark, len)) = scan::boxed(text)
            && let Some(status) = self.marks.boxed(mark)
        {
            return self.boxed(item, around, len, mark, status);
        }
        if let Some(role) = self.unboxed_task(item, around) {
            return role;
        }
        self.plain_item(item, around)
    }

    /// `[x] …`: a task, or a step of one.
    fn boxed(&mut self, item: &Item, around: Role, len: usize, mark: char, status: Status) -> Role {
        let content = self.source.content(item.line);
        let columns = trimmed(content, item.columns.start + len..item.columns.end);
        let head = head::read(content, columns, self.marks);
        let box_span = Span {
            line: item.line,
            columns: item.columns.start + 1..item.columns.start + 1 + mark.len_utf8(),
        };
        let inside = around.entry();
        let owner = inside.or_else(|| self.owner());
        let counted = head.id.as_ref().is_none_or(|id| id.sort == Sort::Counted);
        let reports = match around {
            Role::Field(target, field) => self
                .field_mut(target, field)
                .is_some_and(|field| words::is_report_label(&field.label)),
            _ => false,
        };
        if let Some(owner) = owner.filter(|_| counted || reports) {
            let text = self.step_text(item, &head);
            if let Some(entry) = self.outline.entries.get_mut(owner) {
                entry.steps.push(Step {
                    text,
                    checked: status == Status::Completed,
                    mark: box_span,
                });
            }
            return Role::Step(owner);
        }
        if around == Role::Plain && !item.top && self.board {
            // A step of a card in a column that states no status.
            return Role::Plain;
        }
        let parent = inside
            .or_else(|| self.heading_here().map(|(entry, _)| entry))
            .or(self.front);
        let mut found = vec![(Site::Box(box_span), status)];
        if let Some((section, status)) = self.column().filter(|_| inside.is_none()) {
            found.push((Site::Section(section), status));
        }
        found.extend(section::signs(&head, item.line));
        let entry = self.entry(Form::Checkbox, item, &head, parent, found);
        Role::Entry(entry)
    }

    fn step_text(&self, item: &Item, head: &Head) -> crate::outline::Text {
        // A counted step keeps its number: it is part of how the plan names it.
        let start = head
            .id
            .as_ref()
            .map_or(head.title.start, |id| id.columns.start);
        let end = head.title.end.max(start);
        self.source.text(item.line, start..end)
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

    /// An item that is a task without a box: by a mark, a word behind its id, or its column.
    fn unboxed_task(&mut self, item: &Item, around: Role) -> Option<Role> {
        let labelled = match around {
            Role::Plain => false,
            // A list behind a label of the document may be one of tasks: `**To create:**`.
            Role::Field(None, _) if item.top => true,
            _ => return None,
        };
        if self.owner().is_some() {
            return None;
        }
        let content = self.source.content(item.line);
        let head = head::read(content, item.columns.clone(), self.marks);
        let marked = head
            .signal(Signal::Mark)
            .or(head.signal(Signal::LeadingMark));
        let worded = head.signal(Signal::Word);
        let sort = head.id.as_ref().map(|id| id.sort);
        let named = matches!(sort, Some(Sort::Named | Sort::Numbered | Sort::Container));
        let column = self.column().filter(|_| item.top && !labelled);
        let section = self.section.and_then(|s| self.outline.sections.get(s));
        let at_work = item.top
            && !labelled
            && section.is_some_and(|section| words::is_work(&section.title.text));
        let is_task = (named && (marked.is_some() || worded.is_some()))
            || (at_work && marked.is_some())
            || column.is_some();
        if !is_task || (head.title.is_empty() && head.id.is_none()) {
            return None;
        }
        let parent = self.heading_here().map(|(entry, _)| entry).or(self.front);
        let form = if marked.is_some() || worded.is_some() {
            Form::Mark
        } else {
            Form::Bullet
        };
        let mut found = Vec::new();
        found.extend(section::signs(&head, item.line));
        if let Some((section, status)) = column {
            found.push((Site::Section(section), status));
        }
        if form == Form::Bullet {
            // Strikethrough in a column of its own says nothing new.
            found.sort_by_key(|(site, _)| !matches!(site, Site::Section(_)));
        }
        Some(Role::Entry(self.entry(form, item, &head, parent, found)))
    }

    /// An item that is a field, an item of one, or a note.
    fn plain_item(&mut self, item: &Item, around: Role) -> Role {
        let content = self.source.content(item.line);
        let bold = scan::bold_label(content, &item.columns);
        let plain = || scan::plain_label(content, &item.columns);
        match around {
            Role::Field(target, field) => {
                let lines_end = item.lines.end;
                let text = self.source.text(item.line, item.columns.clone());
                if let Some(field) = self.field_mut(target, field) {
                    field.lines.end = field.lines.end.max(lines_end);
                    field.items.push(text);
                }
                // What is nested deeper belongs to the item, and so to no field.
                target.map_or(Role::Plain, Role::Entry)
            }
            Role::Entry(entry) | Role::Step(entry) => {
                let direct = self.is_direct(entry, item);
                match bold.or_else(plain).filter(|_| direct) {
                    Some(label) => self.field_item(Some(entry), item, &label),
                    None => Role::Entry(entry),
                }
            }
            Role::Plain => {
                let owner = self.heading_here();
                match owner {
                    Some((entry, true)) => match bold.or_else(plain) {
                        Some(label) if item.top => self.field_item(Some(entry), item, &label),
                        _ => Role::Entry(entry),
                    },
                    _ => match bold {
                        Some(label) if item.top => self.field_item(None, item, &label),
                        _ => Role::Plain,
                    },
                }
            }
        }
    }

    /// Whether an item stands in the entry's own list of fields, not deeper in a note.
    fn is_direct(&self, entry: usize, item: &Item) -> bool {
        let Some(entry) = self.outline.entries.get(entry) else {
            return false;
        };
        let inside_field = entry
            .fields
            .last()
            .is_some_and(|field| field.lines.contains(&item.line));
        !inside_field
    }

    fn field_item(&mut self, target: Option<usize>, item: &Item, label: &Label) -> Role {
        let field = self.add_field(target, item.line, label, item.lines.clone());
        Role::Field(target, field)
    }
}

struct Item {
    line: usize,
    /// Its text on its first line, behind the bullet.
    columns: Range<usize>,
    lines: Range<usize>,
    /// Whether it stands in a list of its own, not inside another item or a quote.
    top: bool,
}

/// Puts the site that decides first, and gives what it says.
pub(super) fn settle(found: &mut [(Site, Status)], boxes_follow_columns: bool) -> Status {
    let first = deciding(found, boxes_follow_columns);
    if let Some(before) = found.get_mut(..=first) {
        before.rotate_right(1);
    }
    found.first().map_or(Status::Pending, |&(_, status)| status)
}

/// Which of the found sites decides. A ticked box, a mark or a word says what it says; an
/// empty box only says "not done yet", so anything that says more about an open task wins over
/// it, and where boxes are never ticked in done columns, so does the column.
fn deciding(found: &[(Site, Status)], boxes_follow_columns: bool) -> usize {
    let Some((Site::Box(_), status)) = found.first() else {
        return 0;
    };
    let says_more = |(site, other): &(Site, Status)| match status {
        Status::Pending => match site {
            Site::Box(_) => false,
            Site::Section(_) => !boxes_follow_columns || !other.is_closed(),
            Site::Strike(_) => true,
            _ => !matches!(other, Status::Pending | Status::Completed),
        },
        Status::Completed => {
            matches!(other, Status::IssuesFound | Status::Cancelled)
                && !matches!(site, Site::Strike(_) | Site::Section(_))
        }
        _ => false,
    };
    found
        .iter()
        .enumerate()
        .filter(|(_, site)| says_more(site))
        // A column says least of all.
        .min_by_key(|(_, (site, _))| matches!(site, Site::Section(_)))
        .map_or(0, |(at, _)| at)
}

/// Adds the site of a nested status field; it decides where it says more than the rest.
pub(super) fn add_field_site(entry: &mut Entry, site: Site, status: Status) {
    let boxed = matches!(entry.sites.first(), Some(Site::Box(_)));
    let more = match entry.status {
        Status::Pending => !matches!(status, Status::Pending | Status::Completed),
        Status::Completed => matches!(status, Status::IssuesFound | Status::Cancelled),
        _ => false,
    };
    if !boxed && !matches!(entry.sites.first(), Some(Site::Field(_))) || boxed && more {
        entry.status = status;
        entry.sites.insert(0, site);
    } else {
        entry.sites.push(site);
    }
}

/// Whether a plan with columns also ticks its boxes when a task is done: at least half of the
/// boxes in its done columns are ticked.
fn boxes_follow_columns(source: &Source<'_>, blocks: &[Block], headings: &Headings) -> bool {
    let mut section = None;
    let (mut ticked, mut all) = (0_usize, 0_usize);
    for block in blocks {
        match block.kind {
            Kind::Heading(_) => section = Some(section.map_or(0, |s: usize| s + 1)),
            Kind::Item => {
                let done = section
                    .and_then(|s| headings.sections.get(s))
                    .is_some_and(|section| section.status == Some(Status::Completed));
                if !done {
                    continue;
                }
                let content = source.content(source.line_of(block.bytes.start));
                let from = scan::behind_bullet(content, source.column_of(block.bytes.start));
                if let Some((mark, _)) = content.get(from..).and_then(scan::boxed) {
                    all += 1;
                    ticked += usize::from(mark != ' ');
                }
            }
            _ => {}
        }
    }
    ticked * 2 >= all
}
