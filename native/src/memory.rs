//! Memory that grows with a picture is asked for, not taken: a process under a limit is told, instead of ended.

use std::collections::TryReserveError;

use pyo3::exceptions::PyMemoryError;
use pyo3::PyErr;

/// There was none left.
#[derive(Debug)]
pub struct OutOfMemory;

impl From<TryReserveError> for OutOfMemory {
    fn from(_: TryReserveError) -> Self {
        Self
    }
}

impl From<OutOfMemory> for PyErr {
    fn from(_: OutOfMemory) -> Self {
        PyMemoryError::new_err(())
    }
}

/// So many times the value.
pub fn filled<T: Clone>(value: T, length: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut values = with_room(length)?;
    values.resize(length, value);
    Ok(values)
}

/// Empty, with room for so many.
pub fn with_room<T>(length: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut values = Vec::new();
    values.try_reserve_exact(length)?;
    Ok(values)
}
