//! The choices of a build: each by name, with its default and the reason for it; and all variants of them.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What closes outflow against inflow of a product, whose national totals should be equal and are not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// Inflows are scaled to the total of the outflows.
    ScaleIn,
    /// Outflows are scaled to the total of the inflows.
    ScaleOut,
    /// Both are scaled to the mean of the totals.
    #[default]
    Mean,
    /// Inflows stay, and the difference stays in the error column.
    Slack,
}

/// Goods that come into a region and leave it again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transit {
    /// As little as makes own supply of a product not negative.
    #[default]
    Least,
    /// All that a region both sends out and takes in of a product: trade in one direction is left.
    All,
}

/// What imports serve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Imports {
    /// Use inside the region.
    #[default]
    Use,
    /// Use, exports and outflow alike: the share in exports is re-exported.
    Supply,
}

/// The choices of a build.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Choices {
    /// What closes outflow against inflow.
    pub closing: Closing,
    /// What counts as transit.
    pub transit: Transit,
    /// What imports serve.
    pub imports: Imports,
    /// How trade falls with distance.
    pub beta: f64,
}

/// The exponents that a spread runs over.
const BETAS: [f64; 3] = [0.0, 1.0, 2.0];

impl Default for Choices {
    fn default() -> Self {
        Choices { closing: Closing::default(), transit: Transit::default(), imports: Imports::default(), beta: 1.0 }
    }
}

impl Closing {
    /// Its name and why one would choose it.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Closing::ScaleIn => ("scale-in", "outflows are taken to be counted better, as producers report them"),
            Closing::ScaleOut => ("scale-out", "inflows are taken to be counted better, as uses must be supplied"),
            Closing::Mean => ("mean", "no total is known to be the better one, so both are scaled to their mean"),
            Closing::Slack => {
                ("slack", "nothing is moved: regional columns stay as published, and the difference is left in the error column")
            }
        }
    }
}

impl Transit {
    /// Its name and why one would choose it.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Transit::Least => {
                ("least", "two-way trade inside 42 products is mostly of different goods, so only what must be transit is taken off")
            }
            Transit::All => ("all", "goods of a product are taken to be one good, so what a region sends and takes of it passes through"),
        }
    }
}

impl Imports {
    /// Its name and why one would choose it.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Imports::Use => ("use", "exports are taken to be made at home, as in tables where imports are a column of use"),
            Imports::Supply => ("supply", "exports are taken to hold the imports that all supply of the product holds"),
        }
    }
}

impl Choices {
    /// Name, value and reason of each.
    pub fn lines(&self) -> [(&'static str, String, &'static str); 4] {
        let line = |name, (value, why): (&str, &'static str)| (name, value.to_string(), why);
        [
            line("closing", self.closing.told()),
            line("transit", self.transit.told()),
            line("imports", self.imports.told()),
            (
                "beta",
                self.beta.to_string(),
                "trade of goods falls about as distance grows in most estimates; no freight data of the year is at hand",
            ),
        ]
    }

    /// The name of this variant: `mean-least-use-1`.
    pub fn name(&self) -> String {
        format!("{}-{}-{}-{}", self.closing.told().0, self.transit.told().0, self.imports.told().0, self.beta)
    }

    /// Every variant: closing, transit, imports, and the exponents 0, 1 and 2 where trade is a gravity.
    pub fn all(gravity: bool) -> Vec<Choices> {
        let mut found = Vec::new();
        for closing in [Closing::ScaleIn, Closing::ScaleOut, Closing::Mean, Closing::Slack] {
            for transit in [Transit::Least, Transit::All] {
                for imports in [Imports::Use, Imports::Supply] {
                    let betas: &[f64] = if gravity { &BETAS } else { &BETAS[1..2] };
                    found.extend(betas.iter().map(|&beta| Choices { closing, transit, imports, beta }));
                }
            }
        }
        found
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.beta >= 0.0 && self.beta <= 10.0 {
            return Ok(());
        }
        Err(Error::range(format!("`beta` is {}: trade would not fall with distance", self.beta), "give a number from 0 to 10"))
    }
}
