//! For any processor: written so that the compiler makes vectors of it where it can (NEON on arm64).

use super::{Sieve, LANES};
use crate::hamming::find::Finding;
use crate::hamming::join::Joining;
use crate::hamming::view::Damaged;

#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Sieve for Portable {
    #[inline(always)]
    fn fitting(self, chunks: &[u16], wanted: u16, within: u16) -> u32 {
        let mut padded = [!wanted; LANES];
        let chunks = match <&[u16; LANES]>::try_from(chunks) {
            Ok(whole) => whole,
            Err(_) => {
                // What is filled up differs in all 16 bits.
                let count = chunks.len().min(LANES);
                padded[..count].copy_from_slice(&chunks[..count]);
                &padded
            }
        };
        let fits = chunks.map(|chunk| u16::from((chunk ^ wanted).count_ones() as u16 <= within));
        // Most often none does.
        if fits.iter().fold(0, |any, fit| any | fit) == 0 {
            return 0;
        }
        fits.iter().rev().fold(0, |mask, &fit| mask << 1 | u32::from(fit))
    }

    fn find(self, finding: Finding<'_>) -> Result<(), Damaged> {
        finding.run(self)
    }

    fn join(self, joining: Joining<'_>) -> Result<(), Damaged> {
        joining.run(self)
    }
}
