//! The options of each command: a table by its place, and the groups of a study that the command uses.

use std::path::PathBuf;

use clap::Args;

use crate::study::Study;
use crate::study::options::{
    Aggregating, Choosing, Counting, Dropping, Engaging, Forming, Keeping, Limiting, Measuring, Paging, Paying, Placing, Presenting,
    Proving, Reading, Sharing, Solving, Spanning, Splitting, Tracing, Viewing, Wording, Writing,
};

/// Tables named by their place, and the options of the groups that a command uses: others are refused.
macro_rules! inputs {
    ($($(#[$about:meta])* $name:ident: $($part:ident $group:ident),+;)+) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Args)]
        pub(super) struct $name {
            /// Table; without one, the embedded synthetic table
            #[arg(value_name = "TABLE", id = "file")]
            file: Option<PathBuf>,
            #[command(flatten)]
            placing: Placing,
            $(#[command(flatten)]
            $part: $group,)+
        }

        impl $name {
            /// The options, with the table that was named.
            pub(super) fn options(self) -> Study {
                let placing = Placing { table: self.file.or(self.placing.table) };
                Study { placing, $($part: self.$part,)+ ..Study::default() }
            }
        })+
    };
}

/// As `inputs`, where several tables are put side by side.
macro_rules! spans {
    ($($(#[$about:meta])* $name:ident: $($part:ident $group:ident),+;)+) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Args)]
        pub(super) struct $name {
            /// Table; without one, the embedded synthetic table; several: the same analysis of each, side by side
            #[arg(value_name = "TABLE", id = "file")]
            files: Vec<PathBuf>,
            #[command(flatten)]
            placing: Placing,
            #[command(flatten)]
            spanning: Spanning,
            $(#[command(flatten)]
            $part: $group,)+
        }

        impl $name {
            /// The options, with the tables that were named.
            pub(super) fn options(mut self) -> Study {
                if self.files.len() > 1 {
                    self.spanning.years.get_or_insert_default().splice(0..0, self.files.drain(..));
                }
                let placing = Placing { table: self.files.pop().or(self.placing.table) };
                Study { placing, spanning: self.spanning, $($part: self.$part,)+ ..Study::default() }
            }
        })+
    };
}

inputs! {
    /// What reads tables.
    TableInput: reading Reading, wording Wording, writing Writing;
    /// What compares methods.
    BenchInput: reading Reading, limiting Limiting, presenting Presenting, wording Wording, writing Writing;
    /// What asks a model.
    ModelInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, presenting Presenting, wording Wording, measuring Measuring, forming Forming, writing Writing;
    /// What aggregates.
    AggregateInput: aggregating Aggregating, reading Reading, choosing Choosing, solving Solving, limiting Limiting,
        presenting Presenting, wording Wording, forming Forming, writing Writing;
    /// What splits sectors.
    SplitInput: splitting Splitting, reading Reading, choosing Choosing, solving Solving, limiting Limiting, presenting Presenting,
        wording Wording, forming Forming, writing Writing;
    /// What leaves flows out.
    SparsifyInput: dropping Dropping, reading Reading, choosing Choosing, solving Solving, limiting Limiting,
        presenting Presenting, wording Wording, forming Forming, writing Writing;
    /// What solves right-hand sides.
    SolveInput: reading Reading, choosing Choosing, solving Solving, engaging Engaging, keeping Keeping, limiting Limiting,
        tracing Tracing, writing Writing;
}

spans! {
    /// What shows flows.
    FlowsInput: reading Reading, choosing Choosing, solving Solving, engaging Engaging, limiting Limiting, viewing Viewing, counting Counting,
        tracing Tracing, presenting Presenting, wording Wording, measuring Measuring, proving Proving, forming Forming, writing Writing;
    /// What shares responsibility.
    SharesInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, sharing Sharing, viewing Viewing,
        counting Counting, tracing Tracing, presenting Presenting, wording Wording, measuring Measuring, proving Proving, forming Forming, writing Writing;
    /// What settles payments.
    PaymentsInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, sharing Sharing, counting Counting,
        paying Paying, paging Paging, tracing Tracing, presenting Presenting, wording Wording, measuring Measuring, proving Proving, forming Forming, writing Writing;
}
