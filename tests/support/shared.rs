//! Real data beside the repository, in `../shared/data`: a comparison that they are missing for is named at the end.
//!
//! The list goes to the real standard error, where the test harness captures nothing. With `ISARD_REQUIRE_DATA=1` a
//! comparison that would be left out fails.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};

static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" {
    fn atexit(call: extern "C" fn()) -> std::ffi::c_int;
}

/// What is written when the process ends; nothing where nothing was left out.
pub fn list(mut skipped: Vec<String>) -> String {
    skipped.sort();
    skipped.dedup();
    if skipped.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{} comparison(s) left out (ISARD_REQUIRE_DATA=1 makes this a failure):\n", skipped.len());
    for line in skipped {
        text += &format!("  {line}\n");
    }
    text
}

extern "C" fn tell() {
    let skipped = SKIPPED.lock().map(|s| s.clone()).unwrap_or_default();
    let _ = std::io::stderr().write_all(list(skipped).as_bytes());
}

/// Whether a comparison must not be left out for want of data.
fn required() -> bool {
    std::env::var_os("ISARD_REQUIRE_DATA").is_some_and(|v| v == "1")
}

/// Takes down that the running test leaves something out, and why; no failure.
pub fn leave_out(why: &str) {
    static AT_END: Once = Once::new();
    let thread = std::thread::current();
    AT_END.call_once(|| {
        // SAFETY: the function takes no argument, never unwinds and lives as long as the process
        unsafe { atexit(tell) };
    });
    SKIPPED.lock().unwrap().push(format!("{}: {why}", thread.name().unwrap_or("a test")));
}

/// A file or folder of the real data, or `None` and a line at the end of the run.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if file.exists() {
        return Some(file);
    }
    let why = format!("{} is absent", file.display());
    assert!(!required(), "left out although ISARD_REQUIRE_DATA=1: {why}");
    leave_out(&why);
    None
}

#[test]
fn what_is_left_out_is_listed_once_in_order() {
    assert_eq!(list(Vec::new()), "");
    let text = list(vec!["b: y is absent".into(), "a: x is absent".into(), "b: y is absent".into()]);
    assert!(text.contains("2 comparison(s) left out"));
    assert!(text.find("a: x").unwrap() < text.find("b: y").unwrap());
    assert_eq!(text.matches("b: y").count(), 1);
}
