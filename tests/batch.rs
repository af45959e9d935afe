//! Batches: numbers against other code, shards, kills, changed plans, and what a plan may not say.

use std::fs;
use std::path::Path;

use isard::synth::{self, Settings};
use isard::{Leontief, Stopping, System, Table, Watch, decompose};
use ndarray::Array2;

use crate::reference::solve;
use crate::support::isard;

/// A folder with a table of 3 regions and 4 sectors, `table`.
fn place() -> (tempfile::TempDir, Table) {
    let folder = tempfile::tempdir().unwrap();
    let table = synth::table(&Settings { regions: 3, sectors: 4, seed: 11, ..Settings::default() });
    isard::snapshot::write(&table, &folder.path().join("table.isard"), false).unwrap();
    (folder, table)
}

fn plan(folder: &Path, text: &str) {
    fs::write(folder.join("plan.toml"), format!("[data]\ntable = \"table.isard\"\n{text}")).unwrap();
}

fn run(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let done = isard().current_dir(folder).args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

fn good(folder: &Path, words: &[&str]) {
    let (code, out, err) = run(folder, words);
    assert_eq!(code, 0, "{words:?}: {out}{err}");
}

fn refused(folder: &Path, words: &[&str], said: &[&str]) {
    let (code, out, err) = run(folder, words);
    assert_eq!(code, 2, "{words:?}: {out}{err}");
    said.iter().for_each(|s| assert!(err.contains(s), "{words:?} does not say {s:?}: {err}"));
}

/// The cells behind the heading.
fn cells(file: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().skip(1).map(|l| l.split(',').map(str::to_string).collect()).collect()
}

/// Numbers from column `from` on: values and bounds, half each.
fn numbers(cells: &[String], from: usize) -> Vec<(f64, f64)> {
    let all: Vec<f64> = cells[from..].iter().map(|c| c.parse().unwrap()).collect();
    let (values, bounds) = all.split_at(all.len() / 2);
    values.iter().copied().zip(bounds.iter().copied()).collect()
}

const DRAWS: &str = "[batch]\noutcomes = [\"flows\", \"destination\"]\nblock = 4\n[draws]\ncount = 23\nseed = 5\n\
class = [{ cv = 0.1 }, { cv = 0.3, cells = \"trade\", correlation = 0.5, shared-by = \"pair\" }]\n";

#[test]
fn footprints_of_demands_are_those_of_exact_arithmetic() {
    let (folder, table) = place();
    let at = folder.path();
    let names = table.labels.row_names();
    let mut csv = "region,sector,one,two\n".to_string();
    for i in 0..table.dim() {
        let sector = &names.sector(i).given;
        csv += &format!("{},{sector},{},{}\n", names.regions[names.region_of(i)].given, i + 1, if i % 3 == 0 { -2.5 } else { 1e-3 });
    }
    fs::write(at.join("demands.csv"), csv).unwrap();
    let cell = (&names.regions[1].given, &names.sector(2).given);
    plan(
        at,
        &format!("[demand]\nfile = \"demands.csv\"\n[[demand.column]]\nname = \"three\"\ncells = [[{:?}, {:?}, 7.0]]\n", cell.0, cell.1),
    );
    good(at, &["batch", "plan.toml", "--output", "out", "-q"]);
    let found = cells(&at.join("out/origin.csv"));
    let column = |k: usize, i: usize| {
        [(i + 1) as f64, if i.is_multiple_of(3) { -2.5 } else { 1e-3 }, if i == table.labels.rows(1).start + 2 { 7.0 } else { 0.0 }][k]
    };
    let demands: Vec<Vec<f64>> = (0..table.dim()).map(|i| (0..3).map(|k| column(k, i)).collect()).collect();
    let exact = solve(&table, &demands).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!([&found[0][1], &found[2][1]], ["one", "three"]);
    for (k, record) in found.iter().enumerate() {
        for (s, (value, bound)) in numbers(record, 2).into_iter().enumerate() {
            let truth: f64 = table.labels.rows(s).map(|i| table.stressors[0].direct[i] / table.x[i] * exact[i][k].0).sum();
            // the truth here is a plain sum
            let slack =
                1e-14 * table.labels.rows(s).map(|i| (table.stressors[0].direct[i] / table.x[i] * exact[i][k].0).abs()).sum::<f64>();
            assert!((value - truth).abs() <= bound + slack, "{k} {s}: {value} {truth} {bound}");
            assert!(bound < 1e-9 * truth.abs().max(1e-3), "{k} {s}: bound {bound}");
        }
    }
}

/// Flows of a run that changes nothing are those of the table; every change is what a table with the change gives.
#[test]
fn scenarios_are_what_tables_with_their_changes_give() {
    let (folder, table) = place();
    let at = folder.path();
    let names = table.labels.row_names();
    let (region, other) = (&names.regions[0].given, &names.regions[2].given);
    let sector = &names.sector(1).given;
    plan(
        at,
        &format!(
            "[batch]\noutcomes = [\"flows\"]\n\
             [[scenario]]\nname = \"as it is\"\n[[scenario.change]]\nwhat = \"technology\"\nscale = 1.0\n\
             [[scenario]]\nname = \"grid\"\n\
             [[scenario.change]]\nwhat = \"technology\"\nregion = {region:?}\nsector = {sector:?}\nscale = [0.5, 1.2]\n\
             [[scenario.change]]\nwhat = \"intensity\"\nregion = {other:?}\nscale = [0.9, 0.8, 0.7]\n\
             [[scenario]]\nname = \"imports\"\n[[scenario.change]]\nwhat = \"import-share\"\nbuyer-region = {region:?}\nscale = 0.5\n\
             [[scenario]]\nname = \"demand\"\n[[scenario.change]]\nwhat = \"demand\"\nbuyer-region = {region:?}\nscale = 2\n"
        ),
    );
    good(at, &["batch", "plan.toml", "--output", "out", "-q"]);
    let found = cells(&at.join("out/flows.csv"));
    assert_eq!(found.len(), 3 * 9);
    assert_eq!(found[3][1..3].join(","), "\"grid (0.5, 0.9)\"");
    let system = System::new(table.clone());
    let (n, direct) = (table.dim(), &table.stressors[0].direct);
    let a: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut row = vec![0.0; n];
            table.z.row(i).for_each(|(j, v)| row[j] = v / table.x[j]);
            row
        })
        .collect();
    let base = (a, system.demand.clone(), (0..n).map(|i| direct[i] / table.x[i]).collect::<Vec<_>>());
    let compare = |run: usize, (a, b, c): (Vec<Vec<f64>>, Array2<f64>, Vec<f64>)| {
        let x = eliminated(a, &b);
        for s in 0..3 {
            let record = &found[3 * run + s];
            // a name of a grid has commas
            let from = record.len() - 2 * b.ncols();
            for (k, (value, bound)) in numbers(record, from).into_iter().enumerate() {
                let truth: f64 = table.labels.rows(s).map(|i| c[i] * x[[i, k]]).sum();
                assert!((value - truth).abs() <= bound + 1e-12 * truth.abs(), "run {run}, {s} to {k}: {value} {truth} {bound}");
                assert!(bound <= 1e-6 * value.abs() || value.abs() < 1e-9, "run {run}: {value} {bound}");
            }
        }
    };
    compare(0, base.clone());
    let mut grid = base.clone();
    let steel = table.labels.rows(0).start + 1;
    grid.0[steel].iter_mut().for_each(|v| *v *= 1.2);
    table.labels.rows(2).for_each(|i| grid.2[i] *= 0.8);
    compare(1 + 4, grid);
    let mut doubled = base.clone();
    doubled.1.column_mut(0).iter_mut().for_each(|v| *v *= 2.0);
    compare(8, doubled);
    // half the share of imports, for use and final demand
    let mut home = base;
    let own = table.labels.rows(0);
    for p in 0..4 {
        let rows: Vec<usize> = (0..3).map(|s| table.labels.rows(s).start + p).collect();
        let shift = |cells: [f64; 3]| {
            let all: f64 = cells.iter().sum();
            let share = (all - cells[0]) / all;
            let new = 0.5 * share;
            [cells[0] * (1.0 - new) / (1.0 - share), cells[1] * new / share, cells[2] * new / share]
        };
        for j in own.clone() {
            let moved = shift([0, 1, 2].map(|s| home.0[rows[s]][j]));
            (0..3).for_each(|s| home.0[rows[s]][j] = moved[s]);
        }
        let moved = shift([0, 1, 2].map(|s| home.1[[rows[s], 0]]));
        (0..3).for_each(|s| home.1[[rows[s], 0]] = moved[s]);
    }
    compare(7, home);
}

/// Gauss without exchanges on `(I - A) X = B`.
fn eliminated(a: Vec<Vec<f64>>, b: &Array2<f64>) -> Array2<f64> {
    let n = a.len();
    let mut m: Vec<Vec<f64>> = a
        .into_iter()
        .enumerate()
        .map(|(i, row)| row.into_iter().enumerate().map(|(j, v)| f64::from(u8::from(i == j)) - v).collect())
        .collect();
    let mut x = b.clone();
    for p in 0..n {
        for i in (0..n).filter(|&i| i != p) {
            let by = m[i][p] / m[p][p];
            let pivot = m[p].clone();
            m[i].iter_mut().zip(&pivot).skip(p).for_each(|(to, v)| *to -= by * v);
            for k in 0..x.ncols() {
                let v = x[[p, k]];
                x[[i, k]] -= by * v;
            }
        }
    }
    (0..n).for_each(|p| (0..x.ncols()).for_each(|k| x[[p, k]] /= m[p][p]));
    x
}

#[test]
fn draws_have_the_same_bytes_for_any_threads_shards_order_and_after_kills() {
    let (folder, _) = place();
    let at = folder.path();
    plan(at, DRAWS);
    good(at, &["batch", "plan.toml", "--output", "one", "-q", "--threads", "1"]);
    assert!(!at.join("one.parts").exists());
    let one = |name: &str| fs::read(at.join("one").join(name)).unwrap();
    for (n, threads) in [(3, "2"), (16, "1")] {
        let out = format!("of{n}");
        // from the last to the first, all in one folder
        for i in (1..=n).rev() {
            let (shard, parts) = (format!("{i}/{n}"), format!("parts{n}"));
            good(at, &["batch", "plan.toml", "--output", &parts, "--shard", &shard, "-q", "--threads", threads]);
            if i > 1 && n == 3 {
                let (code, said, _) = run(at, &["merge", &parts, "--output", &out, "-q"]);
                assert!(code == 1 && said.contains("missing: block 0: runs 1 to 4 (draw), flows, destination"), "{said}");
            }
        }
        good(at, &["merge", &format!("parts{n}"), "--output", &out, "-q"]);
        for name in ["flows.csv", "destination.csv"] {
            assert!(fs::read(at.join(&out).join(name)).unwrap() == one(name), "{name} of {n} parts");
        }
    }
    // what a kill leaves: some blocks, one of which lacks a file
    good(at, &["batch", "plan.toml", "--output", "half.parts", "--shard", "1/2", "-q"]);
    let lost =
        fs::read_dir(at.join("half.parts")).unwrap().flatten().map(|e| e.path()).find(|p| p.to_string_lossy().contains("flows.0000002"));
    fs::remove_file(lost.unwrap()).unwrap();
    refused(at, &["batch", "plan.toml", "--output", "half"], &["holds", "--resume"]);
    let words = ["batch", "plan.toml", "--output", "half", "--resume"];
    let (code, _, said) = run(at, &words);
    // 6 blocks: 0 and 4 were whole
    assert!(code == 0 && said.contains(", 4 blocks in"), "{code} {said}");
    assert!(fs::read(at.join("half/flows.csv")).unwrap() == one("flows.csv"));
}

#[test]
fn a_batch_that_is_killed_goes_on_where_it_was() {
    let (folder, _) = place();
    let at = folder.path();
    plan(at, &DRAWS.replace("count = 23", "count = 1200"));
    let program = isard().get_program().to_owned();
    let mut child =
        std::process::Command::new(program).current_dir(at).args(["batch", "plan.toml", "--output", "killed", "-q"]).spawn().unwrap();
    let parts = at.join("killed.parts");
    while fs::read_dir(&parts).map_or(0, Iterator::count) < 20 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    good(at, &["batch", "plan.toml", "--output", "killed", "-q", "--resume"]);
    good(at, &["batch", "plan.toml", "--output", "whole", "-q"]);
    for name in ["flows.csv", "destination.csv"] {
        assert!(fs::read(at.join("killed").join(name)).unwrap() == fs::read(at.join("whole").join(name)).unwrap(), "{name}");
    }
}

#[test]
fn what_was_changed_under_a_resume_is_refused_by_its_hash() {
    let (folder, table) = place();
    let at = folder.path();
    plan(at, DRAWS);
    good(at, &["batch", "plan.toml", "--output", "p", "--shard", "1/2", "-q"]);
    let again = ["batch", "plan.toml", "--output", "p", "--shard", "2/2", "--resume"];
    plan(at, &DRAWS.replace("seed = 5", "seed = 6"));
    refused(at, &again, &["belong to another batch", "the plan was", "name another --output"]);
    // comments and the order of keys are no change
    plan(at, &format!("# a remark\n{}", DRAWS.replace("count = 23\nseed = 5", "seed = 5\ncount = 23")));
    let mut other = table.clone();
    other.z.data_mut()[3] *= 1.0 + 1e-12;
    isard::snapshot::write(&other, &at.join("table.isard"), true).unwrap_or_else(|_| {
        fs::remove_file(at.join("table.isard")).unwrap();
        isard::snapshot::write(&other, &at.join("table.isard"), false).unwrap();
    });
    refused(at, &again, &["belong to another batch", "the table was"]);
    fs::remove_file(at.join("table.isard")).unwrap();
    isard::snapshot::write(&table, &at.join("table.isard"), false).unwrap();
    good(at, &[&again[..], &["-q"]].concat());
    // a block that was changed is no part of a result
    let block =
        fs::read_dir(at.join("p")).unwrap().flatten().map(|e| e.path()).find(|p| p.to_string_lossy().contains("flows.0000001")).unwrap();
    let text = fs::read_to_string(&block).unwrap();
    fs::write(&block, text.replacen('7', "8", 1)).unwrap();
    refused(at, &["merge", "p", "--output", "m"], &["changed since it was written"]);
    assert!(!at.join("m").exists());
}

/// The standard deviation of accounts to first order: `sum (cv z dJ/dz)^2`, `dFlow[s, r]/dz_ij = M_s[i] (h_j^r - h_i^r)`.
#[test]
fn draws_spread_as_far_as_first_order_says() {
    let (folder, table) = place();
    let at = folder.path();
    let cv = 0.05;
    plan(at, "[batch]\noutcomes = [\"destination\", \"flows\"]\n[draws]\ncount = 2000\nseed = 1\nclass = [{ cv = 0.05 }]\n");
    good(at, &["batch", "plan.toml", "--output", "out", "-q"]);
    let model = Leontief::new(System::new(table.clone()), None, Stopping::default(), Watch::default()).unwrap();
    let (m, x) = (model.multipliers(isard::leontief::Factor::Stressor(0)), model.outputs());
    let flows = decompose::flows(&model, 0);
    let found = cells(&at.join("out/destination.csv"));
    assert_eq!(found.len(), 2000);
    for r in 0..3 {
        let values: Vec<f64> = found.iter().map(|c| c[2 + r].parse().unwrap()).collect();
        let mean = values.iter().sum::<f64>() / 2000.0;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1999.0).sqrt();
        let mut variance = 0.0;
        for i in 0..table.dim() {
            let mu: f64 = m.z.row(i).sum();
            let h = |i: usize| x.x[[i, r]] / table.x[i];
            table.z.row(i).for_each(|(j, z)| variance += (cv * z * mu * (h(j) - h(i))).powi(2));
        }
        let analytic = variance.sqrt();
        // 2,000 draws know a standard deviation to 1.6 %
        assert!((sd / analytic - 1.0).abs() < 0.1, "{r}: {sd} drawn, {analytic} to first order");
        let table: f64 = (0..3).map(|s| flows.flow[[s, r]].value).sum();
        assert!((mean / table - 1.0).abs() < 4.0 * analytic / table, "{r}: mean {mean}, table {table}");
    }
    // what is emitted does not change: rows are closed by output
    let flows = cells(&at.join("out/flows.csv"));
    for record in &flows[..60] {
        let s = record[2].clone();
        let at = table.labels.region(&s).unwrap();
        let sum: f64 = numbers(record, 3).iter().map(|v| v.0).sum();
        let direct: f64 = table.labels.rows(at).map(|i| table.stressors[0].direct[i]).sum();
        assert!((sum / direct - 1.0).abs() < 1e-6, "{s}: {sum} is not {direct}");
    }
}

#[test]
fn closing_by_output_or_both_sums_and_pairs_of_opposite_draws() {
    let (folder, table) = place();
    let at = folder.path();
    for balance in ["output", "full"] {
        let out = format!("out-{balance}");
        plan(at, &format!("[batch]\noutcomes = [\"flows\"]\n[draws]\ncount = 6\nbalance = {balance:?}\nclass = [{{ cv = 0.2 }}]\n"));
        good(at, &["batch", "plan.toml", "--output", &out, "-q"]);
        for record in cells(&at.join(&out).join("flows.csv")) {
            let sum: f64 = numbers(&record, 3).iter().map(|v| v.0).sum();
            let direct: f64 = table.labels.rows(table.labels.region(&record[2]).unwrap()).map(|i| table.stressors[0].direct[i]).sum();
            assert!((sum / direct - 1.0).abs() < 1e-6, "{balance}: {sum} is not {direct}");
        }
    }
    plan(
        at,
        "[batch]\noutcomes = [\"destination\"]\n[draws]\ncount = 200\nlaw = \"uniform\"\nantithetic = true\nclass = [{ cv = 0.05 }]\n",
    );
    good(at, &["batch", "plan.toml", "--output", "pairs", "-q"]);
    let found: Vec<f64> = cells(&at.join("pairs/destination.csv")).iter().map(|c| c[2].parse().unwrap()).collect();
    let mean = found.iter().sum::<f64>() / 200.0;
    let sd = (found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    let of_pairs = (found.chunks(2).map(|p| ((p[0] + p[1]) / 2.0 - mean).powi(2)).sum::<f64>() / 99.0).sqrt();
    assert!(of_pairs < 0.1 * sd, "pairs spread by {of_pairs}, draws by {sd}");
}

#[test]
fn a_plan_that_says_what_it_may_not_is_told_where_and_what_to_do() {
    let (folder, _) = place();
    let at = folder.path();
    let words = ["batch", "plan.toml", "--output", "o"];
    let wrong: [(&str, &[&str]); 12] = [
        ("", &["there is none", "[draws]"]),
        ("[draws]\ncount = 3\nseeds = 4\nclass = [{cv = 0.1}]\n", &["plan.toml:5", "unknown field \"seeds\"", "\"seed\""]),
        ("[draws]\ncount = 3\nlaw = \"lognormall\"\nclass = [{cv = 0.1}]\n", &["plan.toml:5", "\"lognormal\""]),
        ("[draws]\ncount = 0\nclass = [{cv = 0.1}]\n", &["count = 0"]),
        ("[draws]\ncount = 2\nlaw = \"uniform\"\nclass = [{cv = 0.7}]\n", &["class 1", "0.7", "0.577", "lognormal"]),
        ("[draws]\ncount = 2\nclass = [{cv = -0.1}]\n", &["cv = -0.1"]),
        ("[draws]\ncount = 2\nclass = [{cv = 0.1, region = \"Atlantis\"}]\n", &["region", "Atlantis"]),
        ("[batch]\noutcomes = [\"flows\"]\n[demand]\nfile = \"d.npy\"\n", &["flows has no meaning", "origin or total"]),
        ("[demand]\nfile = \"d.npy\"\n", &["d.npy"]),
        ("[[scenario]]\nname = \"a\"\n[[scenario.change]]\nwhat = \"intensity\"\nscale = -1\n", &["scenario a", "scale = -1"]),
        ("[[scenario]]\nname = \"a\"\n[[scenario.change]]\nwhat = \"import-share\"\nscale = 0.5\n", &["scenario a", "buyer-region"]),
        ("[batch]\ntolerance = 2\n[draws]\ncount = 2\nclass = [{cv = 0.1}]\n", &["tolerance", "between 0 and 1"]),
    ];
    for (text, said) in wrong {
        plan(at, text);
        refused(at, &words, said);
    }
    plan(at, DRAWS);
    refused(at, &["batch", "plan.toml"], &["--output"]);
    refused(at, &["batch", "plan.toml", "--output", "o", "--shard", "0/3"], &["--shard 0/3", "3/16"]);
    refused(at, &["merge", "nowhere", "--output", "o"], &["nowhere"]);
    fs::create_dir(at.join("full")).unwrap();
    fs::write(at.join("full/notes.txt"), "mine").unwrap();
    refused(at, &["batch", "plan.toml", "--output", "full", "--shard", "1/2"], &["notes.txt"]);
    let (code, out, err) = run(at, &["batch", "plan.toml", "--dry-run"]);
    assert!(code == 0 && out.contains("23 draws") && out.contains("measured"), "{out}{err}");
    assert!(!at.join("o").exists() && !at.join("o.parts").exists());
}
