//! The rules that are in force, and where from.

use super::Plan;
use crate::rules::{RuleFile, Rules};

impl Plan {
    /// The files that set rules, in the order of their paths.
    #[must_use]
    pub fn rule_files(&self) -> &[RuleFile] {
        &self.rules
    }

    /// The file that sets the rules for a plan at this path: of those in its folder and above, the
    /// nearest. A plan from outside the root goes by the root's own.
    #[must_use]
    pub fn rules_for(&self, plan: &str) -> Option<&RuleFile> {
        let above = self.rules.iter().filter(|file| file.is_above(plan));
        above.max_by_key(|file| file.folder().len())
    }

    /// The rules of a file that is there, or `None` where it sets none because it is not.
    #[must_use]
    pub fn rules_at(&self, path: &str) -> Option<&Rules> {
        let file = self.rules.iter().find(|file| file.path == path);
        file.map(|file| &file.rules)
    }

    /// Takes the rules of a file as they are from here on; `None` where it is gone.
    pub fn set_rules(&mut self, path: &str, rules: Option<Rules>) {
        self.rules.retain(|file| file.path != path);
        if let Some(rules) = rules {
            let at = self.rules.partition_point(|file| *file.path < *path);
            let path = path.to_owned();
            self.rules.insert(at, RuleFile { path, rules });
        }
    }
}
