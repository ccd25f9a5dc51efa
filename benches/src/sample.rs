//! Durations, and what is said of many of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The durations of one contender.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    sorted: Vec<Duration>,
}

impl Sample {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        let at = self.sorted.partition_point(|own| *own <= duration);
        self.sorted.insert(at, duration);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The shortest.
    #[must_use]
    pub fn min(&self) -> Duration {
        self.sorted.first().copied().unwrap_or_default()
    }

    /// The one that half of them do not exceed.
    #[must_use]
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The one that 99 of 100 do not exceed.
    #[must_use]
    pub fn p99(&self) -> Duration {
        self.percentile(99)
    }

    /// Their sum, shared out.
    #[must_use]
    pub fn mean(&self) -> Duration {
        let count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX).max(1);
        self.sorted.iter().sum::<Duration>() / count
    }

    /// The nearest rank.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.sorted.len() * percent).div_ceil(100);
        let at = rank.saturating_sub(1);
        self.sorted.get(at).copied().unwrap_or_default()
    }
}

/// How long something takes, once.
pub fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Runs something again and again for about this long, at least three times.
pub fn repeat<T>(budget: Duration, mut work: impl FnMut() -> T) -> Sample {
    let mut sample = Sample::default();
    let start = Instant::now();
    black_box(work());
    while sample.count() < 3 || start.elapsed() < budget {
        let (took, done) = time(&mut work);
        black_box(done);
        sample.push(took);
    }
    sample
}
