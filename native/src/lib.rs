//! The inner loops of Zoeklicht that Python is too slow for. Each has a twin in the project, which is its oracle
//! and takes its place where this crate is not installed.

pub mod hamming;
mod luma;
mod memory;
mod pdq;
mod thumbnails;

use pyo3::prelude::*;

#[pymodule]
fn zoeklicht_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    hamming::register(module)?;
    pdq::register(module)?;
    thumbnails::register(module)?;
    Ok(())
}
