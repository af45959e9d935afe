//! Responsibility shared along supply chains: every seller passes a share of what it carries on to its buyer.
//!
//! `alpha_jk` is the share passed on with what row j sells to column k, `alpha_jd` with what it sells to destination d;
//! the rest is kept. `(I - (alpha o A)') m = f` is what a unit of each product carries; row j keeps
//! `m_j (sum_k (1 - alpha_jk) a_jk x_k + sum_d (1 - alpha_jd) y_jd)`, destination d gets `sum_j m_j alpha_jd y_jd`.
//! With `x = A x + y` the sum is `f'x`. Gross: alpha by seller. Net of own use: the same with `alpha_jj = 1`, which
//! is `c = q + (alpha N)' c`, `N_jk = Z_jk / (x_j - Z_jj)` for `k != j`, with `c_j = (x_j - Z_jj) m_j`. Border: alpha
//! only on what leaves the region. `alpha_j = 1 - va_j / (x_j - Z_jj)`, clipped to `[0, 1]`, or given.
//! Gallego, Lenzen, *Economic Systems Research* 17(4) (2005) 365-391, doi:10.1080/09535310500283492; Lenzen, Murray,
//! Sack, Wiedmann, *Ecological Economics* 61 (2007) 27-42, doi:10.1016/j.ecolecon.2006.05.018.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{Account, Members, Principle};
use crate::bounded::{Bounded, gamma, up};
use crate::error::{Error, Result};
use crate::leontief::Leontief;
use crate::system::{Destination, System};

/// Where the share that is passed on comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum PassedOn {
    /// One less value added over net output, by selling sector.
    #[default]
    ValueAdded,
    /// The same share everywhere.
    Uniform(f64),
    /// By region of the seller and region of the buyer, abroad last (R x (R + 1)); stock and error take what reaches
    /// them whole.
    Pairs(Array2<f64>),
}

/// On which sales a share is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// On every sale.
    Gross,
    /// On every sale but those of a sector to itself.
    Net,
    /// On sales to other regions and abroad only.
    Border,
}

impl Form {
    fn principle(self) -> Principle {
        match self {
            Form::Gross => Principle::SupplyChain,
            Form::Net => Principle::SupplyChainNet,
            Form::Border => Principle::SupplyChainBorder,
        }
    }
}

/// The shares passed on by each row.
#[derive(Debug, Clone)]
pub struct Alpha {
    /// By seller and destination (n x K); what goes to a region's sectors has the share of its final demand.
    pub share: Array2<Bounded>,
    /// Sectors whose value added is negative or whose net output is not positive: they pass on everything.
    pub below: usize,
    /// Sectors whose value added exceeds their net output: they keep everything.
    pub above: usize,
}

/// The shares passed on, before a form takes some of them out.
///
/// # Errors
/// When a given share lies outside 0 to 1, or pairs do not fit the regions.
pub fn alpha(system: &System, passed: &PassedOn) -> Result<Alpha> {
    let (n, r_count, k) = (system.dim(), system.region_count(), system.destinations.len());
    let within = |v: f64| {
        let help = "0 keeps everything where it is emitted, 1 passes everything on to final demand";
        if (0.0..=1.0).contains(&v) {
            Ok(Bounded::exact(v))
        } else {
            Err(Error::range(format!("a share passed on must lie between 0 and 1, not {v}"), help))
        }
    };
    match passed {
        PassedOn::Uniform(v) => Ok(Alpha { share: Array2::from_elem((n, k), within(*v)?), below: 0, above: 0 }),
        PassedOn::Pairs(pairs) => {
            if pairs.dim() != (r_count, r_count + 1) {
                let message = format!("shares by pair are {} x {}, expected {r_count} x {}", pairs.nrows(), pairs.ncols(), r_count + 1);
                return Err(Error::shape(message, "give one row for each region, one column for each region and one for abroad"));
            }
            for &v in pairs {
                within(v)?;
            }
            let share = Array2::from_shape_fn((n, k), |(i, d)| match system.destinations[d] {
                Destination::Region(r) => Bounded::exact(pairs[[system.labels().region_of(i), r]]),
                Destination::Export => Bounded::exact(pairs[[system.labels().region_of(i), r_count]]),
                Destination::Stock | Destination::Error => Bounded::exact(1.0),
            });
            Ok(Alpha { share, below: 0, above: 0 })
        }
        PassedOn::ValueAdded => Ok(by_value_added(system)),
    }
}

/// `1 - va / (x - Z_ii)` of each seller, clipped.
fn by_value_added(system: &System) -> Alpha {
    let (n, table) = (system.dim(), &system.table);
    let value = table.bounded_value_added();
    let (mut below, mut above) = (0, 0);
    let mut share = Array2::from_elem((n, system.destinations.len()), Bounded::exact(1.0));
    for i in (0..n).filter(|&i| table.x[i] != 0.0) {
        let own = table.z.view().get(i, i).copied().unwrap_or(0.0);
        let net = Bounded::exact(table.x[i]) - Bounded::exact(own);
        let kept = if net.value > net.bound { value[i] / net } else { Bounded::exact(-1.0) };
        below += usize::from(kept.value < 0.0);
        above += usize::from(kept.value > 1.0);
        // clipping moves a number and its truth no further apart, and to the same end where both are beyond it
        let beyond = kept.value + kept.bound <= 0.0 || kept.value - kept.bound >= 1.0;
        let kept = Bounded::new(kept.value.clamp(0.0, 1.0), if beyond { 0.0 } else { kept.bound.min(1.0) });
        share.row_mut(i).fill((Bounded::exact(1.0) - kept).clamp(0.0, 1.0));
    }
    Alpha { share, below, above }
}

/// Supply-chain responsibility of a stressor in one of its forms.
///
/// # Errors
/// When no method can solve the scaled system.
pub fn supply_chain(leontief: &Leontief, stressor: usize, passed: &PassedOn, alpha: &Alpha, form: Form) -> Result<Account> {
    let f = leontief.system.intensities[stressor].view().insert_axis(Axis(1));
    let shares = shares(leontief, form.principle().name(), f, alpha, form)?;
    let mut note = String::from(match form {
        Form::Gross => "each seller passes a share on with every sale and keeps the rest (Gallego, Lenzen 2005)",
        Form::Net => "each seller passes a share on with every sale but those to itself and keeps the rest (Lenzen and others 2007)",
        Form::Border => "each seller passes everything on inside its region, and a share with what leaves it",
    });
    note += &match passed {
        PassedOn::ValueAdded => "; kept: value added over net output".to_string(),
        PassedOn::Uniform(v) => format!("; passed on: {v}"),
        PassedOn::Pairs(_) => "; passed on: as given by pair of regions".to_string(),
    };
    if alpha.below + alpha.above > 0 {
        note += &format!(
            ", clipped in {} of {} sectors ({} to 0: value added negative or net output not positive; {} to 1: value added above net output)",
            alpha.below + alpha.above,
            leontief.system.dim(),
            alpha.below,
            alpha.above
        );
    }
    Ok(Account::new(form.principle(), note, shares.row(0).to_vec()))
}

/// The same by region of emission: row = region that emits, column = member that answers for it.
///
/// # Errors
/// When no method can solve the scaled system.
pub fn supply_chain_by_emitter(leontief: &Leontief, stressor: usize, alpha: &Alpha, form: Form) -> Result<Members> {
    let c = leontief.system.by_origin(&leontief.system.intensities[stressor]);
    let name = format!("{} by emitter", form.principle().name());
    Ok(Members { principle: form.principle(), matrix: shares(leontief, &name, c.view(), alpha, form)? })
}

/// What the members answer for (k x (R + 3)) of the direct intensities in each column of `c` (n x k).
fn shares(leontief: &Leontief, name: &str, c: ArrayView2<f64>, alpha: &Alpha, form: Form) -> Result<Array2<Bounded>> {
    let system = &leontief.system;
    let region: Vec<usize> = (0..system.dim()).map(|i| system.labels().region_of(i)).collect();
    let to_destination = |i: usize, d: usize| match (form, system.destinations[d]) {
        (Form::Border, Destination::Stock | Destination::Error) => Bounded::exact(1.0),
        (Form::Border, Destination::Region(r)) if r == region[i] => Bounded::exact(1.0),
        _ => alpha.share[[i, d]],
    };
    let to_sector = |i: usize, j: usize| if form == Form::Net && i == j { Bounded::exact(1.0) } else { to_destination(i, region[j]) };
    let carried = leontief.scaled(name, &to_sector, c)?;
    let weights = weights(system, &to_sector, &to_destination);
    let reach = &weights.value.mapv(f64::abs) + &weights.error;
    let bounds = leontief.functional_bounds(reach.view(), carried.sizes.view());
    let absolute = carried.x.mapv(f64::abs);
    let (values, sizes, unsure) =
        (carried.x.t().dot(&weights.value), absolute.t().dot(&weights.value.mapv(f64::abs)), absolute.t().dot(&weights.error));
    let rounding = gamma(system.dim() as f64 + 6.0);
    Ok(Array2::from_shape_fn(values.dim(), |(k, m)| {
        if reach.column(m).iter().all(|v| *v == 0.0) || c.column(k).iter().all(|v| *v == 0.0) {
            return Bounded::ZERO;
        }
        let own = up(up(rounding * sizes[[k, m]]) + up(unsure[[k, m]] * (1.0 + rounding)));
        Bounded::new(values[[k, m]], up(bounds[[m, k]] + own))
    }))
}

/// What each member answers for per unit that a product carries (n x (R + 3)), and its error.
struct Weights {
    value: Array2<f64>,
    error: Array2<f64>,
}

/// Sales times what is kept, for the seller's region; final sales times what is passed on, for their destination.
fn weights(system: &System, to_sector: &dyn Fn(usize, usize) -> Bounded, to_destination: &dyn Fn(usize, usize) -> Bounded) -> Weights {
    let (n, r_count) = (system.dim(), system.region_count());
    let (mut value, mut size, mut error) =
        (Array2::<f64>::zeros((n, r_count + 3)), Array2::<f64>::zeros((n, r_count + 3)), Array2::<f64>::zeros((n, r_count + 3)));
    // a row without output buys and emits nothing: its product carries nothing
    for i in (0..n).filter(|&i| system.table.x[i] != 0.0) {
        let (columns, values) = system.rows().row(i);
        let mut kept = [0.0; 3];
        let mut keep = |share: Bounded, sale: f64, unsure: f64| {
            let part = (1.0 - share.value) * sale;
            let error = share.bound * sale.abs() + ((1.0 - share.value).abs() + share.bound) * unsure;
            kept = [kept[0] + part, kept[1] + part.abs(), kept[2] + error];
        };
        for (&j, &a) in columns.iter().zip(values) {
            keep(to_sector(i, j as usize), a * system.table.x[j as usize], 0.0);
        }
        for (d, &destination) in system.destinations.iter().enumerate() {
            let (share, sale) = (to_destination(i, d), system.demand[[i, d]]);
            let unsure = system.demand_bound.as_ref().map_or(0.0, |b| b[[i, d]]);
            keep(share, sale, unsure);
            let at = [i, Members::column(destination, r_count)];
            value[at] += share.value * sale;
            size[at] += (share.value * sale).abs();
            error[at] += share.bound * sale.abs() + (share.value.abs() + share.bound) * unsure;
        }
        let at = [i, system.labels().region_of(i)];
        value[at] += kept[0];
        size[at] += kept[1];
        error[at] += kept[2];
    }
    // each term carries the roundings of a, of a x, of 1 - share and of the product
    let rounding = gamma((n + system.destinations.len() + 8) as f64);
    error.zip_mut_with(&size, |e, size| {
        *e = if *e == 0.0 && *size == 0.0 { 0.0 } else { up(up(*e * (1.0 + rounding)) + up(rounding * size)) }
    });
    Weights { value, error }
}
