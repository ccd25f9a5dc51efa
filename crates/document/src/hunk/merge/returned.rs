//! What ours removed and stands again, since the hand changed something inside.

use super::{Merger, Origin, at, is_blank};
use crate::hunk::tree::{Node, Tree};
use crate::text::content;

impl Merger<'_> {
    /// Finds the blocks that ours removed and in which the hand changed something.
    pub(super) fn bring_back(&mut self) {
        for line in 0..self.found.len() {
            let node = self.from_found[line];
            let touches = match self.origin(node) {
                Origin::Base(base) if self.is_gone(base) => {
                    let changed = content(self.base.line(base)) != content(self.found.line(line));
                    changed || self.theirs.moved.get(base) == Some(&true)
                }
                Origin::Base(base) => self.theirs.moved.get(base) == Some(&true),
                _ => true,
            };
            if touches && !is_blank(self.found.line(line)) {
                self.bring_back_around(node);
            }
        }
        self.returned.sort_unstable();
    }

    /// Whether ours removed a line of the base.
    fn is_gone(&self, base: usize) -> bool {
        at(&self.mine.became, base).is_none()
    }

    /// A line of the base that ours removed and the hand did not.
    fn lost(&self, node: Node) -> Option<usize> {
        match self.origin(node) {
            Origin::Base(base) => {
                let found = at(&self.theirs.became, base).is_some();
                (found && self.is_gone(base)).then_some(base)
            }
            _ => None,
        }
    }

    fn bring_back_around(&mut self, node: Node) {
        let from = match self.lost(node) {
            Some(_) => Some(node),
            None => self.tree.parent(node),
        };
        let Some(from) = from else { return };
        let outermost = self
            .tree
            .upwards(from)
            .take_while(|&node| self.lost(node).is_some())
            .last();
        let Some(outermost) = outermost else { return };
        let Some(top) = self.lost(outermost).filter(|&base| !self.back[base]) else {
            return;
        };
        self.returned.push(top);
        let mut block = vec![outermost];
        block.extend(self.tree.below(outermost));
        // The blank lines that part it from its neighbours.
        for step in [Tree::previous, Tree::next] {
            let mut beside = step(&self.tree, outermost);
            while let Some(node) = beside {
                let blank = |base: usize| is_blank(self.base.line(base));
                if !self.lost(node).is_some_and(blank) {
                    break;
                }
                block.push(node);
                beside = step(&self.tree, node);
            }
        }
        for node in block {
            if let Some(base) = self.lost(node) {
                self.back[base] = true;
            }
        }
    }
}
