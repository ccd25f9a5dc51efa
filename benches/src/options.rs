//! What was asked for on the command line.

/// The choices after `cargo bench -p ledger-benches --`.
#[derive(Debug, Clone)]
pub struct Options {
    groups: Vec<String>,
    /// `--large`: also ledgers and batches of 100,000 events.
    pub large: bool,
    /// `--huge`: also ledgers of 1,000,000 events, which take some 5 GB of disk.
    pub huge: bool,
    /// `--rounds N`: how often each contender runs after the warm-up.
    pub rounds: usize,
}

impl Options {
    /// Reads the command line; `None` after telling what there is.
    #[must_use]
    pub fn read(groups: &[&str]) -> Option<Self> {
        let mut options = Self {
            groups: Vec::new(),
            large: false,
            huge: false,
            rounds: 120,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                // Cargo's own.
                "--bench" => {}
                "--large" => options.large = true,
                "--huge" => (options.large, options.huge) = (true, true),
                "--rounds" => {
                    let count = words.next().and_then(|count| count.parse().ok());
                    options.rounds = count.unwrap_or(options.rounds).max(1);
                }
                "--help" | "-h" => {
                    println!("[--large] [--huge] [--rounds N] [GROUP …]");
                    println!("groups here: {}", groups.join(", "));
                    return None;
                }
                group => options.groups.push(group.to_owned()),
            }
        }
        Some(options)
    }

    /// Whether a group of measurements is to be taken.
    #[must_use]
    pub fn wants(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|own| own == group)
    }
}
