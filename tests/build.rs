//! Tables built from regional ones: solves drawn from a known table, which a build must give back, and input that does not fit.

use isard::balance::{How, Method, Target, Targets, balance};
use isard::bounded::Bounded;
use isard::build::{Built, Choices, Closing, Imported, Prior, Regional, Transit, agree, build, by_shares, capitals};
use isard::formats::Encoding;
use isard::formats::provincial::{read_all, workbooks};
use isard::labels::Name;
use isard::operator::{Direction, Operator};
use isard::table::{Source, sparse};
use isard::watch::Watch;
use ndarray::{Array1, Array2, Array3, Axis, s};

use crate::support::draw::Draw;
use crate::support::{self, shared};

const R: usize = 4;
const S: usize = 5;
const K: usize = 2;

/// A table in the form of trade shares, and the regional tables that a bureau would make of it.
struct Known {
    /// Flows of each product from region to region (S x R x R), the own ones on the diagonal.
    trade: Array3<f64>,
    /// Share from abroad (R x S).
    imported: Array2<f64>,
    distances: Array2<f64>,
    regional: Vec<Regional>,
}

impl Known {
    /// Trade is `a_s b_r d_sr^-1.5`; own supply of region 0 of product 0 is none.
    fn drawn(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let distances = Array2::from_shape_fn((R, R), |(a, b)| if a == b { 0.0 } else { 100.0 + 70.0 * (a + b) as f64 + (a * b) as f64 });
        let z = Array3::from_shape_fn((R, S, S), |_| 1.0 + 9.0 * draw.unit());
        let mut y = Array3::from_shape_fn((R, S, K), |_| 20.0 + 40.0 * draw.unit());
        // a stock change
        y[[1, 2, 1]] = -5.0;
        let mut trade = Array3::zeros((S, R, R));
        let mut imported = Array2::zeros((R, S));
        for i in 0..S {
            let (a, b): (Vec<f64>, Vec<f64>) = (0..R).map(|_| (0.5 + draw.unit(), 0.5 + draw.unit())).unzip();
            for q in 0..R {
                let used = z.slice(s![q, i, ..]).sum() + y.slice(s![q, i, ..]).sum();
                imported[[q, i]] = 0.2 * draw.unit();
                for o in (0..R).filter(|&o| o != q) {
                    trade[[i, o, q]] = 9000.0 * a[o] * b[q] * distances[[o, q]].powf(-1.5);
                }
                let taken = trade.slice(s![i, .., q]).sum();
                if (q, i) == (0, 0) {
                    imported[[q, i]] = 1.0 - taken / used;
                }
                trade[[i, q, q]] = (used * (1.0 - imported[[q, i]]) - taken).max(0.0);
                assert!(taken < 0.7 * used, "own supply is left");
            }
        }
        let exports = Array2::from_shape_fn((R, S), |at| if at == (0, 0) { 0.0 } else { 10.0 * draw.unit() });
        let regional = (0..R).map(|q| regional(q, (&z, &y, &trade, &imported, &exports))).collect();
        Known { trade, imported, distances, regional }
    }

    fn given(&self) -> Prior {
        Prior::Given(self.trade.outer_iter().map(|t| t.to_owned()).collect(), "known trade".into())
    }

    fn gravity(&self) -> Prior {
        Prior::Gravity(Some(self.distances.clone()), "drawn".into())
    }

    /// Z of the known table.
    fn z(&self) -> Array2<f64> {
        let used = |q: usize, i: usize| self.regional[q].used()[i];
        Array2::from_shape_fn((R * S, R * S), |(k, l)| {
            let (o, i, q, j) = (k / S, k % S, l / S, l % S);
            self.trade[[i, o, q]] / used(q, i) * self.regional[q].z[[i, j]]
        })
    }
}

type Drawn<'a> = (&'a Array3<f64>, &'a Array3<f64>, &'a Array3<f64>, &'a Array2<f64>, &'a Array2<f64>);

fn regional(q: usize, (z, y, trade, imported, exports): Drawn) -> Regional {
    let (z, y) = (z.index_axis(Axis(0), q).to_owned(), y.index_axis(Axis(0), q).to_owned());
    let used = z.sum_axis(Axis(1)) + y.sum_axis(Axis(1));
    let others =
        |i: usize, out: bool| -> f64 { (0..R).filter(|&o| o != q).map(|o| if out { trade[[i, q, o]] } else { trade[[i, o, q]] }).sum() };
    let outflow = Array1::from_shape_fn(S, |i| others(i, true));
    let exports = exports.row(q).to_owned();
    let output = Array1::from_shape_fn(S, |i| trade[[i, q, q]] + outflow[i] + exports[i]);
    let place = format!("region_{q}.xlsx[1]");
    Regional {
        source: Source { path: place.clone().into(), sha256: String::new() },
        place,
        region: Name::plain(format!("region {q}")),
        year: Some(2017),
        unit: "10^4 yuan".into(),
        products: (0..S).map(|i| Name::plain(format!("product {i}"))).collect(),
        categories: ["Households", "Stocks"].map(Name::plain).into(),
        inflow: Array1::from_shape_fn(S, |i| others(i, false)),
        imported: Imported::Within(&used * &imported.row(q)),
        error: Array1::zeros(S),
        value_added: vec![(Name::plain("Value added"), &output - &z.sum_axis(Axis(0)))],
        z,
        y,
        exports,
        outflow,
        output,
    }
}

fn of(known: &Known, prior: &Prior, choices: Choices) -> Built {
    build(&known.regional, prior, choices, &Watch::default()).unwrap()
}

fn apart(found: &Array2<f64>, expected: &Array2<f64>) -> f64 {
    (found - expected).mapv(f64::abs).iter().fold(0.0, |a: f64, v| a.max(*v)) / expected.iter().fold(0.0, |a: f64, v| a.max(*v))
}

#[test]
fn a_family_made_from_a_known_table_gives_it_back_under_given_trade() {
    for seed in 1..20 {
        let known = Known::drawn(seed);
        for closing in [Closing::ScaleIn, Closing::ScaleOut, Closing::Mean, Closing::Slack] {
            let built = of(&known, &known.given(), Choices { closing, ..Choices::default() });
            assert!(apart(&built.table.z.to_dense(), &known.z()) < 1e-8, "seed {seed}, {closing:?}");
            assert!(built.error_share() < 1e-8, "{}", built.error_share());
            assert!(built.share_gap() < 1e-12 && built.trade_residual < 1e-9 && built.unsupplied.is_empty());
            assert!((&built.imported - &known.imported).iter().all(|v| v.abs() < 1e-9));
        }
    }
}

#[test]
fn trade_that_is_a_gravity_is_found_from_its_distances_and_exponent() {
    let known = Known::drawn(7);
    let built = of(&known, &known.gravity(), Choices { beta: 1.5, ..Choices::default() });
    assert!(apart(&built.table.z.to_dense(), &known.z()) < 1e-7);
    let other = of(&known, &known.gravity(), Choices { beta: 0.0, ..Choices::default() });
    assert!(apart(&other.table.z.to_dense(), &known.z()) > 1e-3, "the exponent makes a difference");
}

#[test]
fn imports_in_a_row_of_their_own_give_the_same_flows() {
    let known = Known::drawn(3);
    let mut without = Known::drawn(3);
    for (q, table) in without.regional.iter_mut().enumerate() {
        let home = known.imported.row(q).mapv(|m| 1.0 - m).insert_axis(Axis(1));
        let (z, y) = (&table.z * &home, &table.y * &home);
        table.imported = Imported::Apart((&table.z - &z).sum_axis(Axis(0)), (&table.y - &y).sum_axis(Axis(0)));
        (table.z, table.y) = (z, y);
    }
    let built = of(&without, &known.given(), Choices::default());
    assert!(apart(&built.table.z.to_dense(), &known.z()) < 1e-8);
    let within = of(&known, &known.given(), Choices::default());
    for (a, b) in [(&built.table.imports, &within.table.imports), (&built.table.imports_final, &within.table.imports_final)] {
        let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
        assert!((a - b).iter().all(|v| v.abs() < 1e-7), "{a} {b}");
    }
}

#[test]
fn what_must_be_transit_is_taken_off_and_nothing_else() {
    let known = Known::drawn(5);
    let mut passing = Known::drawn(5);
    // own supply of product 0 is none in region 0: all that passes shows
    passing.regional[0].inflow[0] += 30.0;
    passing.regional[0].outflow[0] += 30.0;
    let built = of(&passing, &known.given(), Choices::default());
    assert!((built.passed.between - 30.0).abs() < 1e-9 && built.passed.left == 0.0, "{:?}", built.passed);
    assert!(apart(&built.table.z.to_dense(), &known.z()) < 1e-8);
    let all = of(&known, &known.given(), Choices { transit: Transit::All, ..Choices::default() });
    let own = |b: &Built| (0..R).map(|q| (0..S).map(|i| b.shares[(i * R + q) * R + q]).sum::<f64>()).sum::<f64>();
    assert!(own(&all) > own(&built) + 1.0, "without two-way trade regions supply themselves");
}

/// Inflows that are too large by up to a half: rows must be brought to output.
fn uneven() -> Known {
    let mut known = Known::drawn(11);
    let mut draw = Draw(99);
    for table in &mut known.regional {
        for i in 1..S {
            let more = table.inflow[i] * 0.5 * draw.unit();
            table.inflow[i] += more;
            table.error[i] += more;
        }
    }
    known
}

#[test]
fn factors_are_those_of_ras_on_every_flow() {
    let known = uneven();
    let built = of(&known, &known.gravity(), Choices::default());
    assert!(built.fit.before > 1e-3 && built.error_share() < 1e-8, "{} {}", built.fit.before, built.error_share());
    let share = |k: usize, q: usize| built.shares[((k % S) * R + k / S) * R + q];
    let first = Array2::from_shape_fn((R * S, R * (S + K)), |(k, l)| {
        let (q, j) = if l < R * S { (l / S, l % S) } else { ((l - R * S) / K, (l - R * S) % K) };
        let from = &known.regional[q];
        share(k, q) * if l < R * S { from.z[[k % S, j]] } else { from.y[[k % S, j]] }
    });
    let exports = built.table.exports.as_ref().unwrap();
    let rows = (&built.table.x - exports).iter().map(|v| Target::Exact(*v)).collect();
    let sums = first.sum_axis(Axis(0));
    let columns = sums.iter().enumerate().map(|(l, v)| if l < R * S { Target::Exact(*v) } else { Target::Free }).collect();
    let mut cells = sparse(first.view());
    let how = How { method: Method::Gras, tolerance: 1e-12, ..How::default() };
    let outcome = balance(&mut cells, &Targets { rows, columns, ..Targets::default() }, &how).unwrap();
    assert!(outcome.converged, "{:?}", outcome.reason);
    let expected = cells.to_dense();
    assert!(apart(&built.table.z.to_dense(), &expected.slice(s![.., ..R * S]).to_owned()) < 1e-8);
    assert!(apart(&built.table.y, &expected.slice(s![.., R * S..]).to_owned()) < 1e-8);
}

#[test]
fn factors_are_the_table_and_its_rows_add_up_to_output() {
    let known = uneven();
    let built = of(&known, &known.gravity(), Choices::default());
    let table = &built.table;
    assert!(table.row_imbalance().iter().all(|v| v.abs() < 1e-9));
    let mut factored = built.share_table();
    let operator = factored.take_operator().unwrap();
    let ones = vec![1.0; R * S];
    let weighted: Vec<f64> = table.x.iter().zip(&ones).map(|(x, one)| x * one).collect();
    let mut product = vec![0.0; R * S];
    operator.apply(Direction::Forward, 1, &weighted, &mut product);
    let sums = table.z.to_dense().sum_axis(Axis(1));
    product.iter().zip(&sums).for_each(|(a, b)| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}"));
    let demand = factored.y.sum_axis(Axis(1));
    (0..R * S).for_each(|k| assert!((sums[k] + demand[k] - table.x[k]).abs() < 1e-9));
    assert_eq!(table.provenance.stamp.as_deref(), Some("MODELLED"));
    assert!(table.provenance.notes.iter().filter(|n| n.starts_with("build: `")).count() == 4, "every choice is in the provenance");
}

type Change<'a> = &'a dyn Fn(&mut Vec<Regional>);

#[test]
fn tables_that_do_not_go_together_are_refused_with_place_and_remedy() {
    let change = |with: Change| {
        let mut all = Known::drawn(1).regional;
        with(&mut all);
        let error = agree(&all).unwrap_err();
        format!("{error} | {}", error.help().unwrap_or_default())
    };
    let cases: [(Change, &[&str]); 8] = [
        (&|all| all[2].year = Some(2012), &["region_2.xlsx[1]", "2012", "2017", "one year"]),
        (&|all| all[1].unit = "10^8 yuan".into(), &["region_1.xlsx[1]", "10^8 yuan", "10^4 yuan", "convert"]),
        (&|all| all[3].products[4] = Name::plain("wool"), &["region_3.xlsx[1]", "sector 5", "wool", "product 4", "one list"]),
        (&|all| all[3].region = all[0].region.clone(), &["region_3.xlsx[1]", "region_0.xlsx[1]", "one table of each region"]),
        (&|all| all[2].output[1] += 3.0, &["region_2.xlsx[1]", "product 1", "uses add to", "ERR"]),
        (&|all| all.truncate(1), &["1 regional table", "at least two"]),
        (&|all| all[1].inflow = Array1::zeros(2), &["region_1.xlsx[1]", "inflow has length 2, expected 5"]),
        (&|all| all[1].imported = Imported::Apart(Array1::zeros(S), Array1::zeros(K)), &["region_1.xlsx[1]", "one form"]),
    ];
    for (with, words) in cases {
        let text = change(with);
        words.iter().for_each(|word| assert!(text.contains(word), "{word}: {text}"));
    }
}

#[test]
fn what_no_trade_can_do_is_refused() {
    let known = Known::drawn(2);
    let refused = |prior: &Prior, choices: Choices| build(&known.regional, prior, choices, &Watch::default()).unwrap_err().to_string();
    let Prior::Given(mut flows, from) = known.given() else { unreachable!() };
    flows[1].row_mut(2).fill(0.0);
    let text = refused(&Prior::Given(flows, from), Choices::default());
    assert!(text.contains("product 1") && text.contains("region 2"), "{text}");
    assert!(refused(&known.gravity(), Choices { beta: -1.0, ..Choices::default() }).contains("`beta` is -1"));
    assert!(refused(&Prior::Gravity(None, "none".into()), Choices::default()).contains("distances"));
    let names: Vec<Name> = known.regional.iter().map(|t| t.region.clone()).collect();
    assert!(capitals(&names).unwrap_err().to_string().contains("region 0, region 1"));
}

#[test]
fn capitals_are_as_far_apart_as_they_are() {
    let names = ["Beijing", "Shanghai", "乌鲁木齐"].map(Name::region);
    assert!(capitals(&names).is_err());
    let names = ["Beijing", "上海", "Xinjiang"].map(Name::region);
    let found = capitals(&names).unwrap();
    // 1,068 km and 2,410 km by great-circle calculators
    assert!((found[[0, 1]] - 1068.0).abs() < 10.0 && (found[[2, 0]] - 2410.0).abs() < 30.0, "{found}");
}

#[test]
fn there_are_as_many_variants_as_choices_allow_and_no_name_comes_twice() {
    let names: std::collections::BTreeSet<String> = Choices::all(true).iter().map(Choices::name).collect();
    assert_eq!((names.len(), Choices::all(true).len(), Choices::all(false).len()), (48, 48, 16));
    assert!(names.contains("scale-in-all-supply-2"));
    assert!(names.contains(&Choices::default().name()));
}

/// An array of an .npz file: numbers of 64 bits, row by row.
fn npy(path: &std::path::Path, name: &str) -> Vec<f64> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name(&format!("{name}.npy")).unwrap(), &mut bytes).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(String::from_utf8_lossy(&bytes[..start]).contains("'<f8', 'fortran_order': False"));
    bytes[start..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn the_workbooks_of_the_provinces_are_read_as_another_reader_reads_them() {
    let Some(folder) = shared("china/provincial_io_2002_2017") else { return };
    let paths = workbooks(&[folder.join("xls_2017")]).unwrap();
    let read = read_all(&paths, None, Encoding::default(), &Watch::default()).unwrap();
    agree(&read).unwrap();
    assert_eq!(
        (read.len(), read[0].products.len(), read[0].unit.as_str(), read[4].region.en.as_str()),
        (31, 42, "10^4 yuan", "Inner Mongolia")
    );
    let file = folder.join("srio_31x42_2017.npz");
    let same = |name: &str, of: &dyn Fn(&Regional) -> Vec<f64>| {
        let found: Vec<f64> = read.iter().flat_map(of).collect();
        let expected = npy(&file, name);
        assert_eq!(found.len(), expected.len(), "{name}");
        assert!(found.iter().zip(&expected).all(|(a, b)| a == b), "{name}");
    };
    same("Z", &|t| t.z.iter().copied().collect());
    same("FD", &|t| t.y.iter().copied().collect());
    same("EX", &|t| t.exports.to_vec());
    same("OF", &|t| t.outflow.to_vec());
    same("IM", &|t| t.imports().unwrap().to_vec());
    same("IF", &|t| t.inflow.to_vec());
    same("ERR", &|t| t.error.to_vec());
    same("GO", &|t| t.output.to_vec());
    same("VA", &|t| t.value_added.iter().flat_map(|v| v.1.to_vec()).collect());
}

/// A workbook of one region of two sectors in the published layout.
fn workbook(path: &std::path::Path, title: &str, unit: &str, codes: [&str; 2], change: Option<(u32, u16, &str)>) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let header = ["", "", "代码", codes[0], codes[1], "TIU", "FU101", "TFU", "EX", "OF", "IM", "IF", "ERR", "GO"];
    let rows: [[f64; 11]; 2] =
        [[10.0, 20.0, 30.0, 50.0, 50.0, 5.0, 10.0, 4.0, 6.0, 0.0, 85.0], [5.0, 10.0, 15.0, 60.0, 60.0, 5.0, 8.0, 2.0, 6.0, 0.0, 80.0]];
    sheet.write(0, 0, title).unwrap();
    sheet.write(1, 0, unit).unwrap();
    sheet.write(2, 6, "农村居民消费").unwrap();
    header.iter().enumerate().for_each(|(c, text)| {
        sheet.write(3, c as u16, *text).unwrap();
    });
    for (r, row) in rows.iter().enumerate() {
        let at = 4 + r as u32;
        sheet.write(at, 1, ["Coal mining", "Agriculture"][r]).unwrap();
        sheet.write(at, 2, codes[r]).unwrap();
        row.iter().enumerate().for_each(|(c, v)| {
            sheet.write(at, 3 + c as u16, *v).unwrap();
        });
    }
    sheet.write(6, 1, "增加值").unwrap();
    sheet.write(6, 2, "VA001").unwrap();
    sheet.write(6, 3, 70.0).unwrap();
    sheet.write(6, 4, 50.0).unwrap();
    if let Some((r, c, text)) = change {
        sheet.write(r, c, text).unwrap();
    }
    book.save(path).unwrap();
}

#[test]
fn the_command_builds_two_workbooks_and_names_what_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let put = |name: &str, title: &str, unit: &str, codes: [&str; 2], change| workbook(&at(name), title, unit, codes, change);
    put("a.xlsx", "北京2017年投入产出表", "单位：万元", ["01", "02"], None);
    put("b.xlsx", "上海2017年投入产出表", "单位：万元", ["01", "02"], None);
    let run = |files: &[&str], more: &[&str]| {
        let mut command = support::isard();
        command.arg("build").args(files.iter().map(|f| at(f))).args(more);
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let target = at("two.isard");
    let (code, text, error) = run(&["a.xlsx", "b.xlsx"], &["--json", "--output", target.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}{error}");
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["variant"], "mean-least-use-1");
    assert_eq!(object["choices"].as_array().unwrap().len(), 4);
    assert!(target.exists());
    put("year.xlsx", "上海2012年投入产出表", "单位：万元", ["01", "02"], None);
    put("unit.xlsx", "上海2017年投入产出表", "单位：亿元", ["01", "02"], None);
    put("none.xlsx", "上海2017年投入产出表", "", ["01", "02"], None);
    put("title.xlsx", "投入产出表", "单位：万元", ["01", "02"], None);
    put("cell.xlsx", "上海2017年投入产出表", "单位：万元", ["01", "02"], Some((4, 4, "n/a")));
    put("code.xlsx", "上海2017年投入产出表", "单位：万元", ["01", "02"], Some((3, 12, "XYZ")));
    for (file, words) in [
        ("year.xlsx", &["year.xlsx[Sheet1]", "2012", "2017", "one year"][..]),
        ("unit.xlsx", &["unit.xlsx[Sheet1]", "10^8 yuan", "10^4 yuan"]),
        ("none.xlsx", &["none.xlsx[Sheet1]", "no money unit", "万元"]),
        ("title.xlsx", &["title.xlsx[Sheet1]", "region and year"]),
        ("cell.xlsx", &["cell.xlsx[Sheet1]!E5", "n/a"]),
        ("code.xlsx", &["code.xlsx[Sheet1]!M4", "XYZ"]),
    ] {
        let (code, _, error) = run(&["a.xlsx", file], &[]);
        assert_eq!(code, Some(2), "{file}: {error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{file}, {word}: {error}"));
    }
    let (code, _, error) = run(&["a.xlsx", "b.xlsx"], &["--spread"]);
    assert!(code == Some(2) && error.contains("--emissions"), "{error}");
}

#[test]
fn a_table_by_its_factors_is_that_with_flows() {
    let known = Known::drawn(5);
    let whole = of(&known, &known.gravity(), Choices::default());
    let made = by_shares(&known.regional, &known.gravity(), Choices::default(), &Watch::default()).unwrap();
    assert!(made.table.z.nnz() == 0 && made.table.y.ncols() == R && !made.flows);
    let (a, b) = (whole.share_table(), made.share_table());
    assert_eq!(a.form.technology, b.form.technology);
    assert!(apart(&b.y, &a.y) < 1e-12, "demand by region, exports and error");
    assert!((made.error_share() - whole.error_share()).abs() < 1e-12);
    let imports = |built: &Built| built.table.imports_final.as_ref().unwrap().sum();
    assert!((imports(&made) / imports(&whole) - 1.0).abs() < 1e-12);
}

/// The cells of [`workbook`] as text; `decimal` writes one number with a comma.
pub fn csv(path: &std::path::Path, title: &str, separator: &str, first: &str) {
    let lines = [
        title,
        "单位：万元",
        "",
        ",,,,,,农村居民消费,,,,,,,",
        ",,代码,01,02,TIU,FU101,TFU,EX,OF,IM,IF,ERR,GO",
        &format!(",Coal mining,01,{first},20,30,50,50,5,10,4,6,0,85"),
        ",Agriculture,02,5,10,15,60,60,5,8,2,6,0,80",
        ",增加值,VA001,70,50,,,,,,,,,",
    ];
    let text: Vec<String> = lines.iter().map(|l| l.replace(',', separator).replace('~', ",")).collect();
    std::fs::write(path, text.join("\n")).unwrap();
}

#[test]
fn regional_tables_may_be_csv_and_the_command_proves_footprints_without_flows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for region in ["北京", "上海"] {
        let title = format!("{region}2017年投入产出表");
        workbook(&at(&format!("{region}.xlsx")), &title, "单位：万元", ["01", "02"], None);
        csv(&at(&format!("{region}.csv")), &title, if region == "北京" { "," } else { ";" }, "10");
    }
    let read = |names: [&str; 2]| read_all(&names.map(at), None, Encoding::default(), &Watch::default());
    let (books, texts) = (read(["北京.xlsx", "上海.xlsx"]).unwrap(), read(["北京.csv", "上海.csv"]).unwrap());
    for (a, b) in books.iter().zip(&texts) {
        assert_eq!((&a.region, a.year, &a.unit, &a.products, &a.categories), (&b.region, b.year, &b.unit, &b.products, &b.categories));
        assert_eq!((&a.z, &a.y, &a.output, &a.inflow, &a.value_added), (&b.z, &b.y, &b.output, &b.inflow, &b.value_added));
    }
    // of a folder with workbooks these are read; of one without, the texts
    assert_eq!(workbooks(&[folder.path().into()]).unwrap().len(), 2);
    for (first, words) in [("n/a", &["bad.csv!D6", "n/a"][..]), ("1~234", &["bad.csv!D6", "1.234", "1234"])] {
        csv(&at("bad.csv"), "上海2017年投入产出表", ";", first);
        let error = read(["北京.csv", "bad.csv"]).unwrap_err().to_string();
        words.iter().for_each(|word| assert!(error.contains(word), "{word}: {error}"));
    }
    std::fs::write(at("other.csv"), "region,value\na,1\n").unwrap();
    assert!(read(["北京.csv", "other.csv"]).unwrap_err().to_string().contains("no line has the codes"));
    std::fs::write(at("co2.csv"), "region,sector,value\n北京,Coal mining,9\n北京,Agriculture,2\n上海,Coal mining,4\n上海,Agriculture,1\n")
        .unwrap();
    let run = |more: &[&str]| {
        let mut command = support::isard();
        command.arg("build").args(["北京.csv", "上海.csv"].map(at)).arg("--emissions").arg(at("co2.csv")).args(["--emissions-unit", "Mt"]);
        let done = command.args(more).output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let factors = at("two.isard");
    let (code, text, error) = run(&["--by-factors", "--json", "--factors", factors.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}{error}");
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    let list = |name: &str| object[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<f64>>();
    // dense: f' (I - A)^-1 y of the table with its flows
    let whole = build(&texts, &Prior::capitals(&texts, 1.0).unwrap(), Choices::default(), &Watch::default()).unwrap();
    let (z, x) = (whole.table.z.to_dense(), &whole.table.x);
    let a = Array2::from_shape_fn(z.dim(), |(i, j)| z[[i, j]] / x[j]);
    let f = Array1::from(vec![9.0, 2.0, 4.0, 1.0]) / x;
    let mut m = f.clone();
    (0..400).for_each(|_| m = &f + &a.t().dot(&m));
    let (found, bounds) = (list("footprint"), list("footprint_bound"));
    for (k, y) in whole.share_table().y.columns().into_iter().enumerate() {
        let expected = m.dot(&y);
        let enclosed = Bounded::new(found[k], bounds[k] + 1e-12);
        assert!((enclosed.value - expected).abs() <= enclosed.bound, "{k}: {enclosed:?}, {expected}");
    }
    assert!((found.iter().sum::<f64>() - 16.0).abs() < 1e-8);
    let solved = support::isard().arg("solve").arg(&factors).args(["--json", "--quiet"]).output().unwrap();
    assert_eq!(solved.status.code(), Some(0));
    let (code, _, error) = run(&["--by-factors", "--output", at("t.isard").to_str().unwrap()]);
    assert!(code == Some(2) && error.contains("--factors"), "{error}");
}

#[test]
fn a_build_whose_audit_fails_ends_with_1_and_names_the_code_that_accept_takes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |value: &str| {
        for region in ["北京", "上海"] {
            let path = at(&format!("{region}.csv"));
            csv(&path, &format!("{region}2017年投入产出表"), ",", "10");
            let text = std::fs::read_to_string(&path).unwrap().replace("VA001,70,50", value);
            assert!(text.contains(value));
            std::fs::write(path, text).unwrap();
        }
    };
    let run = |words: &[&str]| {
        let done = support::isard().current_dir(folder.path()).args(words).output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let build = ["build", "北京.csv", "上海.csv", "--output", "t.isard", "--force"];
    let accepted = [&build[..], &["--accept", "column-balance"]].concat();
    write("VA001,70,50");
    assert_eq!(run(&build).0, Some(0));
    // value added of the first sector is 40 short of its output
    write("VA001,30,50");
    let (code, text, error) = run(&build);
    assert_eq!(code, Some(1), "{text}{error}");
    assert!(text.contains("column-balance") && text.contains("--accept column-balance") && text.contains("UNCERTIFIED"), "{text}");
    let (_, json, _) = run(&[&build[..], &["--json"]].concat());
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(object["certified"], false);
    assert!(object["uncertified_because"][0].as_str().unwrap().contains("column-balance"), "{json}");
    // the table is written, and other commands refuse it
    let (code, _, error) = run(&["solve", "t.isard", "--demand", "total"]);
    assert!(code == Some(2) && error.contains("column-balance"), "{code:?} {error}");
    let (code, text, error) = run(&accepted);
    assert_eq!(code, Some(0), "{text}{error}");
}

#[test]
fn distances_and_trade_of_files_are_those_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for region in ["North", "South", "West"] {
        csv(&at(&format!("{region}.csv")), &format!("{region} 2017"), ",", "10");
    }
    let run = |option: &str, text: &str| {
        std::fs::write(at("beside.csv"), text).unwrap();
        let mut command = support::isard();
        command.arg("build").args(["North.csv", "South.csv", "West.csv"].map(at)).args([
            option,
            at("beside.csv").to_str().unwrap(),
            "--json",
        ]);
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let pairs = "origin,destination,distance\nNorth,South,100\nNorth,West,200\nWest,South,300\n";
    let (code, text, error) = run("--distances", pairs);
    assert!(code == Some(0) && text.contains("beside.csv"), "{error}");
    for (text, words) in [
        ("origin,destination,distance\nNorth,South,100\n", &["North", "West", "3 pairs are expected"][..]),
        (&format!("{pairs}South,North,101\n"), &["beside.csv:5", "100", "101"]),
        (&format!("{pairs}East,North,101\n"), &["unknown region", "East", "did you mean"]),
        (&pairs.replace("200", "-200"), &["North", "West", "-200", "above 0"]),
    ] {
        let (code, _, error) = run("--distances", text);
        assert_eq!(code, Some(2), "{error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{word}: {error}"));
    }
    let line = |product: &str| {
        ["North,South", "South,North", "North,West", "West,North", "South,West", "West,South"]
            .map(|p| format!("{product},{p},1\n"))
            .concat()
    };
    let trade = format!("product,origin,destination,value\n{}{}", line("Coal mining"), line("Agriculture"));
    let (code, text, error) = run("--trade", &trade);
    assert!(code == Some(0) && text.contains("play no part"), "{error}");
    for (text, words) in [
        (format!("{trade}Agriculture,North,South,2\n"), &["beside.csv:14", "twice"][..]),
        (format!("{trade}Steel,North,South,2\n"), &["Steel"]),
        (trade.replace("value", "size"), &["beside.csv", "value"]),
    ] {
        let (code, _, error) = run("--trade", &text);
        assert_eq!(code, Some(2), "{error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{word}: {error}"));
    }
}
