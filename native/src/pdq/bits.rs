//! From 64 x 64 samples to bits and quality.

use std::sync::OnceLock;

use super::bands::SAMPLES;

const SIDE: usize = 16;
const COEFFICIENTS: usize = SIDE * SIDE;

/// 256 bits in the byte order of the reference implementation's hex.
pub type Bits = [u8; 32];
pub type Square = [[f32; SAMPLES]; SAMPLES];

/// The picture's 16 x 16 coefficients, and their lower median.
pub struct Dct {
    coefficients: [f64; COEFFICIENTS],
    median: f64,
}

impl Dct {
    pub fn of(samples: &Square) -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: this processor has AVX2, as was asked just now; it is all that the function demands.
            return unsafe { with_avx2(samples) };
        }
        anywhere(samples)
    }

    /// A bit for each coefficient above the median, the last coefficient's bit first.
    pub fn bits(&self) -> Bits {
        self.picked(|k| self.coefficients[k])
    }

    /// The bits of the same picture with its axes exchanged.
    pub fn bits_transposed(&self) -> Bits {
        self.picked(|k| self.coefficients[k % SIDE * SIDE + k / SIDE])
    }

    fn picked(&self, coefficient: impl Fn(usize) -> f64) -> Bits {
        let mut bits = [0; 32];
        for k in 0..COEFFICIENTS {
            bits[31 - k / 8] |= u8::from(coefficient(k) > self.median) << (k % 8);
        }
        bits
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(samples: &Square) -> Dct {
    anywhere(samples)
}

#[inline(always)]
fn anywhere(samples: &Square) -> Dct {
    let cosines = cosines();
    // Down: rows of 64 lanes. Across: 16 lanes, one for each coefficient.
    let mut coefficients = [0f64; COEFFICIENTS];
    let mut down = [[0f64; SAMPLES]; SIDE];
    for (row, weights) in samples.iter().zip(cosines) {
        for (sum, weight) in down.iter_mut().zip(weights) {
            for (sum, sample) in sum.iter_mut().zip(row) {
                *sum += weight * f64::from(*sample);
            }
        }
    }
    for (row, into) in down.iter().zip(coefficients.chunks_exact_mut(SIDE)) {
        let mut sums = [0f64; SIDE];
        for (value, weights) in row.iter().zip(cosines) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        into.copy_from_slice(&sums);
    }
    let mut sorted = coefficients;
    let (_, &mut median, _) = sorted.select_nth_unstable_by(COEFFICIENTS / 2 - 1, f64::total_cmp);
    Dct { coefficients, median }
}

/// `cosines[sample][coefficient]`: the DCT's rows 1 to 16; row 0, the mean, is left out.
fn cosines() -> &'static [[f64; SIDE]; SAMPLES] {
    static COSINES: OnceLock<[[f64; SIDE]; SAMPLES]> = OnceLock::new();
    COSINES.get_or_init(|| {
        let scale = (2.0 / SAMPLES as f64).sqrt();
        let step = std::f64::consts::PI / (2 * SAMPLES) as f64;
        std::array::from_fn(|sample| {
            std::array::from_fn(|row| scale * (step * ((row + 1) * (2 * sample + 1)) as f64).cos())
        })
    })
}

/// 0 to 100, the reference's measure: gradients in whole percents of the range, summed and scaled.
pub fn quality(samples: &Square) -> u8 {
    let percents = |one: f32, other: f32| ((one - other) * 100.0 / 255.0).abs() as u32;
    let mut sum = 0;
    for (upper, lower) in samples.iter().zip(&samples[1..]) {
        sum += upper.iter().zip(lower).map(|(&one, &other)| percents(one, other)).sum::<u32>();
    }
    for row in samples {
        sum += row.windows(2).map(|pair| percents(pair[0], pair[1])).sum::<u32>();
    }
    (sum / 90).min(100) as u8
}
