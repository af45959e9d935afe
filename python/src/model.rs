//! A model that is prepared once and kept: threads share it, and Ctrl-C ends what it does without spoiling it.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use isard::batch::Footprints;
use isard::decompose::{self, accounts::Accounts};
use isard::finding::Finding;
use isard::labels::Language;
use isard::leontief::answer::Goal;
use isard::operator::Direction;
use isard::study::{load, room};
use isard::verdict::Verdict;
use isard::{Bounded, Error, Leontief, Study, System, Threads, Watch};
use ndarray::Array2;
use numpy::{IntoPyArray, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::Raised;
use crate::table::{Table, options};
use crate::wait::{News, locked, wait};

/// What is made ready, and the watch that it was made with.
struct Ready {
    watch: Watch,
    leontief: Option<Arc<Leontief>>,
}

/// A prepared model.
#[pyclass(frozen, module = "isard_mrio._isard")]
pub struct Model {
    study: Study,
    system: Arc<System>,
    findings: Vec<Finding>,
    threads: Option<Threads>,
    news: News,
    progress: Option<Py<PyAny>>,
    ready: Mutex<Ready>,
}

/// Audits a table, makes A and prepares a method.
#[pyfunction]
pub fn model(py: Python<'_>, table: &Table, options_json: &str, progress: Option<Py<PyAny>>) -> PyResult<Model> {
    let study = Study { given: Some(table.table.clone()), ..options(options_json).raised(py)? };
    let threads = study.writing.threads.map(Threads::new).transpose().raised(py)?;
    let news = News::default();
    let watch = on(&threads, news.watch());
    let made = || {
        watch.run(|| {
            let loaded = load::load_for(&study, room::Goal::Analysis, &watch)?;
            let system = Arc::new(load::system(&study, loaded.table, &watch)?);
            let leontief = load::leontief(&study, system.clone(), &watch)?;
            watch.check()?;
            Ok((system, loaded.findings, Arc::new(leontief)))
        })
    };
    let made: isard::Result<_> = wait(py, &watch, &news, progress.as_ref(), made)?;
    let (system, findings, leontief) = made.raised(py)?;
    let ready = Mutex::new(Ready { watch, leontief: Some(leontief) });
    // what the model was made of is in the system
    let study = Study { given: None, ..study };
    Ok(Model { study, system, findings, threads, news, progress, ready })
}

fn on(threads: &Option<Threads>, watch: Watch) -> Watch {
    match threads {
        Some(threads) => watch.on_threads(threads.clone()),
        None => watch,
    }
}

impl Model {
    /// The watch of what is ready; a new one where the last work was ended, for what that left proves nothing.
    fn watch(&self) -> Watch {
        let mut ready = locked(&self.ready);
        if ready.watch.is_cancelled() {
            *ready = Ready { watch: on(&self.threads, self.news.watch()), leontief: None };
        }
        ready.watch.clone()
    }

    fn leontief(&self, watch: &Watch) -> isard::Result<Arc<Leontief>> {
        if let Some(leontief) = &locked(&self.ready).leontief {
            return Ok(leontief.clone());
        }
        let made = Arc::new(load::leontief(&self.study, self.system.clone(), watch)?);
        Ok(locked(&self.ready).leontief.get_or_insert(made).clone())
    }

    /// Asks the model; again where somebody else's Ctrl-C ended it.
    fn ask<T: Send>(&self, py: Python<'_>, ask: impl Fn(&Arc<Leontief>) -> isard::Result<T> + Sync) -> PyResult<T> {
        loop {
            let watch = self.watch();
            let work = || {
                watch.run(|| {
                    let found = ask(&self.leontief(&watch)?)?;
                    watch.check().map(|()| found)
                })
            };
            match wait(py, &watch, &self.news, self.progress.as_ref(), work)? {
                Err(Error::Cancelled { .. }) => (),
                found => return found.raised(py),
            }
        }
    }

    fn stressor(&self, name: Option<&str>) -> isard::Result<usize> {
        let known: Vec<&str> = self.system.table.stressors.iter().map(|s| s.name.as_str()).collect();
        match name {
            None if known.is_empty() => Err(Error::format("table", "the table has no emissions", "give F, or read them with `emissions`")),
            None => Ok(0),
            Some(name) => known.iter().position(|k| *k == name).ok_or_else(|| Error::unknown("stressor", name, &known)),
        }
    }

    /// Refuses columns that are not as long as the system.
    fn rows(&self, py: Python<'_>, what: &str, rows: usize) -> PyResult<()> {
        let n = self.system.dim();
        if rows == n {
            return Ok(());
        }
        let text = format!("{what} have {rows} rows, and the system has {n}");
        Err(crate::error::raise(py, &Error::format("columns", text, "give a column of n numbers for each")))
    }

    fn regions(&self) -> Vec<String> {
        self.system.labels().regions.iter().map(|n| n.given.clone()).collect()
    }
}

/// Values and bounds as arrays.
pub fn split(numbers: &[Bounded]) -> (Vec<f64>, Vec<f64>) {
    numbers.iter().map(|b| (b.value, b.bound)).unzip()
}

fn put(found: &Bound<'_, PyDict>, name: &str, numbers: &[Bounded]) -> PyResult<()> {
    let (values, bounds) = split(numbers);
    found.set_item(name, (values.into_pyarray(found.py()), bounds.into_pyarray(found.py())))
}

fn judged(found: &Bound<'_, PyDict>, verdicts: &[Verdict]) -> PyResult<()> {
    found.set_item("certified", verdicts.iter().all(|v| v.certified))?;
    found.set_item("because", verdicts.iter().flat_map(Verdict::reasons).collect::<Vec<_>>())
}

#[pymethods]
impl Model {
    /// Emissions by origin and destination: of one stressor, or the first.
    fn flows<'py>(&self, py: Python<'py>, stressor: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
        let k = self.stressor(stressor).raised(py)?;
        let labels = self.system.labels();
        let ask = |leontief: &Arc<Leontief>| {
            let begun = Instant::now();
            let flows = decompose::flows(leontief, k);
            leontief.watch().check()?;
            let mut totals = Verdict::new("identities", leontief.stopping.rtol);
            decompose::identities(leontief, k, &flows)?.iter().for_each(|c| totals.check(c));
            isard::verdict::unproven(&mut totals, leontief);
            Ok((flows, totals, leontief.stopping.floor_of_sums(), begun.elapsed()))
        };
        let (flows, totals, sums, spent) = self.ask(py, ask)?;
        let destinations: Vec<String> = flows.destinations.iter().map(|d| d.label(labels, Language::En)).collect();
        let regions = self.regions();
        let found = PyDict::new(py);
        judged(&found, &[flows.verdict(&regions, &destinations, sums), totals])?;
        let others = destinations.iter().skip(regions.len()).cloned();
        found.set_item("destinations", regions.iter().cloned().chain(others).collect::<Vec<_>>())?;
        found.set_item("value", flows.flow.mapv(|b| b.value).into_pyarray(py))?;
        found.set_item("bound", flows.flow.mapv(|b| b.bound).into_pyarray(py))?;
        // of the library alone, for who measures the rest
        found.set_item("seconds", spent.as_secs_f64())?;
        found.set_item("stressor", &self.system.table.stressors[k].name)?;
        found.set_item("unit", &flows.unit)?;
        put(&found, "direct", &flows.direct)?;
        Ok(found)
    }

    /// Accounts under pymrio's names, of the stressors that are named or of all.
    fn accounts<'py>(&self, py: Python<'py>, stressors: Option<Vec<String>>) -> PyResult<Bound<'py, PyDict>> {
        let table = &self.system.table;
        let which: Vec<usize> = match &stressors {
            Some(names) => names.iter().map(|n| self.stressor(Some(n))).collect::<isard::Result<_>>().raised(py)?,
            None => (0..table.stressors.len()).collect(),
        };
        let ask = |leontief: &Arc<Leontief>| {
            let one = |&k: &usize| -> isard::Result<(Accounts, Verdict)> {
                let flows = decompose::flows(leontief, k);
                let accounts = decompose::accounts::accounts(leontief, k, &flows);
                leontief.watch().check()?;
                let verdict = accounts.verdict(&flows);
                Ok((accounts, verdict))
            };
            let all = which.iter().map(one).collect::<isard::Result<Vec<_>>>()?;
            let mut totals = Verdict::new("solves", leontief.stopping.rtol);
            isard::verdict::unproven(&mut totals, leontief);
            Ok((all, totals))
        };
        let (all, totals) = self.ask(py, ask)?;
        let found = PyDict::new(py);
        let verdicts: Vec<Verdict> = all.iter().map(|a| a.1.clone()).chain([totals]).collect();
        judged(&found, &verdicts)?;
        let regions = self.regions();
        let products =
            all.first().map(|a| a.0.products.iter().map(|(r, name)| (regions[*r].clone(), name.given.clone())).collect::<Vec<_>>());
        found.set_item("products", products.unwrap_or_default())?;
        found.set_item("stressors", which.iter().map(|&k| table.stressors[k].name.clone()).collect::<Vec<_>>())?;
        found.set_item("units", which.iter().map(|&k| table.stressors[k].unit.clone()).collect::<Vec<_>>())?;
        type Pick = (&'static str, fn(&Accounts) -> &Vec<Bounded>);
        let picks: [Pick; 8] = [
            ("D_pba", |a| &a.pba),
            ("D_cba", |a| &a.cba),
            ("D_imp", |a| &a.imports),
            ("D_exp", |a| &a.exports),
            ("D_pba_reg", |a| &a.pba_reg),
            ("D_cba_reg", |a| &a.cba_reg),
            ("D_imp_reg", |a| &a.imports_reg),
            ("D_exp_reg", |a| &a.exports_reg),
        ];
        for (name, pick) in picks {
            let wide = all.first().map_or(0, |a| pick(&a.0).len());
            let array = |part: fn(&Bounded) -> f64| {
                let numbers = all.iter().flat_map(|a| pick(&a.0).iter().map(part)).collect();
                Array2::from_shape_vec((all.len(), wide), numbers).unwrap_or_default().into_pyarray(py)
            };
            found.set_item(name, (array(|b| b.value), array(|b| b.bound)))?;
        }
        Ok(found)
    }

    /// `(I - A) x = b` for columns (n x k), or with A': values and bounds. With `residual` the solves end at that residual,
    /// relative, and what is proven of them then is told.
    #[pyo3(signature = (b, transposed, bounds, residual=None))]
    fn solve<'py>(
        &self,
        py: Python<'py>,
        b: PyReadonlyArray2<'py, f64>,
        transposed: bool,
        bounds: bool,
        residual: Option<f64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let b = b.as_array();
        let n = self.system.dim();
        self.rows(py, "right-hand sides", b.nrows())?;
        let direction = if transposed { Direction::Transposed } else { Direction::Forward };
        let ask = |leontief: &Arc<Leontief>| {
            let goal = residual.map_or(Goal::Bound(leontief.stopping.rtol), Goal::Residual);
            let solved = leontief.solve(direction, b, goal);
            let answer = solved.answer;
            let k = b.ncols();
            let relative: Vec<f64> = (0..k).map(|c| answer.relative_bound(c)).collect();
            let bounds = bounds.then(|| Array2::from_shape_fn((n, k), |(i, c)| answer.bound(i, c)));
            let rtol = leontief.stopping.rtol;
            let wide: Vec<String> = relative
                .iter()
                .enumerate()
                .filter(|(_, r)| !(**r <= rtol))
                .take(3)
                .map(|(c, r)| format!("column {c}: the bounds add up to {r:.1e} of the answer, allowed {rtol:e}"))
                .collect();
            Ok((answer.solution.x, bounds, relative, wide))
        };
        let (x, bound, relative, because) = self.ask(py, ask)?;
        let found = PyDict::new(py);
        found.set_item("value", x.into_pyarray(py))?;
        found.set_item("bound", bound.map(|b| b.into_pyarray(py)))?;
        found.set_item("relative", relative.into_pyarray(py))?;
        found.set_item("certified", because.is_empty())?;
        found.set_item("because", because)?;
        Ok(found)
    }

    /// Emissions of each region of origin (R x k) for any number of demands (n x k).
    fn footprints<'py>(
        &self,
        py: Python<'py>,
        demands: PyReadonlyArray2<'py, f64>,
        stressor: Option<&str>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let k = self.stressor(stressor).raised(py)?;
        let demands = demands.as_array();
        self.rows(py, "demands", demands.nrows())?;
        let ask = |leontief: &Arc<Leontief>| {
            let found = Footprints::new(leontief, k)?.of(demands);
            let mut verdict = Verdict::new("footprints", leontief.stopping.rtol);
            let largest = isard::bounded::largest(found.iter().map(|b| b.value.abs()));
            verdict.judge("emissions", isard::verdict::floor(leontief.stopping.rtol, largest), found.iter().copied(), |i| {
                format!("number {}", i + 1)
            });
            isard::verdict::unproven(&mut verdict, leontief);
            Ok((found.mapv(|b| b.value), found.mapv(|b| b.bound), verdict))
        };
        let (value, bound, verdict) = self.ask(py, ask)?;
        let found = PyDict::new(py);
        judged(&found, &[verdict])?;
        found.set_item("value", value.into_pyarray(py))?;
        found.set_item("bound", bound.into_pyarray(py))?;
        found.set_item("unit", &self.system.table.stressors[k].unit)?;
        Ok(found)
    }

    /// The stressor embodied in a unit of each product (n), and its bounds.
    fn multipliers<'py>(&self, py: Python<'py>, stressor: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
        let k = self.stressor(stressor).raised(py)?;
        let c = self.system.intensities[k].clone().insert_axis(ndarray::Axis(1));
        let solved = self.solve(py, c.into_pyarray(py).readonly(), true, true, None)?;
        solved.set_item("unit", &self.system.table.stressors[k].unit)?;
        Ok(solved)
    }

    /// What the audit said, as JSON.
    fn findings(&self) -> String {
        serde_json::to_string(&self.findings).unwrap_or_default()
    }

    /// How the solves went, as JSON.
    fn solves(&self) -> String {
        let solves = locked(&self.ready).leontief.as_ref().map(|l| l.solves()).unwrap_or_default();
        serde_json::to_string(&solves).unwrap_or_default()
    }

    /// How A is kept and solved, as JSON.
    fn plan(&self) -> String {
        locked(&self.ready).leontief.as_ref().and_then(|l| serde_json::to_string(&l.plan).ok()).unwrap_or_else(|| "{}".into())
    }

    /// What was said on the way; each message once.
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.news.notes())
    }
}

use numpy::PyArrayMethods;
