//! The index as Python sees it. Arrays come and go as buffers of bytes; the project's `matchers/known/near` wraps it.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::code::{codes_of, CODE_BYTES};
use super::index::{BuildError, Hit, Index, Way};
use super::layout::Header;
use super::plan::Plan;
use super::sieve::Path;

pyo3::create_exception!(zoeklicht_native, RefusedFileError, pyo3::exceptions::PyException);

/// From so many queries on, bucket by bucket is the faster way.
const JOINED_FROM: usize = 12_000;

type Arrays<'py> = (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>);

#[pyclass(frozen, module = "zoeklicht_native")]
pub struct HammingIndex {
    index: RwLock<Option<Arc<Index>>>,
    header: Header,
    path: Path,
}

#[pymethods]
impl HammingIndex {
    #[staticmethod]
    #[pyo3(signature = (codes, numbers, *, distance, order, threads = 1, simd = None))]
    fn build(
        py: Python<'_>,
        codes: PyBuffer<u8>,
        numbers: PyBuffer<u8>,
        distance: u32,
        order: [u8; 16],
        threads: usize,
        simd: Option<&str>,
    ) -> PyResult<HammingIndex> {
        let path = chosen(simd)?;
        let entries = codes.len_bytes() / CODE_BYTES;
        if codes.len_bytes() != entries * CODE_BYTES || numbers.len_bytes() != entries * 8 {
            return Err(PyValueError::new_err("codes must be 32 bytes each, and numbers 8 bytes for each of them"));
        }
        let header = Header::new(distance, order, entries)
            .ok_or_else(|| PyValueError::new_err("distance must be 0 to 31, and entries at most 2^32 - 1"))?;
        // Copied while the interpreter is held, since whoever owns these buffers could change them afterwards.
        let begun = Index::begun(header, |code_bytes, number_bytes| {
            copied(py, &codes, code_bytes)?;
            copied(py, &numbers, number_bytes)
        });
        let begun = begun.map_err(|error| match error {
            BuildError::Memory(error) => PyMemoryError::new_err(error.to_string()),
            BuildError::Fill(error) => error,
        })?;
        let index = py
            .detach(|| begun.sorted(threads))
            .ok_or_else(|| PyValueError::new_err("the sections are not where they should be"))?;
        Ok(HammingIndex { index: RwLock::new(Some(Arc::new(index))), header, path })
    }

    #[staticmethod]
    #[pyo3(signature = (path, *, order, simd = None))]
    fn open(py: Python<'_>, path: PathBuf, order: [u8; 16], simd: Option<&str>) -> PyResult<HammingIndex> {
        let way = chosen(simd)?;
        let index = py.detach(|| Index::opened(&path)).map_err(|why| RefusedFileError::new_err(why.to_string()))?;
        let header = *index.header();
        if header.order != order {
            return Err(RefusedFileError::new_err("it was made with another veil key"));
        }
        Ok(HammingIndex { index: RwLock::new(Some(Arc::new(index))), header, path: way })
    }

    fn __len__(&self) -> usize {
        self.header.entries
    }

    #[getter]
    fn distance(&self) -> u32 {
        self.header.distance
    }

    #[getter]
    fn order(&self) -> [u8; 16] {
        self.header.order
    }

    #[getter]
    fn bytes_held(&self) -> usize {
        self.header.bytes_held()
    }

    #[getter]
    fn simd(&self) -> &'static str {
        self.path.name()
    }

    /// Rows, numbers and distances as int64. `join` says which way; without it the count of queries decides.
    #[pyo3(signature = (queries, *, distance, threads = 1, join = None))]
    fn find<'py>(
        &self,
        py: Python<'py>,
        queries: PyBuffer<u8>,
        distance: u32,
        threads: usize,
        join: Option<bool>,
    ) -> PyResult<Arrays<'py>> {
        let mut bytes = vec![0; queries.len_bytes()];
        copied(py, &queries, &mut bytes)?;
        let hits = self.hits(py, &bytes, distance, threads, join)?;
        Ok((
            int64s(py, &hits, |hit| i64::from(hit.row))?,
            int64s(py, &hits, |hit| hit.number)?,
            int64s(py, &hits, |hit| i64::from(hit.distance))?,
        ))
    }

    fn find_one(&self, py: Python<'_>, code: &[u8], distance: u32) -> PyResult<Vec<(i64, u32)>> {
        if code.len() != CODE_BYTES {
            return Err(PyValueError::new_err("a code is 32 bytes long"));
        }
        let hits = self.hits(py, code, distance, 1, Some(false))?;
        Ok(hits.into_iter().map(|hit| (hit.number, hit.distance)).collect())
    }

    /// Over a file that is there already.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let index = self.held()?;
        py.detach(|| index.written(&path)).map_err(PyErr::from)
    }

    fn close(&self, py: Python<'_>) {
        let index = self.index.write().map_or_else(|poisoned| poisoned.into_inner().take(), |mut held| held.take());
        // Giving back gigabytes takes a while.
        py.detach(|| drop(index));
    }
}

impl HammingIndex {
    fn held(&self) -> PyResult<Arc<Index>> {
        let held = self.index.read().map_err(|_| PyValueError::new_err("this near index is broken"))?;
        held.clone().ok_or_else(|| PyValueError::new_err("this near index is closed"))
    }

    fn hits(
        &self,
        py: Python<'_>,
        bytes: &[u8],
        distance: u32,
        threads: usize,
        join: Option<bool>,
    ) -> PyResult<Vec<Hit>> {
        let index = self.held()?;
        let queries = codes_of(bytes);
        if queries.len() * CODE_BYTES != bytes.len() || u32::try_from(queries.len()).is_err() {
            return Err(PyValueError::new_err("queries must be 32 bytes each, at most 2^32 - 1 of them"));
        }
        let plan = Plan::new(distance)
            .filter(|_| distance <= self.header.distance)
            .ok_or_else(|| PyValueError::new_err("this index answers no such distance"))?;
        let way = match join.unwrap_or(queries.len() >= JOINED_FROM) {
            true => Way::BucketByBucket,
            false => Way::QueryByQuery,
        };
        let found = py.detach(|| {
            let found = index.find(&queries, &plan, way, threads, self.path);
            drop(index);
            found
        });
        found.map_err(|_| RefusedFileError::new_err("it points beyond its entries"))
    }
}

/// The ways of sieving that this processor can go, best first: for tests.
#[pyfunction]
fn simd_paths() -> Vec<&'static str> {
    Path::possible().into_iter().map(Path::name).collect()
}

fn chosen(simd: Option<&str>) -> PyResult<Path> {
    let Some(name) = simd else { return Ok(Path::best()) };
    let path = Path::possible().into_iter().find(|path| path.name() == name);
    path.ok_or_else(|| PyValueError::new_err("this processor cannot do that"))
}

fn copied(py: Python<'_>, from: &PyBuffer<u8>, to: &mut [u8]) -> PyResult<()> {
    if to.is_empty() {
        return Ok(());
    }
    from.copy_to_slice(py, to)
}

fn int64s<'py>(py: Python<'py>, hits: &[Hit], of: impl Fn(&Hit) -> i64) -> PyResult<Bound<'py, PyByteArray>> {
    PyByteArray::new_with(py, hits.len() * 8, |bytes| {
        for (eight, hit) in bytes.chunks_exact_mut(8).zip(hits) {
            eight.copy_from_slice(&of(hit).to_le_bytes());
        }
        Ok(())
    })
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("RefusedFileError", module.py().get_type::<RefusedFileError>())?;
    module.add_function(wrap_pyfunction!(simd_paths, module)?)?;
    module.add_class::<HammingIndex>()
}
