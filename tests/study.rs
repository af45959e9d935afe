//! Studies built in code: the command's bytes, an early end at any moment, and progress on the way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use isard::decompose::Scheme;
use isard::error::Cause;
use isard::study::options::{Limiting, Paying, Placing, Solving, Writing};
use isard::study::{self, Analysis, Results, Side};
use isard::watch::Progress;
use isard::{Error, Study, Watch, snapshot, synth};

use crate::support::isard;

/// A drawn table of so many regions and sectors as a snapshot in `folder`.
fn table(folder: &Path, regions: usize, sectors: usize) -> PathBuf {
    let path = folder.join("table.isard");
    let drawn = synth::table(&synth::Settings { regions, sectors, ..synth::Settings::default() });
    snapshot::write(&drawn, &path, false).unwrap();
    path
}

fn placed(table: &Path, analysis: Analysis) -> Study {
    Study { analysis, placing: Placing { table: Some(table.to_path_buf()) }, ..Study::default() }
}

/// The object of a study, as the command writes it but for what made it: an option that a message names in backticks is a flag.
fn object(results: &Results) -> String {
    let mut bytes = Vec::new();
    isard::write::json::write(&results.document(), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    ["emissions", "json", "output"].iter().fold(text, |text, option| text.replace(&format!("`{option}`"), &format!("--{option}")))
}

/// What the command prints, without `made_by`.
fn printed(arguments: &[&str]) -> String {
    let done = isard().args(arguments).args(["--json", "-q"]).assert().success();
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let at = text.find("\"format\":1,").expect("the object names its format");
    format!("{{{}", &text[at..])
}

#[test]
fn a_study_of_the_embedded_table_gives_the_bytes_of_the_command() {
    for (analysis, command) in [(Analysis::Run, "run"), (Analysis::Flows, "flows"), (Analysis::Compensate, "compensate")] {
        let study = Study { analysis, ..Study::default() };
        let results = study::run(&study, &Watch::default()).unwrap();
        assert!(results.certified(), "{command}");
        assert!(object(&results) == printed(&[command]), "{command}: other bytes than the command's");
    }
}

#[test]
fn every_analysis_gives_the_bytes_of_its_command_and_results_outlive_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 3, 4);
    let name = place.to_str().unwrap();
    let side = Side { table: place.clone(), ..Side::default() };
    let cases: [(Analysis, &[&str]); 7] = [
        (Analysis::Run, &["run", "--table", name, "--price", "100"]),
        (Analysis::Responsibility, &["responsibility", name]),
        (Analysis::Compensate, &["compensate", name, "--price", "100"]),
        (Analysis::Accounts, &["accounts", name]),
        (Analysis::Decompose("kww".parse().unwrap()), &["decompose", name, "--scheme", "kww"]),
        (Analysis::Linkages, &["linkages", name]),
        (Analysis::Structural(Box::new([side.clone(), side])), &["structural", name, name]),
    ];
    fn owned<T: Send + Sync + 'static>(results: T) -> T {
        results
    }
    for (analysis, arguments) in cases {
        let price = arguments.contains(&"--price").then_some(100.0);
        let mut study = Study { paying: Paying { price, ..Paying::default() }, ..placed(&place, analysis) };
        if arguments[0] == "structural" {
            study.placing = Placing::default();
        }
        let results = owned(study::run(&study, &Watch::default()).unwrap());
        drop(study);
        assert!(object(&results) == printed(arguments), "{arguments:?}: other bytes than the command's");
    }
}

#[test]
fn a_study_on_one_thread_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 4, 6);
    let on = |threads: Option<usize>| {
        let study = Study { writing: Writing { threads, ..Writing::default() }, ..placed(&place, Analysis::Flows) };
        object(&study::run(&study, &Watch::default()).unwrap())
    };
    assert!(on(None) == on(Some(1)));
    let study = Study { writing: Writing { threads: Some(0), ..Writing::default() }, ..Study::default() };
    assert_eq!(study::run(&study, &Watch::default()).err().map(|e| e.cause()), Some(Cause::Range));
}

#[test]
fn a_program_can_act_on_why_a_study_fails() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 4, 6);
    let of = |study: Study| study::run(&study, &Watch::default()).err().map(|e| (e.cause(), e.to_string(), e.help().unwrap_or_default()));
    let (cause, text, _) =
        of(Study { limiting: Limiting { max_iter: Some(0), ..Limiting::default() }, ..placed(&place, Analysis::Flows) }).unwrap();
    assert!(cause == Cause::Range && text.contains("`max-iter`") && !text.contains("--"), "{cause:?} {text}");
    let paid = |cost: Option<Vec<PathBuf>>, price| Paying { cost, price, ..Paying::default() };
    let study = Study { paying: paid(Some(vec!["c.csv".into()]), Some(3.0)), ..placed(&place, Analysis::Compensate) };
    assert_eq!(of(study).unwrap().0, Cause::Conflict);
    assert_eq!(of(Study { paying: paid(None, None), ..placed(&place, Analysis::Compensate) }).unwrap().0, Cause::Missing);
    let (cause, text, help) = of(placed(&folder.path().join("nowhere"), Analysis::Flows)).unwrap();
    assert!(cause == Cause::File && text.contains("nowhere") && !help.is_empty(), "{cause:?} {text} {help}");
}

#[test]
fn a_study_cancelled_before_it_begins_does_nothing() {
    let (watch, heard) = listening();
    watch.cancel();
    let begun = Instant::now();
    assert!(matches!(study::run(&Study::default(), &watch), Err(Error::Cancelled { .. })));
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(heard.lock().unwrap().is_empty(), "no stage is entered");
}

/// A watch, and the stages that it hears of, solves with `pass` behind their names.
fn listening() -> (Watch, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let to = heard.clone();
    let watch = Watch::default().on_progress(move |stage, progress| {
        let name = if matches!(progress, Progress::Pass(_)) { format!("{stage} pass") } else { stage.to_string() };
        let mut heard = to.lock().unwrap();
        if !heard.contains(&name) {
            heard.push(name);
        }
    });
    (watch, heard)
}

/// Runs a study that another thread cancels once the watch has told of `events`; how it ended, how long after the cancel,
/// and the number of events.
fn cancelled_after(study: &Study, events: usize) -> (isard::Result<Results>, Option<Duration>, usize) {
    let told = Arc::new(AtomicUsize::new(0));
    let (count, ended) = (told.clone(), Arc::new(AtomicBool::new(false)));
    let watch = Watch::default().on_progress(move |_, _| {
        count.fetch_add(1, Relaxed);
    });
    let (from, seen, over) = (watch.clone(), told.clone(), ended.clone());
    let canceller = std::thread::spawn(move || {
        while seen.load(Relaxed) < events {
            if over.load(Relaxed) {
                return None;
            }
            std::thread::yield_now();
        }
        from.cancel();
        Some(Instant::now())
    });
    let result = study::run(study, &watch);
    let end = Instant::now();
    ended.store(true, Relaxed);
    (result, canceller.join().unwrap().map(|at| end.saturating_duration_since(at)), told.load(Relaxed))
}

#[test]
fn a_cancel_at_any_moment_ends_within_a_second_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 10, 20);
    let output = folder.path().join("output");
    std::fs::create_dir(&output).unwrap();
    let study = Study {
        paying: Paying { price: Some(100.0), sensitivity: Some(true), ..Paying::default() },
        writing: Writing { output: Some(output.clone()), ..Writing::default() },
        ..placed(&place, Analysis::Run)
    };
    let (whole, _, events) = cancelled_after(&study, usize::MAX);
    whole.unwrap();
    let (mut cancelled, mut state) = (0, 2017_u64);
    for _ in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (result, after, _) = cancelled_after(&study, (state >> 40) as usize % events);
        match (result, after) {
            (Err(Error::Cancelled { .. }), Some(after)) => {
                assert!(after < Duration::from_secs(1), "it ended {after:?} after the cancel");
                cancelled += 1;
            }
            // it was through before
            (Ok(_), _) => {}
            (Err(other), _) => panic!("{other}"),
        }
        assert_eq!(std::fs::read_dir(&output).unwrap().count(), 0);
    }
    assert!(cancelled >= 10, "{cancelled} of 20 runs were cancelled on the way");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_cancel_ends_every_analysis_with_the_same_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 4, 6);
    let side = Side { table: place.clone(), ..Side::default() };
    let mut analyses = vec![Analysis::Accounts, Analysis::Linkages, Analysis::Structural(Box::new([side.clone(), side]))];
    analyses.extend(Scheme::ALL.into_iter().map(Analysis::Decompose));
    analyses.push(Analysis::Responsibility);
    for analysis in analyses {
        let mut study = placed(&place, analysis);
        study.sharing.by_emitter = Some(study.analysis == Analysis::Responsibility).filter(|asked| *asked);
        if matches!(study.analysis, Analysis::Structural(_)) {
            study.placing = Placing::default();
        }
        let (whole, _, events) = cancelled_after(&study, usize::MAX);
        whole.unwrap();
        for at in (1..events).step_by(events.div_ceil(8)) {
            match cancelled_after(&study, at) {
                (Ok(_) | Err(Error::Cancelled { .. }), ..) => {}
                (Err(other), ..) => panic!("{:?} after {at} of {events} events: {other}", study.analysis),
            }
        }
    }
}

#[test]
fn a_cancel_reaches_into_the_factorisation_of_a_large_dense_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 50, 60);
    let solving = Solving { method: Some("direct".into()), operator: Some("dense".into()), ..Solving::default() };
    let study = Study { solving, ..placed(&place, Analysis::Flows) };
    let (watch, heard) = listening();
    let from = watch.clone();
    let canceller = std::thread::spawn(move || {
        while !heard.lock().unwrap().iter().any(|stage| stage == "setup") {
            std::thread::sleep(Duration::from_millis(5));
        }
        // well into the factors of 3,000 rows
        std::thread::sleep(Duration::from_millis(300));
        from.cancel();
        Instant::now()
    });
    let result = study::run(&study, &watch);
    let after = canceller.join().unwrap().elapsed();
    assert!(matches!(result, Err(Error::Cancelled { ref stage }) if stage == "setup"), "{:?}", result.err());
    assert!(after < Duration::from_secs(1), "it ended {after:?} after the cancel");
}

#[test]
fn a_watch_hears_of_every_stage_and_of_notes() {
    let folder = tempfile::tempdir().unwrap();
    let place = table(folder.path(), 3, 4);
    let (watch, heard) = listening();
    let notes = Arc::new(Mutex::new(Vec::new()));
    let to = notes.clone();
    let watch = watch.on_note(move |text| to.lock().unwrap().push(text.to_string()));
    study::run(&placed(&place, Analysis::Run), &watch).unwrap();
    let heard = heard.lock().unwrap();
    for stage in ["read", "audit", "system", "setup", "flows", "routes", "responsibility", "output by destination pass"] {
        assert!(heard.iter().any(|name| name == stage), "{stage} is missing: {heard:?}");
    }
    assert!(notes.lock().unwrap().iter().any(|n| n.contains("compensation left out")));
}

#[test]
fn a_table_in_memory_gives_the_numbers_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), 4, 6);
    let given = Some(Arc::new(snapshot::open(&path).unwrap().table().unwrap()));
    let scheme = Analysis::of_command("decompose", "wwz", false).unwrap();
    for analysis in [Analysis::Run, Analysis::Accounts, Analysis::Responsibility, scheme] {
        let of_file = study::run(&placed(&path, analysis.clone()), &Watch::default()).unwrap();
        let of_memory = study::run(&Study { analysis, given: given.clone(), ..Study::default() }, &Watch::default()).unwrap();
        let [file, memory] = [of_file, of_memory].map(|results| {
            let mut object: serde_json::Value = serde_json::from_str(&object(&results)).unwrap();
            let object = object.as_object_mut().unwrap();
            ["options", "provenance"].iter().for_each(|key| drop(object.remove(*key)));
            object.clone()
        });
        assert_eq!(file, memory);
    }
    let side = || Side { given: given.clone(), ..Side::default() };
    let same = study::run(&Study { analysis: Analysis::Structural(Box::new([side(), side()])), ..Study::default() }, &Watch::default());
    assert!(same.unwrap().certified());
    // two tables for one place
    let both = Study { given: given.clone(), ..placed(&path, Analysis::Flows) };
    assert_eq!(study::run(&both, &Watch::default()).err().map(|e| e.cause()), Some(Cause::Conflict));
    // nothing of the embedded table applies
    let mut seeded = Study { given, analysis: Analysis::Flows, ..Study::default() };
    seeded.reading.seed = Some(3);
    assert_eq!(study::run(&seeded, &Watch::default()).err().map(|e| e.cause()), Some(Cause::NoEffect));
}
