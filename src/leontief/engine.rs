//! A method made ready for A, and what takes over where it does not contract: the one place where a method gives way.

use ndarray::Array1;

use super::answer::{Answer, Goal, Sides, answer, weight_start};
use crate::error::Result;
use crate::operator::{Direction, Operator};
use crate::plan::{self, Plan};
use crate::solve::{Given, Method, Prepared, Progress, Solution, Stopping};

/// Whether a trade-share refinement that does not suit the system or does not contract gives way to a second method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivesWay {
    /// Always; the records name both.
    Always,
    /// Unless it was asked for: then the first method's failure is the result.
    Unasked,
}

/// A, a method that is ready, and the plan that it follows.
pub struct Engine {
    given: Given,
    prepared: Prepared,
    gives_way: bool,
    /// How A is kept and solved, and why.
    pub plan: Plan,
    /// Why another method than the first one is in use.
    pub fallback: Option<String>,
}

/// An answer, and how it was made.
#[must_use]
pub struct Solved {
    /// The answer and what is proven of it.
    pub answer: Answer,
    /// How it was made; another plan than that of the engine where a second method took over.
    pub plan: Plan,
    /// The method that did not contract.
    pub superseded: Option<Method>,
}

impl Engine {
    /// Makes ready the method asked for, or else that of [`crate::plan`] for so many right-hand sides.
    ///
    /// # Errors
    /// If no method works on this system: a singular block, a sector whose own input equals its output.
    pub fn new(given: Given, asked: Option<Method>, columns: usize, gives_way: GivesWay) -> Result<Self> {
        let gives_way = gives_way == GivesWay::Always || asked.is_none();
        let plan::Ready { prepared, plan, fallback } = plan::prepared(&given, asked, columns, !gives_way)?;
        Ok(Engine { given, prepared, gives_way, plan, fallback })
    }

    /// The method in use.
    pub fn method(&self) -> Method {
        self.prepared.method()
    }

    /// A.
    pub fn operator(&self) -> &dyn Operator {
        self.given.matrix.operator()
    }

    /// Solves by the method in use, and if that gives way, by the second one; `tell` gets each solution, and whether it is
    /// superseded.
    pub(super) fn attempt<S: AsRef<Solution>>(&self, solve: impl Fn(&Prepared) -> S, mut tell: impl FnMut(&Prepared, &S, bool)) -> S {
        let first = solve(&self.prepared);
        let failed = self.gives_way && self.method() == Method::TradeShareRefinement && first.as_ref().failed();
        let second = if failed { Prepared::new(plan::second(self.operator()), &self.given).ok() } else { None };
        tell(&self.prepared, &first, second.is_some());
        let Some(second) = second else { return first };
        let found = solve(&second);
        tell(&second, &found, false);
        found
    }

    /// Solves right-hand sides (n x k) and proves what can be proven. `output` (n): about how large solutions are.
    pub fn solve<'a>(
        &self,
        direction: Direction,
        sides: impl Into<Sides<'a>>,
        output: &Array1<f64>,
        goal: Goal,
        stopping: &Stopping,
        progress: Progress,
    ) -> Solved {
        self.solve_told(direction, sides.into(), output, goal, stopping, progress, |_, _, _| ())
    }

    /// As [`Engine::solve`]; `tell` gets each solution, and whether it is superseded.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn solve_told(
        &self,
        direction: Direction,
        sides: Sides,
        output: &Array1<f64>,
        goal: Goal,
        stopping: &Stopping,
        progress: Progress,
        mut tell: impl FnMut(&Prepared, &Solution, bool),
    ) -> Solved {
        let start = weight_start(direction, output);
        let (mut plan, mut superseded) = (self.plan.clone(), None);
        let solve = |prepared: &Prepared| answer(prepared, direction, sides, &start, goal, stopping, progress);
        let answer = self.attempt(solve, |prepared, answer, failed| {
            tell(prepared, &answer.solution, failed);
            let method = prepared.method();
            if failed {
                superseded = Some(method);
            } else if let Some(first) = superseded {
                let why = format!("in place of {}, which does not contract", first.name());
                plan = Plan { method, why, ..plan.clone() };
            }
        });
        Solved { answer, plan, superseded }
    }
}

impl AsRef<Solution> for Solution {
    fn as_ref(&self) -> &Solution {
        self
    }
}

impl AsRef<Solution> for Answer {
    fn as_ref(&self) -> &Solution {
        &self.solution
    }
}
