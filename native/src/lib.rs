//! The two inner loops of Zoeklicht that Python is too slow for. Each has a NumPy twin in the project, which is its
//! oracle and takes its place where this crate is not installed.

mod hamming;
mod pdq;

use pyo3::prelude::*;

#[pymodule]
fn zoeklicht_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    hamming::register(module)?;
    pdq::register(module)?;
    Ok(())
}
