//! What is written, in bad circumstances: a full disk, folders that refuse, links and parts that others planted, signals in the
//! middle. The old or the new is there, whole, and nothing else.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::shared::leave_out;

fn isard(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isard"));
    command.args(args).current_dir(folder).env_remove("ISARD_MEMORY").stdin(Stdio::null());
    command
}

fn done(args: &[&str], folder: &Path) {
    let run = isard(args, folder).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// Exit code 2, every word on standard error, no panic.
fn refused(run: &Output, words: &[&str]) -> String {
    let error = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(2), "{:?}: {error}", run.status);
    assert!(error.contains("error: ") && !error.contains("panicked"), "{error}");
    words.iter().for_each(|word| assert!(error.contains(word), "\"{word}\" is not in:\n{error}"));
    error
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A table of a few rows, in a folder.
fn table(folder: &TempDir) -> String {
    done(&["synth", "--regions", "3", "--sectors", "8", "--output", "t"], folder.path());
    folder.path().join("t").display().to_string()
}

/// What writes, by the name of what it writes.
fn writers(table: &str) -> [(&'static str, Vec<String>); 4] {
    let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    [
        ("r", words(&["flows", table, "-q", "--output", "r"])),
        ("s.isard", words(&["import", table, "-q", "--output", "s.isard"])),
        ("h.csv", words(&["flows", table, "-q", "--history", "h.csv"])),
        ("x.csv", words(&["solve", table, "-q", "--solution", "x.csv"])),
    ]
}

/// Each writer in `folder`, started by `with`, is refused with these words, and leaves the folder as it was.
fn each_is_refused(table: &str, folder: &Path, with: impl Fn(Command) -> Command, words: &[&str]) {
    let before = names(folder);
    for (name, args) in writers(table) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = with(isard(&args, folder)).output().unwrap();
        refused(&run, &[words, &[name]].concat());
        assert_eq!(names(folder), before, "{args:?}");
    }
}

/// The same command after a line of shell.
fn after(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{line}\nexec \"$0\" \"$@\"")]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap()).env_remove("ISARD_MEMORY").stdin(Stdio::null());
    shell
}

/// A line of shell that makes a small file system of its own at `at`, which no other process sees; `None` where that is not
/// permitted.
fn own_file_system(at: &Path, options: &str) -> Option<String> {
    let line = format!("mount -t tmpfs -o {options} none '{}' || exit 77\ncd '{0}'", at.display());
    let permitted = Command::new("unshare").args(["-rm", "sh", "-c", &line]).output().is_ok_and(|run| run.status.success());
    permitted.then_some(line)
}

/// The same command in a name space of its own, after a line of shell.
fn apart(line: &str, command: &Command) -> Command {
    let inner = after(line, command);
    let mut apart = Command::new("unshare");
    apart.arg("-rm").arg("sh").args(inner.get_args()).current_dir(command.get_current_dir().unwrap());
    apart.env_remove("ISARD_MEMORY").stdin(Stdio::null());
    apart
}

#[test]
fn a_file_that_may_grow_no_further_is_told_and_nothing_stays() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    // a signal that is ignored stays so in what is executed: writing fails with EFBIG
    let limited = |command: Command| after("trap '' XFSZ; ulimit -f 0", &command);
    each_is_refused(&table, folder.path(), limited, &["cannot write"]);
}

#[test]
fn a_full_disk_is_told_and_nothing_stays() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let table = table(&folder);
    let Some(line) = own_file_system(disk.path(), "size=4k") else {
        return leave_out("no file system may be mounted, so that no disk is full");
    };
    // one page is there, and it is taken; what is there afterwards is said at the end
    let line = format!("{line}\nhead -c 4096 /dev/zero > full");
    for (name, args) in writers(&table) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut run = apart(&format!("{line}\n\"$0\" \"$@\"; code=$?; echo there:; ls -A; exit $code"), &isard(&args, folder.path()));
        let run = run.output().unwrap();
        refused(&run, &["No space left", name]);
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(text.ends_with("there:\nfull\n"), "{args:?}: {text}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let table = table(&folder);
    each_is_refused(&table, Path::new("/sys"), |command| command, &["create"]);
    let Some(line) = own_file_system(disk.path(), "ro") else {
        return leave_out("no file system may be mounted, so that none is read-only");
    };
    each_is_refused(&table, folder.path(), |command| apart(&line, &command), &["create", "Read-only"]);
}

#[test]
fn links_are_not_followed_and_what_others_planted_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (table, at) = (table(&folder), |name: &str| folder.path().join(name));
    std::fs::create_dir(at("aim")).unwrap();
    // parts of others, as files, folders and links
    std::fs::create_dir(at(".r.part-0123456789abcdef0123456789abcdef")).unwrap();
    std::fs::write(at(".r.part-0123456789abcdef0123456789abcdef").join("mine"), "mine").unwrap();
    std::fs::write(at(".s.isard.part-00"), "mine").unwrap();
    std::os::unix::fs::symlink(at("aim"), at(".h.csv.part-00")).unwrap();
    let foreign = hidden(folder.path());
    for (name, args) in writers(&table) {
        let planted = names(folder.path());
        for aim in [at("aim"), at("nothing")] {
            for force in [false, true] {
                let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
                if force {
                    args.push("--force");
                }
                std::os::unix::fs::symlink(&aim, at(name)).unwrap();
                refused(&isard(&args, folder.path()).output().unwrap(), &[name]);
                assert_eq!(std::fs::read_link(at(name)).unwrap(), aim, "{args:?}");
                std::fs::remove_file(at(name)).unwrap();
                assert_eq!((names(folder.path()), names(&at("aim")).len()), (planted.clone(), 0), "{args:?}");
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        done(&args, folder.path());
    }
    assert_eq!(hidden(folder.path()), foreign);
    assert_eq!(std::fs::read(at(".s.isard.part-00")).unwrap(), b"mine");
}

/// What has a name that begins with a dot.
fn hidden(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|n| n.starts_with('.')).collect()
}

#[test]
fn a_signal_in_the_middle_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    let content = |name: &str| -> Vec<Vec<u8>> {
        let path = folder.path().join(name);
        if !path.is_dir() {
            return vec![std::fs::read(path).unwrap()];
        }
        // a manifest says when it was written
        names(&path).into_iter().filter(|n| n != "manifest.json").map(|n| std::fs::read(path.join(n)).unwrap()).collect()
    };
    for (name, args, other) in [
        ("r", vec!["flows", &table, "-q", "--output", "r", "--force"], ["--labels=en", "--labels=zh"]),
        ("s.isard", vec!["synth", "--regions", "3", "--sectors", "60", "--output", "s.isard", "--force"], ["--seed=1", "--seed=2"]),
    ] {
        let run = |k: usize| isard(&[args.as_slice(), &[other[k]]].concat(), folder.path());
        let (mut known, mut spent) = (Vec::new(), Duration::ZERO);
        for k in [0, 1] {
            let start = Instant::now();
            assert!(run(k).stdout(Stdio::null()).status().unwrap().success());
            spent = start.elapsed();
            known.push(content(name));
        }
        for k in 0..16u32 {
            let mut child = run(k as usize % 2).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(spent * (k + 1) / 15);
            let signal = ["-TERM", "-INT", "-HUP", "-KILL"][k as usize % 4];
            let _ = Command::new("kill").arg(signal).arg(child.id().to_string()).stderr(Stdio::null()).status();
            child.wait().unwrap();
            assert!(known.contains(&content(name)), "{name}: neither the old nor the new after {signal}");
            // between a hidden name and the last step SIGKILL may leave it
            if signal == "-KILL" {
                hidden(folder.path()).iter().for_each(|n| {
                    let path = folder.path().join(n);
                    std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
                });
            }
            assert_eq!(hidden(folder.path()), [""; 0], "{name} {signal}");
        }
    }
}

/// The names under which a file that waits for its name is open in another process.
fn open_without_name(process: u32) -> usize {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return 0 };
    entries.flatten().filter_map(|e| std::fs::read_link(e.path()).ok()).filter(|p| p.to_string_lossy().ends_with(" (deleted)")).count()
}

#[test]
fn a_killed_program_leaves_nothing_of_a_long_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = isard(&["synth", "--regions", "2000", "--sectors", "1", "--per-column", "3", "-o", "s.isard"], folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while open_without_name(child.id()) == 0 && hidden(folder.path()).is_empty() && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is written");
        std::thread::yield_now();
    }
    let unnamed = open_without_name(child.id()) > 0;
    child.kill().unwrap();
    child.wait().unwrap();
    if unnamed {
        assert_eq!(hidden(folder.path()), [""; 0]);
    } else {
        leave_out("the file system has no files without names, or the file was complete at once");
    }
}

#[test]
fn a_snapshot_that_is_shortened_while_it_is_mapped_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("large.isard");
    done(&["synth", "--regions", "1500", "--sectors", "1", "--per-column", "20", "-o", "large.isard"], folder.path());
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 16 << 20, "a file of this size is mapped");
    // at first the file is only opened to see what it holds: later and later, until it is in the middle
    for delay in 0..40 {
        std::fs::write(&path, &whole).unwrap();
        let child = isard(&["audit", "large.isard"], folder.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let maps = format!("/proc/{}/maps", child.id());
        let start = Instant::now();
        while !std::fs::read_to_string(&maps).unwrap_or_default().contains("large.isard") && start.elapsed() < Duration::from_secs(30) {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(5 * delay));
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4096).unwrap();
        let run = child.wait_with_output().unwrap();
        // words, whenever it happens; an answer where all was read before
        if run.status.code().is_none_or(|code| code > 1) && refused(&run, &[]).contains("shortened by another program (SIGBUS)") {
            return;
        }
    }
    panic!("the file was never shortened while it was read");
}
