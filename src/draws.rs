//! Numbers for tests, from a seed.

/// Numbers from 0 to 1 without 1 (Marsaglia, *Xorshift RNGs*, J. Stat. Softw. 8(14), 2003).
pub(crate) fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}
