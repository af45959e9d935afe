//! Names of regions, sectors and demand categories, in Chinese and English, and the row ranges they stand for.
//!
//! Regions are contiguous ranges of rows; sector counts may differ between regions. Two names are equal if they are
//! written alike ([`written`]: Unicode form NFKC, single blanks). A partner in another file is found as written, else
//! loosely where one name only fits: by its [`key`] (letters and digits, lower case, without the endings of Chinese unit
//! names), with known aliases ("Shannxi", "内蒙古自治区", "InnerMongolia") led back to one province.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

mod language;
mod lists;
mod rows;

pub use language::{Language, Tongue};
use lists::lists;
pub use lists::records;
pub use rows::RowNames;

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
            Some((en, zh)) => Name::listed(given, en, zh),
            None => Name::plain(given),
        }
    }

    /// A name in a list: as given in the language that it is given in, as listed in the other.
    pub fn listed(given: &str, en: &str, zh: &str) -> Self {
        let given = given.trim().to_string();
        let (en, zh) = if given.chars().any(is_han) { (en.to_string(), given.clone()) } else { (given.clone(), zh.to_string()) };
        Name { given, en, zh }
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

    /// Whether `other` names the same thing in any of its forms, compared loosely.
    pub fn matches(&self, other: &str) -> bool {
        let wanted = key(other);
        let own = [key(&self.given), key(&self.en), key(&self.zh)];
        own.contains(&wanted) || lists().regions.get(&wanted).is_some_and(|p| own.iter().any(|k| lists().regions.get(k) == Some(p)))
    }

    fn is_written(&self, text: &str) -> bool {
        [&self.given, &self.en, &self.zh].into_iter().any(|form| written(form) == text)
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
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
        let mut seen = HashSet::new();
        if let Some((region, category)) = demand.iter().find(|p| !seen.insert(*p)) {
            let text = format!("{region} has the category \"{category}\" of final demand twice");
            return Err(Error::format(place, text, "give the columns of final demand region by region, each category once"));
        }
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
        find(&self.regions, name)
    }

    /// The region with this name or alias, or an error that offers the nearest.
    pub fn region(&self, name: &str) -> Result<usize> {
        self.row_names().region(name)
    }

    /// The row of `sector` in region `r`, by any of its names.
    pub fn find_sector(&self, r: usize, sector: &str) -> Option<usize> {
        find(&self.sectors[self.rows(r)], sector).map(|at| self.offsets[r] + at)
    }

    /// The product of each row (n), equal names being one product, and the products in the order they first come. Spellings
    /// of different regions are compared loosely, unless that makes two sectors of one region equal.
    pub fn products(&self) -> (Vec<usize>, Vec<Name>) {
        let (mut known, mut names) = (HashMap::new(), Vec::new());
        let mut seen = HashMap::new();
        let twice = |i: usize| seen.insert((self.region_of(i), key(&self.sectors[i].given)), i).is_some();
        let exact = (0..self.dim()).map(twice).fold(false, |a, b| a | b);
        let of = self.sectors.iter().map(|sector| {
            let same = if exact { written(&sector.given) } else { key(&sector.given) };
            *known.entry(same).or_insert_with(|| {
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

/// No name, or more than one, is the one wanted.
fn unknown(kind: &'static str, wanted: &str, names: &[Name]) -> Error {
    let near: Vec<&str> = names.iter().filter(|n| n.matches(wanted)).map(|n| n.given.as_str()).collect();
    if near.len() > 1 {
        let text = format!("\"{wanted}\" may be any of {} {kind}s: {}", near.len(), near.join(", "));
        return Error::invalid(text, "write it as the table does");
    }
    if kind == "region" && is_total(wanted) {
        let text = format!("\"{wanted}\" is a total by its name, and no region of the table");
        return Error::invalid(text, "leave its line out");
    }
    Error::unknown(kind, wanted, &names.iter().map(|s| s.en.as_str()).collect::<Vec<_>>())
}

/// Where `wanted` stands among names: as written, else loosely where only one name fits.
pub fn find(names: &[Name], wanted: &str) -> Option<usize> {
    let text = written(wanted);
    let exact = names.iter().position(|n| written(&n.given) == text).or_else(|| only(names, |n| n.is_written(&text)));
    exact.or_else(|| only(names, |n| n.matches(wanted))).or_else(|| {
        let bare = without_city(wanted);
        only(names, |n| without_city(&n.given) == bare)
    })
}

fn only(names: &[Name], fits: impl Fn(&Name) -> bool) -> Option<usize> {
    let mut found = (0..names.len()).filter(|&k| fits(&names[k]));
    found.next().filter(|_| found.next().is_none())
}

fn without_city(name: &str) -> String {
    let k = key(name);
    k.strip_suffix('市').map(str::to_string).unwrap_or(k)
}

/// Whether a name of a region says that it is the sum of others.
pub fn is_total(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "全国",
        "全国合计",
        "全国总计",
        "合计",
        "总计",
        "总和",
        "小计",
        "中国",
        "china",
        "prchina",
        "quanguo",
        "total",
        "totals",
        "grandtotal",
        "subtotal",
        "national",
        "nationaltotal",
        "nation",
        "nationwide",
        "country",
        "sum",
        "all",
        "allregions",
        "allprovinces",
    ];
    WORDS.contains(&key(name).as_str())
}

/// A name in one spelling of each character (Unicode form NFKC) and with single blanks: what is equal is one name.
pub fn written(name: &str) -> String {
    name.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What regions of one file are told apart by: one text for all spellings of a province, else the name as written.
pub fn region_key(name: &str) -> String {
    lists().regions.get(&key(name)).map_or_else(|| written(name), |(en, _)| en.clone())
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Positions of names, for many searches: as [`find`] finds them.
#[derive(Default)]
pub(crate) struct Index {
    written: HashMap<String, usize>,
    keys: HashMap<String, Option<usize>>,
}

impl Index {
    /// Of names with their positions.
    pub(crate) fn new<'n>(names: impl Iterator<Item = (usize, &'n Name)>) -> Self {
        let mut found = Index::default();
        let mut add = |form: String, k: usize| {
            let entry = found.keys.entry(form).or_insert(Some(k));
            *entry = entry.filter(|at| *at == k);
        };
        for (k, name) in names {
            found.written.entry(written(&name.given)).or_insert(k);
            for form in [&name.given, &name.en, &name.zh] {
                add(key(form), k);
                if let Some((en, _)) = lists().regions.get(&key(form)) {
                    add(key(en), k);
                }
            }
        }
        found
    }

    /// The position of a name; of a region by any of its aliases.
    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        let by_key = |k: &str| self.keys.get(k).copied().flatten();
        let alias = |k: &str| lists().regions.get(k).and_then(|(en, _)| by_key(&key(en)));
        let k = key(name);
        self.written.get(&written(name)).copied().or_else(|| by_key(&k)).or_else(|| alias(&k))
    }
}

/// Sector names, each given its English and Chinese form from the list (42 or 17 sectors) that knows most of them.
pub fn sector_names<'a>(given: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let given: Vec<&str> = given.collect();
    let score = |list: &HashMap<String, (String, String)>| given.iter().filter(|g| list.contains_key(&key(g))).count();
    let best = lists().sectors.iter().max_by_key(|list| score(list)).expect("there are two built-in lists");
    given
        .iter()
        .map(|g| match best.get(&key(g)) {
            Some((en, zh)) => Name::listed(g, en, zh),
            None => Name::plain(*g),
        })
        .collect()
}

/// What a name is compared by: letters and digits, lower case, without Chinese unit endings.
pub fn key(name: &str) -> String {
    let mut k: String = name.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // a city that is a province loses its ending, another city does not: 吉林市 is not the province 吉林
    if ["北京市", "天津市", "上海市", "重庆市"].contains(&k.as_str()) {
        k.truncate(k.len() - "市".len());
    }
    for ending in ["维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "特别行政区", "区域", "地区", "省"] {
        if k.len() > ending.len() && k.ends_with(ending) {
            k.truncate(k.len() - ending.len());
            break;
        }
    }
    k
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
mod tests;
