//! A tree whose nodes can be put elsewhere, children in order.

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node(usize);

impl Node {
    pub(super) const ROOT: Self = Self(0);

    /// Nodes are numbered as they were added, the root is 0.
    pub(super) const fn index(self) -> usize {
        self.0
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Links {
    parent: Option<Node>,
    previous: Option<Node>,
    next: Option<Node>,
    first: Option<Node>,
}

/// An arena of nodes. A node that is not there has no relatives.
#[derive(Debug)]
pub(super) struct Tree {
    links: Vec<Links>,
}

impl Tree {
    /// A tree of a root alone.
    pub(super) fn new() -> Self {
        Self {
            links: vec![Links::default()],
        }
    }

    /// Adds a node to a parent, behind one of its children or as the first.
    pub(super) fn add(&mut self, parent: Node, after: Option<Node>) -> Node {
        let node = Node(self.links.len());
        self.links.push(Links::default());
        self.link(node, parent, after);
        node
    }

    /// Takes a node with all below it to another place. It must not be above that place.
    pub(super) fn relocate(&mut self, node: Node, parent: Node, after: Option<Node>) {
        if after == Some(node) {
            return;
        }
        let Links {
            parent: from,
            previous,
            next,
            ..
        } = self.of(node);
        match (previous, from) {
            (Some(previous), _) => self.set(previous, |links| links.next = next),
            (None, Some(from)) => self.set(from, |links| links.first = next),
            (None, None) => {}
        }
        if let Some(next) = next {
            self.set(next, |links| links.previous = previous);
        }
        self.link(node, parent, after);
    }

    fn link(&mut self, node: Node, parent: Node, after: Option<Node>) {
        let next = match after {
            Some(after) => self.of(after).next,
            None => self.of(parent).first,
        };
        self.set(node, |links| {
            links.parent = Some(parent);
            links.previous = after;
            links.next = next;
        });
        match after {
            Some(after) => self.set(after, |links| links.next = Some(node)),
            None => self.set(parent, |links| links.first = Some(node)),
        }
        if let Some(next) = next {
            self.set(next, |links| links.previous = Some(node));
        }
    }

    fn of(&self, node: Node) -> Links {
        self.links.get(node.0).copied().unwrap_or_default()
    }

    fn set(&mut self, node: Node, change: impl FnOnce(&mut Links)) {
        if let Some(links) = self.links.get_mut(node.0) {
            change(links);
        }
    }

    pub(super) fn parent(&self, node: Node) -> Option<Node> {
        self.of(node).parent
    }

    pub(super) fn previous(&self, node: Node) -> Option<Node> {
        self.of(node).previous
    }

    pub(super) fn next(&self, node: Node) -> Option<Node> {
        self.of(node).next
    }

    pub(super) fn first(&self, node: Node) -> Option<Node> {
        self.of(node).first
    }

    /// The node and all above it, from the inside out.
    pub(super) fn upwards(&self, node: Node) -> impl Iterator<Item = Node> {
        std::iter::successors(Some(node), |&node| self.parent(node))
    }

    /// The nodes below one, each before those below it, in order.
    pub(super) fn below(&self, top: Node) -> impl Iterator<Item = Node> {
        std::iter::successors(self.first(top), move |&node| {
            self.first(node).or_else(|| {
                let inside = self.upwards(node).take_while(move |&at| at != top);
                inside.filter_map(|at| self.next(at)).next()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_goes_with_all_below_it() {
        let mut tree = Tree::new();
        let a = tree.add(Node::ROOT, None);
        let b = tree.add(Node::ROOT, Some(a));
        let inner = tree.add(a, None);
        assert_eq!(tree.below(Node::ROOT).collect::<Vec<_>>(), [a, inner, b]);
        tree.relocate(a, Node::ROOT, Some(b));
        assert_eq!(tree.below(Node::ROOT).collect::<Vec<_>>(), [b, a, inner]);
        tree.relocate(inner, b, None);
        assert_eq!(tree.below(Node::ROOT).collect::<Vec<_>>(), [b, inner, a]);
        assert_eq!(tree.below(b).collect::<Vec<_>>(), [inner]);
        assert_eq!(tree.upwards(inner).last(), Some(Node::ROOT));
    }
}
