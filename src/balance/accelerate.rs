//! Fewer passes where a matrix converges slowly: the next column scalings from several passes at once.
//!
//! `x_k` are the logarithms of the scalings that a pass began with, `g_k` of those that it gave, `f_k = g_k - x_k`. The next pass begins
//! with `g_k - sum c_i (g_i+1 - g_i)`, where c minimises `|f_k - sum c_i (f_i+1 - f_i)|`. Anderson 1965, doi:10.1145/321296.321305;
//! Walker and Ni 2011, doi:10.1137/10078356X. The solution is the same: a step that leads away is forgotten.

use std::collections::VecDeque;

/// Differences that are kept.
const DEPTH: usize = 6;
/// Share of the diagonal that is added to it: differences become parallel near the end.
const RIDGE: f64 = 1e-12;
/// Largest step away from what the pass gave, in logarithms.
const LARGEST: f64 = 1.0;
/// A distance that grows by more than this ends what was learnt.
const WORSE: f64 = 2.0;

/// What passes have shown.
#[derive(Default)]
pub(super) struct Accelerator {
    /// Given scalings and steps of the last pass.
    last: Option<(Vec<f64>, Vec<f64>)>,
    given: VecDeque<Vec<f64>>,
    steps: VecDeque<Vec<f64>>,
    distance: f64,
}

impl Accelerator {
    /// Replaces the scalings that a pass gave by those that the next one is to begin with.
    pub(super) fn next(&mut self, used: &[f64], given: &mut [f64], distance: f64) {
        if distance > WORSE * self.distance {
            (self.last, self.given, self.steps) = (None, VecDeque::new(), VecDeque::new());
        }
        self.distance = distance;
        let logs: Vec<f64> = given.iter().map(|v| v.ln()).collect();
        let step: Vec<f64> = logs.iter().zip(used).map(|(g, x)| g - x.ln()).collect();
        if let Some((last_logs, last_step)) = &self.last {
            let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
            self.given.push_back(less(&logs, last_logs));
            self.steps.push_back(less(&step, last_step));
            if self.given.len() > DEPTH {
                self.given.pop_front();
                self.steps.pop_front();
            }
        }
        let weights = self.weights(&step);
        let mut moved = logs.clone();
        for (c, difference) in weights.iter().zip(&self.given) {
            moved.iter_mut().zip(difference).for_each(|(m, d)| *m -= c * d);
        }
        let sound = moved.iter().zip(&logs).all(|(m, g)| (m - g).abs() <= LARGEST);
        if sound {
            given.iter_mut().zip(&moved).for_each(|(v, m)| *v = m.exp());
        }
        self.last = Some((logs, step));
    }

    /// The least squares of a step by the differences of steps; normal equations, eliminated from the largest diagonal.
    fn weights(&self, step: &[f64]) -> Vec<f64> {
        let k = self.steps.len();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut m: Vec<Vec<f64>> =
            (0..k).map(|i| (0..k).map(|j| dot(&self.steps[i], &self.steps[j])).chain([dot(&self.steps[i], step)]).collect()).collect();
        (0..k).for_each(|i| m[i][i] *= 1.0 + RIDGE);
        for p in 0..k {
            let best = (p..k).max_by(|&a, &b| m[a][p].abs().total_cmp(&m[b][p].abs())).unwrap_or(p);
            m.swap(p, best);
            let pivot = m[p].clone();
            if pivot[p] == 0.0 || !pivot[p].is_finite() {
                return vec![0.0; k];
            }
            for row in m.iter_mut().skip(p + 1) {
                let ratio = row[p] / pivot[p];
                row.iter_mut().zip(&pivot).skip(p).for_each(|(v, t)| *v -= ratio * t);
            }
        }
        let mut weights = vec![0.0; k];
        for p in (0..k).rev() {
            let known: f64 = (p + 1..k).map(|q| m[p][q] * weights[q]).sum();
            weights[p] = (m[p][k] - known) / m[p][p];
        }
        if weights.iter().all(|w| w.is_finite()) { weights } else { vec![0.0; k] }
    }
}
