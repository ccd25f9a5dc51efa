//! Small charts of characters.

/// Eighths of a cell, from one to all.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character for each value, as high as it is beside the greatest; blank for none.
pub(crate) fn sparkline(values: &[u64]) -> String {
    let most = values.iter().copied().max().unwrap_or(0);
    let height = |value: u64| match (value, most) {
        (0, _) | (_, 0) => ' ',
        (value, most) => {
            let eighths = (u128::from(value) * 8).div_ceil(u128::from(most));
            let at = usize::try_from(eighths).unwrap_or(8).clamp(1, 8) - 1;
            HEIGHTS[at]
        }
    };
    values.iter().map(|value| height(*value)).collect()
}

/// A bar of at most `cells` cells for a part of a whole, with what is missing beside it.
pub(crate) fn bar(part: usize, whole: usize, cells: usize) -> (String, String) {
    let filled = match whole {
        0 => 0,
        whole => (part.min(whole) * cells) / whole,
    };
    ("█".repeat(filled), "░".repeat(cells - filled))
}

/// The values summed up in at most `most` groups that lie beside each other.
pub(crate) fn grouped(values: &[u64], most: usize) -> Vec<u64> {
    let width = values.len().div_ceil(most.max(1)).max(1);
    let groups = values.chunks(width);
    groups.map(|group| group.iter().sum()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::output::columns::width;

    #[test]
    fn a_line_is_as_high_as_its_values() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(sparkline(&[0, 0]), "  ");
        assert_eq!(bar(1, 2, 4), ("██".to_owned(), "░░".to_owned()));
        assert_eq!(bar(0, 0, 2), (String::new(), "░░".to_owned()));
    }

    proptest! {
        #[test]
        fn charts_take_the_cells_they_are_given(
            values in prop::collection::vec(any::<u32>(), 0..200),
            most in 1usize..60,
            part in 0usize..100,
            whole in 0usize..100,
        ) {
            let values: Vec<u64> = values.into_iter().map(u64::from).collect();
            let groups = grouped(&values, most);
            prop_assert!(groups.len() <= most);
            prop_assert_eq!(groups.iter().sum::<u64>(), values.iter().sum::<u64>());
            prop_assert_eq!(width(&sparkline(&groups)), groups.len());
            let (done, open) = bar(part, whole, most);
            prop_assert_eq!(width(&done) + width(&open), most);
        }
    }
}
