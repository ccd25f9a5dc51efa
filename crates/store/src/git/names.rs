//! Which path a plan had in each commit: names are followed along git's graph, from the newest
//! commit back, through renames, and through times when there was no such file.

use std::collections::BTreeSet;

/// Where plans lay in a graph of commits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Followed {
    /// For each commit, and each plan, its path; `None` where it was not there.
    pub(super) names: Vec<Vec<Option<usize>>>,
    /// Commits in which a plan has a path that it has not in one of their parents, or that have
    /// none here: their parents may have it under a path that nobody knows of yet.
    pub(super) arrived: BTreeSet<usize>,
}

/// A path under which a plan is looked for.
#[derive(Debug, Clone, Copy)]
struct Claim {
    plan: usize,
    name: usize,
    /// Whether the plan is known to lie there: the file goes on, or was renamed. Else somebody
    /// else's claim comes first.
    sure: bool,
}

/// Follows plans from their `paths` in the last commit. `parents`: those of each commit, all
/// before it; `has`: whether a commit has a file; `renamed`: from which paths a commit renamed
/// files to one.
pub(super) fn follow<'r>(
    parents: &[&[usize]],
    paths: &[usize],
    has: impl Fn(usize, usize) -> bool,
    renamed: impl Fn(usize, usize) -> &'r [usize],
) -> Followed {
    let mut claims: Vec<Vec<Claim>> = vec![Vec::new(); parents.len()];
    let mut followed = Followed {
        names: vec![vec![None; paths.len()]; parents.len()],
        arrived: BTreeSet::new(),
    };
    for (commit, parents) in parents.iter().copied().enumerate().rev() {
        let mut own = std::mem::take(&mut claims[commit]);
        if own.is_empty() {
            let newest = paths.iter().enumerate();
            own = newest
                .map(|(plan, name)| Claim {
                    plan,
                    name: *name,
                    sure: true,
                })
                .collect();
        }
        let names = settle(&own, paths.len(), |name| has(commit, name));
        for (plan, name) in names.iter().enumerate() {
            let sought = own.iter().find(|claim| claim.plan == plan);
            if parents.is_empty() && name.is_some() {
                followed.arrived.insert(commit);
            }
            for parent in parents {
                let claim = match *name {
                    Some(name) if has(*parent, name) => Claim {
                        plan,
                        name,
                        sure: true,
                    },
                    Some(name) => {
                        followed.arrived.insert(commit);
                        let from = renamed(commit, name).iter().copied();
                        let before = from.into_iter().find(|from| has(*parent, *from));
                        Claim {
                            plan,
                            name: before.unwrap_or(name),
                            sure: before.is_some(),
                        }
                    }
                    None => match sought {
                        Some(claim) => Claim {
                            sure: false,
                            ..*claim
                        },
                        None => continue,
                    },
                };
                claims[*parent].push(claim);
            }
        }
        followed.names[commit] = names;
    }
    followed
}

/// The path of each plan, of those that are claimed: one that is there, and nobody else's.
fn settle(claims: &[Claim], plans: usize, has: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut names: Vec<Option<usize>> = vec![None; plans];
    for sure in [true, false] {
        for claim in claims.iter().filter(|claim| claim.sure == sure) {
            let free = names[claim.plan].is_none() && !names.contains(&Some(claim.name));
            if free && has(claim.name) {
                names[claim.plan] = Some(claim.name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODO: usize = 0;
    const PLAN: usize = 1;

    /// Commits with their parents, the files they have, and what they rename.
    type Graph<'a> = &'a [(&'a [usize], &'a [usize], &'a [(usize, usize)])];

    fn followed(graph: Graph<'_>, paths: &[usize]) -> Followed {
        let parents: Vec<&[usize]> = graph.iter().map(|(own, ..)| *own).collect();
        let sources: Vec<Vec<Vec<usize>>> = graph
            .iter()
            .map(|(.., renames)| {
                (0..2)
                    .map(|name| {
                        let own = renames.iter().filter(|(_, to)| *to == name);
                        own.map(|(from, _)| *from).collect()
                    })
                    .collect()
            })
            .collect();
        follow(
            &parents,
            paths,
            |commit, name| graph[commit].1.contains(&name),
            |commit, name| &sources[commit][name],
        )
    }

    #[test]
    fn a_name_is_followed_through_a_rename_a_deletion_and_a_return() {
        let graph: Graph<'_> = &[
            (&[], &[TODO], &[]),
            (&[0], &[PLAN], &[(TODO, PLAN)]),
            (&[1], &[], &[]),
            (&[2], &[PLAN], &[]),
        ];
        let found = followed(graph, &[PLAN]);
        let names: Vec<_> = found.names.into_iter().flatten().collect();
        assert_eq!(names, [Some(TODO), Some(PLAN), None, Some(PLAN)]);
        assert_eq!(found.arrived, BTreeSet::from([0, 1, 3]));
    }

    #[test]
    fn a_branch_that_knew_nothing_of_the_rename_has_the_old_name() {
        let graph: Graph<'_> = &[
            (&[], &[TODO], &[]),
            (&[0], &[PLAN], &[(TODO, PLAN)]),
            (&[0], &[TODO], &[]),
            (&[1, 2], &[PLAN], &[(TODO, PLAN)]),
        ];
        let names: Vec<_> = followed(graph, &[PLAN])
            .names
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(names, [Some(TODO), Some(PLAN), Some(TODO), Some(PLAN)]);
    }

    #[test]
    fn a_plan_that_took_a_free_name_is_not_the_one_that_had_it() {
        let graph: Graph<'_> = &[
            (&[], &[TODO], &[]),
            (&[0], &[PLAN], &[(TODO, PLAN)]),
            (&[1], &[TODO, PLAN], &[]),
        ];
        for (paths, old) in [
            ([TODO, PLAN], [None, Some(TODO)]),
            ([PLAN, TODO], [Some(TODO), None]),
        ] {
            let found = followed(graph, &paths);
            assert_eq!(found.names[0], old);
            assert_eq!(found.names[2], paths.map(Some));
        }
    }
}
