//! Luma as Python hands it over.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::pdq::samples::Luma;

/// What `work` says of the array, with other threads running meanwhile.
///
/// `ValueError` for anything but a contiguous array of unsigned bytes, height x width, at least 1 each.
pub fn with_luma<T: Send>(array: &Bound<'_, PyAny>, work: impl FnOnce(Luma<'_>) -> T + Send) -> PyResult<T> {
    let buffer = PyBuffer::<u8>::get(array)?;
    let &[height, width] = buffer.shape() else {
        return Err(PyValueError::new_err("Luma is an array of height x width."));
    };
    if height == 0 || width == 0 || !buffer.is_c_contiguous() {
        return Err(PyValueError::new_err("Luma is contiguous, and at least one pixel high and wide."));
    }
    // SAFETY: a contiguous buffer of unsigned bytes: so many of them, one after the other, at an address that is not
    // null, since there is at least one. `buffer` keeps them where they are until after the last use. Nobody writes to
    // them meanwhile: that is what callers promise (crawler/hashing reads each picture in one thread and never writes).
    let pixels = unsafe { std::slice::from_raw_parts(buffer.buf_ptr().cast::<u8>().cast_const(), height * width) };
    let answer = array.py().detach(|| work(Luma { pixels, height, width }));
    drop(buffer);
    Ok(answer)
}
