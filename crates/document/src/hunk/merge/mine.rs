//! Doing to the found document what was done in ours.

use super::{Merger, Order, Origin, at, is_blank};
use crate::hunk::blocks::Blocks;
use crate::hunk::traits::{Numbers, Traits};
use crate::hunk::tree::Node;
use crate::text::content;

impl Merger<'_> {
    /// Does to the tree what was done in ours.
    pub(super) fn do_mine(&mut self) {
        self.united = self.twins();
        let mut order = Order::default();
        for line in 0..self.ours.len() {
            let node = match at(&self.mine.was, line) {
                Some(base) => {
                    let moved = self.mine.moved.get(base) == Some(&true);
                    let above = at(&self.of_ours.parent, line);
                    let in_order = !moved && order.follows(above, base);
                    self.old_line(line, base, in_order);
                    Some(self.old[base])
                }
                None => self.new_line(line),
            };
            self.from_ours.push(node);
        }
    }

    /// Whether a node and all above it stand in the found document.
    pub(super) fn stands(&self, node: Node) -> bool {
        match self.origin(node) {
            Origin::Base(base) => at(&self.theirs.became, base).is_some(),
            _ => true,
        }
    }

    /// The node that a line of ours belongs to; `None` if that gave way.
    fn parent_of_ours(&self, line: usize) -> Option<Node> {
        match at(&self.of_ours.parent, line) {
            None => Some(Node::ROOT),
            Some(parent) => at(&self.from_ours, parent),
        }
    }

    /// The nearest line before one of ours that stands at the same parent in the tree.
    fn anchor(&self, line: usize, parent: Node) -> Option<Node> {
        let mut before = at(&self.of_ours.previous, line);
        while let Some(line) = before {
            if let Some(node) = at(&self.from_ours, line)
                && self.tree.parent(node) == Some(parent)
            {
                return Some(node);
            }
            before = at(&self.of_ours.previous, line);
        }
        None
    }

    /// A line of the base that ours has too.
    fn old_line(&mut self, line: usize, base: usize, in_order: bool) {
        let node = self.old[base];
        let moved = self.mine.moved.get(base) == Some(&true);
        if at(&self.theirs.became, base).is_none() {
            if moved || content(self.base.line(base)) != content(self.ours.line(line)) {
                self.overridden.push(line);
            }
            return;
        }
        let old_parent = at(&self.of_base.parent, base);
        let parent_was = at(&self.of_ours.parent, line).map(|line| at(&self.mine.was, line));
        let same_parent = match parent_was {
            None => old_parent.is_none(),
            Some(was) => was.is_some() && was == old_parent,
        };
        if same_parent && in_order {
            return;
        }
        let parent = self.parent_of_ours(line);
        let target = parent.filter(|&parent| {
            self.stands(parent) && !self.tree.upwards(parent).any(|above| above == node)
        });
        let by_hand = self.theirs.moved.get(base) == Some(&true);
        let elsewhere = old_parent.map_or(Node::ROOT, |line| self.old[line]);
        // Where only what is around it changed, the hand's own structure and what stands again
        // come first.
        let keeps = !moved
            && (self.tree.parent(node) != Some(elsewhere)
                || old_parent.is_some_and(|line| self.back[line]));
        let target = target.filter(|_| !by_hand && !keeps);
        match target {
            Some(parent) => {
                let after = self.anchor(line, parent);
                self.tree.relocate(node, parent, after);
            }
            None => {
                let there = parent.is_some_and(|parent| {
                    self.tree.parent(node) == Some(parent)
                        && self.tree.previous(node) == self.anchor(line, parent)
                });
                if moved && !there && !is_blank(self.ours.line(line)) {
                    self.overridden.push(line);
                }
            }
        }
    }

    /// A line that is new in ours.
    fn new_line(&mut self, line: usize) -> Option<Node> {
        if let Some(&twin) = self.united.get(&line) {
            return Some(self.from_found[twin]);
        }
        let give_way = |merger: &mut Self| {
            if !is_blank(merger.ours.line(line)) {
                merger.overridden.push(line);
            }
            None
        };
        let Some(parent) = self.parent_of_ours(line) else {
            return give_way(self);
        };
        if !self.stands(parent) {
            // Of a block that the hand took apart, lines stay where their neighbours are now.
            let Some((parent, after)) = self.neighbour(line) else {
                return give_way(self);
            };
            return Some(self.add(Origin::Ours(line), parent, after));
        }
        let after = self.anchor(line, parent);
        let before = at(&self.of_ours.previous, line);
        if !before.is_some_and(|before| self.is_new_alone(before)) {
            self.unite(line, parent, after);
            if let Some(&twin) = self.united.get(&line) {
                return Some(self.from_found[twin]);
            }
        }
        if let Some(replaced) = at(&self.mine.instead, line) {
            if self.is_replaced_otherwise(line, replaced) {
                return give_way(self);
            }
            let node = self.old[replaced];
            let back = self.back.get(replaced) == Some(&true);
            if back && self.tree.parent(node) == Some(parent) {
                return Some(self.add(Origin::Ours(line), parent, Some(node)));
            }
        }
        Some(self.add(Origin::Ours(line), parent, after))
    }

    /// Where the nearest neighbours of a line are whose parent the hand removed and not them.
    fn neighbour(&self, line: usize) -> Option<(Node, Option<Node>)> {
        let standing = |line: usize| {
            let node = at(&self.from_ours, line).filter(|&node| self.stands(node));
            node.filter(|_| !is_blank(self.ours.line(line)))
        };
        let mut before = at(&self.of_ours.previous, line);
        while let Some(other) = before {
            if let Some(node) = standing(other) {
                return Some((self.tree.parent(node)?, Some(node)));
            }
            before = at(&self.of_ours.previous, other);
        }
        let mut behind = at(&self.of_ours.next, line);
        while let Some(other) = behind {
            let base = at(&self.mine.was, other).map(|base| self.old[base]);
            let blank = is_blank(self.ours.line(other));
            if let Some(node) = base.filter(|&node| !blank && self.stands(node)) {
                return Some((self.tree.parent(node)?, self.tree.previous(node)));
            }
            behind = at(&self.of_ours.next, other);
        }
        None
    }

    /// Whether the hand replaced the same single line by another one that is no other task.
    fn is_replaced_otherwise(&self, line: usize, replaced: usize) -> bool {
        let Some(&found) = self.replaced.get(&replaced) else {
            return false;
        };
        let alone = |blocks: &Blocks, line: usize| blocks.end(line) == line + 1;
        let mut numbers = Numbers::default();
        let mut id = |line: &str| Traits::of(line, &mut numbers).id().map(str::to_owned);
        let ids = id(self.ours.line(line)).zip(id(self.found.line(found)));
        alone(self.of_ours, line)
            && alone(self.of_found, found)
            && ids.is_none_or(|(mine, theirs)| mine == theirs)
    }
}
