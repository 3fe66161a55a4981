//! Averages of boxes of whole pixels, rounded as Pillow's `Image.reduce` rounds them.

use crate::memory::{filled, with_room, OutOfMemory};
use crate::pdq::samples::Luma;

/// Columns added up at a time; a wider box is a strip of its own.
const STRIP: usize = 4096;

/// One pixel for each box of `down` rows and `across` columns; boxes at the right and lower edge have what is left.
pub fn reduced(luma: Luma<'_>, across: usize, down: usize) -> Result<Vec<u8>, OutOfMemory> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: this processor has AVX2, as was asked just now; it is all that the function demands.
        return unsafe { with_avx2(luma, across, down) };
    }
    anywhere(luma, across, down)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(luma: Luma<'_>, across: usize, down: usize) -> Result<Vec<u8>, OutOfMemory> {
    anywhere(luma, across, down)
}

#[inline(always)]
fn anywhere(luma: Luma<'_>, across: usize, down: usize) -> Result<Vec<u8>, OutOfMemory> {
    let mut small = with_room(luma.height.div_ceil(down) * luma.width.div_ceil(across))?;
    let strip = (STRIP / across).max(1) * across;
    let mut sums = filled(0u32, strip.min(luma.width))?;
    for rows in luma.pixels.chunks(down * luma.width) {
        let height = rows.len() / luma.width;
        let mut left = 0;
        while left < luma.width {
            let right = (left + strip).min(luma.width);
            let sums = &mut sums[..right - left];
            sums.fill(0);
            for row in rows.chunks_exact(luma.width) {
                for (sum, pixel) in sums.iter_mut().zip(&row[left..right]) {
                    *sum += u32::from(*pixel);
                }
            }
            let whole = Share::of(across * height);
            let boxes = sums.chunks_exact(across);
            let rest = boxes.remainder();
            small.extend(boxes.map(|sums| whole.average(sums)));
            if !rest.is_empty() {
                small.push(Share::of(rest.len() * height).average(rest));
            }
            left = right;
        }
    }
    Ok(small)
}

/// How Pillow divides by a number of pixels: by a 32-bit fraction, which it takes from single precision.
struct Share {
    half: u32,
    fraction: u32,
}

impl Share {
    fn of(count: usize) -> Self {
        Self { half: count as u32 / 2, fraction: (4_294_967_296f32 / (256 * count) as f32) as u32 }
    }

    #[inline(always)]
    fn average(&self, sums: &[u32]) -> u8 {
        let sum = sums.iter().fold(self.half, |sum, column| sum.wrapping_add(*column));
        (sum.wrapping_mul(self.fraction) >> 24) as u8
    }
}
