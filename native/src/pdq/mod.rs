//! PDQ: luma in, 256 bits and quality out, and those of the seven turns and flips from the same pass.
//!
//! The algorithm is Meta's (ThreatExchange, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm",
//! 2019). `crawler/hashing/pdq.py` is its twin and tells what is guaranteed.

mod bands;
mod bits;
pub mod samples;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use self::bits::{quality, Bits, Dct};
use self::samples::{samples, Luma};
use crate::luma::with_luma;
use crate::memory::OutOfMemory;

const SMALLEST_SIDE: usize = 5;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(pdq, module)?)
}

/// PDQ of luma (unsigned bytes, height x width, contiguous): 32 bytes, with `dihedral` seven times 32 more in the order
/// of `DIHEDRAL`, and the quality. Lets other threads run meanwhile; nobody may write to the array until it is done.
#[pyfunction]
fn pdq<'py>(luma: &Bound<'py, PyAny>, dihedral: bool) -> PyResult<(Bound<'py, PyBytes>, u8)> {
    let py = luma.py();
    let (bits, quality) = with_luma(luma, |luma| hashed(luma, dihedral))??;
    Ok((PyBytes::new(py, bits.as_flattened()), quality))
}

/// The bits of the picture and, with `dihedral`, of its seven turns and flips; and its quality.
pub fn hashed(luma: Luma<'_>, dihedral: bool) -> Result<(Vec<Bits>, u8), OutOfMemory> {
    if luma.height.min(luma.width) < SMALLEST_SIDE {
        return Ok((vec![[0; 32]; if dihedral { 8 } else { 1 }], 0));
    }
    if !dihedral {
        let samples = samples::<1>(luma)?;
        return Ok((vec![Dct::of(&samples[0][0]).bits()], quality(&samples[0][0])));
    }
    let samples = samples::<2>(luma)?;
    let [[upright, mirrored], [upside_down, half_turned]] = samples.each_ref().map(|row| row.each_ref().map(Dct::of));
    let bits = vec![
        upright.bits(),
        mirrored.bits_transposed(),
        half_turned.bits(),
        upside_down.bits_transposed(),
        upside_down.bits(),
        mirrored.bits(),
        upright.bits_transposed(),
        half_turned.bits_transposed(),
    ];
    Ok((bits, quality(&samples[0][0])))
}
