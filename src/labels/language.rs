//! The languages of labels, and those that isard itself speaks.

use serde::{Deserialize, Serialize};

/// Language of printed labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese where known.
    Zh,
    /// English where known.
    #[default]
    En,
    /// English and Chinese.
    Both,
}

/// The language that isard itself speaks; labels have a choice of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}
