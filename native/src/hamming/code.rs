//! A code of 256 bits: 16 chunks of 16 bits, in the order of its bytes, each little-endian.

#[cfg(target_endian = "big")]
compile_error!("near indexes are little-endian in memory and on disk");

pub type Code = [u64; 4];

pub const CODE_BYTES: usize = 32;
pub const CHUNKS: usize = 16;
pub const BUCKETS: usize = 1 << 16;

/// Chunk `which`, counted around the circle: 16 is 0 again.
#[inline(always)]
pub fn chunk(code: &Code, which: usize) -> u16 {
    (code[(which >> 2) & 3] >> ((which & 3) * 16)) as u16
}

#[inline(always)]
pub fn difference(one: &Code, other: &Code) -> Code {
    [one[0] ^ other[0], one[1] ^ other[1], one[2] ^ other[2], one[3] ^ other[3]]
}

#[inline(always)]
pub fn ones(code: &Code) -> u32 {
    code.iter().map(|word| word.count_ones()).sum()
}

/// Codes out of their bytes; what does not fill a code at the end is left out.
pub fn codes_of(bytes: &[u8]) -> Vec<Code> {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    let code = |bytes: &[u8]| [0, 8, 16, 24].map(|at| word(&bytes[at..at + 8]));
    bytes.chunks_exact(CODE_BYTES).map(code).collect()
}
