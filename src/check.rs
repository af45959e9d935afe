//! Totals that must agree: what is compared, how far apart it is, and how far apart it may be.

use serde::Serialize;

/// How far sums of a decomposition may be apart, relative to their size.
pub const IDENTITY: f64 = 1e-10;

/// A total that must agree with another one, and how well it does.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What is compared.
    pub name: String,
    /// The difference found, relative.
    pub found: f64,
    /// The largest difference allowed.
    pub limit: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl Check {
    /// Compares the difference found with the one allowed; a NaN does not hold.
    pub fn new(name: &str, found: f64, limit: f64) -> Self {
        Check { name: name.into(), found, limit, holds: found <= limit }
    }

    /// Sums that must agree one by one: the differences together, against the sizes together.
    pub fn sums(name: &str, found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = f64>) -> Self {
        let (mut gap, mut size) = (0.0, 0.0);
        for (a, b) in found.into_iter().zip(expected) {
            gap += (a - b).abs();
            size += b.abs();
        }
        // a NaN is above every limit
        Check::new(name, if gap == 0.0 { 0.0 } else { gap / size.max(f64::MIN_POSITIVE) }, IDENTITY)
    }

    /// The same check with another limit.
    pub fn within(self, limit: f64) -> Self {
        Check { limit, holds: self.found <= limit, ..self }
    }
}
