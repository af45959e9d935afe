//! A guide in examples: how to read a result, a table as an operator, bounds and verdicts, studies, formats, writing.
//!
//! Every block here is compiled and run with the tests. The tables are drawn and tiny; read your own by [`formats::read`](crate::formats::read).
//!
//! # A result
//! A table has R regions and n rows, one per sector of each region. Flows are R x K: a row is the region that emits, a column
//! the final demand that causes the emissions. The first R destinations are the regions; exports abroad, a common stock change
//! and the error column follow if the table has them. The unit is that of the stressor.
//!
//! ```
//! use isard::{Leontief, Stopping, System, Watch, decompose, synth};
//!
//! let table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
//! let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
//! let flows = decompose::flows(&model, 0); // of the first stressor
//!
//! let (r, k) = flows.flow.dim();
//! assert!(r == 3 && k == flows.destinations.len() && k > r);
//! let entry = flows.flow[[0, 1]]; // emitted in region 0 for the final demand of region 1
//! println!("{} +- {} {}", entry.value, entry.bound, flows.unit);
//!
//! // each row sums to the direct emissions of its region, households left out
//! let row: isard::Bounded = flows.flow.row(0).iter().copied().sum();
//! assert!((row - flows.direct[0]).may_be_zero());
//! // what a region emits for others less what others emit for it
//! println!("net outflow {}", flows.net(0).value);
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # A table
//! [`Table::new`](crate::Table::new) takes labels, Z (n x n), final demand Y (n x D) and gross output x (n), all in the money unit
//! of the table. What else a table may have is set field by field. The audit looks for what is wrong before anything is solved.
//!
//! ```
//! use isard::labels::{Labels, Name};
//! use isard::table::{Stressor, sparse};
//! use isard::{Table, audit};
//! use ndarray::array;
//!
//! let names = |list: &[&str]| list.iter().map(|n| Name::plain(*n)).collect::<Vec<_>>();
//! let labels = Labels::regular(names(&["North", "South"]), names(&["all"]), names(&["households"]));
//! let z = array![[20.0, 30.0], [10.0, 40.0]]; // row sells, column buys
//! let y = array![[40.0, 10.0], [5.0, 45.0]]; // row sells, column uses
//! let mut table = Table::new(labels, sparse(z.view()), y, array![100.0, 100.0]);
//! table.unit = "million USD".into();
//! table.value_added = vec![(Name::plain("wages"), array![70.0, 30.0])];
//! table.stressors = vec![Stressor { name: "CO2".into(), unit: "kt".into(), direct: array![50.0, 80.0], households: None }];
//!
//! let findings = audit::audit(&table); // PASS, WARN and FAIL, each with a code
//! assert!(audit::refuse(&findings, &[]).is_ok());
//! assert!(table.row_imbalance().iter().all(|v| *v == 0.0));
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # A table as an operator
//! A = Z diag(x)^-1 is known by its products with panels of vectors; `(I - A)^-1` is never needed. [`Storage`](crate::operator::Storage)
//! lists the forms in which A is kept, and [`plan`](crate::plan) says which one suits a table and which method solves it.
//!
//! ```
//! use isard::operator::{Direction, Storage};
//! use isard::{System, plan, synth};
//!
//! let system = System::new(synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() }));
//! let n = system.dim();
//! let x = system.output.to_vec(); // one column; a panel of k columns is row-major, n x k
//! let mut ax = vec![0.0; n];
//! system.operator().apply(Direction::Forward, 1, &x, &mut ax);
//! // x = A x + y: output is what other sectors buy, and final demand by destination
//! let demand = system.demand.sum_axis(ndarray::Axis(1));
//! assert!((0..n).all(|i| (x[i] - ax[i] - demand[i]).abs() < 1e-9 * x[i].abs().max(1.0)));
//!
//! println!("{}: {}", system.operator().name(), plan::plan(&system, 1).why);
//! let dense = system.stored(Some(Storage::Dense), true)?;
//! assert_eq!(dense.operator().entries(), n * n);
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # Demands of your own
//! [`Leontief::outputs_for`](crate::Leontief::outputs_for) solves a few right-hand sides (n x k); [`Leontief::inverse`](crate::Leontief::inverse)
//! prepares one product for thousands. Both work from several threads at once.
//!
//! ```
//! use isard::{Leontief, Stopping, System, Watch, synth};
//! use ndarray::Array2;
//!
//! let table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
//! let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
//! let demands = Array2::from_shape_fn((12, 5), |(i, k)| (1 + (i + k) % 3) as f64); // in the money unit
//!
//! let inverse = model.inverse()?.expect("the table is productive");
//! let answers = inverse.outputs(demands.view());
//! let output = answers.entry(0, 4); // output of row 0 needed for demand 4
//! assert!(output.value >= demands[[0, 4]] && output.bound <= 1e-9 * output.value);
//!
//! let solved = model.outputs_for("demands of my own", demands.view());
//! assert!((solved.x[[0, 4]] - output.value).abs() <= 1e-9 * output.value);
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # Bounds
//! [`Bounded`](crate::Bounded) is a number and the most that it may be off by, in the same unit: `|value - truth| <= bound`. Arithmetic
//! carries bounds on and adds its own rounding. A bound covers arithmetic, never errors in the data.
//!
//! ```
//! use isard::Bounded;
//!
//! let (a, b) = (Bounded::new(10.0, 0.5), Bounded::new(4.0, 0.1));
//! let difference = a - b;
//! assert!(difference.value == 6.0 && (0.6..0.601).contains(&difference.bound));
//! // the truth of the quotient lies between 9.5 / 4.1 and 10.5 / 3.9
//! let quotient = a / b;
//! assert!(quotient.value - quotient.bound <= 9.5 / 4.1 && quotient.value + quotient.bound >= 10.5 / 3.9);
//! // a divisor that may be 0 leaves nothing to say
//! assert!((a / Bounded::new(0.05, 0.1)).bound.is_infinite());
//! // within 20 % of the number, or within a floor of 1 in its unit
//! assert!(b.is_within(0.2, 0.0) && a.is_within(0.0, 1.0) && !a.is_within(1e-9, 1e-6));
//! ```
//!
//! # Verdicts
//! A [`Verdict`](crate::verdict::Verdict) says whether every number of a section is proven to the tolerance, relative to it, or to a floor.
//! It names the number that is widest against what is allowed, and what else does not hold.
//!
//! ```
//! use isard::verdict::Verdict;
//! use isard::Bounded;
//!
//! let numbers = [Bounded::new(120.0, 1e-9), Bounded::new(3.0, 2e-6)];
//! let mut verdict = Verdict::new("flows", 1e-9);
//! verdict.judge("all flows", 1e-9, numbers, |i| ["North", "South"][i].into());
//! assert!(!verdict.certified);
//! assert_eq!(verdict.worst.as_ref().map(|w| w.name.as_str()), Some("all flows: South"));
//! assert!(!verdict.reasons().is_empty());
//! ```
//!
//! # Responsibility and payments
//! Every principle shares the same emissions out among R regions, exports abroad, stock and error. Theta, between 0 and 1, is
//! the share of its outflows that a region keeps.
//!
//! ```
//! use isard::responsibility::{Principle, SharingRule, accounts};
//! use isard::{Bounded, Leontief, Stopping, System, Watch, decompose, synth};
//!
//! let table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
//! let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
//! let flows = decompose::flows(&model, 0);
//! let (accounts, theta) = accounts(&model, 0, &flows, &SharingRule::default(), 0.5)?;
//! assert_eq!(theta.region.len(), 3);
//! let emitted: Bounded = flows.direct.iter().copied().sum();
//! for account in accounts.iter().filter(|a| matches!(a.principle, Principle::Production | Principle::Consumption | Principle::Shared)) {
//!     assert!((account.total().value - emitted.value).abs() <= 1e-9 * emitted.value, "{}", account.principle.name());
//! }
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # Studies
//! A [`Study`](crate::Study) is plain data: the table, the analysis, and every choice that the command has as an option. What it leaves out
//! has the default of the command. A [`Watch`](crate::Watch) hears of progress and ends the study from any thread.
//!
//! ```
//! use isard::study::options::{Paying, Placing};
//! use isard::study::{self, Analysis};
//! use isard::{Error, Study, Watch, snapshot, synth};
//!
//! let folder = tempfile::tempdir().expect("a folder");
//! let place = folder.path().join("table.isard");
//! let table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..Default::default() });
//! snapshot::write(&table, &place, false)?;
//!
//! let study = Study {
//!     analysis: Analysis::Compensate,
//!     placing: Placing { table: Some(place) },
//!     paying: Paying { price: Some(80.0), ..Paying::default() }, // per tonne
//!     ..Study::default()
//! };
//! let results = study::run(&study, &Watch::default())?;
//! assert!(results.certified());
//! let report = results.report().expect("payments have a report");
//! let settled = report.compensation.as_ref().expect("a price makes payments");
//! assert_eq!(settled.payments.net.len(), 3); // one per region, in settled.payments.unit
//!
//! let watch = Watch::default();
//! watch.cancel(); // from any thread, at any moment
//! assert!(matches!(study::run(&study, &watch), Err(Error::Cancelled { .. })));
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # Formats
//! [`formats::read`](crate::formats::read) recognises a table by its content: a snapshot, a folder of long-form CSV or of pymrio, an archive, a
//! workbook. An error names the place, what was expected and found, and the remedy.
//!
//! ```
//! use isard::{formats, snapshot, synth, write};
//!
//! let folder = tempfile::tempdir().expect("a folder");
//! let table = synth::table(&synth::Settings { regions: 2, sectors: 3, ..Default::default() });
//! let (csv, fast) = (folder.path().join("csv"), folder.path().join("table.isard"));
//! write::long::write(&table, &csv)?; // every number in the shortest form that reads back to the same bits
//! snapshot::write(&table, &fast, false)?; // mapped, with a checksum for every array
//! for place in [&csv, &fast] {
//!     let read = formats::read(place, &formats::Reading::default())?;
//!     assert!(read.x == table.x && read.y == table.y && read.unit == table.unit);
//! }
//! let missing = formats::read(&folder.path().join("none.npz"), &formats::Reading::default());
//! assert!(missing.is_err_and(|error| error.to_string().contains("none.npz")));
//! # Ok::<(), isard::Error>(())
//! ```
//!
//! # Units
//! A unit is read as a whole or refused: nothing of it is cut off. Units that mean the same are equal.
//!
//! ```
//! use isard::units::Unit;
//!
//! let read = |text: &str| Unit::mass(text).ok();
//! assert!(read("kt CO2").is_some() && read("kt of coal").is_none());
//! let (a, b) = (read("10^4 t").expect("a mass"), read("万吨").expect("a mass"));
//! assert!(a.same(&b));
//! assert_eq!(Unit::money("10^4 yuan").ok().and_then(|unit| unit.currency()), Some("yuan"));
//! ```
//!
//! # Writing
//! Results become a [`Document`](crate::report::document::Document): labelled sheets, checks, solves and verdicts. Each format writes it without
//! knowledge of the analysis: a page for people, one JSON object, a set of CSV files.
//!
//! ```
//! use isard::study::{self, Analysis, options::Placing};
//! use isard::{Study, Watch, snapshot, synth, write};
//!
//! let folder = tempfile::tempdir().expect("a folder");
//! let place = folder.path().join("table.isard");
//! snapshot::write(&synth::table(&synth::Settings { regions: 2, sectors: 3, ..Default::default() }), &place, false)?;
//! let study = Study { analysis: Analysis::Flows, placing: Placing { table: Some(place) }, ..Study::default() };
//! let results = study::run(&study, &Watch::default())?;
//! let document = results.document();
//!
//! let mut object = Vec::new();
//! write::json::write(&document, &mut object).expect("memory takes it");
//! assert!(object.starts_with(b"{") && write::text::page(&document).contains("CERTIFIED"));
//! let names: Vec<&str> = document.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
//! assert!(names.contains(&"flows"), "{names:?}");
//! # Ok::<(), isard::Error>(())
//! ```
