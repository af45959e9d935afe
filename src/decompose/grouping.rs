//! Groups of regions and of sectors that results are added up over: `sum_(s in g) Flow[s, r]`.
//!
//! Groups come from a file or from a built-in list of the Chinese provinces; every member of the table must be in
//! exactly one group. The eight regions are those of the State Information Centre's tables (Zhang, Qi, eds, 2012);
//! north and south are divided by the line of the Qin mountains and the Huai river, which no province's capital is
//! near: those north of 33 degrees are north.

use ndarray::Array2;

use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::labels::{Labels, Name, find, records, written};

/// The built-in lists of regions.
pub const BUILT_IN: [&str; 2] = ["eight-regions", "north-south"];

/// The latitude of the line between north and south China.
const LINE: f64 = 33.0;

/// Who belongs to which group, as a file or a built-in list says it.
#[derive(Debug, Clone)]
pub struct Groups {
    /// The file or the list, for messages.
    pub place: String,
    /// Member and group, with the line they stand in.
    pub rows: Vec<(String, String, u64)>,
}

/// Which group each member belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The groups, in the order their first members have.
    pub groups: Vec<Name>,
    /// The group of each member.
    pub of: Vec<usize>,
}

impl Grouping {
    /// Every member alone.
    pub fn alone(members: &[Name]) -> Self {
        Grouping { groups: members.to_vec(), of: (0..members.len()).collect() }
    }

    /// A built-in list for provinces; `None`: there is no list of that name.
    ///
    /// # Errors
    /// When a region is no province.
    pub fn provinces(list: &str, regions: &[Name]) -> Option<Result<Self>> {
        let eight = || {
            records(include_str!("../../fixtures/facts/regions_8.csv"))
                .flat_map(|row| row[3].split(';').map(|p| (p.to_string(), row[1].clone(), 0)).collect::<Vec<_>>())
                .collect()
        };
        let halves = || {
            let half = |latitude: &str| if latitude.parse::<f64>().expect("a latitude") > LINE { "North" } else { "South" };
            records(include_str!("../../fixtures/facts/provinces_2017.csv")).map(|row| (row[0].clone(), half(&row[3]).into(), 0)).collect()
        };
        let rows = match list {
            "eight-regions" => eight(),
            "north-south" => halves(),
            _ => return None,
        };
        Some(Self::join(&Groups { place: format!("the built-in list {list}"), rows }, regions, "region", false))
    }

    /// Groups of regions.
    ///
    /// # Errors
    /// When a region is in no group or in two, or a name is no region.
    pub fn regions(groups: &Groups, regions: &[Name]) -> Result<Self> {
        Self::join(groups, regions, "region", true)
    }

    /// Groups of the products of a table, as [`Labels::products`] numbers them.
    ///
    /// # Errors
    /// When a product is in no group or in two, or a name is no product.
    pub fn sectors(groups: &Groups, labels: &Labels) -> Result<Self> {
        Self::join(groups, &labels.products().1, "sector", true)
    }

    /// `complete`: names the table does not have are errors.
    fn join(groups: &Groups, members: &[Name], kind: &'static str, complete: bool) -> Result<Self> {
        let place = |line: u64| if line > 0 { format!("{}:{line}", groups.place) } else { groups.place.clone() };
        let mut found: Vec<Option<&str>> = vec![None; members.len()];
        for (name, group, line) in &groups.rows {
            let Some(at) = find(members, name) else {
                if complete {
                    let known: Vec<&str> = members.iter().map(|m| m.en.as_str()).collect();
                    let help = crate::error::did_you_mean(name, &known);
                    return Err(Error::format(place(*line), format!("\"{name}\" is no {kind} of the table"), help));
                }
                continue;
            };
            if let Some(before) = found[at] {
                let text = format!("{kind} \"{name}\" is in two groups, \"{before}\" and \"{group}\"");
                return Err(Error::format(place(*line), text, "keep one line for each member"));
            }
            found[at] = Some(group);
        }
        let missing: Vec<&str> = members.iter().zip(&found).filter(|(_, g)| g.is_none()).map(|(m, _)| m.en.as_str()).collect();
        if !missing.is_empty() {
            let text = format!("{} of {} {kind}s are in no group: {}", missing.len(), members.len(), missing.join(", "));
            return Err(Error::format(&groups.place, text, "every member must be in exactly one group: add a line for each"));
        }
        let (mut names, mut of): (Vec<Name>, Vec<usize>) = (Vec::new(), Vec::new());
        for group in found.into_iter().flatten() {
            let at = names.iter().position(|n| written(&n.given) == written(group)).unwrap_or_else(|| {
                names.push(Name::region(group));
                names.len() - 1
            });
            of.push(at);
        }
        Ok(Grouping { groups: names, of })
    }

    /// Sums over the members of each group.
    pub fn sum(&self, values: &[Bounded]) -> Vec<Bounded> {
        let mut sums = vec![Bounded::ZERO; self.groups.len()];
        for (&g, v) in self.of.iter().zip(values) {
            sums[g] = sums[g] + *v;
        }
        sums
    }

    /// Sums of the rows and of the first columns of a matrix whose rows are the members, and so are its first columns;
    /// further columns stay.
    pub fn flows(&self, flow: &Array2<Bounded>) -> Array2<Bounded> {
        let (count, groups) = (self.of.len(), self.groups.len());
        let mut sums = Array2::from_elem((groups, groups + flow.ncols() - count), Bounded::ZERO);
        for ((s, k), v) in flow.indexed_iter() {
            let at = [self.of[s], if k < count { self.of[k] } else { groups + k - count }];
            sums[at] = sums[at] + *v;
        }
        sums
    }
}
