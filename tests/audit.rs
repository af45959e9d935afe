//! Every check of the audit is set off by a table broken by hand, and a sound table passes.

use isard::audit::{CODES, Radius, ZeroOutput, audit, audit_full, refuse, spectral_radius, treat_zero_output, worst};
use isard::error::Error;
use isard::finding::{Finding, Level};
use isard::labels::{Labels, Name};
use isard::operator::Dense;
use isard::synth::{self, Settings};
use isard::table::{Table, sparse};
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

fn sound() -> Table {
    synth::table(&Settings { regions: 4, sectors: 5, density: 0.8, seed: 3, ..Settings::default() })
}

/// The sound table with its dense Z (and anything else) changed.
fn broken(change: impl FnOnce(&mut Table, &mut Array2<f64>)) -> Table {
    let mut table = sound();
    let mut z = table.z.to_dense();
    change(&mut table, &mut z);
    table.z = sparse(z.view()).into();
    table
}

/// Level of the gravest finding with this code, and that finding.
fn found(table: &Table, code: &str) -> Finding {
    let findings = audit(table);
    findings.into_iter().filter(|f| f.code == code).rev().max_by_key(|f| f.level).unwrap_or_else(|| panic!("no finding {code}"))
}

fn codes(table: &Table, level: Level) -> Vec<&'static str> {
    let mut codes: Vec<_> = audit(table).iter().filter(|f| f.level == level).map(|f| f.code).collect();
    codes.dedup();
    codes
}

/// A table with nothing but flows, whose final demand closes the rows.
fn closed(regions: usize, z: Array2<f64>, x: Array1<f64>) -> Table {
    let sectors = x.len() / regions;
    let y = (&x - &z.sum_axis(ndarray::Axis(1))).insert_axis(ndarray::Axis(1));
    let demand = ndarray::concatenate(ndarray::Axis(1), &vec![(y / regions as f64).view(); regions]).expect("equal shapes");
    let names = |letter: &str, count: usize| (1..=count).map(|k| Name::plain(format!("{letter}{k}"))).collect();
    Table::new(Labels::regular(names("r", regions), names("s", sectors), names("f", 1)), sparse(z.view()), demand, x)
}

#[test]
fn a_sound_table_passes_every_check() {
    let findings = audit(&sound());
    assert!(findings.iter().all(|f| f.level == Level::Pass), "{findings:#?}");
    let mut codes: Vec<_> = findings.iter().map(|f| f.code).collect();
    codes.dedup();
    assert_eq!(codes, CODES[..22].iter().copied().filter(|c| codes.contains(c)).collect::<Vec<_>>(), "in the order of CODES");
    assert_eq!(codes.len(), 22);
}

#[test]
fn the_synthetic_provinces_pass_with_warnings_at_most() {
    let table = synth::provinces(2017);
    let findings = audit(&table);
    assert_eq!(worst(&findings), Level::Warn);
    assert_eq!(findings[0].code, "emissions-missing-region");
    let mut warned = codes(&table, Level::Warn);
    warned.sort_unstable();
    warned.dedup();
    assert_eq!(warned, ["emissions-missing-region", "empty-column", "empty-row", "negative-demand"]);
    let radius = found(&table, "spectral-radius");
    assert!(radius.found.unwrap() < 0.8, "{}", radius.message);
}

#[test]
fn a_missing_number_is_named_with_row_and_column_and_stops_the_numeric_checks() {
    let table = broken(|_, z| z[[3, 7]] = f64::NAN);
    let finding = found(&table, "not-finite");
    assert_eq!((finding.level, finding.row, finding.column), (Level::Fail, Some(3), Some(7)));
    assert!(finding.message.contains("r1 / s04") && finding.message.contains("r2 / s03"), "{}", finding.message);
    assert!(audit(&table).iter().all(|f| f.code != "spectral-radius" && f.code != "row-balance"));
    type Break = fn(&mut Table);
    let breaks: [Break; 7] = [
        |t| t.y[[1, 2]] = f64::INFINITY,
        |t| t.x[2] = f64::NAN,
        |t| t.exports.as_mut().unwrap()[4] = f64::NAN,
        |t| t.imports.as_mut().unwrap()[4] = f64::NEG_INFINITY,
        |t| t.value_added[0].1[0] = f64::NAN,
        |t| t.stressors[0].direct[0] = f64::NAN,
        |t| t.stressors[0].households.as_mut().unwrap()[1] = f64::NAN,
    ];
    for (k, change) in breaks.iter().enumerate() {
        let mut table = sound();
        change(&mut table);
        assert_eq!(found(&table, "not-finite").level, Level::Fail, "break {k}");
    }
}

#[test]
fn an_empty_table_is_refused() {
    let table = broken(|t, _| {
        t.y.fill(0.0);
        t.exports = None;
    });
    assert_eq!(found(&table, "balance-empty").level, Level::Fail);
    assert_eq!(found(&broken(|t, _| t.x.fill(0.0)), "balance-empty").level, Level::Fail);
}

#[test]
fn transposed_flows_are_recognised() {
    let table = broken(|_, z| *z = z.t().to_owned());
    let finding = found(&table, "orientation");
    assert_eq!(finding.level, Level::Fail);
    assert!(finding.found.unwrap() > 1e-2 && finding.expected.unwrap() < 1e-12, "{}", finding.message);
    // Nearly symmetric flows: the gap is small and still tells.
    let z = array![[10.0, 4.01, 3.0], [4.0, 9.0, 2.0], [3.0, 2.0, 8.0]];
    let mut turned = closed(1, z, array![40.0, 30.0, 20.0]);
    turned.z = sparse(turned.z.to_dense().t()).into();
    let finding = found(&turned, "orientation");
    assert!(finding.level == Level::Fail && finding.found.is_some_and(|gap| gap < 1e-3), "{}", finding.message);
    // Published tables do not balance exactly: 0.05 % of noise must not hide it.
    let noisy = broken(|t, z| {
        *z = z.t().to_owned();
        t.x.iter_mut().enumerate().for_each(|(i, x)| *x *= if i % 2 == 0 { 1.0005 } else { 0.9995 });
    });
    assert_eq!(found(&noisy, "orientation").level, Level::Fail);
}

#[test]
fn output_ten_percent_too_large_is_refused() {
    let table = broken(|t, _| t.x *= 1.1);
    let row = found(&table, "row-balance");
    assert_eq!(row.level, Level::Fail);
    assert!((row.found.unwrap() - 0.1 / 1.1).abs() < 1e-9);
    assert!(row.message.contains("CO2"), "{}", row.message);
    assert_eq!(found(&table, "column-balance").level, Level::Fail);
    assert_eq!(found(&table, "orientation").level, Level::Pass);
}

#[test]
fn a_small_sector_far_off_is_a_warning_with_both_numbers() {
    let table = broken(|t, _| t.x[6] *= 1.0 + 1e-4);
    let findings: Vec<Finding> = audit(&table).into_iter().filter(|f| f.code == "row-balance").collect();
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|f| f.level == Level::Warn));
    assert_eq!((findings[1].row, findings[1].expected), (Some(6), Some(table.x[6])));
    assert_eq!((findings[1].region.as_deref(), findings[1].sector.as_deref()), (Some("r2"), Some("s02")));
}

#[test]
fn without_value_added_rows_the_columns_are_not_judged() {
    let table = broken(|t, _| t.value_added.clear());
    let finding = found(&table, "column-balance");
    assert_eq!(finding.level, Level::Pass);
    assert!(finding.message.contains("what each column leaves"));
}

#[test]
fn a_sector_without_output_may_sell_but_not_emit_or_buy() {
    let idle = synth::table(&Settings { regions: 4, sectors: 5, zero_output: 2, ..Settings::default() });
    assert!(worst(&audit(&idle)) == Level::Warn);
    let i = idle.x.iter().position(|x| *x == 0.0).unwrap();
    let mut emitting = idle.clone();
    emitting.stressors[0].direct[i] = 3.5;
    let finding = found(&emitting, "zero-output-emissions");
    assert_eq!((finding.level, finding.row, finding.found), (Level::Fail, Some(i), Some(3.5)));
    assert!(finding.message.contains("`zero-output`"));
    let change = |row: usize, column: usize| {
        let mut table = idle.clone();
        let mut z = table.z.to_dense();
        z[[row, column]] = 1e-7;
        table.z = sparse(z.view()).into();
        table
    };
    let other = (i + 1) % idle.dim();
    assert_eq!(found(&change(other, i), "zero-output-purchases").level, Level::Fail);
    assert_eq!(found(&change(other, i), "zero-output-sales").level, Level::Pass);
    assert_eq!(found(&change(i, other), "zero-output-sales").level, Level::Warn);
    assert_eq!(found(&change(i, other), "zero-output-purchases").level, Level::Pass);
}

#[test]
fn a_named_policy_moves_what_sectors_without_output_emit_and_buy() {
    let mut table = synth::table(&Settings { zero_output: 1, ..Settings::default() });
    let i = table.x.iter().position(|x| *x == 0.0).unwrap();
    let other = (i + 1) % table.dim();
    let mut z = table.z.to_dense();
    z[[other, i]] = 2.0;
    table.z = sparse(z.view()).into();
    table.stressors[0].direct[i] = 3.5;
    let total = table.stressors[0].direct.sum();
    for (policy, left) in [(ZeroOutput::LeaveOut, total - 3.5), (ZeroOutput::Spread, total)] {
        let mut treated = table.clone();
        let findings = treat_zero_output(&mut treated, policy);
        assert_eq!(
            findings.iter().map(|f| (f.code, f.level, f.row)).collect::<Vec<_>>(),
            [("zero-output-emissions", Level::Warn, Some(i)), ("zero-output-purchases", Level::Warn, Some(i)),]
        );
        assert!((treated.stressors[0].direct.sum() - left).abs() < 1e-12 * total);
        assert_eq!((treated.stressors[0].direct[i], treated.purchases()[i]), (0.0, 0.0));
        assert!(
            (treated.row_imbalance()[other] - 2.0 - table.row_imbalance()[other]).abs() < 1e-9,
            "the sale goes to the error destination"
        );
        assert_eq!(treated.provenance.notes.len(), table.provenance.notes.len() + 1);
        let region = table.labels.region_of(i);
        for r in (0..4).filter(|r| *r != region) {
            table.labels.rows(r).for_each(|k| assert_eq!(treated.stressors[0].direct[k], table.stressors[0].direct[k]));
        }
    }
    let before = table.stressors[0].direct.clone();
    assert!(treat_zero_output(&mut table, ZeroOutput::Fail).is_empty());
    assert_eq!(table.stressors[0].direct, before);
}

#[test]
fn flows_six_times_too_large_are_refused_naming_the_block() {
    let finding = found(&broken(|_, z| *z *= 6.0), "spectral-radius");
    assert_eq!(finding.level, Level::Fail);
    assert!(finding.message.contains("20 row(s)") && finding.message.contains("r1 / s01"), "{}", finding.message);
    assert!(finding.found.unwrap() >= 1.0);
}

#[test]
fn column_sums_above_one_are_a_warning_while_the_radius_is_below_one() {
    let z = array![[1.0, 9.0, 2.0], [2.0, 1.0, 1.0], [0.0, 2.0, 3.0]];
    let table = closed(1, z, array![20.0, 9.0, 30.0]);
    assert_eq!(found(&table, "column-sum").level, Level::Warn);
    assert_eq!(found(&table, "column-sum").row, Some(1));
    assert_eq!(found(&table, "spectral-radius").level, Level::Pass);
    assert_eq!(found(&table, "negative-value-added").level, Level::Warn);
    assert!(worst(&audit(&table)) < Level::Fail);
    let larger = synth::table(&Settings { column_sum_above_one: true, ..Settings::default() });
    assert!(worst(&audit(&larger)) < Level::Fail);
    assert_eq!(found(&larger, "column-sum").level, Level::Warn);
}

/// Industries make products, products go into industries: eigenvalues come as plus and minus rho, and plain power
/// iteration swings between row sums of 2 rho and rho / 2 for ever.
fn supply_use(rho: f64) -> Array2<f64> {
    let mut a = Array2::zeros((6, 6));
    for k in 0..3 {
        a[[k, 3 + k]] = 2.0 * rho;
        a[[3 + k, (k + 1) % 3]] = 0.5 * rho;
    }
    a
}

#[test]
fn supply_use_blocks_do_not_oscillate() {
    for rho in [0.3, 0.95, 0.999, 1.001, 1.3] {
        let Radius { lower, upper, component } = spectral_radius(&sparse(supply_use(rho).view()));
        assert!(lower <= rho && rho <= upper && upper - lower < 2e-3 * rho, "{rho}: {lower} {upper}");
        assert_eq!(component, [0, 1, 2, 3, 4, 5]);
    }
    let table = closed(1, supply_use(1.1), Array1::ones(6));
    assert_eq!(found(&table, "spectral-radius").level, Level::Fail);
}

#[test]
fn the_radius_belongs_to_the_component_that_has_it() {
    // 0-1 with radius sqrt(0.2 * 0.8) = 0.4, 2 alone with 0.7, 3-4 with 0.6; arrows between them do not matter.
    let a = array![
        [0.0, 0.2, 5.0, 0.0, 0.0],
        [0.8, 0.0, 0.0, 9.0, 0.0],
        [0.0, 0.0, 0.7, 0.0, 3.0],
        [0.0, 0.0, 0.0, 0.0, 0.9],
        [0.0, 0.0, 0.0, 0.4, 0.0]
    ];
    let radius = spectral_radius(&sparse(a.view()));
    assert_eq!(radius.component, [2]);
    assert!(radius.lower <= 0.7 && 0.7 <= radius.upper && radius.upper - radius.lower < 1e-15);
    assert_eq!(spectral_radius(&sparse(Array2::zeros((3, 3)).view())).upper, 0.0);
    assert_eq!(spectral_radius(&sparse(Array2::zeros((0, 0)).view())).upper, 0.0);
}

proptest! {
    #[test]
    fn the_radius_of_a_scaled_similar_and_renumbered_matrix_is_enclosed(seed in 0_u64..500, factor in 0.1_f64..3.0) {
        // A = D P (rank one) P' D^-1 has the radius sum(u v), known without any iteration.
        let t = synth::table(&Settings { regions: 2, sectors: 4, seed, ..Settings::default() });
        let (u, v, d) = (&t.x / t.x.sum(), t.y.column(0).to_owned() / t.y.column(0).sum(), t.exports.unwrap());
        let rho = factor * u.dot(&v);
        let a = Array2::from_shape_fn((8, 8), |(i, j)| factor * d[i] * u[(i * 3) % 8] * v[(j * 3) % 8] / d[j]);
        let radius = spectral_radius(&sparse(a.view()));
        prop_assert!(radius.lower <= rho && rho <= radius.upper, "{} not in {} {}", rho, radius.lower, radius.upper);
        prop_assert!(radius.upper - radius.lower <= 1e-3 * rho);
    }

    #[test]
    fn random_sound_tables_are_never_refused(seed in 0_u64..200, regions in 1_usize..5, sectors in 2_usize..7, density in 0.0_f64..1.0, zero in 0_usize..2) {
        let table = synth::table(&Settings { regions, sectors, density, seed, zero_output: zero, ..Settings::default() });
        let findings = audit(&table);
        prop_assert!(worst(&findings) < Level::Fail, "{:?}", findings.iter().filter(|f| f.level == Level::Fail).collect::<Vec<_>>());
        for code in &CODES[..22] {
            prop_assert!(findings.iter().any(|f| f.code == *code), "{}", code);
        }
    }
}

#[test]
fn names_that_come_twice_are_refused() {
    let mut table = sound();
    table.labels.sectors[8] = Name::plain(table.labels.sectors[6].given.clone());
    let finding = found(&table, "duplicate-label");
    assert_eq!((finding.level, finding.row), (Level::Fail, Some(8)));
    // what differs as written is two names, and the reader is told
    table.labels.sectors[8] = Name::plain("S 02");
    let finding = found(&table, "similar-label");
    assert_eq!((finding.level, finding.row), (Level::Warn, Some(8)));
    let mut table = sound();
    table.labels.regions[0] = Name::region("内蒙古");
    table.labels.regions[3] = Name::region("Neimenggu");
    let finding = found(&table, "similar-label");
    assert_eq!((finding.level, finding.region.as_deref()), (Level::Warn, Some("Neimenggu")));
    assert!(finding.message.contains("\"内蒙古\" and \"Neimenggu\""), "{}", finding.message);
}

#[test]
fn totals_are_refused_by_name_and_by_content() {
    for word in ["合计", "中间投入合计", "Total", "Total intermediate input", "小计", "sum of all"] {
        let mut table = sound();
        table.labels.sectors[4] = Name::plain(word);
        assert_eq!(found(&table, "subtotal").level, Level::Fail, "{word}");
    }
    let table = broken(|_, z| {
        let rest = z.slice(ndarray::s![5..9, ..]).sum_axis(ndarray::Axis(0));
        z.row_mut(9).assign(&rest);
    });
    let finding = found(&table, "subtotal");
    assert_eq!((finding.level, finding.row), (Level::Fail, Some(9)));
}

#[test]
fn another_unit_in_one_region_is_noticed() {
    let table = broken(|t, _| (5..10).for_each(|i| t.stressors[0].direct[i] *= 1000.0));
    let finding = found(&table, "unit-slip");
    assert_eq!((finding.level, finding.region.as_deref()), (Level::Warn, Some("r2")));
    assert!(finding.message.contains("10^3"), "{}", finding.message);
    let column = found(&broken(|_, z| z.column_mut(2).mapv_inplace(|v| v * 1e4)), "unit-slip");
    assert_eq!((column.level, column.column), (Level::Warn, Some(2)));
    let demand = broken(|t, _| t.y.slice_mut(ndarray::s![.., 2..4]).mapv_inplace(|v| v * 1e5));
    assert_eq!(found(&demand, "unit-slip").region.as_deref(), Some("r2"));
}

#[test]
fn empty_rows_and_columns_are_counted() {
    let table = broken(|t, z| {
        z.row_mut(4).fill(0.0);
        t.y.row_mut(4).fill(0.0);
        t.exports.as_mut().unwrap()[4] = 0.0;
        z.column_mut(11).fill(0.0);
    });
    assert_eq!((found(&table, "empty-row").level, found(&table, "empty-row").row), (Level::Warn, Some(4)));
    assert_eq!((found(&table, "empty-column").level, found(&table, "empty-column").row), (Level::Warn, Some(11)));
}

#[test]
fn negative_entries_are_warnings_with_their_cells() {
    let table = broken(|t, z| {
        z[[2, 3]] = -z[[2, 3]].abs() - 1.0;
        t.y[[2, 1]] = -4.0;
        t.value_added[0].1[5] = -1.0;
        t.stressors[0].direct[6] = -1e-6;
        t.exports.as_mut().unwrap()[7] = -2.0;
    });
    for (code, row) in [("negative-flow", 2), ("negative-value-added", 5), ("negative-emissions", 6), ("negative-exports", 7)] {
        let finding = found(&table, code);
        assert_eq!((finding.level, finding.row), (Level::Warn, Some(row)), "{code}");
        assert!(finding.found.unwrap() < 0.0);
    }
    assert_eq!(found(&table, "negative-flow").column, Some(3));
    assert_eq!(found(&table, "negative-demand").found, Some(-4.0));
    assert!(found(&table, "spectral-radius").message.contains("|A|"));
    let output = found(&broken(|t, _| t.x[1] = -1.0), "negative-output");
    assert_eq!((output.level, output.row, output.found), (Level::Fail, Some(1), Some(-1.0)));
}

#[test]
fn negative_entries_with_a_large_radius_are_a_warning() {
    let table = broken(|_, z| {
        *z *= 6.0;
        z[[0, 1]] = -1.0;
    });
    let finding = found(&table, "spectral-radius");
    assert_eq!(finding.level, Level::Warn);
    assert!(finding.message.contains("no certificate"), "{}", finding.message);
}

#[test]
fn many_cells_are_five_findings_and_a_count() {
    let table = broken(|t, _| t.x *= 1.1);
    let rows: Vec<Finding> = audit(&table).into_iter().filter(|f| f.code == "row-balance").collect();
    assert_eq!(rows.len(), 6);
    let gap = |f: &Finding| (f.found.unwrap() - f.expected.unwrap()).abs();
    assert!(rows[1..].windows(2).all(|w| gap(&w[0]) >= gap(&w[1])), "worst first");
    let table = broken(|t, _| t.x.slice_mut(ndarray::s![..8]).mapv_inplace(|x| -x));
    let negative: Vec<Finding> = audit(&table).into_iter().filter(|f| f.code == "negative-output").collect();
    assert_eq!((negative.len(), negative[5].found), (6, Some(8.0)));
}

#[test]
fn what_is_accepted_becomes_a_warning_and_the_rest_is_refused() {
    let findings = audit(&broken(|t, _| t.x *= 1.1));
    let accept = |codes: &[&str]| refuse(&findings, &codes.iter().map(|c| c.to_string()).collect::<Vec<_>>());
    let Err(Error::Refused { findings: left }) = accept(&["row-balance"]) else { panic!("column-balance remains") };
    assert!(left.iter().all(|f| f.code == "column-balance") && !left.is_empty());
    let passed = accept(&["row-balance", "column-balance"]).unwrap();
    assert_eq!(passed.len(), findings.len());
    let row = passed.iter().find(|f| f.code == "row-balance").unwrap();
    assert!(row.level == Level::Warn && row.message.contains("accepted by `accept` row-balance"), "{}", row.message);
    assert!(accept(&["row-balanse"]).unwrap_err().help().unwrap().contains("row-balance"));
    for never in ["not-finite", "spectral-radius"] {
        assert!(accept(&[never]).unwrap_err().to_string().contains("cannot be accepted"));
    }
}

#[test]
fn the_order_of_findings_is_fixed() {
    let table = broken(|t, z| {
        *z *= 1.01;
        t.x[3] = 0.0;
    });
    assert_eq!(audit(&table), audit(&table.clone()));
    let mut remarked = sound();
    remarked.remarks.push(Finding::new(Level::Warn, "sheet-chosen", "first"));
    assert_eq!(audit(&remarked)[0].code, "sheet-chosen");
}

/// Words with a hyphen in files that make findings, and no codes.
const NO_CODES: [&str; 15] = [
    "zero-output",
    "kebab-case",
    "leave-out",
    "sub-total",
    "production-consumption",
    "consumption-income",
    "supply-chain",
    "supply-chain-net",
    "supply-chain-border",
    "value-capture",
    "technology-adjusted",
    "isard-verify",
    "by-factors",
    "useeio-api",
    "wiod-r",
];

/// Words in quotes that may be codes: small letters with hyphens between.
fn words(code: &str) -> Vec<&str> {
    let parts: Vec<&str> = code.split('"').collect();
    let fits = |w: &&str| w.contains('-') && w.split('-').all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase()));
    parts.into_iter().skip(1).step_by(2).filter(fits).collect()
}

/// A code may reach a finding by a variable or an argument, so that every word in a file that makes findings counts.
#[test]
fn every_code_in_the_sources_can_be_named() {
    fn sources(folder: &std::path::Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                sources(&entry, out);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&entry).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                out.push((entry.display().to_string(), code));
            }
        }
    }
    let mut files = Vec::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    // pages show findings and make none
    let names_them = |file: &str| file.ends_with("audit.rs") || file.ends_with("finding.rs") || file.contains("write/html/");
    for (file, code) in files.iter().filter(|(file, code)| code.contains("Finding") && !names_them(file)) {
        // a character in quotes would shift what stands between quotes
        let code = code.replace("'\"'", "").replace("\\\"", "");
        for word in words(&code) {
            let known = CODES.contains(&word) || NO_CODES.contains(&word);
            assert!(known, "{file}: add \"{word}\" to audit::CODES, or to the words here that are none");
        }
    }
    let all: String = files.iter().map(|(_, code)| code.as_str()).collect();
    let unused: Vec<_> = CODES.iter().filter(|c| all.matches(&format!("\"{c}\"")).count() < 2).collect();
    assert!(unused.is_empty(), "nothing makes {unused:?}");
}

#[test]
fn words_are_found_where_a_code_is_passed_by_a_variable() {
    assert_eq!(words("let code = \"row-balance\"; at(code); short(a, \"no-such-code\", \"Regions\")"), ["row-balance", "no-such-code"]);
}

/// A table without an empty cell, its flows apart, and the rest.
fn apart(table: &Table) -> (Table, Dense) {
    let mut rest = table.clone();
    rest.z = sparse(Array2::zeros((table.dim(), table.dim())).view()).into();
    (rest, Dense::new(table.z.to_dense()))
}

#[test]
fn flows_kept_apart_are_audited_as_in_the_table_or_not_at_all() {
    let full = synth::table(&Settings { regions: 4, sectors: 5, trade_shares: Some(0.1), seed: 3, ..Settings::default() });
    assert_eq!(full.z.nnz(), 400);
    // sums differ by rounding: numbers are compared as they are printed
    let said = |findings: Vec<Finding>| {
        let warned = findings.into_iter().filter(|f| f.level > Level::Pass);
        warned.map(|f| (f.level, f.code, f.row, f.message)).collect::<Vec<_>>()
    };
    let told = |table: &Table| {
        let (rest, flows) = apart(table);
        audit_full(&rest, flows.as_slice()).map(said)
    };
    let expected = |table: &Table| said(audit(table));
    assert_eq!(told(&full), Some(expected(&full)));
    // what rows, columns and the rest say is found with the flows apart
    let changes: [fn(&mut Table); 4] =
        [|t| t.x[3] *= 1.5, |t| t.y[[2, 1]] = -1.0, |t| t.stressors[0].direct[4] = -2.0, |t| t.exports = Some(Array1::from_elem(20, -0.5))];
    for change in changes {
        let mut table = full.clone();
        change(&mut table);
        let expected = expected(&table);
        assert!(!expected.is_empty());
        assert_eq!(told(&table), Some(expected));
    }
    // single flows are not for this to judge
    let changes: [fn(&mut Table, &mut Array2<f64>); 7] = [
        |_, z| z[[3, 4]] = 0.0,
        |_, z| z[[19, 19]] = -1e-9,
        |_, z| z[[0, 7]] = f64::NAN,
        |_, z| z[[5, 0]] = f64::INFINITY,
        |t, _| t.x[6] = 0.0,
        |_, z| z.column_mut(8).mapv_inplace(|v| 1e6 * v),
        |_, z| {
            let rest = (6..10).fold(Array1::zeros(20), |sum: Array1<f64>, i| sum + z.row(i));
            z.row_mut(5).assign(&rest);
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let (mut table, mut z) = (full.clone(), full.z.to_dense());
        change(&mut table, &mut z);
        table.z = sparse(z.view()).into();
        assert_eq!(told(&table), None, "change {at}");
    }
    let mut table = full;
    table.value_added.clear();
    assert_eq!(told(&table), None);
}
