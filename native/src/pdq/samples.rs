//! The 64 x 64 samples of a picture, for each way its axes are read, in one pass over the pixels.

use super::bands::{bands, Band, SAMPLES};
use crate::memory::{filled, OutOfMemory};

/// Columns a strip: its weighted rows (144 kB with both ways) stay in a core's cache until they are used up.
const STRIP: usize = 256;
/// Pixels added up in 32 bits before the sum is kept apart, so that rounding does not grow with the picture.
const AT_MOST: usize = 256;
/// Lanes multiplied together: eight registers of eight floats for both ways.
const LANES: usize = 32;

/// `samples[down][across]`: the picture as it is under [0][0], each axis read backwards under index 1.
pub type Samples<const WAYS: usize> = [[[[f32; SAMPLES]; SAMPLES]; WAYS]; WAYS];

/// Luma, row after row.
#[derive(Clone, Copy)]
pub struct Luma<'a> {
    pub pixels: &'a [u8],
    pub height: usize,
    pub width: usize,
}

/// Every sum is taken in one fixed order, and nothing is contracted: the answer is the same to the last bit with AVX2
/// and without. Takes 0.5 MB beside the picture, whatever its size, and 24 bytes for each of a side's pixels.
pub fn samples<const WAYS: usize>(luma: Luma<'_>) -> Result<Box<Samples<WAYS>>, OutOfMemory> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: this processor has AVX2, as was asked just now; it is all that the function demands.
        return unsafe { with_avx2::<WAYS>(luma) };
    }
    anywhere::<WAYS>(luma)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<const WAYS: usize>(luma: Luma<'_>) -> Result<Box<Samples<WAYS>>, OutOfMemory> {
    anywhere::<WAYS>(luma)
}

#[inline(always)]
pub(super) fn anywhere<const WAYS: usize>(luma: Luma<'_>) -> Result<Box<Samples<WAYS>>, OutOfMemory> {
    let down = bands::<WAYS>(luma.height)?;
    let across = bands::<WAYS>(luma.width)?;
    // One lane for each way and sample down; an odd number of cache lines, or else a column's lanes would compete for
    // the few places that such addresses share.
    let lanes = WAYS * SAMPLES;
    let stride = lanes + 16;
    let mut columns = filled(0f32, STRIP.min(luma.width) * stride)?;
    let mut sums = filled(0f64, lanes * lanes)?;
    let mut left = 0;
    while left < luma.width {
        let right = (left + STRIP).min(luma.width);
        weigh_rows(luma, left, right, &down, &mut columns, stride);
        weigh_columns(&columns, stride, left, right, &across, &mut sums);
        left = right;
    }
    let mut samples = Box::new([[[[0f32; SAMPLES]; SAMPLES]; WAYS]; WAYS]);
    for (way_down, by_across) in samples.iter_mut().enumerate() {
        for (way_across, square) in by_across.iter_mut().enumerate() {
            for (i, line) in square.iter_mut().enumerate() {
                for (j, sample) in line.iter_mut().enumerate() {
                    let lane = way_down * SAMPLES + if way_down == 0 { i } else { SAMPLES - 1 - i };
                    let place = way_across * SAMPLES + if way_across == 0 { j } else { SAMPLES - 1 - j };
                    *sample = sums[place * lanes + lane] as f32;
                }
            }
        }
    }
    Ok(samples)
}

/// `columns[x][lane]`: the strip's columns, weighted down.
#[inline(always)]
fn weigh_rows<const WAYS: usize>(
    luma: Luma<'_>,
    left: usize,
    right: usize,
    down: &[Band<WAYS>],
    columns: &mut [f32],
    stride: usize,
) {
    let width = right - left;
    for (sample, band) in down.iter().enumerate() {
        let mut total = [[0f32; STRIP]; WAYS];
        for (part, weights) in band.weights.chunks(AT_MOST).enumerate() {
            let mut sum = [[0f32; STRIP]; WAYS];
            let top = band.begin + part * AT_MOST;
            for (four, some) in weights.chunks(4).enumerate() {
                let line = |k: usize| &luma.pixels[(top + 4 * four + k) * luma.width + left..][..width];
                match some {
                    [a, b, c, d] => add_four([line(0), line(1), line(2), line(3)], [a, b, c, d], &mut sum),
                    fewer => {
                        for (k, weight) in fewer.iter().enumerate() {
                            add_one(line(k), weight, &mut sum);
                        }
                    }
                }
            }
            for (total, sum) in total.iter_mut().flatten().zip(sum.iter().flatten()) {
                *total += *sum;
            }
        }
        for (way, total) in total.iter().enumerate() {
            for (column, value) in columns.chunks_exact_mut(stride).zip(&total[..width]) {
                column[way * SAMPLES + sample] = *value;
            }
        }
    }
}

#[inline(always)]
fn add_four<const WAYS: usize>(lines: [&[u8]; 4], weights: [&[f32; WAYS]; 4], sum: &mut [[f32; STRIP]; WAYS]) {
    let width = lines[0].len().min(STRIP);
    let [a, b, c, d] = lines.map(|line| &line[..width]);
    for x in 0..width {
        let pixels = [a[x], b[x], c[x], d[x]].map(f32::from);
        for way in 0..WAYS {
            let mut value = sum[way][x];
            for (pixel, weight) in pixels.iter().zip(weights) {
                value += pixel * weight[way];
            }
            sum[way][x] = value;
        }
    }
}

#[inline(always)]
fn add_one<const WAYS: usize>(line: &[u8], weights: &[f32; WAYS], sum: &mut [[f32; STRIP]; WAYS]) {
    for (way, sum) in sum.iter_mut().enumerate() {
        for (value, pixel) in sum.iter_mut().zip(line) {
            *value += f32::from(*pixel) * weights[way];
        }
    }
}

/// Adds to `sums[way and sample across][lane]` what the strip has of it.
#[inline(always)]
fn weigh_columns<const WAYS: usize>(
    columns: &[f32],
    stride: usize,
    left: usize,
    right: usize,
    across: &[Band<WAYS>],
    sums: &mut [f64],
) {
    let lanes = WAYS * SAMPLES;
    for (sample, band) in across.iter().enumerate() {
        let begin = band.begin.max(left);
        let end = (band.begin + band.weights.len()).min(right);
        if begin >= end {
            continue;
        }
        let weights = &band.weights[begin - band.begin..end - band.begin];
        let columns = &columns[(begin - left) * stride..(end - left) * stride];
        for lane in (0..lanes).step_by(LANES) {
            let mut sum = [[0f32; LANES]; WAYS];
            for (column, weight) in columns.chunks_exact(stride).zip(weights) {
                let column: &[f32; LANES] = column[lane..].first_chunk().expect("lanes come in whole blocks");
                for way in 0..WAYS {
                    for k in 0..LANES {
                        sum[way][k] += column[k] * weight[way];
                    }
                }
            }
            for (way, sum) in sum.iter().enumerate() {
                let into = &mut sums[(way * SAMPLES + sample) * lanes + lane..][..LANES];
                for (into, sum) in into.iter_mut().zip(sum) {
                    *into += f64::from(*sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_gives_the_same_to_the_last_bit() {
        for (height, width) in [(1, 1), (5, 700), (64, 64), (333, 257), (1000, 31), (20_000, 6)] {
            let mut state = 1u32;
            let pixels: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .take(height * width)
            .collect();
            let luma = Luma { pixels: &pixels, height, width };
            assert_eq!(samples::<2>(luma).unwrap(), anywhere::<2>(luma).unwrap());
            assert_eq!(samples::<1>(luma).unwrap()[0][0], samples::<2>(luma).unwrap()[0][0]);
        }
    }

    #[test]
    fn an_even_picture_has_even_samples() {
        let luma = Luma { pixels: &[200; 3 * 500], height: 3, width: 500 };
        for value in samples::<2>(luma).unwrap().iter().flatten().flatten().flatten() {
            assert!((value - 200.0).abs() < 1e-3);
        }
    }
}
