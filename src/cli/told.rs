//! What a command tells: results on standard output, messages and errors on standard error, and the exit code.

use std::io::Write;
use std::process::ExitCode;

use super::words::flags;
use super::{Outcome, progress as drawing, tongue, write};
use crate::error::{Error, Result};
use crate::labels::Tongue;
use crate::study::Study;
use crate::watch::Watch;
use crate::{escape, guard};

/// What is told of a panic that nothing caught.
fn broken() -> Error {
    let what = guard::last().unwrap_or_else(|| "no message".into());
    Error::invalid(format!("isard itself failed, nothing is certified: {what}"), "please report the command, the data and this message")
}

/// Tells how a command ended, as its exit code says it.
pub(super) fn end(outcome: Option<Result<Outcome>>) -> ExitCode {
    match outcome.unwrap_or_else(|| Err(broken())) {
        Ok(Outcome::Certified) => ExitCode::SUCCESS,
        Ok(Outcome::NotCertified) => ExitCode::from(1),
        Ok(Outcome::Suspended) => ExitCode::from(75),
        Err(error) => {
            complain(&error, tongue::spoken());
            ExitCode::from(2)
        }
    }
}

/// Help and version as they are, a mistake of usage without what a terminal would act on.
pub(super) fn explain(usage: &clap::Error, tongue: Tongue) -> ExitCode {
    if usage.use_stderr() {
        let text = usage.render().to_string();
        let said: String = text.split_inclusive('\n').map(|line| tongue.line(line.trim_end_matches('\n')) + "\n").collect();
        let _ = write!(std::io::stderr(), "{}", escape::page(&said));
    } else {
        let _ = usage.print();
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}

fn complain(error: &Error, tongue: Tongue) {
    let said = |text: &str| escape::line(&flags(&tongue.tell(text))).into_owned();
    let mut err = std::io::stderr().lock();
    let what = match error {
        Error::Format { place, message, .. } if tongue == Tongue::Zh => format!("{}：{}", escape::line(place), said(message)),
        _ => said(&error.to_string()),
    };
    let _ = writeln!(err, "{}{what}", tongue.pick("error: ", "错误："));
    if let Error::Refused { findings } = error {
        for f in findings {
            let _ = writeln!(err, "  FAIL {}: {}", f.code, said(&f.message));
        }
    }
    if let Some(help) = error.help() {
        let _ = writeln!(err, "{}{}", tongue.pick("help: ", "提示："), said(&help));
    }
}

/// Writes to standard output; a reader that has gone away is not an error.
pub(super) fn print(text: &str) -> Result<()> {
    stream(&|out| out.write_all(text.as_bytes()))
}

/// As [`print`], with content that is made while it is written.
pub(super) fn stream(content: crate::write::folder::Content) -> Result<()> {
    let place = std::path::Path::new("standard output");
    if write::repeated() {
        return write::kept(content).map_err(|e| Error::io(place, "write", e));
    }
    let mut out = Shown { out: std::io::BufWriter::new(std::io::stdout().lock()), rest: Vec::new() };
    match content(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::io(place, "write", e)),
        _ => Ok(()),
    }
}

/// Text on its way to a terminal, without what a terminal would act on.
struct Shown<W> {
    out: W,
    /// The first bytes of a letter whose last ones are still to come.
    rest: Vec<u8>,
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let whole = std::str::from_utf8(&self.rest).map_or_else(|e| e.valid_up_to(), str::len);
        self.out.write_all(escape::page(&String::from_utf8_lossy(&self.rest[..whole])).as_bytes())?;
        self.rest.drain(..whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// A message on standard error, unless quiet.
pub(super) fn note(study: &Study, text: &str) {
    if !study.quiet() && !write::repeated() {
        eprintln!("{}", escape::page(&flags(&tongue::spoken().tell(text))));
    }
}

/// A watch whose messages and progress go to standard error, progress on a terminal alone; silent if the study is quiet.
pub(super) fn watch(study: &Study) -> Watch {
    let watch = progress(study);
    if study.quiet() || write::repeated() {
        watch
    } else {
        watch.on_note(|text| eprintln!("{}", escape::page(&flags(&tongue::spoken().tell(text)))))
    }
}

/// A watch whose progress goes to a terminal; its messages go nowhere.
pub(super) fn progress(study: &Study) -> Watch {
    if study.quiet() || !std::io::IsTerminal::is_terminal(&std::io::stderr()) { Watch::default() } else { drawing::drawn() }
}
