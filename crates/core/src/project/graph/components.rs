//! Tarjan's strongly connected components (SIAM J. Comput. 1, 1972), without recursion: a plan can
//! have a chain of any length.

/// The components of a graph given by the places that each place leads to, each in order. A
/// component comes after all that it leads to.
pub(super) fn components(edges: &[&[usize]]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut found = Vec::new();
    let mut index = vec![UNSEEN; edges.len()];
    let mut low = vec![UNSEEN; edges.len()];
    let mut is_on = vec![false; edges.len()];
    let mut stack = Vec::new();
    let mut next = 0;
    // Places on the way to the present one, each with how many of its edges were followed.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..edges.len() {
        if index[start] == UNSEEN {
            way.push((start, 0));
        }
        while let Some((at, followed)) = way.last_mut() {
            let at = *at;
            if *followed == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                stack.push(at);
                is_on[at] = true;
            }
            if let Some(&to) = edges[at].get(*followed) {
                *followed += 1;
                if index[to] == UNSEEN {
                    way.push((to, 0));
                } else if is_on[to] {
                    low[at] = low[at].min(index[to]);
                }
                continue;
            }
            way.pop();
            if let Some((before, _)) = way.last() {
                low[*before] = low[*before].min(low[at]);
            }
            if low[at] == index[at] {
                let mut component = Vec::new();
                while let Some(own) = stack.pop() {
                    is_on[own] = false;
                    component.push(own);
                    if own == at {
                        break;
                    }
                }
                component.sort_unstable();
                found.push(component);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chain_of_any_length_is_followed() {
        let edges: Vec<Vec<usize>> = (1..100_001)
            .map(|next| if next < 100_000 { vec![next] } else { vec![] })
            .collect();
        let edges: Vec<&[usize]> = edges.iter().map(Vec::as_slice).collect();
        let found = components(&edges);
        assert_eq!((found.len(), &found[0][..]), (100_000, &[99_999][..]));
    }

    fn reaches(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
        let mut seen = vec![false; edges.len()];
        let mut rest = edges[from].clone();
        while let Some(at) = rest.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                rest.extend(&edges[at]);
            }
        }
        seen[to]
    }

    proptest! {
        #[test]
        fn places_are_together_if_and_only_if_each_leads_to_the_other(
            drawn in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 1..9),
        ) {
            let count = drawn.len();
            let edges: Vec<Vec<usize>> = drawn
                .iter()
                .map(|own| own.iter().map(|to| to.index(count)).collect())
                .collect();
            let slices: Vec<&[usize]> = edges.iter().map(Vec::as_slice).collect();
            let found = components(&slices);
            let mut of = vec![0; count];
            for (number, own) in found.iter().enumerate() {
                own.iter().for_each(|at| of[*at] = number);
            }
            for from in 0..count {
                for to in (0..count).filter(|to| *to != from) {
                    let both = reaches(&edges, from, to) && reaches(&edges, to, from);
                    prop_assert_eq!(of[from] == of[to], both);
                }
                for to in &edges[from] {
                    prop_assert!(of[*to] <= of[from], "a component comes after what it leads to");
                }
            }
        }
    }
}
