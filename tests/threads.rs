//! Threads: a pool of one's own, none of rayon's global pool, and a process that is forked after a solve.

use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

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
