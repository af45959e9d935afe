//! Threads: a pool of one's own, none of rayon's global pool, and a process that is forked after a solve.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use isard::leontief::{Factor, Mask};
use isard::operator::Direction;
use isard::study::options::Placing;
use isard::study::{self, Analysis};
use isard::{Leontief, Stopping, Study, System, Threads, Watch, decompose, formats, snapshot, synth};
use ndarray::Array2;

/// A test that runs in a process of its own, as it spoils the pools of the process.
const ALONE: &str = "ISARD_TEST_ALONE";

/// Whether this is the process of a test's own; else starts that process and fails if it does.
fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let name = format!("threads::{test}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &name, "--nocapture"]).env(ALONE, "1");
    let (tell, ended) = channel();
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let id = child.id();
    std::thread::spawn(move || tell.send(child.wait().unwrap()));
    match ended.recv_timeout(Duration::from_secs(300)) {
        Ok(status) => assert!(status.success(), "{name}: {status}"),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("{name} hangs");
        }
    }
    false
}

fn table() -> isard::Table {
    synth::table(&synth::Settings { regions: 4, sectors: 20, seed: 2, ..Default::default() })
}

fn model(watch: Watch) -> Leontief {
    Leontief::new(System::new(table()), None, Stopping::default(), watch).unwrap()
}

/// The bits of everything that a model answers.
fn answers(model: &Leontief) -> Vec<u64> {
    let flows = decompose::flows(model, 0).flow;
    let demands = Array2::from_shape_fn((model.system.dim(), 100), |(i, k)| ((i * 7 + k) % 11) as f64);
    let output = model.inverse().unwrap().unwrap().outputs(demands.view());
    flows.iter().map(|f| f.value.to_bits()).chain(output.x.iter().map(|x| x.to_bits())).collect()
}

#[test]
fn no_analysis_uses_the_global_pool() {
    if !alone("no_analysis_uses_the_global_pool") {
        return;
    }
    // a global pool without any thread: what goes there never ends, nor does the call that makes it
    std::thread::spawn(|| rayon::ThreadPoolBuilder::new().num_threads(2).spawn_handler(|_| Ok(())).build_global());
    std::thread::sleep(Duration::from_millis(300));
    assert!(!answers(&model(Watch::default())).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.isard");
    snapshot::write(&table(), &file, false).unwrap();
    assert_eq!(formats::read(&file, &formats::Reading::default()).unwrap().z, table().z);
    let scheme = |scheme| Analysis::Decompose(scheme);
    let analyses = [Analysis::Run, Analysis::Linkages, Analysis::Accounts, scheme(decompose::Scheme::Wwz), scheme(decompose::Scheme::Kww)];
    for analysis in analyses {
        let name = format!("{analysis:?}");
        let found = Study { analysis, placing: Placing { table: Some(file.clone()) }, ..Study::default() };
        let found = study::run(&found, &Watch::default());
        assert!(found.is_ok(), "{name}: {:?}", found.err());
    }
}

#[test]
fn a_model_solves_in_the_threads_that_it_is_given() {
    let expected = answers(&model(Watch::default()));
    for count in [1, 2, 5] {
        let threads = Threads::new(count).unwrap();
        assert_eq!(threads.count(), count);
        let watch = Watch::default().on_threads(threads.clone());
        assert_eq!(watch.run(rayon::current_num_threads), count);
        assert_eq!(answers(&model(watch)), expected, "{count} threads of a model");
        assert_eq!(threads.run(|| answers(&model(Watch::default()))), expected, "{count} threads of a caller");
    }
}

/// Analyses that solve with parts of A: some sales left out, or passed on in shares, or each region by itself.
type Partial = fn(&Leontief) -> isard::Result<()>;

fn partial() -> Vec<(&'static str, Partial)> {
    use decompose::extraction::{Extracted, extract};
    use decompose::{Scheme, decompose};
    fn by(model: &Leontief, scheme: Scheme) -> isard::Result<()> {
        decompose(model, scheme, Factor::Stressor(0)).map(drop)
    }
    vec![
        ("kww", |m| by(m, Scheme::Kww)),
        ("sink", |m| by(m, Scheme::BorinManciniSink)),
        ("source", |m| by(m, Scheme::BorinManciniSource)),
        ("extraction", |m| by(m, Scheme::Extraction)),
        ("a region taken out", |m| extract(m, Factor::Value, Extracted::Region(1)).map(drop)),
        ("masked", |m| {
            let b = Array2::ones((m.system.dim(), 3));
            m.masked(&Mask::Exports(0), Direction::Forward, "masked", b.view()).map(drop)
        }),
        ("scaled", |m| {
            let c = Array2::ones((m.system.dim(), 3));
            m.scaled("scaled", &|i, _| isard::Bounded::exact(1.0 / (1 + i % 2) as f64), c.view()).map(drop)
        }),
    ]
}

#[test]
fn solves_with_parts_of_a_stay_in_the_threads_of_the_model() {
    let outside = Arc::new(AtomicUsize::new(0));
    for (name, analysis) in partial() {
        let (count, heard, seen) = (outside.clone(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let watch = Watch::default().on_threads(Threads::new(3).unwrap()).on_progress({
            let heard = heard.clone();
            move |_, _| {
                heard.fetch_add(1, Relaxed);
                let own = rayon::current_thread_index().is_some() && rayon::current_num_threads() == 3;
                count.fetch_add(usize::from(!own), Relaxed);
            }
        });
        let model = model(watch);
        seen.store(heard.load(Relaxed), Relaxed);
        analysis(&model).unwrap();
        assert!(heard.load(Relaxed) > seen.load(Relaxed), "{name} tells of no pass");
        assert_eq!(outside.load(Relaxed), 0, "{name} works outside the threads of the model");
    }
}

#[test]
fn a_cancel_ends_solves_with_parts_of_a_within_a_second() {
    let large = synth::table(&synth::Settings { regions: 6, sectors: 25, seed: 3, ..Default::default() });
    let system = Arc::new(System::new(large));
    for (name, analysis) in partial() {
        // cancelled at event `at`: how many events there were, and what came of it how long after
        let run = |at: usize| {
            let (flag, events, cancelled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(OnceLock::new()));
            let watch = Watch::of_flag(flag.clone()).on_progress({
                let (events, cancelled) = (events.clone(), cancelled.clone());
                move |_, _| {
                    if events.fetch_add(1, Relaxed) == at {
                        flag.store(true, Relaxed);
                        cancelled.set(Instant::now()).unwrap();
                    }
                }
            });
            let model = Leontief::new(system.clone(), None, Stopping::default(), watch).unwrap();
            let found = analysis(&model);
            (events.load(Relaxed), found, cancelled.get().map(Instant::elapsed))
        };
        let (events, found, _) = run(usize::MAX);
        assert!(found.is_ok() && events > 0, "{name}: {events} events");
        for at in [0, events / 2, events - 1] {
            let (_, found, after) = run(at);
            assert!(matches!(found, Err(isard::Error::Cancelled { .. })), "{name}, cancelled at {at} of {events}: {:?}", found.err());
            assert!(after.unwrap() < Duration::from_secs(1), "{name} ended {after:?} after the cancel");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_forked_process_solves_after_its_parent_did() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(status: i32) -> !;
    }
    if !alone("a_forked_process_solves_after_its_parent_did") {
        return;
    }
    let given = model(Watch::default().on_threads(Threads::new(2).unwrap()));
    let own = model(Watch::default());
    let expected = answers(&own);
    assert_eq!(answers(&given), expected);
    // SAFETY: the child solves and ends; no other thread holds a lock that it needs
    let child = unsafe { fork() };
    if child == 0 {
        let again = answers(&own) == expected && answers(&given) == expected && answers(&model(Watch::default())) == expected;
        // SAFETY: ends the child at once
        unsafe { _exit(if again { 0 } else { 1 }) };
    }
    let mut status = -1;
    // SAFETY: waits for the child just started
    assert_eq!(unsafe { waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child does not find what its parent found");
}
