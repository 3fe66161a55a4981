//! What passed the sieve, compared whole.

use super::code::{difference, ones, Code};
use super::index::Hit;
use super::plan::Plan;
use super::prefetch::prefetch;
use super::view::{Damaged, View};

/// A query and an entry that a table leads to.
#[derive(Clone, Copy)]
pub struct Candidate {
    /// The position in the tables; once it has been looked up, the entry's place.
    pub at: usize,
    pub row: u32,
    pub chunk: u32,
}

/// Compare the candidates, push those within the distance, and forget them. Each pair is pushed for one table only.
///
/// Goes over them twice, so that memory is on its way before it is needed; the first time it should be already.
#[inline(always)]
pub fn settle(
    view: &View<'_>,
    plan: &Plan,
    queries: &[Code],
    candidates: &mut Vec<Candidate>,
    hits: &mut Vec<Hit>,
) -> Result<(), Damaged> {
    for candidate in candidates.iter_mut() {
        candidate.at = *view.places.get(candidate.at).ok_or(Damaged)? as usize;
        prefetch(view.codes, candidate.at);
    }
    for candidate in candidates.iter() {
        let query = queries.get(candidate.row as usize).ok_or(Damaged)?;
        let differing = difference(view.codes.get(candidate.at).ok_or(Damaged)?, query);
        let distance = ones(&differing);
        if distance <= plan.distance && plan.leads(&differing) == Some(candidate.chunk as usize) {
            let number = *view.numbers.get(candidate.at).ok_or(Damaged)?;
            hits.push(Hit { row: candidate.row, distance, number });
        }
    }
    candidates.clear();
    Ok(())
}
