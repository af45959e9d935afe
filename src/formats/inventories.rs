//! Emission inventories from files, and the concordances that join them to a table.

use std::path::Path;

use crate::error::{Error, Result};
use crate::finding::{Finding, Level};
use crate::formats::Encoding;
use crate::formats::tools::{input, rows};
use crate::inventory::Inventory;
use crate::labels::key;
use crate::units::{MASS, Of, Stated, Unit};

mod ceads;
mod concordance;
pub(super) mod csv;

pub(super) use concordance::split;
pub use concordance::{builtin_concordance, read_concordance};

/// How an inventory is to be read.
#[derive(Debug, Clone, Default)]
pub struct InventoryOptions {
    /// Unit of the numbers; where absent the suffix of the file name decides (`..._Mt.csv`).
    pub unit: Option<String>,
    /// Whether that unit takes the place of another that the file says.
    pub override_unit: bool,
    /// Encoding of text files.
    pub encoding: Encoding,
    /// Names of regions and sectors: a heading or a label that is a number and one of them is a name.
    pub names: Vec<String>,
}

/// Reads an inventory: CEADs workbook (one sheet for each province), or a region x sector matrix or long form, as CSV or
/// in a workbook.
///
/// # Errors
/// When a cell is not a number, a label comes twice, labels are missing, or no unit is known.
pub fn read(path: &Path, options: &InventoryOptions) -> Result<Inventory> {
    match input::extension(&rows::sheet_of(path).0).as_str() {
        "xls" | "xlsx" | "xlsm" | "xlsb" => match ceads::read(path, options)? {
            Some(inventory) => Ok(inventory),
            None => csv::read(path, options),
        },
        "csv" | "tsv" | "txt" => csv::read(path, options),
        _ if crate::plain::is_stream(path) => csv::read(path, options),
        other => {
            let text = format!("no inventory format has the extension \"{other}\"");
            Err(Error::format(path.display(), text, "known: .csv, .csv.gz, .tsv, .txt, .xlsx and .xls"))
        }
    }
}

/// Whether a path names a file, a column of one (`FILE:COLUMN`) or a sheet (`FILE.xlsx[SHEET]`).
pub(crate) fn is_source(path: &Path) -> bool {
    path.is_file() || concordance::split(path).1.is_some() || rows::sheet_of(path).0.is_file()
}

/// The file name without folder, `.gz` and extension.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_string()
}

/// The unit at the end of a file name, as in `co2_2017_Mt.csv`.
pub(crate) fn name_unit(path: &Path) -> Result<Option<String>> {
    let stem = stem(path);
    let Some(last) = stem.rsplit(['_', '-', ' ', '.']).next().filter(|last| last.len() < stem.len()) else { return Ok(None) };
    if last != "Mt" && last.eq_ignore_ascii_case("mt") {
        let help = "call the file ..._t.csv or ..._Mt.csv, or pass `emissions-unit` with `override-unit`";
        return Err(Unit::mass("MT").expect_err("it has two readings").at(path.display(), help));
    }
    let known = ["Gg", "Tg", "Pg", "Mg", "TJ"].into_iter().find(|k| k.eq_ignore_ascii_case(last));
    let unit = Unit::read(last).ok().filter(|u| matches!(u.of, Of::Mass(_) | Of::Other(_, "energy" | "volume")));
    Ok(unit.map(|u| known.map_or_else(|| u.to_string(), String::from)))
}

/// The unit of an inventory: of the file's own words, else of the end of its name, and by the option.
pub(crate) fn inventory_unit(path: &Path, own: Option<&str>, options: &InventoryOptions) -> Result<(String, Vec<Finding>)> {
    let named = if options.override_unit { name_unit(path).unwrap_or_default() } else { name_unit(path)? };
    if let (Some(own), Some(name), false) = (own, &named, options.override_unit)
        && !Unit::read(own).is_ok_and(|o| Unit::read(name).is_ok_and(|n| n.same(&o)))
    {
        let text = format!("the file says \"{own}\", its name says \"{name}\"");
        return Err(Error::format(path.display(), text, "rename the file, or pass `emissions-unit` with `override-unit`"));
    }
    let what = format!("the emissions in {}", path.display());
    let stated = Stated {
        what: &what,
        file: own.or(named.as_deref()),
        option: options.unit.as_deref(),
        flag: "`emissions-unit`",
        replace: options.override_unit,
    };
    let (unit, note) = stated.agreed()?;
    if unit.is_empty() {
        return Err(Error::format(
            path.display(),
            "the unit of the emissions is not known",
            "pass `emissions-unit`, for example `emissions-unit` Mt, or let the file name end in it, as in co2_2017_Mt.csv",
        ));
    }
    // an inventory is ours to read: what is not understood of its unit may be a factor
    Unit::read(&unit)
        .map_err(|e| e.at(path.display(), format!("known units: {MASS}; pass one with `emissions-unit` and `override-unit`")))?;
    Ok((unit, note.map(|note| Finding::new(Level::Warn, "unit-overridden", note)).into_iter().collect()))
}

/// The stressor that a file name speaks of, such as `CO2`; otherwise `emissions`.
pub(crate) fn stem_stressor(path: &Path) -> String {
    let stem = stem(path).to_lowercase();
    let known = ["co2", "ch4", "n2o", "ghg", "so2", "nox", "sf6"];
    stem.split(|c: char| !c.is_alphanumeric()).find(|t| known.contains(t)).map_or("emissions".into(), str::to_uppercase)
}

/// Whether a label of an inventory means direct emissions of households rather than a sector.
pub(crate) fn is_household(label: &str) -> bool {
    let known = [
        "household",
        "households",
        "urban",
        "rural",
        "urbanhousehold",
        "urbanhouseholds",
        "ruralhousehold",
        "ruralhouseholds",
        "urbanresidents",
        "ruralresidents",
        "residential",
        "居民",
        "居民生活",
        "居民消费",
        "生活消费",
        "城镇",
        "农村",
        "城镇居民",
        "农村居民",
        "城镇居民生活",
        "农村居民生活",
        "城镇居民消费",
        "农村居民消费",
    ];
    known.contains(&key(label).as_str())
}
