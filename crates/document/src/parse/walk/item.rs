//! List items: tasks with a box and without one, steps, fields and notes.

use std::ops::Range;

use super::super::blocks::Kind;
use super::super::head::{self, Head, Signal};
use super::super::id::Sort;
use super::super::scan::{self, Label};
use super::super::section;
use super::super::source::trimmed;
use super::{Role, Walk};
use crate::outline::{Form, Site, Span, Step};
use crate::status::Status;
use crate::vocabulary as words;

pub(super) struct Item {
    pub(super) line: usize,
    /// Its text on its first line, behind the bullet.
    columns: Range<usize>,
    pub(super) lines: Range<usize>,
    /// Whether it stands in a list of its own, not inside another item or a quote.
    top: bool,
}

impl Walk<'_> {
    pub(super) fn item(&mut self, at: usize) {
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
