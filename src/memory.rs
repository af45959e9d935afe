//! How much memory there is for the asking, so that what cannot fit is refused before it is begun.
//!
//! The least of `MemAvailable` in /proc/meminfo (proc(5)) and, for each control group around this process, its limit
//! less what it holds; file pages that the system can drop do not count as held (Linux, cgroup-v1/memory, cgroup-v2).

use std::path::Path;

use crate::error::{Error, Result};

/// Environment variable with the bytes that may be taken, where fewer than the system has.
pub const LIMIT: &str = "ISARD_MEMORY";

/// Bytes this process can still take, at most those of [`LIMIT`]; `None` where nobody says.
pub fn available() -> Option<u64> {
    let allowed = std::env::var(LIMIT).ok().and_then(|v| v.trim().parse::<u64>().ok());
    available_below(Path::new("/")).into_iter().chain(allowed).min()
}

/// Refuses what needs more than [`available`]; `remedy` is the help line.
///
/// # Errors
/// With `what`, the bytes it needs and the bytes there are.
pub fn require(what: &str, bytes: u64, remedy: &str) -> Result<()> {
    judge(what, bytes, available(), remedy)
}

fn judge(what: &str, bytes: u64, available: Option<u64>, remedy: &str) -> Result<()> {
    match available {
        Some(there) if bytes > there => {
            Err(Error::invalid(format!("{what} needs about {} of memory, {} are available", size(bytes), size(there)), remedy))
        }
        _ => Ok(()),
    }
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

fn available_below(root: &Path) -> Option<u64> {
    let meminfo = std::fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let free = entry(&meminfo, "MemAvailable:").map(|kib| kib * 1024);
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    free.into_iter().chain(groups.lines().flat_map(|line| of_group(root, line))).min()
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
    fn the_least_of_machine_and_groups_counts() {
        const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    4 kB\n");
        let left = |files: &[(&str, &str)]| available_below(tree(files).path());
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
    }
}
