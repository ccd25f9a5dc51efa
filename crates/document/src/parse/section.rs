//! Headings: the sections they open, and which of them are tasks or columns.

use std::ops::Range;

use super::blocks::{Block, Kind};
use super::head::{self, Head, Signal};
use super::id::Sort;
use super::marks::Marks;
use super::scan;
use super::source::{Source, trimmed};
use super::value;
use crate::outline::{Section, Site, Span};
use crate::status::Status;
use crate::vocabulary as words;

/// A heading that is a task.
#[derive(Debug)]
pub(super) struct HeadingTask {
    pub(super) head: Head,
    pub(super) sites: Vec<Site>,
    pub(super) status: Status,
    /// Its own lines: up to a rule that nothing but prose follows.
    pub(super) lines: Range<usize>,
    /// Whether boxes without an id below it are its steps.
    pub(super) owns_steps: bool,
}

/// The headings of a document.
#[derive(Debug, Default)]
pub(super) struct Headings {
    pub(super) sections: Vec<Section>,
    /// For each section the task its heading is, if it is one.
    pub(super) tasks: Vec<Option<HeadingTask>>,
}

/// A section's status field.
#[derive(Debug, Clone)]
struct StatusField {
    span: Span,
    status: Status,
}

/// Reads all headings. `skip` says which blocks are opaque.
pub(super) fn read(
    source: &Source<'_>,
    blocks: &[Block],
    skip: &dyn Fn(usize) -> bool,
    marks: &Marks,
) -> Headings {
    let mut sections = sections(source, blocks);
    columns(&mut sections);
    let fields = status_fields(source, blocks, skip, marks, sections.len());
    let rules = rules(source, blocks);
    let legend: Vec<bool> = blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| matches!(block.kind, Kind::Heading(_)))
        .map(|(at, _)| skip(at))
        .collect();
    let mut tasks: Vec<Option<HeadingTask>> = Vec::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let is_title = section.level == 1 && index == 0 && sections.len() > 1;
        let skipped =
            is_title || section.status.is_some() || legend.get(index).copied().unwrap_or_default();
        let field = fields.get(index).cloned().flatten();
        tasks.push(if skipped {
            None
        } else {
            task(source, &sections, index, field, marks, &rules)
        });
    }
    drop_decoration(&sections, &mut tasks);
    settle_owners(&sections, &mut tasks);
    Headings { sections, tasks }
}

fn sections(source: &Source<'_>, blocks: &[Block]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for block in blocks {
        let Kind::Heading(level) = block.kind else {
            continue;
        };
        let line = source.line_of(block.bytes.start);
        while let Some(&top) = open.last() {
            let Some(section) = sections.get_mut(top).filter(|s| s.level >= level) else {
                break;
            };
            section.lines.end = line;
            open.pop();
        }
        let content = source.content(line);
        let title = title_columns(content, source.column_of(block.bytes.start));
        sections.push(Section {
            level,
            title: source.text(line, title),
            lines: line..source.len(),
            parent: open.last().copied(),
            status: None,
        });
        open.push(sections.len() - 1);
    }
    sections
}

/// The heading's text: behind the `#`s, before closing ones.
pub(super) fn title_columns(content: &str, start: usize) -> Range<usize> {
    let text = content.get(start..).unwrap_or_default();
    let hashes = text.bytes().take_while(|&b| b == b'#').count();
    let mut title = trimmed(content, start + hashes..content.len());
    if hashes > 0 {
        let text = content.get(title.clone()).unwrap_or_default();
        let open = text.trim_end_matches('#');
        if open.len() < text.len() && (open.is_empty() || open.ends_with([' ', '\t'])) {
            title = trimmed(content, title.start..title.start + open.len());
        }
    }
    title
}

/// Gives each heading that is a column of a board its status.
fn columns(sections: &mut [Section]) {
    let read = |section: &Section, weakly| {
        let name = column_name(&section.title.text);
        words::column(name, weakly)
    };
    let board = sections
        .iter()
        .any(|section| read(section, false).is_some());
    for section in sections {
        section.status = read(section, board);
    }
}

/// A heading without symbols before it and a count behind it: `✅ Done (3)` is `Done`.
pub(super) fn column_name(title: &str) -> &str {
    let name =
        title.trim_matches(|c: char| words::is_symbol(c) || words::is_selector(c) || c == ' ');
    match name.rfind('(') {
        Some(open)
            if name.ends_with(')') && name[open..].contains(|c: char| c.is_ascii_digit()) =>
        {
            name[..open].trim_end()
        }
        _ => name,
    }
}

/// The first status field right under each heading.
fn status_fields(
    source: &Source<'_>,
    blocks: &[Block],
    skip: &dyn Fn(usize) -> bool,
    marks: &Marks,
    count: usize,
) -> Vec<Option<StatusField>> {
    let mut fields: Vec<Option<StatusField>> = vec![None; count];
    let mut section = None;
    let mut open = false;
    for (at, block) in blocks.iter().enumerate() {
        match block.kind {
            Kind::Heading(_) => {
                section = Some(section.map_or(0, |s: usize| s + 1));
                open = true;
            }
            Kind::Rule if block.parent.is_none() => open = false,
            Kind::Text if open && !skip(at) => {
                let Some(slot) = section.and_then(|s| fields.get_mut(s)) else {
                    continue;
                };
                if slot.is_none() {
                    *slot = status_in(source, blocks, block, marks);
                }
            }
            _ => {}
        }
    }
    fields
}

/// A status field in a paragraph of the section itself, or in an item of its own list.
fn status_in(
    source: &Source<'_>,
    blocks: &[Block],
    text: &Block,
    marks: &Marks,
) -> Option<StatusField> {
    let item = text.parent;
    if let Some(item) = item {
        let item = blocks.get(item)?;
        let list = item.parent.and_then(|list| blocks.get(list))?;
        if item.kind != Kind::Item || list.parent.is_some() {
            return None;
        }
    }
    for line in source.lines_of(&text.bytes) {
        let content = source.content(line);
        let columns = if item.is_some() {
            source.column_of(text.bytes.start)..content.len()
        } else {
            scan::behind_indent(content)..content.len()
        };
        let label =
            scan::bold_label(content, &columns).or_else(|| scan::plain_label(content, &columns));
        if let Some(label) = label {
            let named = content.get(label.name).is_some_and(words::is_status_label);
            let status = content
                .get(label.value.clone())
                .and_then(|text| value::status(text, marks));
            if let (true, Some(status)) = (named, status) {
                return Some(StatusField {
                    span: Span {
                        line,
                        columns: label.value,
                    },
                    status,
                });
            }
        }
        if item.is_some() {
            return None;
        }
    }
    None
}

/// The first status field right under the heading that the blocks begin with: its place and the
/// status.
pub(super) fn status_field(
    source: &Source<'_>,
    blocks: &[Block],
    marks: &Marks,
) -> Option<(Span, Status)> {
    let mut fields = status_fields(source, blocks, &|_| false, marks, 1);
    fields.pop()?.map(|field| (field.span, field.status))
}

/// The lines of rules between blocks.
pub(super) fn rules(source: &Source<'_>, blocks: &[Block]) -> Vec<usize> {
    blocks
        .iter()
        .filter(|block| block.kind == Kind::Rule && block.parent.is_none())
        .map(|block| source.line_of(block.bytes.start))
        .collect()
}

fn task(
    source: &Source<'_>,
    sections: &[Section],
    index: usize,
    field: Option<StatusField>,
    marks: &Marks,
    rules: &[usize],
) -> Option<HeadingTask> {
    let section = sections.get(index)?;
    let Span { line, columns } = section.title.span.clone();
    let head = head::read_heading(source.content(line), columns, marks);
    if head.title.is_empty() && head.id.is_none() {
        return None;
    }
    let field = field.filter(|_| head.id.is_some() || !describes_document(sections, index));
    let mut found: Vec<(Site, Status)> = Vec::new();
    let by_field = field.is_some();
    if let Some(StatusField { span, status }) = field {
        found.push((Site::Field(span), status));
    }
    found.extend(signs(&head, line));
    let status = found.first()?.1;
    let only_struck = found
        .iter()
        .all(|(site, _)| matches!(site, Site::Strike(_)));
    if only_struck && head.id.is_none() && !by_field {
        return None;
    }
    let container = matches!(&head.id, Some(id) if id.sort == Sort::Container);
    Some(HeadingTask {
        head,
        sites: found.into_iter().map(|(site, _)| site).collect(),
        status,
        lines: own_lines(source, sections, index, rules),
        owns_steps: !container,
    })
}

/// The sites in a task's own line, those that say most first.
pub(super) fn signs(head: &Head, line: usize) -> impl Iterator<Item = (Site, Status)> {
    const ORDER: [Signal; 4] = [
        Signal::Word,
        Signal::Mark,
        Signal::LeadingMark,
        Signal::Strike,
    ];
    ORDER.into_iter().flat_map(move |wanted| {
        let signals = head.signals.iter();
        let own = signals.filter(move |(signal, ..)| *signal == wanted);
        own.map(move |(_, columns, status)| {
            let columns = columns.clone();
            (site(wanted, Span { line, columns }), *status)
        })
    })
}

/// The site of a signal in a task's own line.
pub(super) const fn site(signal: Signal, span: Span) -> Site {
    match signal {
        Signal::LeadingMark | Signal::Mark => Site::Mark(span),
        Signal::Word => Site::Word(span),
        Signal::Strike => Site::Strike(span),
    }
}

/// The section right below the title, without an id, speaks of the document as a whole.
fn describes_document(sections: &[Section], index: usize) -> bool {
    index <= 1
        && sections.first().is_some_and(|title| title.level == 1)
        && sections
            .get(index)
            .is_some_and(|section| section.level <= 2)
        && sections.len() > 2
}

/// From the heading to the section's end, or to a rule after its last heading.
fn own_lines(
    source: &Source<'_>,
    sections: &[Section],
    index: usize,
    rules: &[usize],
) -> Range<usize> {
    let Some(section) = sections.get(index) else {
        return 0..0;
    };
    // The last section inside this one is the one before the first that starts behind it.
    let behind = sections.partition_point(|other| other.lines.start < section.lines.end);
    let last = sections
        .get(behind.saturating_sub(1))
        .map_or(section.lines.start, |last| last.lines.start);
    let rule = rules.partition_point(|&rule| rule <= last);
    let end = rules
        .get(rule)
        .map_or(section.lines.end, |&rule| rule.min(section.lines.end));
    source.without_blank_end(section.lines.start..end)
}

/// A mark before a heading with no id of its own is decoration unless most of the headings
/// beside it start with one too.
fn drop_decoration(sections: &[Section], tasks: &mut [Option<HeadingTask>]) {
    let mut beside: std::collections::HashMap<(Option<usize>, u8), (usize, usize)> =
        std::collections::HashMap::new();
    for (section, task) in sections.iter().zip(tasks.iter()) {
        let (all, marked) = beside.entry((section.parent, section.level)).or_default();
        *all += 1;
        let led = |task: &HeadingTask| task.head.signal(Signal::LeadingMark).is_some();
        *marked += usize::from(task.as_ref().is_some_and(led));
    }
    for (section, slot) in sections.iter().zip(tasks.iter_mut()) {
        let Some(task) = slot else { continue };
        let named =
            matches!(&task.head.id, Some(id) if matches!(id.sort, Sort::Named | Sort::Container));
        let bare = task.head.signals.len() == task.sites.len()
            && task
                .head
                .signals
                .iter()
                .all(|(signal, ..)| *signal == Signal::LeadingMark);
        let (all, marked) = beside
            .get(&(section.parent, section.level))
            .copied()
            .unwrap_or_default();
        let company = all > 1 && marked * 2 > all;
        if bare && !named && !company {
            *slot = None;
        }
    }
}

/// A heading that holds tasks of its own is a part of the plan; boxes in it are no steps.
fn settle_owners(sections: &[Section], tasks: &mut [Option<HeadingTask>]) {
    for index in 0..sections.len() {
        if !tasks.get(index).is_some_and(Option::is_some) {
            continue;
        }
        let mut parent = sections.get(index).and_then(|section| section.parent);
        while let Some(up) = parent {
            if let Some(Some(task)) = tasks.get_mut(up) {
                task.owns_steps = false;
            }
            parent = sections.get(up).and_then(|section| section.parent);
        }
    }
}
