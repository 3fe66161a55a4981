//! Which buckets must be looked into for a distance, and why no others.
//!
//! d_i is in how many bits chunk i of a query and of an entry differ. Give each chunk an allowance t_i of 0, 1 or 2 so
//! that they sum to distance + 1. For a pair within the distance the d_i - t_i sum to -1 at most, so by the cycle lemma
//! (Dvoretzky and Motzkin, 1947) there is a chunk i from which all partial sums around the circle are negative. The
//! first two say: d_i <= t_i - 1, and d_i + d_(i+1) <= t_i + t_(i+1) - 1. So a chunk allowed 0 is not asked, one
//! allowed 1 for the query's own bucket, one allowed 2 also for the 16 buckets one bit away; and of a bucket's entries
//! those are compared whole whose next chunk keeps the second inequality. An allowance of 3 would take 137 probes.

use super::code::{chunk, Code, CHUNKS};

/// Beyond it the allowances do not reach.
pub const MAX_DISTANCE: u32 = 31;

/// The query's own bucket, then those one bit away.
const FLIPS: [u16; 17] = flips();

/// How the table of one chunk is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub chunk: usize,
    neighbours: bool,
    together: u16,
}

impl Asked {
    /// What to turn over in a chunk to come to each bucket, and how far the next chunk may then be off.
    #[inline(always)]
    pub fn probes(&self) -> impl Iterator<Item = (u16, u16)> {
        let together = self.together;
        let count = if self.neighbours { FLIPS.len() } else { 1 };
        FLIPS[..count].iter().map(move |&flip| (flip, together - u16::from(flip != 0)))
    }
}

/// The tables to ask for a distance.
#[derive(Clone, Debug)]
pub struct Plan {
    pub distance: u32,
    pub tables: Vec<Asked>,
}

impl Plan {
    /// None for a distance that could not be answered exactly.
    pub fn new(distance: u32) -> Option<Plan> {
        if distance > MAX_DISTANCE {
            return None;
        }
        let sum = distance as usize + 1;
        let (every, extra) = (sum / CHUNKS, sum % CHUNKS);
        // Bresenham's rule spreads the `extra` larger ones evenly around the circle.
        let allowed = |i: usize| every + (i % CHUNKS + 1) * extra / CHUNKS - i % CHUNKS * extra / CHUNKS;
        let tables = (0..CHUNKS).filter(|&i| allowed(i) > 0).map(|i| Asked {
            chunk: i,
            neighbours: allowed(i) > 1,
            together: (allowed(i) + allowed(i + 1) - 1) as u16,
        });
        Some(Plan { distance, tables: tables.collect() })
    }

    /// Which of the tables, as the first, leads to a pair that differs so: a pair that several lead to is told once.
    #[inline(always)]
    pub fn leads(&self, difference: &Code) -> Option<usize> {
        let apart = |i: usize| chunk(difference, i).count_ones();
        let fits = |asked: &&Asked| {
            let own = apart(asked.chunk);
            own <= u32::from(asked.neighbours) && own + apart(asked.chunk + 1) <= u32::from(asked.together)
        };
        self.tables.iter().find(fits).map(|asked| asked.chunk)
    }
}

const fn flips() -> [u16; 17] {
    let mut flips = [0; 17];
    let mut bit = 0;
    while bit < 16 {
        flips[bit + 1] = 1 << bit;
        bit += 1;
    }
    flips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowances_sum_to_the_distance_and_one_more() {
        for distance in 0..=MAX_DISTANCE {
            let plan = Plan::new(distance).unwrap();
            let sum: u32 = plan.tables.iter().map(|asked| 1 + u32::from(asked.neighbours)).sum();
            assert_eq!(sum, distance + 1);
        }
        assert!(Plan::new(32).is_none());
    }

    #[test]
    fn probes_are_272_at_31_and_8_at_7() {
        let probes =
            |distance| Plan::new(distance).unwrap().tables.iter().map(|asked| asked.probes().count()).sum::<usize>();
        assert_eq!([31, 16, 15, 7, 0].map(probes), [272, 32, 16, 8, 1]);
    }
}
