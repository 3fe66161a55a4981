//! Pillow's `Image.resize` with its Lanczos filter: 22-bit fixed point, one axis after the other, rounded in between.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::sync::{Arc, Mutex, PoisonError};

use crate::pdq::samples::Luma;

const BITS: u32 = 22;
const HALF: i32 = 1 << (BITS - 1);
const SUPPORT: f64 = 3.0;
/// The reduced copies of most pictures; each takes 6 kB, or up to 25.
const LONGEST_KEPT: usize = 1024;
const MOST_KEPT: usize = 256;

/// One pixel's share of each of the pixels from `begin` on.
struct Taps {
    begin: usize,
    weights: Vec<i32>,
}

/// `height` rows of `width` pixels.
pub fn resized(luma: Luma<'_>, height: usize, width: usize) -> Vec<u8> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: this processor has AVX2, as was asked just now; it is all that the function demands.
        return unsafe { with_avx2(luma, height, width) };
    }
    anywhere(luma, height, width)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(luma: Luma<'_>, height: usize, width: usize) -> Vec<u8> {
    anywhere(luma, height, width)
}

#[inline(always)]
fn anywhere(luma: Luma<'_>, height: usize, width: usize) -> Vec<u8> {
    // Pillow's own choice, as version 13.0 makes it (found by trying): it changes how is rounded in between.
    if luma.height > height + 2 * luma.width.saturating_sub(width) {
        let pixels = down(luma, height);
        across(Luma { pixels: &pixels, height, width: luma.width }, width)
    } else {
        let pixels = across(luma, width);
        down(Luma { pixels: &pixels, height: luma.height, width }, height)
    }
}

#[inline(always)]
fn down(luma: Luma<'_>, height: usize) -> Vec<u8> {
    if luma.height == height {
        return luma.pixels.to_vec();
    }
    let mut flat = Vec::with_capacity(height * luma.width);
    let mut sums = vec![0i32; luma.width];
    for taps in taps(luma.height, height).iter() {
        sums.fill(HALF);
        for (row, weight) in luma.pixels[taps.begin * luma.width..].chunks_exact(luma.width).zip(&taps.weights) {
            for (sum, pixel) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i32::from(*pixel).wrapping_mul(*weight));
            }
        }
        flat.extend(sums.iter().map(|sum| whole(*sum)));
    }
    flat
}

#[inline(always)]
fn across(luma: Luma<'_>, width: usize) -> Vec<u8> {
    if luma.width == width {
        return luma.pixels.to_vec();
    }
    let taps = taps(luma.width, width);
    let mut narrow = Vec::with_capacity(luma.height * width);
    for row in luma.pixels.chunks_exact(luma.width) {
        for taps in taps.iter() {
            let sum = row[taps.begin..]
                .iter()
                .zip(&taps.weights)
                .fold(HALF, |sum, (pixel, weight)| sum.wrapping_add(i32::from(*pixel).wrapping_mul(*weight)));
            narrow.push(whole(sum));
        }
    }
    narrow
}

fn whole(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

type Kept = BTreeMap<(usize, usize), Arc<[Taps]>>;

/// The weights of one axis, remembered: making them costs more than using them, and sizes come again and again.
fn taps(from: usize, to: usize) -> Arc<[Taps]> {
    static KEPT: Mutex<Kept> = Mutex::new(BTreeMap::new());
    let locked = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(taps) = locked().get(&(from, to)) {
        return Arc::clone(taps);
    }
    let made = made(from, to);
    if from <= LONGEST_KEPT {
        let mut kept = locked();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert((from, to), Arc::clone(&made));
    }
    made
}

fn made(from: usize, to: usize) -> Arc<[Taps]> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let support = SUPPORT * stretch;
    (0..to)
        .map(|place| {
            let centre = (place as f64 + 0.5) * scale;
            let begin = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let shares: Vec<f64> =
                (begin..end).map(|pixel| lanczos((pixel as f64 - centre + 0.5) * (1.0 / stretch))).collect();
            let sum: f64 = shares.iter().sum();
            let weights = shares.into_iter().map(|share| fixed(if sum == 0.0 { share } else { share / sum })).collect();
            Taps { begin, weights }
        })
        .collect()
}

fn fixed(share: f64) -> i32 {
    let scaled = share * f64::from(1u32 << BITS);
    (if share < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

fn lanczos(x: f64) -> f64 {
    if (-SUPPORT..SUPPORT).contains(&x) {
        sinc(x) * sinc(x / SUPPORT)
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (x * PI).sin() / (x * PI)
    }
}
