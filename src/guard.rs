//! Panics inside libraries become errors: a damaged file is the file's fault, and no backtrace tells more.
//!
//! The library only catches. What the process prints when something panics is the business of the command, which calls
//! [`be_silent`] once and tells of a panic that nothing caught with [`last`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// Message and place of the last panic.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps the message of a panic in place of printing it, on every thread.
pub(crate) fn be_silent() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| info.payload().downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into());
        let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line())).unwrap_or_default();
        if let Ok(mut last) = LAST.lock() {
            *last = Some(text + &place);
        }
    }));
}

/// Message and place of the last panic since [`be_silent`].
pub(crate) fn last() -> Option<String> {
    LAST.lock().ok()?.take()
}

/// Runs `read`; `None` where it panics.
pub(crate) fn caught<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_an_answer_handed_on() {
        assert_eq!(caught(|| 3), Some(3));
        assert_eq!(caught(|| -> i32 { panic!("on purpose: a test of what is caught") }), None);
    }
}
