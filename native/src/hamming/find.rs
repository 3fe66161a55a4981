//! Asks query by query: for single look-ups and small batches.

use super::candidates::{settle, Candidate};
use super::code::{chunk, difference, ones, Code, BUCKETS};
use super::index::Hit;
use super::plan::Plan;
use super::prefetch::{prefetch, LINE};
use super::sieve::{Sieve, LANES};
use super::view::{Damaged, View};

/// Queries worked on together: while one's buckets are sieved, the next one's are on their way.
const TOGETHER: usize = 8;
/// Cache lines asked for ahead of their use.
const LINES_AHEAD: usize = 64;
/// Candidates compared in one go. Most often there are fewer; where very many codes are alike, this bounds the memory.
const SETTLED_AT: usize = 4096;
const CHUNKS_A_LINE: usize = LINE / 2;

/// A look-up of some queries; their hits are pushed in order.
pub struct Finding<'a> {
    pub view: View<'a>,
    pub plan: &'a Plan,
    pub queries: &'a [Code],
    /// The first query's row.
    pub first: u32,
    pub hits: &'a mut Vec<Hit>,
}

/// A bucket to sieve.
#[derive(Clone, Copy)]
struct Probe {
    begin: usize,
    length: u32,
    row: u32,
    wanted: u16,
    within: u16,
    chunk: u32,
}

impl Finding<'_> {
    #[inline(always)]
    pub fn run<S: Sieve>(self, sieve: S) -> Result<(), Damaged> {
        let Finding { view, plan, queries, first, hits } = self;
        let (mut probes, mut candidates) = (Vec::new(), Vec::new());
        for (block, queries) in queries.chunks(TOGETHER).enumerate() {
            let before = hits.len();
            if view.offsets.is_empty() {
                compare_all(&view, plan, queries, hits);
            } else {
                probes.clear();
                plan_probes(&view, plan, queries, &mut probes)?;
                scan(sieve, &view, plan, queries, &probes, &mut candidates, hits)?;
            }
            let found = hits.get_mut(before..).unwrap_or_default();
            for hit in found.iter_mut() {
                hit.row += first + (block * TOGETHER) as u32;
            }
            found.sort_unstable();
        }
        Ok(())
    }
}

#[inline(always)]
fn plan_probes(view: &View<'_>, plan: &Plan, queries: &[Code], probes: &mut Vec<Probe>) -> Result<(), Damaged> {
    for query in queries {
        for asked in &plan.tables {
            let offsets = view.table(asked.chunk)?;
            let key = chunk(query, asked.chunk);
            for (flip, _) in asked.probes() {
                prefetch(offsets, usize::from(key ^ flip));
            }
        }
    }
    for (row, query) in queries.iter().enumerate() {
        for asked in &plan.tables {
            let offsets: &[u32; BUCKETS + 1] = view.table(asked.chunk)?;
            let base = view.base(asked.chunk);
            let key = chunk(query, asked.chunk);
            let wanted = chunk(query, asked.chunk + 1);
            for (flip, within) in asked.probes() {
                let bucket = usize::from(key ^ flip);
                let (begin, end) = (offsets[bucket], offsets[bucket + 1]);
                if begin < end {
                    probes.push(Probe {
                        begin: base + begin as usize,
                        length: end - begin,
                        row: row as u32,
                        wanted,
                        within,
                        chunk: asked.chunk as u32,
                    });
                }
            }
        }
    }
    Ok(())
}

/// Sieve the buckets and compare what is left; at every moment some lines of those to come are being fetched.
#[inline(always)]
fn scan<S: Sieve>(
    sieve: S,
    view: &View<'_>,
    plan: &Plan,
    queries: &[Code],
    probes: &[Probe],
    candidates: &mut Vec<Candidate>,
    hits: &mut Vec<Hit>,
) -> Result<(), Damaged> {
    let mut coming = probes.iter();
    let mut ahead = 0;
    for probe in probes {
        while ahead < LINES_AHEAD {
            let Some(next) = coming.next() else { break };
            let lines = lines(next);
            for line in 0..lines {
                prefetch(view.following, next.begin + line * CHUNKS_A_LINE);
            }
            ahead += lines;
        }
        ahead = ahead.saturating_sub(lines(probe));
        let bucket = view.following.get(probe.begin..probe.begin + probe.length as usize).ok_or(Damaged)?;
        let mut at = probe.begin;
        for some in bucket.chunks(LANES) {
            let mut fits = sieve.fitting(some, probe.wanted, probe.within);
            while fits != 0 {
                let at = at + fits.trailing_zeros() as usize;
                fits &= fits - 1;
                prefetch(view.places, at);
                candidates.push(Candidate { at, row: probe.row, chunk: probe.chunk });
            }
            at += LANES;
        }
        if candidates.len() >= SETTLED_AT {
            settle(view, plan, queries, candidates, hits)?;
        }
    }
    settle(view, plan, queries, candidates, hits)
}

/// How many lines hold a bucket's chunks; sections begin with a line.
#[inline(always)]
fn lines(probe: &Probe) -> usize {
    (probe.begin % CHUNKS_A_LINE + probe.length as usize).div_ceil(CHUNKS_A_LINE)
}

#[inline(always)]
fn compare_all(view: &View<'_>, plan: &Plan, queries: &[Code], hits: &mut Vec<Hit>) {
    for (row, query) in queries.iter().enumerate() {
        for (code, &number) in view.codes.iter().zip(view.numbers) {
            let distance = ones(&difference(code, query));
            if distance <= plan.distance {
                hits.push(Hit { row: row as u32, distance, number });
            }
        }
    }
}
