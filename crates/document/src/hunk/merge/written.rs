//! The merged tree as text.

use std::ops::Range;

use super::{Merge, Merger, Origin, at, is_blank};
use crate::hunk::blocks::Blocks;
use crate::hunk::tokens;
use crate::hunk::tree::Node;
use crate::text::{Document, Line, content, terminator};

impl Merger<'_> {
    /// The merged text.
    pub(super) fn finish(mut self) -> Merge {
        let mut lines: Vec<Line> = Vec::with_capacity(self.found.len().max(self.ours.len()));
        // Where each node's line is among these.
        let mut places: Vec<Option<usize>> = vec![None; self.origins.len()];
        let nodes: Vec<Node> = self.tree.below(Node::ROOT).collect();
        for node in nodes {
            let above = {
                let mut above = self.tree.upwards(node).skip(1);
                above.find_map(|node| at(&places, node.index()))
            };
            let indent = above.map_or("", |line| indent(&lines[line])).to_owned();
            let line = match self.origin(node) {
                Origin::Root => None,
                Origin::Base(base) => self.merged(base, &indent),
                Origin::Found(line) => Some(indented(self.found, self.of_found, line, &indent)),
                Origin::Ours(line) => Some(indented(self.ours, self.of_ours, line, &indent)),
            };
            if let (Some(line), Some(place)) = (line, places.get_mut(node.index())) {
                *place = Some(lines.len());
                lines.push(line);
            }
        }
        self.overridden.sort_unstable();
        self.overridden.dedup();
        let mut overridden: Vec<Range<usize>> = Vec::new();
        for line in self.overridden {
            match overridden.last_mut() {
                Some(last) if last.end == line => last.end += 1,
                _ => overridden.push(line..line + 1),
            }
        }
        Merge {
            document: Document::from_lines(ended(lines)),
            overridden,
            returned: self.returned,
        }
    }

    /// What both sides made of a line of the base; `None` if it went.
    fn merged(&mut self, base: usize, indent: &str) -> Option<Line> {
        let found = at(&self.theirs.became, base)?;
        let Some(ours) = at(&self.mine.became, base) else {
            let back = self.back[base];
            return back.then(|| indented(self.found, self.of_found, found, indent));
        };
        let (was, theirs, mine) = (
            self.base.line(base),
            self.found.line(found),
            self.ours.line(ours),
        );
        if was == theirs {
            return self.ours.lines().get(ours).cloned();
        }
        if let Some(line) = tokens::merge(was, theirs, mine) {
            return Some(line.into());
        }
        if content(theirs) != content(mine) {
            self.overridden.push(ours);
        }
        self.found.lines().get(found).cloned()
    }
}

/// The blanks a line begins with.
fn indent(line: &str) -> &str {
    let text = content(line).trim_start_matches([' ', '\t']);
    &line[..content(line).len() - text.len()]
}

/// A line of a side, as deep below the line it belongs to as it is there.
fn indented(side: &Document, blocks: &Blocks, line: usize, below: &str) -> Line {
    let own = side.lines().get(line).cloned().unwrap_or_default();
    let above = at(&blocks.parent, line).map_or("", |parent| indent(side.line(parent)));
    match own.strip_prefix(above) {
        Some(rest) if above != below && !is_blank(&own) => format!("{below}{rest}").into(),
        _ => own,
    }
}

/// Lines of which each but the last is ended: the last line of one side may be in the midst now.
fn ended(mut lines: Vec<Line>) -> Vec<Line> {
    let open = |line: &Line| !line.ends_with('\n');
    let Some((_, inner)) = lines.split_last() else {
        return lines;
    };
    if !inner.iter().any(open) {
        return lines;
    }
    let end = inner
        .iter()
        .map(|line| terminator(line))
        .find(|end| !end.is_empty())
        .unwrap_or("\n")
        .to_owned();
    let last = lines.len() - 1;
    for line in lines[..last].iter_mut().filter(|line| open(line)) {
        *line = format!("{line}{end}").into();
    }
    lines
}
