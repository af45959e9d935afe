//! How much memory may be taken, so that what cannot fit is refused before it is allocated.
//!
//! The least of `MemAvailable` in /proc/meminfo (proc(5)); for each control group around this process, its limit less
//! what it holds, file pages that the system can drop not counted (Linux, cgroup-v1/memory, cgroup-v2); the limit of the
//! address space less what is taken of it (setrlimit(2)); and the limit set here less the anonymous memory taken since.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Environment variable with the memory that a command may take, where that is less than the system has: `1500000000`, `1.5 GB`.
pub const VARIABLE: &str = "ISARD_MEMORY";

/// Where Linux says what a process holds, and the line of its memory that is no file.
const STATUS: &str = "/proc/self/status";
const HELD: &str = "RssAnon:";

/// What stands for no limit.
const NONE: u64 = u64::MAX;

static LIMIT: AtomicU64 = AtomicU64::new(NONE);
static HELD_BEFORE: AtomicU64 = AtomicU64::new(0);
static LARGEST_FILE: AtomicU64 = AtomicU64::new(NONE);

/// Limits the bytes that this process may take from now on; `None` leaves the system's own limits only.
pub fn set_limit(bytes: Option<u64>) {
    HELD_BEFORE.store(entry(&std::fs::read_to_string(STATUS).unwrap_or_default(), HELD).unwrap_or(0) * 1024, Ordering::Relaxed);
    LIMIT.store(bytes.unwrap_or(NONE), Ordering::Relaxed);
}

/// Limits the bytes of one file, counted after it is unpacked; `None`: half of what is available.
pub fn set_largest_file(bytes: Option<u64>) {
    LARGEST_FILE.store(bytes.unwrap_or(NONE), Ordering::Relaxed);
}

/// Sets the limit that [`VARIABLE`] names, where it is set.
///
/// # Errors
/// When its value is no size.
pub fn limit_from_environment() -> Result<()> {
    let Some(value) = std::env::var_os(VARIABLE) else { return Ok(()) };
    set_limit(Some(parse(VARIABLE, &value.to_string_lossy())?));
    Ok(())
}

/// Bytes that a file may have once it is unpacked; `None` where nothing limits them.
pub fn largest_file() -> Option<u64> {
    match LARGEST_FILE.load(Ordering::Relaxed) {
        NONE => available().map(|there| there / 2),
        bytes => Some(bytes),
    }
}

/// Bytes this process can still take; `None` where nothing is known.
pub fn available() -> Option<u64> {
    let limit = LIMIT.load(Ordering::Relaxed);
    let limit = (limit != NONE).then(|| limit.saturating_add(HELD_BEFORE.load(Ordering::Relaxed)));
    available_below(Path::new("/"), limit)
}

/// Refuses a file of `bytes` or more, counted after it is unpacked, where that is more than [`largest_file`].
///
/// # Errors
/// With both numbers.
pub fn require_file(place: &str, bytes: u64, most: u64) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let (text, help) = if LARGEST_FILE.load(Ordering::Relaxed) == NONE {
        let text = format!("has {bytes} bytes or more once it is unpacked, half of the available memory is {}", size(most));
        (text, "use a machine with more memory, or raise the limit with `max-size` (such as `max-size` 20GB)")
    } else {
        let text = format!("has {bytes} bytes or more once it is unpacked, at most {most} ({}) are read", size(most));
        (text, "raise the limit with `max-size` (such as `max-size` 20GB) if the file is sound")
    };
    Err(Error::format(place, text, help))
}

/// Refuses what needs more than [`available`]; `remedy` is the help line.
///
/// # Errors
/// With `what`, the bytes it needs and the bytes there are.
pub fn require(what: &str, bytes: u64, remedy: &str) -> Result<()> {
    // what is small is not worth four files of the system
    const SMALL: u64 = 1 << 16;
    if bytes <= SMALL && LIMIT.load(Ordering::Relaxed) == NONE {
        return Ok(());
    }
    judge(what, bytes, available(), remedy)
}

/// As [`require`], for a full array of numbers.
///
/// # Errors
/// As [`require`].
pub fn require_array(what: &str, rows: usize, columns: usize) -> Result<()> {
    let bytes = (rows as u64).saturating_mul(columns as u64).saturating_mul(8);
    require(&format!("{what} ({rows} x {columns})"), bytes, "aggregate the table, or use a machine with more memory")
}

fn judge(what: &str, bytes: u64, available: Option<u64>, remedy: &str) -> Result<()> {
    match available {
        Some(there) if bytes > there => {
            Err(Error::memory(format!("{what} needs about {} of memory, {} are available", size(bytes), size(there)), remedy))
        }
        _ => Ok(()),
    }
}

/// Units of sizes: decimal ones, and those that are powers of 1,024.
const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// A size such as `1500000000`, `1.5 GB` or `64GiB` in bytes; `name` says where it was given.
///
/// # Errors
/// When it is no positive number with one of these units.
pub fn parse(name: &str, text: &str) -> Result<u64> {
    let refuse = || {
        Error::range(
            format!("{name} must be a size above zero, not \"{text}\""),
            "write a number of bytes, or one with kB, MB, GB, TB, KiB, MiB, GiB or TiB: 1500000000, 1.5GB, 64GiB",
        )
    };
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let size = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size).ok_or_else(refuse)?;
    let bytes = match number.parse::<u64>() {
        Ok(whole) => whole.checked_mul(size).ok_or_else(refuse)?,
        Err(_) => (number.parse::<f64>().map_err(|_| refuse())? * size as f64) as u64, // saturates
    };
    if bytes == 0 || bytes == NONE { Err(refuse()) } else { Ok(bytes) }
}

/// In the unit that gives one to three digits before the point.
pub fn size(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "bytes");
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        if value >= 1e3 {
            (value, unit) = (value / 1e3, larger);
        }
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") }
}

fn available_below(root: &Path, limit: Option<u64>) -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let free = entry(&read("proc/meminfo"), "MemAvailable:").map(|kib| kib * 1024);
    let groups = read("proc/self/cgroup");
    let of_groups = groups.lines().flat_map(|line| of_group(root, line));
    let status = read(STATUS.trim_start_matches('/'));
    let held = |what: &str| entry(&status, what).unwrap_or(0) * 1024;
    let addresses = address_limit(&read("proc/self/limits")).map(|all| all.saturating_sub(held("VmSize:")));
    let allowed = limit.map(|all| all.saturating_sub(held(HELD)));
    free.into_iter().chain(of_groups).chain(addresses).chain(allowed).min()
}

/// The soft limit of /proc/self/limits on addresses, in bytes.
fn address_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok() // "unlimited" is no number
}

/// What a line `number:controllers:/path` of /proc/self/cgroup leaves, and each group above it.
fn of_group(root: &Path, line: &str) -> Vec<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (mount, limit, held, dropped) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
        c if c.split(',').any(|c| c == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        }
        _ => return Vec::new(),
    };
    let left = |group: &Path| {
        let folder = root.join(mount).join(group);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        let number = |name: &str| read(name)?.trim().parse::<u64>().ok(); // "max" is no number: no limit
        let limit = number(limit)?;
        let held = number(held)?.saturating_sub(read("memory.stat").and_then(|s| entry(&s, dropped)).unwrap_or(0));
        Some(limit.saturating_sub(held))
    };
    Path::new(path.trim_start_matches('/')).ancestors().filter_map(left).collect()
}

/// The number behind the word that opens a line.
fn entry(text: &str, word: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        if words.next()? == word { words.next()?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_sizes() {
        let refusal = judge("a table", 12_340_000_000, Some(999), "ask for less").unwrap_err();
        assert_eq!(refusal.to_string(), "a table needs about 12.3 GB of memory, 999 bytes are available");
        assert_eq!(refusal.help().as_deref(), Some("ask for less"));
        assert!(judge("a table", 999, Some(999), "").is_ok());
        assert!(judge("a table", u64::MAX, None, "").is_ok(), "where nothing is known nothing is refused");
    }

    #[test]
    fn sizes_are_read_with_units_and_everything_else_is_refused_by_name() {
        for (text, bytes) in [
            ("1500000000", 1_500_000_000),
            (" 12 ", 12),
            ("1.5 GB", 1_500_000_000),
            ("64GiB", 64 << 30),
            ("2kB", 2_000),
            ("3 MiB", 3 << 20),
            ("1tb", 1_000_000_000_000),
            ("7B", 7),
        ] {
            assert_eq!(parse("X", text).unwrap(), bytes, "{text}");
        }
        for wrong in ["", "abc", "-5", "0", "1.2.3", "1e9", "inf", "NaN", "1 XB", "GB", "99999999999999999999999999", "5 G B"] {
            let refusal = parse("ISARD_MEMORY", wrong).unwrap_err();
            assert!(refusal.to_string().starts_with("ISARD_MEMORY must be a size"), "{wrong}: {refusal}");
            assert!(refusal.help().unwrap().contains("GiB"));
        }
    }

    #[test]
    fn the_least_of_machine_groups_and_limits_counts() {
        const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    4 kB\n");
        let left = |files: &[(&str, &str)]| available_below(tree(files).path(), None);
        assert_eq!(left(&[]), None);
        assert_eq!(left(&[MEMINFO]), Some(4096));
        let version_2 = [
            MEMINFO,
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/inner/memory.current", "100\n"),
            ("sys/fs/cgroup/outer/memory.max", "3000\n"),
            ("sys/fs/cgroup/outer/memory.current", "2000\n"),
            ("sys/fs/cgroup/outer/memory.stat", "anon 1500\ninactive_file 500\n"),
        ];
        assert_eq!(left(&version_2), Some(1500), "the group above has a limit");
        let version_1 = [
            MEMINFO,
            ("proc/self/cgroup", "5:devices:/job\n4:cpu,memory:/job\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2500\n"),
        ];
        assert_eq!(left(&version_1), Some(0), "a container sees its group as the root");
        let limited = [
            MEMINFO,
            ("proc/self/status", "VmSize:\t 2 kB\nRssAnon:\t 1 kB\n"),
            ("proc/self/limits", "Limit  Soft Limit  Hard Limit  Units\nMax address space         5000   unlimited   bytes\n"),
        ];
        assert_eq!(left(&limited), Some(5000 - 2048), "ulimit -v");
        let with = |limit| available_below(tree(&limited).path(), Some(limit));
        assert_eq!((with(1025), with(3000), with(1000), with(9999)), (Some(1), Some(1976), Some(0), Some(2952)), "less what is held");
    }
}
