//! Which of a bucket's entries are worth comparing whole: the inner loop, in three ways that answer alike.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::find::Finding;
use super::join::Joining;
use super::view::Damaged;

pub use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

/// As many chunks as are looked at in one step.
pub const LANES: usize = 32;

/// A way to sieve. That a value of it exists proves that this processor can do it.
pub trait Sieve: Copy {
    /// Which of at most 32 chunks differ from `wanted` in at most `within` bits (3 at most): bit i tells of the i-th.
    fn fitting(self, chunks: &[u16], wanted: u16, within: u16) -> u32;

    /// Run this part of a look-up, compiled for what this processor can do.
    fn find(self, finding: Finding<'_>) -> Result<(), Damaged>;

    /// As `find`.
    fn join(self, joining: Joining<'_>) -> Result<(), Damaged>;
}

/// The ways there are.
#[derive(Clone, Copy, Debug)]
pub enum Path {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable(Portable),
}

impl Path {
    /// All that this processor can go, best first.
    pub fn possible() -> Vec<Path> {
        let mut paths = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            paths.extend(Avx512::detected().map(Path::Avx512));
            paths.extend(Avx2::detected().map(Path::Avx2));
        }
        paths.push(Path::Portable(Portable));
        paths
    }

    /// The best one.
    pub fn best() -> Path {
        #[cfg(target_arch = "x86_64")]
        if let Some(path) = Avx512::detected().map(Path::Avx512).or(Avx2::detected().map(Path::Avx2)) {
            return path;
        }
        Path::Portable(Portable)
    }

    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(_) => "avx2",
            Path::Portable(_) => "portable",
        }
    }

    pub fn find(self, finding: Finding<'_>) -> Result<(), Damaged> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(sieve) => sieve.find(finding),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(sieve) => sieve.find(finding),
            Path::Portable(sieve) => sieve.find(finding),
        }
    }

    pub fn join(self, joining: Joining<'_>) -> Result<(), Damaged> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(sieve) => sieve.join(joining),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(sieve) => sieve.join(joining),
            Path::Portable(sieve) => sieve.join(joining),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(path: Path, chunks: &[u16], wanted: u16, within: u16) -> u32 {
        match path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512(sieve) => sieve.fitting(chunks, wanted, within),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2(sieve) => sieve.fitting(chunks, wanted, within),
            Path::Portable(sieve) => sieve.fitting(chunks, wanted, within),
        }
    }

    #[test]
    fn every_way_keeps_the_same_chunks() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as u16
        };
        for round in 0..20_000 {
            let wanted = random();
            let few = |one: u16, other: u16, third: u16| wanted ^ (one & other & third);
            let chunks: Vec<u16> = (0..round % (LANES + 1)).map(|_| few(random(), random(), random())).collect();
            for within in 0..=3 {
                let fits = |chunk: &u16| (chunk ^ wanted).count_ones() <= u32::from(within);
                let expected = chunks.iter().rev().fold(0, |mask, chunk| mask << 1 | u32::from(fits(chunk)));
                for path in Path::possible() {
                    assert_eq!(fitting(path, &chunks, wanted, within), expected, "{}", path.name());
                }
            }
        }
    }
}
