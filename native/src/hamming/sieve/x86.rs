//! For x86-64: AVX-512 with BITALG (Ice Lake, Zen 4 and later), and AVX2.

use std::arch::x86_64::*;

use super::{Sieve, LANES};
use crate::hamming::find::Finding;
use crate::hamming::join::Joining;
use crate::hamming::view::Damaged;

#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// None where the processor lacks any of it.
    pub fn detected() -> Option<Avx512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bitalg")
            && is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        has.then_some(Avx512(()))
    }
}

impl Sieve for Avx512 {
    #[inline(always)]
    fn fitting(self, chunks: &[u16], wanted: u16, within: u16) -> u32 {
        // SAFETY: a value of this type is made by `detected` alone, which found each of these abilities.
        unsafe { fitting_avx512(chunks, wanted, within) }
    }

    fn find(self, finding: Finding<'_>) -> Result<(), Damaged> {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,popcnt,bmi1,bmi2")]
        fn compiled(sieve: Avx512, finding: Finding<'_>) -> Result<(), Damaged> {
            finding.run(sieve)
        }
        // SAFETY: as in `fitting`.
        unsafe { compiled(self, finding) }
    }

    fn join(self, joining: Joining<'_>) -> Result<(), Damaged> {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,popcnt,bmi1,bmi2")]
        fn compiled(sieve: Avx512, joining: Joining<'_>) -> Result<(), Damaged> {
            joining.run(sieve)
        }
        // SAFETY: as in `fitting`.
        unsafe { compiled(self, joining) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,popcnt,bmi1,bmi2")]
fn fitting_avx512(chunks: &[u16], wanted: u16, within: u16) -> u32 {
    let lanes = if chunks.len() >= LANES { u32::MAX } else { (1 << chunks.len()) - 1 };
    // SAFETY: the mask lets only lanes be read that `chunks` has; the others are not touched.
    let read = unsafe { _mm512_maskz_loadu_epi16(lanes, chunks.as_ptr().cast()) };
    let apart = _mm512_popcnt_epi16(_mm512_xor_si512(read, _mm512_set1_epi16(wanted as i16)));
    _mm512_mask_cmple_epu16_mask(lanes, apart, _mm512_set1_epi16(within as i16))
}

#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// None where the processor lacks any of it.
    pub fn detected() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        has.then_some(Avx2(()))
    }
}

impl Sieve for Avx2 {
    #[inline(always)]
    fn fitting(self, chunks: &[u16], wanted: u16, within: u16) -> u32 {
        // SAFETY: a value of this type is made by `detected` alone, which found each of these abilities.
        unsafe { fitting_avx2(chunks, wanted, within) }
    }

    fn find(self, finding: Finding<'_>) -> Result<(), Damaged> {
        #[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
        fn compiled(sieve: Avx2, finding: Finding<'_>) -> Result<(), Damaged> {
            finding.run(sieve)
        }
        // SAFETY: as in `fitting`.
        unsafe { compiled(self, finding) }
    }

    fn join(self, joining: Joining<'_>) -> Result<(), Damaged> {
        #[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
        fn compiled(sieve: Avx2, joining: Joining<'_>) -> Result<(), Damaged> {
            joining.run(sieve)
        }
        // SAFETY: as in `fitting`.
        unsafe { compiled(self, joining) }
    }
}

#[inline]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn fitting_avx2(chunks: &[u16], wanted: u16, within: u16) -> u32 {
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
    let at: *const __m256i = chunks.as_ptr().cast();
    // SAFETY: `chunks` is an array of 32, which is two vectors of 16; they need not be aligned.
    let (lower, upper) = unsafe { (_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))) };
    let wanted = _mm256_set1_epi16(wanted as i16);
    let below = _mm256_set1_epi16(within as i16 + 1);
    let lower = _mm256_cmpgt_epi16(below, ones_avx2(_mm256_xor_si256(lower, wanted)));
    let upper = _mm256_cmpgt_epi16(below, ones_avx2(_mm256_xor_si256(upper, wanted)));
    // Packing works within halves of 128 bits; the permutation puts their quarters in order again.
    let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(lower, upper));
    _mm256_movemask_epi8(packed) as u32
}

/// How many bits of each 16 are set: looked up by nibbles (Mula, Kurz and Lemire, 2018).
#[inline]
#[target_feature(enable = "avx2")]
fn ones_avx2(words: __m256i) -> __m256i {
    let counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let nibble = _mm256_set1_epi8(15);
    let low = _mm256_shuffle_epi8(counts, _mm256_and_si256(words, nibble));
    let high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16::<4>(words), nibble));
    _mm256_maddubs_epi16(_mm256_add_epi8(low, high), _mm256_set1_epi8(1))
}
