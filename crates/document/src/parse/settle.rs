//! Which of the signs of a task decides what its status is.

use super::blocks::{Block, Kind};
use super::scan;
use super::section::Headings;
use super::source::Source;
use crate::outline::{Entry, Site};
use crate::status::Status;

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
pub(super) fn boxes_follow_columns(
    source: &Source<'_>,
    blocks: &[Block],
    headings: &Headings,
) -> bool {
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
