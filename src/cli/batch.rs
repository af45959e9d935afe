//! `isard batch` and `isard merge`: many scenarios of one table from one plan, in parts and after kills; parts put together.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::{Outcome, note, print, tongue, watch, write};
use crate::batch::{Batch, Estimate, Merged, Plan, Shard, merge};
use crate::error::{Error, Result};
use crate::study::Study;
use crate::study::options::Writing;
use crate::write::folder;

/// Where results go, and how.
#[derive(Args)]
struct Output {
    /// Folder for the CSV files; with --shard for the blocks of this part
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Replace an output that isard wrote before
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
    /// Threads; default all cores
    #[arg(long, help_heading = "Solve")]
    threads: Option<usize>,
}

impl Output {
    fn options(self) -> Study {
        let writing =
            Writing { output: self.output, force: Some(self.force), quiet: Some(self.quiet), threads: self.threads, ..Writing::default() };
        Study { writing, ..Study::default() }
    }
}

#[derive(Args)]
#[command(after_help = "A plan is a TOML file: [data] as in a study file, [batch], then [demand], [[scenario]] and [draws]:\n\n\
\x20 [data]\n\
\x20 table = \"mrio.isard\"\n\
\x20 [batch]\n\
\x20 outcomes = [\"origin\"]           origin, destination, flows, total: a CSV file each\n\
\x20 [draws]\n\
\x20 count = 1000\n\
\x20 seed = 7\n\
\x20 class = [{ cv = 0.1 }]\n\n\
docs/batch-and-memory.md has every key. Blocks that are done lie in DIR.parts until all are; parts of a batch keep theirs in\n\
the folder of --output, and isard merge puts them together.\n\n\
Examples:\n\
\x20 isard batch plan.toml --dry-run                        what it will take, from a few runs\n\
\x20 isard batch plan.toml --output results                 all of it\n\
\x20 isard batch plan.toml --output results --resume        go on after a kill\n\
\x20 isard batch plan.toml --output parts --shard 3/16      one of sixteen parts, in any order, anywhere\n\
\x20 isard merge parts --output results                     the same bytes as one run")]
pub(super) struct BatchRun {
    /// Plan of the batch (TOML)
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Make part i of N only (i from 1), into the folder of --output
    #[arg(long, value_name = "i/N", help_heading = "Batch")]
    shard: Option<String>,
    /// Go on where an earlier run of the same plan and table ended
    #[arg(long, help_heading = "Batch")]
    resume: bool,
    /// Make a few runs of each kind and say what all will cost; writes nothing
    #[arg(long, help_heading = "Batch")]
    dry_run: bool,
    #[command(flatten)]
    to: Output,
}

#[derive(Args)]
#[command(after_help = "Lists what is missing, and exits with 1 then.\n\n\
Example:\n\
\x20 isard merge parts-1 parts-2 parts-3 --output results")]
pub(super) struct MergeParts {
    /// Folders that `isard batch --shard` has written, in any order
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    to: Output,
}

/// Where the blocks of a whole batch lie until all are done.
fn parts(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_os_string();
    name.push(".parts");
    output.with_file_name(name)
}

fn output(options: &Study, what: &str) -> Result<PathBuf> {
    let missing = || Error::missing(format!("{what} writes files, and no folder is named"), "name one by `output` DIR");
    options.writing.output.clone().ok_or_else(missing)
}

impl BatchRun {
    pub(super) fn run(self) -> Result<Outcome> {
        let begun = Instant::now();
        let mut plan = Plan::read(&self.plan)?;
        let options = self.to.options();
        options.set_process()?;
        plan.study.writing.threads = options.writing.threads;
        let force = options.writing.force.unwrap_or(false);
        let shard = self.shard.as_deref().map(Shard::parse).transpose()?;
        // before long work, not after it
        let target = if self.dry_run { None } else { Some(output(&options, "a batch")?) };
        if let (Some(target), None) = (&target, shard) {
            folder::replaceable(target, force)?;
        }
        let batch = Batch::new(plan, &watch(&options))?;
        let ready = begun.elapsed().as_secs_f64();
        let Some(target) = target else {
            if !options.quiet() {
                print(&tongue::told(&costs(&batch.estimate()?, ready, shard)))?;
            }
            return Ok(Outcome::Certified);
        };
        let whole = Shard { number: 1, of: 1 };
        if let Some(shard) = shard {
            let (made, certified) = batch.run(&target, shard, self.resume)?;
            note(&options, &format!("{made} blocks written to {}; isard merge puts parts together", target.display()));
            return Ok(certified.into());
        }
        let folder = parts(&target);
        let begun_now = !folder.exists();
        // a plan that fails before its first block leaves nothing in the way of its next form
        let nothing = |f: &Path| std::fs::read_dir(f).is_ok_and(|all| all.count() <= 1);
        let (made, _) = batch.run(&folder, whole, self.resume).inspect_err(|_| {
            if begun_now && nothing(&folder) {
                let _ = std::fs::remove_dir_all(&folder);
            }
        })?;
        let done = begun.elapsed().as_secs_f64();
        let outcome = finish(&options, std::slice::from_ref(&folder), &target, force)?;
        std::fs::remove_dir_all(&folder).map_err(|e| Error::io(&folder, "remove", e))?;
        let end = begun.elapsed().as_secs_f64();
        note(&options, &format!("ready in {ready:.2} s, {made} blocks in {:.2} s, written in {:.2} s", done - ready, end - done));
        Ok(outcome)
    }
}

impl MergeParts {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.to.options();
        options.set_process()?;
        let (target, force) = (output(&options, "a merge")?, options.writing.force.unwrap_or(false));
        folder::replaceable(&target, force)?;
        finish(&options, &self.folders, &target, force)
    }
}

/// Puts blocks together, or says what is missing.
fn finish(options: &Study, folders: &[PathBuf], target: &Path, force: bool) -> Result<Outcome> {
    match merge(folders, target, force, &write::run_of(target))? {
        Merged::Whole(certified) => {
            note(options, &format!("wrote {}", target.display()));
            if !certified {
                note(options, "UNCERTIFIED: some bounds are wider than asked for, or infinite; the files have them");
            }
            Ok(certified.into())
        }
        Merged::Missing(lines) => {
            let text = lines.iter().map(|l| format!("missing: {l}\n")).collect::<String>();
            print(&tongue::told(&text))?;
            note(options, &format!("{} blocks are missing: run their parts again with --resume, then merge", lines.len()));
            Ok(Outcome::NotCertified)
        }
    }
}

/// What all runs will take, in lines.
fn costs(all: &[Estimate], ready: f64, shard: Option<Shard>) -> String {
    let share = shard.map_or(1.0, |s| 1.0 / s.of as f64);
    let mut text = format!("prepared in {ready:.2} s\n");
    let mut seconds = 0.0;
    for e in all {
        let runs = e.runs as f64 * share;
        seconds += runs * e.seconds;
        text += &format!(
            "{} {}s: {:.3} ms each ({} made), {:.1} s in all{}, {:.1} MB of results\n",
            e.runs,
            e.kind,
            1e3 * e.seconds,
            e.made,
            runs * e.seconds,
            shard.map(|s| format!(" for one of {} parts", s.of)).unwrap_or_default(),
            runs * e.bytes / 1e6
        );
    }
    text + &format!("about {:.1} s, with {} threads; measured, not certified\n", ready + seconds, crate::solve::threads())
}
