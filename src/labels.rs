//! Names of regions, sectors and demand categories, in Chinese and English, and the row ranges they stand for.
//!
//! Regions are contiguous ranges of rows; sector counts may differ between regions. A name is joined with
//! another by its *key*: letters and digits only, lower case, without the endings of Chinese unit names, and
//! with known aliases ("Shannxi", "内蒙古自治区", "InnerMongolia") led back to one province.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

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

/// One label as the file gave it, with its English and Chinese form where the built-in lists know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// As written in the file.
    pub given: String,
    /// English form, or as given.
    pub en: String,
    /// Chinese form, or as given.
    pub zh: String,
}

impl Name {
    /// A name in no list: the same in every language.
    pub fn plain(given: impl Into<String>) -> Self {
        let given = given.into().trim().to_string();
        Name { en: given.clone(), zh: given.clone(), given }
    }

    /// A region name, looked up among the provinces and the eight regions.
    pub fn region(given: &str) -> Self {
        match lists().regions.get(&key(given)) {
            Some((en, zh)) => Name { given: given.trim().into(), en: en.clone(), zh: zh.clone() },
            None => Name::plain(given),
        }
    }

    /// The text to print.
    pub fn label(&self, language: Language) -> String {
        match language {
            Language::En => self.en.clone(),
            Language::Zh => self.zh.clone(),
            Language::Both if self.en == self.zh => self.en.clone(),
            Language::Both => format!("{} {}", self.en, self.zh),
        }
    }

    /// Whether `other` names the same thing in any of its forms.
    pub fn matches(&self, other: &str) -> bool {
        let k = key(other);
        k == key(&self.given) || k == key(&self.en) || k == key(&self.zh)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}

/// Which rows and which demand columns belong to which region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// The R regions.
    pub regions: Vec<Name>,
    /// One sector name per row of the system (n in all).
    pub sectors: Vec<Name>,
    /// Row ranges: region r owns rows `offsets[r]..offsets[r + 1]`.
    pub offsets: Vec<usize>,
    /// One category name per column of final demand.
    pub categories: Vec<Name>,
    /// Demand column ranges: region r owns columns `demand_offsets[r]..demand_offsets[r + 1]`.
    pub demand_offsets: Vec<usize>,
}

impl Labels {
    /// The usual case: every region has the same sectors and the same demand categories.
    pub fn regular(regions: Vec<Name>, sectors: Vec<Name>, categories: Vec<Name>) -> Self {
        let r = regions.len();
        Labels {
            offsets: (0..=r).map(|k| k * sectors.len()).collect(),
            demand_offsets: (0..=r).map(|k| k * categories.len()).collect(),
            sectors: (0..r).flat_map(|_| sectors.iter().cloned()).collect(),
            categories: (0..r).flat_map(|_| categories.iter().cloned()).collect(),
            regions,
        }
    }

    /// From one (region, sector) pair per row and one (region, category) pair per demand column.
    /// Rows of one region must be contiguous and both orders of regions must agree; `place` is named in errors.
    pub fn from_pairs(rows: &[(String, String)], demand: &[(String, String)], place: &str) -> Result<Self> {
        let (names, offsets) = ranges(rows.iter().map(|p| p.0.as_str()), place, "rows")?;
        let (demand_names, ranges_of_demand) = ranges(demand.iter().map(|p| p.0.as_str()), place, "final demand columns")?;
        let demand_offsets = if demand.is_empty() {
            vec![0; names.len() + 1]
        } else if demand_names == names {
            ranges_of_demand
        } else {
            let missing: Vec<&String> = names.iter().filter(|n| !demand_names.contains(n)).collect();
            let extra: Vec<&String> = demand_names.iter().filter(|n| !names.contains(n)).collect();
            return Err(Error::format(
                place,
                format!(
                    "the regions of final demand differ from those of the rows (missing {missing:?}, unknown {extra:?}, or another order)"
                ),
                "give final demand for the same regions in the same order as the rows",
            ));
        };
        Ok(Labels {
            regions: names.iter().map(|n| Name::region(n)).collect(),
            sectors: sector_names(rows.iter().map(|p| p.1.as_str())),
            offsets,
            categories: demand.iter().map(|p| Name::plain(p.1.as_str())).collect(),
            demand_offsets,
        })
    }

    /// Number of rows n of the system.
    pub fn dim(&self) -> usize {
        self.sectors.len()
    }

    /// The names of the rows.
    pub fn row_names(&self) -> RowNames<'_> {
        RowNames { regions: &self.regions, offsets: &self.offsets, sectors: &self.sectors }
    }

    /// Number of regions R.
    pub fn region_count(&self) -> usize {
        self.regions.len()
    }

    /// Rows of region `r`.
    pub fn rows(&self, r: usize) -> Range<usize> {
        self.offsets[r]..self.offsets[r + 1]
    }

    /// Demand columns of region `r`.
    pub fn demand(&self, r: usize) -> Range<usize> {
        self.demand_offsets[r]..self.demand_offsets[r + 1]
    }

    /// The region that owns row `i`.
    pub fn region_of(&self, i: usize) -> usize {
        self.offsets.partition_point(|&o| o <= i) - 1
    }

    /// The region with this name or alias.
    pub fn find_region(&self, name: &str) -> Option<usize> {
        let canonical = Name::region(name);
        self.regions.iter().position(|r| r.matches(&canonical.en) || r.matches(name))
    }

    /// The region with this name or alias, or an error that offers the nearest.
    pub fn region(&self, name: &str) -> Result<usize> {
        self.find_region(name).ok_or_else(|| {
            let known: Vec<&str> = self.regions.iter().map(|r| r.en.as_str()).collect();
            Error::unknown("region", name, &known)
        })
    }

    /// The row of `sector` in region `r`, by any of its names.
    pub fn find_sector(&self, r: usize, sector: &str) -> Option<usize> {
        self.rows(r).find(|&i| self.sectors[i].matches(sector))
    }

    /// The product of each row (n), equal names being one product, and the products in the order they first come.
    pub fn products(&self) -> (Vec<usize>, Vec<Name>) {
        let (mut known, mut names) = (HashMap::new(), Vec::new());
        let of = self.sectors.iter().map(|sector| {
            *known.entry(key(&sector.given)).or_insert_with(|| {
                names.push(sector.clone());
                names.len() - 1
            })
        });
        (of.collect(), names)
    }

    /// "Region / sector" of row `i`, for messages.
    pub fn row_name(&self, i: usize) -> String {
        format!("{} / {}", self.regions[self.region_of(i)], self.sectors[i])
    }
}

/// Rows by name, without a name for each row where every region has the same sectors.
#[derive(Debug, Clone, Copy)]
pub struct RowNames<'a> {
    /// The R regions.
    pub regions: &'a [Name],
    /// Row ranges of the regions (R + 1).
    pub offsets: &'a [usize],
    /// One sector name per row, or those of one region that all regions share.
    pub sectors: &'a [Name],
}

impl<'a> RowNames<'a> {
    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Rows of region `r`.
    pub fn rows(&self, r: usize) -> Range<usize> {
        self.offsets[r]..self.offsets[r + 1]
    }

    /// The region that owns row `i`.
    pub fn region_of(&self, i: usize) -> usize {
        self.offsets.partition_point(|&o| o <= i) - 1
    }

    /// The sectors of region `r`.
    pub fn sectors_of(&self, r: usize) -> &'a [Name] {
        let rows = self.rows(r);
        if self.sectors.len() == self.dim() { &self.sectors[rows] } else { &self.sectors[..rows.len()] }
    }

    /// The sector of row `i`.
    pub fn sector(&self, i: usize) -> &'a Name {
        let r = self.region_of(i);
        &self.sectors_of(r)[i - self.offsets[r]]
    }

    /// "Region / sector" of row `i`, for messages.
    pub fn row_name(&self, i: usize) -> String {
        format!("{} / {}", self.regions[self.region_of(i)], self.sector(i))
    }

    /// The region with this name or alias.
    ///
    /// # Errors
    /// Offering the nearest name.
    pub fn region(&self, name: &str) -> Result<usize> {
        let canonical = Name::region(name);
        self.regions.iter().position(|r| r.matches(&canonical.en) || r.matches(name)).ok_or_else(|| {
            let known: Vec<&str> = self.regions.iter().map(|r| r.en.as_str()).collect();
            Error::unknown("region", name, &known)
        })
    }

    /// The row of `sector` in region `r`, by any of its names.
    ///
    /// # Errors
    /// Offering the nearest name.
    pub fn row(&self, r: usize, sector: &str) -> Result<usize> {
        let sectors = self.sectors_of(r);
        let place = sectors.iter().position(|s| s.matches(sector));
        place.map(|at| self.offsets[r] + at).ok_or_else(|| unknown_sector(sector, sectors))
    }

    /// The rows of `sector` in all regions that have it.
    ///
    /// # Errors
    /// When none has; offering the nearest name of the first region.
    pub fn rows_of_sector(&self, sector: &str) -> Result<Vec<usize>> {
        let rows: Vec<usize> = if self.sectors.len() == self.dim() {
            (0..self.regions.len()).filter_map(|r| self.row(r, sector).ok()).collect()
        } else {
            let at = self.row(0, sector)?;
            self.offsets[..self.regions.len()].iter().map(|start| start + at).collect()
        };
        if rows.is_empty() { Err(unknown_sector(sector, self.sectors_of(0))) } else { Ok(rows) }
    }
}

fn unknown_sector(sector: &str, known: &[Name]) -> Error {
    Error::unknown("sector", sector, &known.iter().map(|s| s.en.as_str()).collect::<Vec<_>>())
}

/// Sector names, each given its English and Chinese form from the list (42 or 17 sectors) that knows most of them.
pub fn sector_names<'a>(given: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let given: Vec<&str> = given.collect();
    let score = |list: &HashMap<String, (String, String)>| given.iter().filter(|g| list.contains_key(&key(g))).count();
    let best = lists().sectors.iter().max_by_key(|list| score(list)).expect("there are two built-in lists");
    given
        .iter()
        .map(|g| match best.get(&key(g)) {
            Some((en, zh)) => Name { given: g.trim().into(), en: en.clone(), zh: zh.clone() },
            None => Name::plain(*g),
        })
        .collect()
}

/// What a name is compared by: letters and digits, lower case, without Chinese unit endings.
pub fn key(name: &str) -> String {
    let mut k: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    for ending in ["维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "特别行政区", "区域", "地区", "省", "市"]
    {
        if k.len() > ending.len() && k.ends_with(ending) {
            k.truncate(k.len() - ending.len());
            break;
        }
    }
    k
}

struct Lists {
    regions: HashMap<String, (String, String)>,
    sectors: Vec<HashMap<String, (String, String)>>,
}

/// Other spellings of a province, as they occur in published tables.
const ALIASES: [(&str, &str); 8] = [
    ("Shannxi", "Shaanxi"),
    ("Neimenggu", "Inner Mongolia"),
    ("Inner-Mongolia", "Inner Mongolia"),
    ("Nei Mongol", "Inner Mongolia"),
    ("Xizang", "Tibet"),
    ("Ningxia Hui", "Ningxia"),
    ("Xinjiang Uygur", "Xinjiang"),
    ("Guangxi Zhuang", "Guangxi"),
];

fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut regions = HashMap::new();
        for (text, en, zh) in
            [(include_str!("../fixtures/facts/provinces_2017.csv"), 0, 1), (include_str!("../fixtures/facts/regions_8.csv"), 1, 2)]
        {
            for row in records(text) {
                let pair = (row[en].clone(), row[zh].clone());
                regions.insert(key(&row[en]), pair.clone());
                regions.insert(key(&row[zh]), pair);
            }
        }
        for (alias, en) in ALIASES {
            let pair = regions.get(&key(en)).expect("aliases name listed provinces").clone();
            regions.insert(key(alias), pair);
        }
        let sectors = [include_str!("../fixtures/facts/sectors_42_2017.csv"), include_str!("../fixtures/facts/sectors_17_sic.csv")]
            .map(|text| {
                records(text)
                    .flat_map(|row| [(key(&row[1]), (row[1].clone(), row[2].clone())), (key(&row[2]), (row[1].clone(), row[2].clone()))])
                    .collect()
            })
            .into();
        Lists { regions, sectors }
    })
}

/// The records of a built-in CSV table, without its header.
pub fn records(text: &'static str) -> impl Iterator<Item = Vec<String>> {
    csv::Reader::from_reader(text.as_bytes())
        .into_records()
        .map(|r| r.expect("built-in tables are well formed").iter().map(str::to_string).collect::<Vec<_>>())
        .collect::<Vec<_>>()
        .into_iter()
}

fn ranges<'a>(given: impl Iterator<Item = &'a str>, place: &str, what: &str) -> Result<(Vec<String>, Vec<usize>)> {
    let (mut names, mut offsets) = (Vec::<String>::new(), vec![0]);
    let mut count = 0;
    for g in given {
        if names.last().map(String::as_str) != Some(g) {
            if names.iter().any(|n| n == g) {
                return Err(Error::format(
                    place,
                    format!("the {what} of region \"{g}\" are not contiguous: it comes again at position {count}"),
                    "sort the file by region, or rename the second region if it is another one",
                ));
            }
            if count > 0 {
                offsets.push(count);
            }
            names.push(g.to_string());
        }
        count += 1;
    }
    offsets.push(count);
    Ok((names, offsets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_province_lead_to_one_name() {
        for given in ["Inner Mongolia", "InnerMongolia", "内蒙古", "内蒙古自治区", "inner-mongolia", "Neimenggu"] {
            assert_eq!(Name::region(given).en, "Inner Mongolia", "{given}");
        }
        assert_eq!(Name::region("Shannxi").zh, "陕西");
        assert_eq!(Name::region("Shanxi").zh, "山西");
        assert_eq!(Name::region("广西壮族自治区").en, "Guangxi");
        for nan in ["Henan", "Hunan", "Hainan", "Yunnan"] {
            assert_eq!(Name::region(nan).en, nan);
        }
    }

    #[test]
    fn regions_that_come_twice_are_refused() {
        let rows = [("a", "x"), ("b", "x"), ("a", "y")].map(|(r, s)| (r.to_string(), s.to_string()));
        let error = Labels::from_pairs(&rows, &[], "t.csv").unwrap_err();
        assert!(error.to_string().contains("not contiguous"), "{error}");
    }
}
