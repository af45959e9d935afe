//! The flows of emissions seen in more detail or less: by sector, product, category of demand, net, by group.
//!
//! By origin sector `f # X_k` (n x K); by product sector `M_s # Y_k`, the emissions of s in each product that
//! destination k uses in the end; by category one column for each category of a region's final demand; net
//! `N[s, r] = Flow[s, r] - Flow[r, s]`, positive where s emits for r. Every view adds up to the flow matrix. Peters,
//! *Ecological Economics* 65 (2008) 13-23, doi:10.1016/j.ecolecon.2007.10.014.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::grouping::Grouping;
use super::{Flows, emitted};
use crate::bounded::{Bounded, UNIT_ROUNDOFF, largest, up};
use crate::check::Check;
use crate::labels::Name;
use crate::leontief::{Factor, Leontief};
use crate::operator::Direction;
use crate::system::Destination;

/// The views that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Emitting sector x destination.
    OriginSector,
    /// Final product x destination, emissions of all origins together.
    Product,
    /// Origin region and final product x destination.
    ProductOrigin,
    /// Origin region x region and category of final demand: one solve for each category.
    Category,
    /// Emitted for the other less emitted by the other, by pair.
    Net,
}

/// Which views are wanted, and how regions and sectors are grouped in them.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The views.
    pub views: Vec<View>,
    /// Groups of regions; without, every region alone.
    pub regions: Option<Grouping>,
    /// Groups of products, as [`crate::labels::Labels::products`] numbers them; without, every row alone.
    pub sectors: Option<Grouping>,
    /// How many of the largest flows between regions are listed.
    pub top: Option<usize>,
}

/// A labelled matrix.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Which view it is.
    pub view: View,
    /// What the parts of a row's name are, such as `region`, `sector`.
    pub heads: Vec<&'static str>,
    /// The parts of each row's name.
    pub rows: Vec<Vec<Name>>,
    /// The parts of each column's name.
    pub columns: Vec<Vec<Name>>,
    /// Emissions (rows x columns), in the unit of the flows.
    pub values: Array2<Bounded>,
}

/// The views of one stressor's flows.
#[derive(Debug, Clone)]
pub struct Views {
    /// Groups of regions, or every region alone.
    pub regions: Grouping,
    /// Whether regions were grouped.
    pub grouped: bool,
    /// Destinations: the groups, then those outside.
    pub destinations: Vec<Name>,
    /// Group x destination.
    pub flow: Array2<Bounded>,
    /// The largest flows between groups: origin, destination, emissions.
    pub top: Vec<(usize, usize, Bounded)>,
    /// The views asked for.
    pub panels: Vec<Panel>,
}

/// Makes the views that are asked for, with the checks that they add up to the flow matrix.
pub fn views(leontief: &Leontief, stressor: usize, flows: &Flows, request: &Request) -> (Views, Vec<Check>) {
    let labels = leontief.system.labels();
    let regions = request.regions.clone().unwrap_or_else(|| Grouping::alone(&labels.regions));
    let flow = regions.flows(&flows.flow);
    let outside = flows.destinations.iter().filter_map(|d| match d {
        Destination::Region(_) => None,
        other => Some(Name::plain(other.label(labels, crate::labels::Language::En))),
    });
    let destinations: Vec<Name> = regions.groups.iter().cloned().chain(outside).collect();
    let maker = Sums {
        leontief,
        stressor,
        flows,
        regions: &regions,
        sectors: request.sectors.as_ref(),
        destinations: &destinations,
        grouped: flow.mapv(|b| b.value),
    };
    let mut checks = Vec::new();
    if request.regions.is_some() {
        // by destination outside and in all: what is grouped may not be lost
        let total = |m: &Array2<Bounded>| Array2::from_elem((1, 1), m.iter().map(|b| b.value).sum::<f64>());
        let all = flow.clone().into_shape_with_order((1, flow.len())).expect("one row").t().to_owned();
        checks.push(agree("grouped flows", flows, &all, &|_| 0, &total(&flows.flow)));
    }
    let mut panels = Vec::new();
    for &view in &request.views {
        let (panel, more) = match view {
            View::OriginSector => maker.origin_sector(),
            View::Product => maker.product(false),
            View::ProductOrigin => maker.product(true),
            View::Category => maker.category(),
            View::Net => maker.net(&flow),
        };
        panels.push(panel);
        checks.push(more);
    }
    let top = top_flows(&flow, request.top.unwrap_or(0));
    (Views { grouped: request.regions.is_some(), destinations, flow, top, panels, regions }, checks)
}

/// Rows of a view added up by `group` against the flows they must equal, group by group and destination by destination.
fn agree(what: &str, flows: &Flows, values: &Array2<Bounded>, group: &dyn Fn(usize) -> usize, expected: &Array2<f64>) -> Check {
    let mut sums = Array2::<f64>::zeros(expected.dim());
    for ((row, k), v) in values.indexed_iter() {
        sums[[group(row), k]] += v.value;
    }
    let direct: f64 = flows.direct.iter().map(|d| d.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
    let gap = sums.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, |a: f64, v| if v.is_nan() { f64::INFINITY } else { a + v });
    Check::new(&format!("{what} add up to the flow matrix"), gap / direct, (10.0 * flows.rtol).max(1e-8))
}

/// The `count` largest entries off the diagonal of the groups.
fn top_flows(flow: &Array2<Bounded>, count: usize) -> Vec<(usize, usize, Bounded)> {
    let groups = flow.nrows();
    let mut all: Vec<(usize, usize, Bounded)> =
        flow.indexed_iter().filter(|((s, k), _)| s != k && *k < groups).map(|((s, k), v)| (s, k, *v)).collect();
    all.sort_by(|a, b| b.2.value.total_cmp(&a.2.value).then((a.0, a.1).cmp(&(b.0, b.1))));
    all.truncate(count);
    all
}

struct Sums<'a> {
    leontief: &'a Leontief,
    stressor: usize,
    flows: &'a Flows,
    regions: &'a Grouping,
    sectors: Option<&'a Grouping>,
    destinations: &'a [Name],
    /// Flows of the groups.
    grouped: Array2<f64>,
}

impl Sums<'_> {
    /// The row of a panel that each row of the table goes to, and the names of the panel's rows.
    fn rows(&self) -> (Vec<usize>, Vec<Vec<Name>>) {
        let labels = self.leontief.system.labels();
        let (product, products) = labels.products();
        let single = Grouping::alone(&products);
        let sectors = self.sectors.unwrap_or(&single);
        let width = sectors.groups.len();
        let mut place = vec![usize::MAX; self.regions.groups.len() * width];
        let mut names = Vec::new();
        let of = (0..labels.dim())
            .map(|i| {
                let (g, h) = (self.regions.of[labels.region_of(i)], sectors.of[product[i]]);
                if place[g * width + h] == usize::MAX {
                    place[g * width + h] = names.len();
                    let sector = if self.sectors.is_some() { &sectors.groups[h] } else { &labels.sectors[i] };
                    names.push(vec![self.regions.groups[g].clone(), sector.clone()]);
                }
                place[g * width + h]
            })
            .collect();
        (of, names)
    }

    /// The column of a panel that each destination goes to.
    fn column(&self, k: usize) -> usize {
        let count = self.regions.of.len();
        if k < count { self.regions.of[k] } else { self.regions.groups.len() + k - count }
    }

    fn columns(&self) -> Vec<Vec<Name>> {
        self.destinations.iter().map(|d| vec![d.clone()]).collect()
    }

    /// `f # X`: each entry's error is at most that of its region's flow, and at most `f_i w_i max_j (r_j / g_j)`.
    fn origin_sector(&self) -> (Panel, Check) {
        let (system, labels) = (&self.leontief.system, self.leontief.system.labels());
        let (outputs, f) = (self.leontief.outputs(), &system.intensities[self.stressor]);
        let (of, rows) = self.rows();
        let weight = self.leontief.primal_weight();
        let mut values = Array2::from_elem((rows.len(), self.destinations.len()), Bounded::ZERO);
        for k in 0..system.destinations.len() {
            let sizes = outputs.sizes.column(k);
            let scale = weight.as_ref().map_or(f64::INFINITY, |w| up(up(largest(sizes.iter().zip(&w.g).map(|(r, g)| r / g)))));
            for i in (0..system.dim()).filter(|&i| f[i] != 0.0) {
                let value = f[i] * outputs.x[[i, k]];
                let entry = weight.as_ref().map_or(f64::INFINITY, |w| up(f[i].abs() * up(w.w[i] * scale)));
                let solved = entry.min(self.flows.flow[[labels.region_of(i), k]].bound);
                let at = [of[i], self.column(k)];
                values[at] = values[at] + Bounded::new(value, up(solved + 3.0 * UNIT_ROUNDOFF * value.abs()));
            }
        }
        let mut group = vec![0; rows.len()];
        (0..system.dim()).for_each(|i| group[of[i]] = self.regions.of[labels.region_of(i)]);
        let check = agree("emissions by origin sector", self.flows, &values, &|row| group[row], &self.grouped);
        (Panel { view: View::OriginSector, heads: vec!["region", "sector"], rows, columns: self.columns(), values }, check)
    }

    /// `M_s # Y`, for each group of origins or summed over all: the second, independent route to the flows.
    fn product(&self, by_origin: bool) -> (Panel, Check) {
        let system = &self.leontief.system;
        let multipliers = self.leontief.multipliers(Factor::Stressor(self.stressor));
        let errors = self.leontief.entry_bounds(Direction::Transposed, multipliers.sizes.view()).matrix(multipliers.sizes.nrows());
        let whole = self.product_bounds();
        let (of, products) = self.rows();
        let groups = if by_origin { self.regions.groups.len() } else { 1 };
        let mut values = Array2::from_elem((groups * products.len(), self.destinations.len()), Bounded::ZERO);
        for s in 0..system.region_count() {
            let start = if by_origin { self.regions.of[s] * products.len() } else { 0 };
            let unknown = |at: (usize, usize)| system.demand_bound.as_ref().is_some_and(|b| b[at] != 0.0);
            for ((j, k), &y) in system.demand.indexed_iter().filter(|(at, y)| **y != 0.0 || unknown(*at)) {
                let (m, error) = (multipliers.z[[j, s]], errors[[j, s]]);
                let solved = up(error * y.abs()).min(whole.as_ref().map_or(f64::INFINITY, |b| b[[k, s]]));
                let unsure = system.demand_bound.as_ref().map_or(0.0, |b| up((m.abs() + error) * b[[j, k]]));
                if m == 0.0 && error == 0.0 {
                    continue;
                }
                let at = [start + of[j], self.column(k)];
                values[at] = values[at] + Bounded::new(m * y, up(solved + unsure + UNIT_ROUNDOFF * (m * y).abs()));
            }
        }
        let check = if by_origin {
            agree("emissions by product and origin", self.flows, &values, &|row| row / products.len(), &self.grouped)
        } else {
            let all = self.grouped.sum_axis(Axis(0)).insert_axis(Axis(0));
            agree("emissions by product", self.flows, &values, &|_| 0, &all)
        };
        let (view, heads, rows) = if by_origin {
            let names = self.regions.groups.iter().flat_map(|g| products.iter().map(move |p| [vec![g.clone()], p.clone()].concat()));
            (View::ProductOrigin, vec!["origin", "region", "product"], names.collect())
        } else {
            (View::Product, vec!["region", "product"], products)
        };
        (Panel { view, heads, rows, columns: self.columns(), values }, check)
    }

    /// Bounds (K x R) of all products of a destination and an origin together: they hold for each of them.
    fn product_bounds(&self) -> Option<Array2<f64>> {
        let multipliers = self.leontief.multipliers(Factor::Stressor(self.stressor));
        let demand = self.leontief.system.demand.mapv(f64::abs);
        let cover = self.leontief.primal_cover(demand.view(), &self.leontief.outputs().x);
        cover.map(|c| c.bounds(multipliers.sizes.view()))
    }

    /// One solve for each category of each region's demand; what lies outside the regions is known.
    fn category(&self) -> (Panel, Check) {
        let (system, labels) = (&self.leontief.system, self.leontief.system.labels());
        let count = labels.region_count();
        let outputs = self.leontief.outputs_for("output by category of demand", system.table.y.view());
        let found = emitted(self.leontief, self.stressor, &outputs);
        let region_of = |c: usize| labels.demand_offsets.partition_point(|&o| o <= c) - 1;
        let mut columns: Vec<Vec<Name>> = Vec::new();
        let mut place = Vec::new();
        for c in 0..system.table.y.ncols() {
            let name = vec![self.regions.groups[self.regions.of[region_of(c)]].clone(), labels.categories[c].clone()];
            place.push(columns.iter().position(|n| *n == name).unwrap_or_else(|| {
                columns.push(name);
                columns.len() - 1
            }));
        }
        let inside = columns.len();
        columns.extend(self.destinations[self.regions.groups.len()..].iter().map(|d| vec![d.clone()]));
        let mut values = Array2::from_elem((self.regions.groups.len(), columns.len()), Bounded::ZERO);
        for s in 0..count {
            let g = self.regions.of[s];
            for (c, &at) in place.iter().enumerate() {
                values[[g, at]] = values[[g, at]] + found[[s, c]];
            }
            for (at, k) in (count..self.flows.flow.ncols()).enumerate() {
                values[[g, inside + at]] = values[[g, inside + at]] + self.flows.flow[[s, k]];
            }
        }
        // the worst region's demand, not the sum alone: categories are solved apart from the flows
        let apart = (0..count).map(|r| {
            let categories = (0..count).map(|s| labels.demand(r).map(|c| found[[s, c]].value).sum::<f64>());
            categories.zip(self.flows.flow.column(r)).map(|(a, b)| (a - b.value).abs()).sum::<f64>()
        });
        let direct: f64 = self.flows.direct.iter().map(|d| d.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        let limit = (10.0 * self.flows.rtol).max(1e-8);
        let check = Check::new("emissions by category of demand add up to the flow matrix", apart.sum::<f64>() / direct, limit);
        let rows = self.regions.groups.iter().map(|g| vec![g.clone()]).collect();
        (Panel { view: View::Category, heads: vec!["region"], rows, columns, values }, check)
    }

    /// `Flow - Flow'` of the groups.
    fn net(&self, flow: &Array2<Bounded>) -> (Panel, Check) {
        let groups = self.regions.groups.len();
        let values = Array2::from_shape_fn((groups, groups), |(s, r)| if s == r { Bounded::ZERO } else { flow[[s, r]] - flow[[r, s]] });
        let sum: f64 = values.iter().map(|b| b.value).sum();
        let direct: f64 = self.flows.direct.iter().map(|d| d.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        let check = Check::new("net flows add up to nothing", sum.abs() / direct, 1e-12);
        let names: Vec<Vec<Name>> = self.regions.groups.iter().map(|g| vec![g.clone()]).collect();
        (Panel { view: View::Net, heads: vec!["region"], rows: names.clone(), columns: names, values }, check)
    }
}
