//! The 32 x 32 and 9 x 8 pixels that pHash and dHash are taken from, to the bit what Pillow makes of the same luma.

mod lanczos;
mod reduce;

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use self::lanczos::resized;
use self::reduce::reduced;
use crate::luma::with_luma;
use crate::memory::OutOfMemory;
use crate::pdq::samples::Luma;

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(thumbnails, module)?)
}

type Thumbnails<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Luma (unsigned bytes, height x width, contiguous) as Pillow's `reduce((across, down))` and then `resize` (Lanczos)
/// give it, row after row: 32 x 32 pixels, and 8 rows of 9. Lets other threads run meanwhile; nobody may write to the
/// array until it is done.
#[pyfunction]
fn thumbnails<'py>(luma: &Bound<'py, PyAny>, across: usize, down: usize) -> PyResult<Thumbnails<'py>> {
    if across == 0 || down == 0 {
        return Err(PyValueError::new_err("A factor is at least 1."));
    }
    let py = luma.py();
    let (square, oblong) = with_luma(luma, |luma| of(luma, across, down))??;
    Ok((PyBytes::new(py, &square), PyBytes::new(py, &oblong)))
}

fn of(luma: Luma<'_>, across: usize, down: usize) -> Result<(Vec<u8>, Vec<u8>), OutOfMemory> {
    let (height, width) = (luma.height.div_ceil(down), luma.width.div_ceil(across));
    let pixels = match (across, down) {
        (1, 1) => Cow::Borrowed(luma.pixels),
        _ => Cow::Owned(reduced(luma, across, down)?),
    };
    let small = Luma { pixels: &pixels, height, width };
    Ok((resized(small, 32, 32), resized(small, 8, 9)))
}
