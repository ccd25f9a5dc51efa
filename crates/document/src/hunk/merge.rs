//! Three-way merge.
//!
//! Diff3 as described by Khanna, Kunal and Pierce ("A Formal Investigation of Diff3", FSTTCS
//! 2007): what each side did to the base is worked out by itself, and where only one of them did
//! something that is what happens. They call a stretch that both changed a conflict. Here such a
//! stretch is taken apart further, so that one changed word overrides no change of another line,
//! and lines are merged as the tree they form (see [`blocks`](super::blocks)), as Lindholm does
//! with XML ("A Three-way Merge for XML Documents", DocEng 2004), so that none ends below another
//! one than in the side it came from:
//!
//! 1. Each side is aligned with the base line by line (see [`align`](super::align)): a line of
//!    the base is kept, changed, moved, replaced by an unrelated one or removed, and lines are new.
//! 2. The base's tree is made into the tree of the found document; then what was done in ours is
//!    done to it. What was moved on one side takes along what the other one did inside it.
//! 3. A line that both sides changed is merged within, by its tokens (see
//!    [`tokens`](super::tokens)).
//! 4. The found document is the newer one, and somebody's hand. Its lines all stand. Where the
//!    same tokens were changed in two ways, its line stands. What it removed goes, with what ours
//!    changed or added inside; that is listed, and who reads both texts can bring it back. What
//!    ours removed stands again, whole, if the hand changed something inside. Where both moved
//!    something, it is where the hand put it.
//! 5. New lines at the same place are all kept, those that both sides have once; ours come first.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::text::{Document, Line, content, terminator};

use super::align::{Side, align};
use super::blocks::Blocks;
use super::tokens;
use super::traits::{Numbers, Traits};
use super::tree::{Node, Tree};

/// Fewest words of lines without an id that are one line both sides put below the same one.
const FEWEST_WORDS: usize = 2;

/// What a three-way merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merged document.
    pub document: Document,
    /// The lines of ours that were changed, moved or added there and gave way: neither they nor
    /// what they changed is in the merged document, or not there. In order, not touching.
    pub overridden: Vec<Range<usize>>,
    /// The lines of the base that ours had removed and that stand again, with all that belongs to
    /// them, since something inside was changed in what was found. In order.
    pub returned: Vec<usize>,
}

/// Merges what was done to `base` in a document that was found and in ours. Where that cannot be
/// had both, what was found wins.
#[must_use]
pub fn merge(base: &Document, found: &Document, ours: &Document) -> Merge {
    let unmerged = |document: &Document| Merge {
        document: document.clone(),
        overridden: Vec::new(),
        returned: Vec::new(),
    };
    if found == ours || base == ours {
        unmerged(found)
    } else if base == found {
        unmerged(ours)
    } else {
        apart(base, found, ours)
    }
}

/// Merges two sides that both differ from the base.
fn apart(base: &Document, found: &Document, ours: &Document) -> Merge {
    let blocks = [base, found, ours].map(Blocks::of);
    let [of_base, of_found, of_ours] = &blocks;
    let theirs = align((base, of_base), (found, of_found));
    let instead = theirs.instead.iter().enumerate();
    let mut merger = Merger {
        replaced: instead
            .filter_map(|(at, base)| Some(((*base)?, at)))
            .collect(),
        united: HashMap::new(),
        claimed: HashSet::new(),
        theirs,
        mine: align((base, of_base), (ours, of_ours)),
        base,
        found,
        ours,
        of_base,
        of_found,
        of_ours,
        tree: Tree::new(),
        origins: vec![Origin::Root],
        old: Vec::with_capacity(base.len()),
        from_found: Vec::with_capacity(found.len()),
        from_ours: Vec::with_capacity(ours.len()),
        back: vec![false; base.len()],
        returned: Vec::new(),
        overridden: Vec::new(),
    };
    merger.plant();
    merger.do_theirs();
    merger.bring_back();
    merger.do_mine();
    merger.finish()
}

/// Where a node of the merged tree comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Root,
    Base(usize),
    Found(usize),
    Ours(usize),
}

struct Merger<'a> {
    base: &'a Document,
    found: &'a Document,
    ours: &'a Document,
    of_base: &'a Blocks,
    of_found: &'a Blocks,
    of_ours: &'a Blocks,
    theirs: Side,
    mine: Side,
    tree: Tree,
    origins: Vec<Origin>,
    /// The node of each line of the base.
    old: Vec<Node>,
    /// The node of each line of the found document.
    from_found: Vec<Node>,
    /// The node of each line of ours; `None` if it gave way.
    from_ours: Vec<Option<Node>>,
    /// The line of the found document that stands in the place of one of the base.
    replaced: HashMap<usize, usize>,
    /// The new lines of ours that are also new in the found document, with their lines there.
    united: HashMap<usize, usize>,
    /// The lines of the found document among these.
    claimed: HashSet<usize>,
    /// Whether a line of the base that ours removed stands again.
    back: Vec<bool>,
    returned: Vec<usize>,
    overridden: Vec<usize>,
}

fn at<T: Copy>(list: &[Option<T>], index: usize) -> Option<T> {
    list.get(index).copied().flatten()
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

impl Merger<'_> {
    fn add(&mut self, origin: Origin, parent: Node, after: Option<Node>) -> Node {
        self.origins.push(origin);
        self.tree.add(parent, after)
    }

    fn origin(&self, node: Node) -> Origin {
        let origin = self.origins.get(node.index());
        origin.copied().unwrap_or(Origin::Root)
    }

    /// The base's own tree.
    fn plant(&mut self) {
        for line in 0..self.base.len() {
            let parent = at(&self.of_base.parent, line).map_or(Node::ROOT, |line| self.old[line]);
            let previous = at(&self.of_base.previous, line).map(|line| self.old[line]);
            let node = self.add(Origin::Base(line), parent, previous);
            self.old.push(node);
        }
    }

    /// Makes the tree that of the found document, but for the lines it lacks.
    fn do_theirs(&mut self) {
        let mut order = Order::default();
        for line in 0..self.found.len() {
            let parent =
                at(&self.of_found.parent, line).map_or(Node::ROOT, |line| self.from_found[line]);
            let previous = at(&self.of_found.previous, line).map(|line| self.from_found[line]);
            let node = match at(&self.theirs.was, line) {
                None => self.add(Origin::Found(line), parent, previous),
                Some(base) => {
                    let node = self.old[base];
                    let moved = self.theirs.moved.get(base) == Some(&true);
                    let stays = !moved && self.tree.parent(node) == Some(parent);
                    if !stays || !order.follows(Some(parent.index()), base) {
                        self.tree.relocate(node, parent, previous);
                    }
                    node
                }
            };
            self.from_found.push(node);
        }
    }

    /// Finds the blocks that ours removed and in which the hand changed something.
    fn bring_back(&mut self) {
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

    /// Does to the tree what was done in ours.
    fn do_mine(&mut self) {
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
    fn stands(&self, node: Node) -> bool {
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

    /// New lines of ours that are the same as one of the found document, by their lines: each
    /// alone with its text on its side, with an id or below the same line of the base.
    fn twins(&mut self) -> HashMap<usize, usize> {
        let theirs = only(self.found, self.of_found, &self.theirs);
        let mine = only(self.ours, self.of_ours, &self.mine);
        let mut twins = HashMap::new();
        for (text, line) in mine {
            let Some((line, twin)) = line.zip(theirs.get(text).copied().flatten()) else {
                continue;
            };
            let above = |blocks: &Blocks, side: &Side, line: usize| {
                at(&blocks.parent, line).and_then(|line| at(&side.was, line))
            };
            let same =
                above(self.of_ours, &self.mine, line) == above(self.of_found, &self.theirs, twin);
            let traits = Traits::of(text, &mut Numbers::default());
            if traits.id().is_some() || (same && traits.count() >= FEWEST_WORDS) {
                twins.insert(line, twin);
            }
        }
        self.claimed.extend(twins.values());
        twins
    }

    /// Finds the lines of a run of new lines of ours that are new at the same place in the found
    /// document too.
    fn unite(&mut self, line: usize, parent: Node, after: Option<Node>) {
        let mut run = vec![line];
        let mut next = at(&self.of_ours.next, line);
        while let Some(line) = next.filter(|line| self.is_new_alone(*line)) {
            run.push(line);
            next = at(&self.of_ours.next, line);
        }
        let mut other: Vec<usize> = Vec::new();
        let mut node = match after {
            Some(after) => self.tree.next(after),
            None => self.tree.first(parent),
        };
        while let Some(at) = node {
            match self.origin(at) {
                Origin::Found(line) if self.claimed.contains(&line) => break,
                Origin::Found(line) => other.push(line),
                _ if self.stands(at) => break,
                _ => {}
            }
            node = self.tree.next(at);
        }
        let mine: Vec<&str> = run.iter().map(|&line| self.ours.content(line)).collect();
        let theirs: Vec<&str> = other.iter().map(|&line| self.found.content(line)).collect();
        let same = tokens::same(&mine, &theirs);
        // Blank lines part what is beside them: they are the same only with that.
        let neighbours = |a: &(usize, usize), b: &(usize, usize)| (a.0 + 1, a.1 + 1) == *b;
        let all_blank = mine.iter().chain(&theirs).all(|line| is_blank(line));
        for together in same.chunk_by(neighbours) {
            if all_blank || together.iter().any(|&(at, _)| !is_blank(mine[at])) {
                for &(line, twin) in together {
                    self.united.insert(run[line], other[twin]);
                    self.claimed.insert(other[twin]);
                }
            }
        }
    }

    /// Whether a line is new in ours and no twin of one in the found document.
    fn is_new_alone(&self, line: usize) -> bool {
        at(&self.mine.was, line).is_none() && !self.united.contains_key(&line)
    }

    /// The merged text.
    fn finish(mut self) -> Merge {
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

/// The lines that are new, belong to none that is or have an id, and alone have their text, by this.
fn only<'a>(
    document: &'a Document,
    blocks: &Blocks,
    side: &Side,
) -> BTreeMap<&'a str, Option<usize>> {
    let mut only = BTreeMap::new();
    let mut numbers = Numbers::default();
    for line in 0..document.len() {
        let new = |line: usize| at(&side.was, line).is_none();
        let inner = at(&blocks.parent, line).is_some_and(new);
        let mut named = || Traits::of(document.line(line), &mut numbers).id().is_some();
        if new(line) && !is_blank(document.line(line)) && (!inner || named()) {
            only.entry(document.content(line).trim())
                .and_modify(|known| *known = None)
                .or_insert(Some(line));
        }
    }
    only
}

/// The order in which lines of the base stand below one parent.
#[derive(Default)]
struct Order(HashMap<Option<usize>, usize>);

impl Order {
    /// Whether a line stands behind all those before it also in the base.
    fn follows(&mut self, parent: Option<usize>, base: usize) -> bool {
        let last = self.0.entry(parent).or_insert(base);
        let follows = *last <= base;
        *last = base.max(*last);
        follows
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

#[cfg(test)]
mod laws;
#[cfg(test)]
mod real;
#[cfg(test)]
mod tests;
