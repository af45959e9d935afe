//! Damaged files for every reader: the command must refuse or read them, in time, within its memory, without a panic.
//!
//! Seeds are made by the project's own writers. Each mutant is read by the command in a process of its own under an
//! address limit. Containers with checksums must besides be refused or read as what they were.
//! `cargo test` takes 200 mutants a reader, `scripts/check-fuzz [N] [SEED]` any number.
#![allow(unreachable_pub, clippy::unwrap_used)]

#[path = "../judge/draw.rs"]
#[allow(dead_code)]
mod draw;
mod seeds;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use draw::Draw;
use seeds::{Reader, readers};

/// Kilobytes of addresses that a reader may ask for, and seconds that it may take.
const ADDRESSES: u64 = 4_000_000;
const SECONDS: u64 = 30;

/// The command: named by `ISARD`, or built with the tests.
pub fn isard() -> PathBuf {
    std::env::var_os("ISARD").map_or_else(|| option_env!("CARGO_BIN_EXE_isard").unwrap_or("isard").into(), PathBuf::from)
}

/// How a run ended.
struct End {
    code: Option<i32>,
    late: bool,
    out: Vec<u8>,
    told: String,
}

fn run(folder: &Path, words: &[String]) -> End {
    let limited = format!("ulimit -v {ADDRESSES}; exec \"$0\" \"$@\"");
    let (out, told) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .arg(isard())
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(told.try_clone().unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut late = false;
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if start.elapsed() > Duration::from_secs(SECONDS) {
            late = true;
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |mut file: std::fs::File| {
        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    };
    End { code, late, out: text(out), told: String::from_utf8_lossy(&text(told)).into_owned() }
}

/// What must not change where a checksum covers the file: the numbers of the answer.
fn answer(out: &[u8]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(out).ok()?;
    Some(format!("{} {} {}", json["flow"], json["households"], json["regions"]))
}

/// Bytes changed in one or two places.
fn damaged(d: &mut Draw, bytes: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 16] = [
        b"\x00",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"\"",
        b",",
        b"\n",
        b"\r\n",
        b"[[[[[[[[",
        b"-",
        b"1e999",
        b"nan",
        b"99999999999999999999",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x80",
        b"\xef\xbb\xbf",
    ];
    let mut b = bytes.to_vec();
    for _ in 0..1 + d.below(2) {
        if b.is_empty() {
            b.push(d.next() as u8);
            continue;
        }
        // heads and tails of files say most about the rest
        let at = match d.below(4) {
            0 => d.below(b.len().min(128)),
            1 => b.len() - 1 - d.below(b.len().min(128)),
            _ => d.below(b.len()),
        };
        let most = (b.len() - at).min(64);
        match d.below(8) {
            0 => b[at] ^= 1 << d.below(8),
            1 => b[at] = d.next() as u8,
            2 => b.truncate(at),
            3 => drop(b.drain(at..at + d.below(most) + 1)),
            4 => {
                let piece = b[at..at + d.below(most) + 1].to_vec();
                let to = d.below(b.len());
                b.splice(to..to, piece);
            }
            5 => {
                let word = WORDS[d.below(WORDS.len())];
                b.splice(at..at, word.iter().copied());
            }
            6 => {
                let word = WORDS[d.below(WORDS.len())];
                for (to, v) in b[at..].iter_mut().zip(word) {
                    *to = *v;
                }
            }
            _ => {
                let piece = vec![b[at]; 1 + d.below(3000)];
                b.splice(at..at, piece);
            }
        }
    }
    b
}

/// One member of an archive damaged, and the archive written anew.
fn damaged_inside(d: &mut Draw, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let chosen = d.below(archive.len());
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for k in 0..archive.len() {
        let mut member = archive.by_index(k).ok()?;
        let mut data = Vec::new();
        member.read_to_end(&mut data).ok()?;
        out.start_file(member.name().ok()?, zip::write::SimpleFileOptions::default()).ok()?;
        out.write_all(&if k == chosen { damaged(d, &data) } else { data }).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

/// Everything that went wrong with `count` mutants of a reader.
fn fuzz(reader: &Reader, count: u64, seed: u64) -> (Vec<String>, [u64; 3]) {
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let ends = Mutex::new([0_u64; 3]);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                reader.write(folder.path());
                let seed_end = run(folder.path(), &reader.words);
                if !matches!(seed_end.code, Some(0 | 1)) {
                    failures.lock().unwrap().push(format!("{}: the seed itself is refused: {}", reader.name, seed_end.told));
                    return;
                }
                let sound = answer(&seed_end.out);
                loop {
                    let k = next.fetch_add(1, Ordering::Relaxed);
                    if k >= count {
                        return;
                    }
                    let mut d = Draw::new(seed ^ (k << 8));
                    let (name, bytes) = &reader.files[d.below(reader.files.len())];
                    let inside = reader.archive && d.below(2) == 0;
                    let Some(mutant) = (if inside { damaged_inside(&mut d, bytes) } else { Some(damaged(&mut d, bytes)) }) else {
                        continue;
                    };
                    let path = folder.path().join(name);
                    std::fs::write(&path, &mutant).unwrap();
                    let end = run(folder.path(), &reader.words);
                    let mut wrong = None;
                    if end.late {
                        wrong = Some(format!("still running after {SECONDS} s"));
                    } else if !matches!(end.code, Some(0..=2)) {
                        wrong = Some(format!("ended by {:?}: {}", end.code, end.told.chars().take(300).collect::<String>()));
                    } else if end.told.contains("panicked at") {
                        wrong = Some(format!("a panic was printed: {}", end.told.chars().take(300).collect::<String>()));
                    } else if reader.checked && !inside && matches!(end.code, Some(0 | 1)) && answer(&end.out) != sound {
                        wrong = Some("read as something else without a word".to_string());
                    }
                    ends.lock().unwrap()[end.code.map_or(2, |c| c.clamp(0, 2)) as usize] += 1;
                    if let Some(wrong) = wrong {
                        let kept = std::env::var_os("MUTANTS_KEEP").map(|keep| {
                            let to = Path::new(&keep).join(format!("{}-{k}-{}", reader.name, name.replace('/', "_")));
                            std::fs::create_dir_all(&keep).unwrap();
                            std::fs::write(&to, &mutant).unwrap();
                            format!(" ({})", to.display())
                        });
                        let kept = kept.unwrap_or_default();
                        failures.lock().unwrap().push(format!("{}, mutant {k} of {name}, seed {seed}: {wrong}{kept}", reader.name));
                    }
                    std::fs::write(&path, bytes).unwrap();
                }
            });
        }
    });
    (failures.into_inner().unwrap(), ends.into_inner().unwrap())
}

fn all(count: u64, seed: u64) {
    let only = std::env::var("MUTANTS_ONLY").ok();
    let mut failures = Vec::new();
    for reader in readers().iter().filter(|r| only.as_ref().is_none_or(|o| o.split(',').any(|w| w == r.name))) {
        let start = Instant::now();
        let (wrong, [read, uncertified, refused]) = fuzz(reader, count, seed);
        println!(
            "{}: {read} read, {uncertified} read and not certified, {refused} refused, {} wrong; {:.1} s",
            reader.name,
            wrong.len(),
            start.elapsed().as_secs_f64()
        );
        failures.extend(wrong);
    }
    assert!(failures.is_empty(), "{} wrong:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn two_hundred_mutants_of_every_reader_are_refused_or_read() {
    all(200, 1);
}

#[test]
#[ignore = "scripts/check-fuzz runs it"]
fn many_mutants_of_every_reader() {
    let ask = |name: &str, default: u64| std::env::var(name).map_or(default, |v| v.parse().unwrap());
    all(ask("MUTANTS", 10_000), ask("MUTANTS_SEED", 2));
}

#[test]
fn damage_changes_bytes() {
    let mut d = Draw::new(5);
    let seed: Vec<u8> = (0..200).collect();
    assert!((0..100).filter(|_| damaged(&mut d, &seed) != seed).count() > 90);
}
