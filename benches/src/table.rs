//! Measurements as a table.

use std::time::Duration;

use crate::sample::Sample;

/// Rows under one heading.
#[derive(Debug)]
pub struct Table {
    title: String,
    peer: Option<&'static str>,
    rows: Vec<[String; 8]>,
}

impl Table {
    /// A table without rows. `peer` names what ratios are taken to.
    #[must_use]
    pub fn new(title: impl Into<String>, peer: Option<&'static str>) -> Self {
        Self {
            title: title.into(),
            peer,
            rows: Vec::new(),
        }
    }

    /// Adds a contender: `beside` is the peer's durations, `note` what else there is to say.
    pub fn row(
        &mut self,
        what: impl Into<String>,
        sample: &Sample,
        beside: Option<&Sample>,
        note: impl Into<String>,
    ) {
        let ratio = |peer: &Sample| {
            let own = sample.median().as_secs_f64() / peer.median().as_secs_f64().max(1e-9);
            format!("{own:.2}")
        };
        self.rows.push([
            what.into(),
            sample.count().to_string(),
            short(sample.min()),
            short(sample.median()),
            short(sample.p99()),
            short(sample.mean()),
            beside.map(ratio).unwrap_or_default(),
            note.into(),
        ]);
    }

    /// Prints it.
    pub fn print(&self) {
        let ratio = self.peer.map_or(String::new(), |peer| format!("× {peer}"));
        let head = ["", "n", "min", "median", "p99", "mean", &ratio, ""].map(str::to_owned);
        let rows = || std::iter::once(&head).chain(&self.rows);
        let mut widths = [0; 8];
        for row in rows() {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        println!("\n{}", self.title);
        for row in rows() {
            let mut line = String::from(" ");
            for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = " ".repeat(width - cell.chars().count());
                // Words to the left, figures to the right.
                match at {
                    0 | 7 => line.extend([" ", cell, &gap]),
                    _ if width == 0 => {}
                    _ => line.extend([" ", &gap, cell]),
                }
                line.push(' ');
            }
            println!("{}", line.trim_end());
        }
    }
}

/// A duration with three digits or so.
#[must_use]
pub fn short(duration: Duration) -> String {
    let nanos = duration.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    match value {
        v if v < 10.0 => format!("{v:.2} {unit}"),
        v if v < 100.0 => format!("{v:.1} {unit}"),
        v => format!("{v:.0} {unit}"),
    }
}
