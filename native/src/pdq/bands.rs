//! PDQ's tent filter and its choice of samples as one banded matrix an axis.
//!
//! PDQ runs a box filter twice along each axis and then keeps 64 samples. All of that is linear and separable, so an
//! axis of n pixels is one matrix of 64 x n whose row i is nonzero for about n/32 pixels around sample i only.

use crate::memory::{filled, OutOfMemory};

pub const SAMPLES: usize = 64;

/// One row of the matrix: the pixels from `begin` on, each with its weight for every way the axis is read.
///
/// Way 0 is the axis as it is, way 1 (with `WAYS` = 2) the axis read backwards: filter and choice lean to one side by up
/// to a pixel, so it is not the same. Way 1's row stands where its pixels are: at the place of sample 63 - i.
pub struct Band<const WAYS: usize> {
    pub begin: usize,
    pub weights: Vec<[f32; WAYS]>,
}

/// The rows for an axis of `length` pixels, at least 1.
pub fn bands<const WAYS: usize>(length: usize) -> Result<Vec<Band<WAYS>>, OutOfMemory> {
    (0..SAMPLES).map(|sample| band(length, sample)).collect()
}

fn band<const WAYS: usize>(length: usize, sample: usize) -> Result<Band<WAYS>, OutOfMemory> {
    let (begin, forward) = row(length, sample)?;
    if WAYS == 1 {
        let mut weights = filled([0f32; WAYS], forward.len())?;
        for (into, &weight) in weights.iter_mut().zip(&forward) {
            *into = [weight as f32; WAYS];
        }
        return Ok(Band { begin, weights });
    }
    let (there, backward) = row(length, SAMPLES - 1 - sample)?;
    let back_begin = length - there - backward.len();
    let origin = begin.min(back_begin);
    let end = (begin + forward.len()).max(back_begin + backward.len());
    let mut weights = filled([0f32; WAYS], end - origin)?;
    for (k, &weight) in forward.iter().enumerate() {
        weights[begin - origin + k][0] = weight as f32;
    }
    for (k, &weight) in backward.iter().rev().enumerate() {
        weights[back_begin - origin + k][1] = weight as f32;
    }
    Ok(Band { begin: origin, weights })
}

/// Where the nonzero part of a row begins, and that part.
fn row(length: usize, sample: usize) -> Result<(usize, Vec<f64>), OutOfMemory> {
    // The box's width, and how far it reaches: as the reference has it, an even box leans to the left. At the borders
    // it is cut off and divided by what is left of it.
    let width = length.div_ceil(2 * SAMPLES);
    let right = width / 2;
    let left = width - 1 - right;
    let centre = ((sample as f64 + 0.5) * length as f64 / SAMPLES as f64) as usize;
    let outer = centre.saturating_sub(left)..(centre + right).min(length - 1) + 1;
    let begin = outer.start.saturating_sub(left);
    let end = (outer.end - 1 + right).min(length - 1) + 1;

    // A row adds up one box for each pixel of the outer box: a sum of steps up and steps down.
    let mut steps: Vec<f64> = filled(0.0, end - begin + 1)?;
    for pixel in outer.clone() {
        let first = pixel.saturating_sub(left);
        let stop = (pixel + right).min(length - 1) + 1;
        let share = 1.0 / (outer.len() * (stop - first)) as f64;
        steps[first - begin] += share;
        steps[stop - begin] -= share;
    }
    steps.pop();
    let mut level = 0.0;
    for step in &mut steps {
        level += *step;
        *step = level;
    }
    Ok((begin, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_an_average_so_its_weights_sum_to_one() {
        for length in [1, 2, 5, 63, 64, 65, 127, 128, 129, 640, 641, 12_345] {
            for band in bands::<2>(length).unwrap() {
                assert!(band.begin + band.weights.len() <= length);
                for way in 0..2 {
                    let sum: f64 = band.weights.iter().map(|weight| f64::from(weight[way])).sum();
                    assert!((sum - 1.0).abs() < 1e-5, "{length}: {sum}");
                }
            }
        }
    }

    #[test]
    fn sixty_four_pixels_are_taken_as_they_are() {
        for (sample, band) in bands::<1>(SAMPLES).unwrap().iter().enumerate() {
            assert_eq!((band.begin, band.weights.as_slice()), (sample, [[1.0]].as_slice()));
        }
    }
}
