//! What marks a long-form folder and names its units: `table.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::input::text;
use crate::table::Source;
use crate::watch::Watch;

/// The file that marks such a folder.
pub const MANIFEST: &str = "table.toml";

/// The version of the layout.
pub(crate) const VERSION: u32 = 1;

/// What `table.toml` says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<String>,
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) emissions_unit: Option<Units>,
}

/// One unit for all stressors, or one for each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Units {
    All(String),
    Each(BTreeMap<String, String>),
}

impl Manifest {
    /// Reads the manifest of a folder, with its provenance.
    ///
    /// # Errors
    /// With line and column, when it is not what it must be.
    pub(crate) fn read(folder: &Path, watch: &Watch) -> Result<(Self, Source)> {
        let path = folder.join(MANIFEST);
        let (text, source) = text(&path, Encoding::Utf8, watch)?;
        let manifest: Manifest = toml::from_str(&text).map_err(|e| {
            let before = &text[..e.span().map_or(0, |s| s.start.min(text.len()))];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = format!("{}:{line}:{column}", path.display());
            Error::format(place, e.message(), "known entries: format, name, unit, emissions_unit, stamp, notes")
        })?;
        if manifest.format != VERSION {
            return Err(Error::format(
                path.display(),
                format!("expected format = {VERSION}, found {}", manifest.format),
                "read this folder with the version of isard that wrote it",
            ));
        }
        Ok((manifest, source))
    }

    /// The unit that it names for a stressor.
    pub(crate) fn unit_of(&self, stressor: &str) -> Option<&String> {
        match self.emissions_unit.as_ref()? {
            Units::All(unit) => Some(unit),
            Units::Each(each) => each.get(stressor),
        }
    }
}
