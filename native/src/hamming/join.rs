//! Asks bucket by bucket: for batches so large that many queries go to each bucket, which then is read once for all.

use super::candidates::{settle, Candidate};
use super::code::{chunk, Code, BUCKETS};
use super::index::Hit;
use super::plan::{Asked, Plan};
use super::prefetch::prefetch;
use super::sieve::{Sieve, LANES};
use super::view::{Damaged, View};

/// Candidates compared in one go: their codes and queries fit the second cache.
const SETTLED_AT: usize = 2048;

/// All queries through one table; the hits are pushed in no order.
pub struct Joining<'a> {
    pub view: View<'a>,
    pub plan: &'a Plan,
    pub asked: &'a Asked,
    pub queries: &'a [Code],
    pub hits: &'a mut Vec<Hit>,
}

/// Queries sorted by one chunk, as the table's entries are.
struct Sorted {
    offsets: Vec<u32>,
    rows: Vec<u32>,
    following: Vec<u16>,
}

impl Joining<'_> {
    #[inline(always)]
    pub fn run<S: Sieve>(self, sieve: S) -> Result<(), Damaged> {
        let Joining { view, plan, asked, queries, hits } = self;
        let sorted = sorted(queries, asked.chunk);
        let offsets = view.table(asked.chunk)?;
        let base = view.base(asked.chunk);
        let mut candidates = Vec::new();
        for bucket in 0..BUCKETS {
            let (begin, end) = (base + offsets[bucket] as usize, base + offsets[bucket + 1] as usize);
            if begin == end {
                continue;
            }
            let entries = view.following.get(begin..end).ok_or(Damaged)?;
            for (flip, within) in asked.probes() {
                let key = bucket ^ usize::from(flip);
                let (first, last) = (sorted.offsets[key] as usize, sorted.offsets[key + 1] as usize);
                if first == last {
                    continue;
                }
                let wanted = &sorted.following[first..last];
                let rows = &sorted.rows[first..last];
                if entries.len() >= wanted.len() {
                    for (&wanted, &row) in wanted.iter().zip(rows) {
                        for_fitting(sieve, entries, wanted, within, |spot| {
                            candidates.push(Candidate { at: begin + spot, row, chunk: asked.chunk as u32 });
                        });
                        if candidates.len() >= SETTLED_AT {
                            settle_all(&view, plan, queries, &mut candidates, hits)?;
                        }
                    }
                } else {
                    for (spot, &entry) in entries.iter().enumerate() {
                        for_fitting(sieve, wanted, entry, within, |which| {
                            let row = rows[which];
                            candidates.push(Candidate { at: begin + spot, row, chunk: asked.chunk as u32 });
                        });
                        if candidates.len() >= SETTLED_AT {
                            settle_all(&view, plan, queries, &mut candidates, hits)?;
                        }
                    }
                }
            }
        }
        settle_all(&view, plan, queries, &mut candidates, hits)
    }
}

/// Say the places of all chunks that differ from `wanted` in at most `within` bits.
#[inline(always)]
fn for_fitting<S: Sieve>(sieve: S, chunks: &[u16], wanted: u16, within: u16, mut say: impl FnMut(usize)) {
    for (step, some) in chunks.chunks(LANES).enumerate() {
        let mut fits = sieve.fitting(some, wanted, within);
        while fits != 0 {
            say(step * LANES + fits.trailing_zeros() as usize);
            fits &= fits - 1;
        }
    }
}

#[inline(always)]
fn settle_all(
    view: &View<'_>,
    plan: &Plan,
    queries: &[Code],
    candidates: &mut Vec<Candidate>,
    hits: &mut Vec<Hit>,
) -> Result<(), Damaged> {
    for candidate in candidates.iter() {
        prefetch(view.places, candidate.at);
        prefetch(queries, candidate.row as usize);
    }
    settle(view, plan, queries, candidates, hits)
}

fn sorted(queries: &[Code], which: usize) -> Sorted {
    let mut offsets = vec![0u32; BUCKETS + 1];
    for query in queries {
        offsets[usize::from(chunk(query, which)) + 1] += 1;
    }
    let mut sum = 0;
    for offset in &mut offsets {
        sum += *offset;
        *offset = sum;
    }
    let mut spots = offsets.clone();
    let (mut rows, mut following) = (vec![0; queries.len()], vec![0; queries.len()]);
    for (row, query) in queries.iter().enumerate() {
        let spot = &mut spots[usize::from(chunk(query, which))];
        rows[*spot as usize] = row as u32;
        following[*spot as usize] = chunk(query, which + 1);
        *spot += 1;
    }
    Sorted { offsets, rows, following }
}
