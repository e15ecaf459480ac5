//! Value grammars: pure functions from one text of a compose or stack file to what it means. Nothing here reads files, knows
//! services or reports diagnostics; an error is a short sentence that the caller places.

pub mod bytes;
pub mod constraint;
pub mod dotenv;
pub mod duration;
pub mod hosts;
pub mod image;
pub mod mode;
pub mod mounts;
pub mod placeholder;
pub mod ports;
pub mod rule;
pub mod schedule;
pub mod template;
pub mod words;

/// Texts of random pieces, the same at each run, for the tests that check that no input makes a grammar panic.
#[cfg(test)]
pub(crate) fn random_texts(pieces: &[&str], count: usize) -> Vec<String> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
    };
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        let length = next(14);
        texts.push((0..length).filter_map(|_| pieces.get(next(pieces.len())).copied()).collect());
    }
    texts
}
