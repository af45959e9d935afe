//! Where the output of a command goes: to standard output and through the door of [`crate::write::folder`], with the run that
//! made it; in a run that is repeated to check another, to a folder of its own and nowhere else.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, CommandFactory};
use serde_json::json;

use super::{Cli, Outcome, note, tongue, words};
use crate::error::{Error, Result};
use crate::inputs;
use crate::part::Beside;
use crate::report::document::Document;
use crate::share_table::ShareTable;
use crate::snapshot::{self, Made};
use crate::study::{Study, bears_on_results, group};
use crate::table::Table;
use crate::write::folder::{self, Content, MARK};
use crate::write::json::{FORMAT, FORMAT_KEY};
use crate::write::manifest::{Run, Written, date};
use crate::write::table::Form;
use crate::write::{File, MANUSCRIPTS, html, made, manuscript, xlsx};

/// Options of single commands that say where the output goes; those of studies are known by their groups.
const OUTPUT: [&str; 3] = ["csv", "solution", "progress"];

/// Whether an option changes neither a number nor the shape of a folder, so that a run is repeated without it.
fn is_output(option: &str) -> bool {
    OUTPUT.contains(&option) || !bears_on_results(option) && !matches!(group(option), Some("paging" | "forming" | "wording"))
}

/// The group of an option that is given as `--name` or `--name=value`.
pub(super) fn option_group(given: &str) -> Option<&'static str> {
    group(given.trim_start_matches("--").split('=').next().unwrap_or_default())
}

/// The folder of a repeated run's files, and what it would have printed.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    folder: PathBuf,
    printed: Vec<u8>,
}

#[derive(Default)]
struct State {
    run: Run,
    repeated: Option<Repeated>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Begins the run that the command line asks for.
pub(super) fn begin(matches: &ArgMatches) {
    inputs::begin();
    STATE.with_borrow_mut(|state| state.run = given(matches));
}

/// The command and its options, as they can be given again.
fn given(matches: &ArgMatches) -> Run {
    let Some((name, matches)) = matches.subcommand() else { return Run::default() };
    let mut command = Cli::command();
    command.build();
    let Some(command) = command.find_subcommand(name) else { return Run::default() };
    let (mut places, mut options) = (Vec::new(), Vec::new());
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let said = matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
            && !is_output(arg.get_long().unwrap_or(id));
        if !said {
            continue;
        }
        let values = || matches.get_raw(id).into_iter().flatten().map(|v| v.to_string_lossy().into_owned());
        match (arg.get_long(), arg.get_action()) {
            (None, _) => places.extend(values()),
            (Some(long), ArgAction::SetTrue) => options.push(format!("--{long}")),
            (Some(long), _) => options.extend(values().map(|v| format!("--{long}={v}"))),
        }
    }
    if places.iter().any(|p| p.starts_with('-')) {
        options.push("--".into());
    }
    Run { command: name.to_string(), options: [options, places].concat() }
}

/// Does `work` as the run `run`, whose files go to the folder `to`; what it printed.
pub(super) fn repeat<T>(run: Run, to: &Path, work: impl FnOnce() -> T) -> (T, Vec<u8>) {
    inputs::begin();
    let repeated = Some(Repeated { folder: to.to_path_buf(), ..Repeated::default() });
    let before = STATE.replace(State { run, repeated });
    let done = work();
    let after = STATE.replace(before);
    (done, after.repeated.map(|r| r.printed).unwrap_or_default())
}

/// Whether this is a run that is repeated to check another.
pub(super) fn repeated() -> bool {
    STATE.with_borrow(|state| state.repeated.is_some())
}

/// Takes what is printed, in a repeated run.
pub(super) fn kept(content: Content) -> std::io::Result<()> {
    let mut printed = Vec::new();
    content(&mut printed)?;
    STATE.with_borrow_mut(|state| {
        if let Some(repeated) = &mut state.repeated {
            repeated.printed.append(&mut printed);
        }
    });
    Ok(())
}

/// The run, and where its files go in place of `target`.
fn place(target: &Path) -> (Run, Option<PathBuf>) {
    STATE.with_borrow(|state| {
        let name = target.file_name().unwrap_or_default();
        (state.run.clone(), state.repeated.as_ref().map(|r| r.folder.join(name)))
    })
}

/// The run that writes `target`.
pub(super) fn run_of(target: &Path) -> Run {
    place(target).0
}

/// Whether what the options name may be written; asked before long work, and again when it is done.
pub(super) fn may_write(study: &Study) -> Result<()> {
    if repeated() {
        return Ok(());
    }
    let force = study.writing.force.unwrap_or(false);
    if let Some(target) = study.writing.output.as_deref().filter(|t| !snapshot::is_named(t)) {
        folder::replaceable(target, force)?;
    }
    if let Some(target) = &study.proving.proof {
        let command = STATE.with_borrow(|state| state.run.command.clone());
        if !["flows", "run", "responsibility", "compensate"].contains(&command.as_str()) {
            let message = format!("--proof proves flows, which isard {command} does not write");
            return Err(Error::invalid(message, "leave it out, or run isard flows"));
        }
        folder::replaceable(target, force)?;
    }
    for (option, file, endings) in presented(study) {
        let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if !endings.contains(&ending.as_str()) {
            let known = endings.iter().map(|e| format!("FILE.{e}")).collect::<Vec<_>>().join(" or ");
            let message = format!("{}: the name does not say which format --{option} has", file.display());
            return Err(Error::invalid(message, format!("name it {known}; --output and --json have other formats")));
        }
        let beside =
            |folder: &Path| file.parent().is_some_and(|parent| std::path::absolute(parent).ok() == std::path::absolute(folder).ok());
        if study.writing.output.as_deref().is_some_and(beside) {
            let message = format!("{}: --{option} lies in the folder of --output, which holds nothing but its own files", file.display());
            return Err(Error::invalid(message, "name a file beside the folder"));
        }
        folder::file_replaceable(file, force)?;
    }
    if let Some(folder) = &study.presenting.figures {
        folder::replaceable(folder, force)?;
    }
    study.tracing.history.as_deref().map_or(Ok(()), |file| folder::file_replaceable(file, force).map(drop))
}

/// The files for readers that are asked for: option, file, endings that the format may have.
fn presented(study: &Study) -> Vec<(&'static str, &Path, Vec<&'static str>)> {
    let p = &study.presenting;
    let manuscripts = MANUSCRIPTS.iter().map(|form| form.ending).collect();
    let all = [("report", &p.report, vec!["html"]), ("workbook", &p.workbook, vec!["xlsx"]), ("tables", &p.tables, manuscripts)];
    all.into_iter().filter_map(|(option, file, endings)| file.as_deref().map(|f| (option, f, endings))).collect()
}

/// Writes a folder of results.
pub(super) fn results(study: &Study, target: &Path, files: &[File]) -> Result<()> {
    stream(study, target, &contents(files).collect::<Vec<_>>())
}

/// Files as the door of [`folder`] takes them.
fn contents<'f>(files: &'f [File]) -> impl Iterator<Item = (&'f str, Content<'f>)> {
    files.iter().map(|(name, content)| (name.as_str(), content.as_ref() as Content))
}

/// As [`results`], with contents that are made while they are written.
pub(super) fn stream(study: &Study, target: &Path, files: &[(&str, Content)]) -> Result<()> {
    by_flag(study, None, target, files)
}

/// Writes the folder that an option other than `--output` names.
pub(super) fn by_flag(study: &Study, flag: Option<&str>, target: &Path, files: &[(&str, Content)]) -> Result<()> {
    let (mut run, elsewhere) = place(target);
    if let Some(flag) = flag {
        run.options.insert(0, format!("--{flag}={}", target.file_name().unwrap_or_default().to_string_lossy()));
    }
    let force = study.writing.force.unwrap_or(false) && elsewhere.is_none();
    let named: Vec<_> = files.iter().map(|(name, content)| (*name, told(*name == MARK, *content))).collect();
    let files: Vec<(&str, Content)> = named.iter().map(|(name, content)| (*name, content as Content)).collect();
    folder::stream(elsewhere.as_deref().unwrap_or(target), &files, force, &run)?;
    note(study, &format!("wrote {} files to {}", files.len(), target.display()));
    Ok(())
}

/// Writes the file that an option names.
pub(super) fn file(study: &Study, flag: &str, target: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let (mut run, elsewhere) = place(target);
    // which of its files the run must write again
    run.options.insert(0, format!("--{flag}={}", target.file_name().unwrap_or_default().to_string_lossy()));
    let force = study.writing.force.unwrap_or(false) && elsewhere.is_none();
    folder::write_file(elsewhere.as_deref().unwrap_or(target), content, force, &run)
}

/// Whether a table may be written there, asked before long work.
pub(super) fn table_may_write(target: &Path, form: Option<Form>, force: bool) -> Result<()> {
    if repeated() {
        return Ok(());
    }
    match form.unwrap_or_else(|| Form::of(target)) {
        _ if form.is_none() && snapshot::is_named(target) => snapshot::may_write(target, force).map(drop),
        form if form.is_file() => folder::file_replaceable(target, force).map(drop),
        _ => folder::replaceable(target, force).map(drop),
    }
}

/// Writes a table in the form that is named, else in the one of the name: a snapshot, a file, or a long-form folder.
pub(super) fn table(table: &Table, target: &Path, form: Option<Form>, force: bool) -> Result<()> {
    let (run, elsewhere) = place(target);
    let (to, force) = (elsewhere.as_deref().unwrap_or(target), force && elsewhere.is_none());
    if form.is_some() || !snapshot::is_named(to) {
        return crate::write::table::write(table, to, form.unwrap_or_else(|| Form::of(to)), force, &run);
    }
    folder::no_input(to)?;
    snapshot::write_beside(table, to, force, &|made| snapshot_manifest(to, made, &run))
}

/// Writes a table as a snapshot, with the parts of its rows.
pub(super) fn snapshot_with(table: &Table, parts: &[snapshot::Part], target: &Path, force: bool) -> Result<()> {
    let (run, elsewhere) = place(target);
    let (to, force) = (elsewhere.as_deref().unwrap_or(target), force && elsewhere.is_none());
    folder::no_input(to)?;
    snapshot::write_split_beside(table, parts, to, force, &|made| snapshot_manifest(to, made, &run))
}

/// Writes a table by its trade shares.
pub(super) fn share_table(table: &ShareTable, target: &Path, force: bool) -> Result<()> {
    let (run, elsewhere) = place(target);
    let (to, force) = (elsewhere.as_deref().unwrap_or(target), force && elsewhere.is_none());
    snapshot::write_shares_beside(table, to, force, &|made| snapshot_manifest(to, made, &run))
}

fn snapshot_manifest(to: &Path, made: Made, run: &Run) -> Result<Option<Beside>> {
    let name = to.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let written = Written { name, bytes: made.bytes, sha256: made.identity };
    folder::manifest_beside(to, written, made.replaced, run).map(Some)
}

/// Writes the folder of a document, prints it as asked, and says whether it stands. Its messages name options as flags from here on.
pub(super) fn document<'d>(
    study: &Study,
    document: Document<'d>,
    files: impl for<'f> FnOnce(&'f Document<'d>) -> Vec<File<'f>>,
) -> Result<Outcome> {
    let mut document = words::spoken(document);
    if !repeated() {
        document.head.tongue = document.head.tongue.or(tongue::asked_for());
    }
    let document = &document;
    filed(study, document, &files(document))?;
    if study.json() {
        object(document)?;
        // the text says it itself
        document.reasons().iter().for_each(|reason| note(study, &format!("UNCERTIFIED: {reason}")));
    } else if !study.quiet() {
        let text =
            if study.is_short() && !document.plain { crate::write::text::short(document) } else { crate::write::text::page(document) };
        super::print(&text)?;
    }
    Ok(document.certified().into())
}

/// Writes the folder of a document, `files` and its object, and the files for readers.
pub(super) fn filed(study: &Study, document: &Document, files: &[File]) -> Result<()> {
    if let Some(folder) = &study.writing.output {
        let object = |out: &mut dyn Write| crate::write::json::write(document, out);
        stream(study, folder, &contents(files).chain([(MARK, &object as Content)]).collect::<Vec<_>>())?;
    }
    present(study, document)
}

/// Prints the object of a document, with what made it.
pub(super) fn object(document: &Document) -> Result<()> {
    stream_json(&|out| crate::write::json::write(document, out))
}

/// Writes the files for readers; beside a page the whole object, where the page holds a part.
fn present(study: &Study, document: &Document) -> Result<()> {
    let run = STATE.with_borrow(|state| state.run.clone());
    // a run that is repeated names its outputs among its options, and shapes no folder
    let options = run.options.iter().filter(|o| !matches!(option_group(o), Some("presenting" | "forming")));
    let words = options.map(|o| if o.contains(' ') { format!("'{o}'") } else { o.clone() });
    let line = ["isard".to_string(), run.command.clone()].into_iter().chain(words).collect::<Vec<_>>().join(" ");
    for (option, target, _) in presented(study) {
        let bytes = match option {
            "report" => page(study, document, target, &run.command, &line)?,
            "workbook" => xlsx::bytes(document, &line).map_err(|e| Error::io(target, "write", std::io::Error::other(e)))?,
            _ => manuscript(target).map_or_else(Vec::new, |form| (form.text)(document, &line).into_bytes()),
        };
        file(study, option, target, &bytes)?;
        note(study, &format!("wrote {}", target.display()));
    }
    let Some(folder) = &study.presenting.figures else { return Ok(()) };
    let files = html::figures(document, &about(study, &run.command, &line));
    if files.is_empty() {
        return Err(Error::no_effect(
            "--figures has no effect: this analysis has no drawn figure",
            "leave it out; --report has its bars and tables",
        ));
    }
    #[cfg(feature = "png")]
    let files: Vec<(String, Vec<u8>)> = {
        let drawn = |(name, svg): &(String, String)| {
            let dots = html::png(svg).map_err(|e| Error::io(folder, "write", std::io::Error::other(format!("{name} as PNG: {e}"))))?;
            Ok([(name.clone(), svg.clone().into_bytes()), (name.replace(".svg", ".png"), dots)])
        };
        files.iter().map(drawn).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect()
    };
    by_flag(study, Some("figures"), folder, &contents(&made(files)).collect::<Vec<_>>())
}

/// What a page needs to know of its run.
fn about<'p>(study: &Study, command: &'p str, line: &str) -> html::Page<'p> {
    html::Page {
        command,
        line: line.into(),
        date: date(),
        platform: crate::operator::platform(),
        threads: study.writing.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        beside: None,
    }
}

/// The page of a document. One that holds a part names the file of the whole, which is written too.
fn page(study: &Study, document: &Document, target: &Path, command: &str, line: &str) -> Result<Vec<u8>> {
    let beside = html::is_part(document).then(|| target.with_extension("json"));
    let named = beside.as_ref().and_then(|b| b.file_name()).map(|n| n.to_string_lossy().into_owned());
    let page = html::Page { beside: named, ..about(study, command, line) };
    let mut bytes = Vec::new();
    let written = html::write(document, &page, &mut bytes);
    written.map_err(|e| Error::io(target, "write", e))?;
    if let Some(beside) = beside {
        let mut object = Vec::new();
        let written = crate::write::json::write(document, &mut object);
        written.map_err(|e| Error::io(&beside, "write", e))?;
        file(study, "report", &beside, &object)?;
    }
    Ok(bytes)
}

/// Prints one JSON object that is made while it is printed, with what made it.
fn stream_json(content: Content) -> Result<()> {
    super::stream(&told(true, content))
}

/// The content, where it is the `object` of a result with the run that made it as its first key.
fn told<'c>(object: bool, content: Content<'c>) -> impl Fn(&mut dyn Write) -> std::io::Result<()> + 'c {
    move |out| if object { content(&mut Told { out, begun: false }) } else { content(out) }
}

/// Passes an object on, with `made_by` and `format` after its first brace.
struct Told<'o> {
    out: &'o mut dyn Write,
    begun: bool,
}

impl Write for Told<'_> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        match buffer.split_first() {
            Some((b'{', rest)) if !self.begun => {
                let run = STATE.with_borrow(|state| state.run.clone());
                let made = json!({"command": run.command, "options": run.options, "platform": crate::operator::platform()});
                write!(self.out, "{{\"made_by\":{made},")?;
                // a document names it itself
                if !rest.starts_with(format!("\"{FORMAT_KEY}\":").as_bytes()) {
                    write!(self.out, "\"{FORMAT_KEY}\":{FORMAT},")?;
                }
                self.out.write_all(rest)?;
                self.begun = true;
                Ok(buffer.len())
            }
            _ => self.out.write(buffer),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
