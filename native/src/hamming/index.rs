//! The index as a whole: built, opened, saved, asked.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path;
use std::thread;

use super::build::build;
use super::cast::numbers_mut;
use super::code::Code;
use super::find::Finding;
use super::join::Joining;
use super::layout::{Header, Refused, HEADER_BYTES};
use super::memory::Memory;
use super::plan::Plan;
use super::sieve::Path;
use super::view::{Damaged, View};

/// Queries joined in one go; what they take besides their hits is 6 bytes each and thread.
const JOINED_AT_ONCE: usize = 1 << 20;

/// An entry near a query. Sorted by row, then distance, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub row: u32,
    pub distance: u32,
    pub number: i64,
}

/// In which order queries are worked through. The answer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    QueryByQuery,
    BucketByBucket,
}

pub struct Index {
    header: Header,
    memory: Memory,
}

impl Index {
    /// `fill` is given the bytes of the codes and those of the numbers, all zero, and fills them.
    pub fn begun<E>(
        header: Header,
        fill: impl FnOnce(&mut [u8], &mut [u8]) -> Result<(), E>,
    ) -> Result<Unsorted, BuildError<E>> {
        let mut memory = Memory::zeros(header.file_bytes()).map_err(BuildError::Memory)?;
        let [_, _, _, codes, numbers] = header.sections();
        let (before, after) = memory.split_at_mut(numbers.start);
        fill(&mut before[codes], &mut after[..numbers.len()]).map_err(BuildError::Fill)?;
        Ok(Unsorted { header, memory })
    }

    /// Of codes and as many numbers. None when they are not as many, or too many.
    pub fn built(codes: &[Code], numbers: &[i64], distance: u32, order: [u8; 16]) -> Option<Index> {
        let header = Header::new(distance, order, codes.len()).filter(|_| codes.len() == numbers.len())?;
        let begun = Index::begun::<()>(header, |code_bytes, number_bytes| {
            numbers_mut(code_bytes).ok_or(())?.copy_from_slice(codes);
            numbers_mut(number_bytes).ok_or(())?.copy_from_slice(numbers);
            Ok(())
        });
        begun.ok()?.sorted(1)
    }

    /// Of a file, mapped. Its header, its size and that its offsets ascend are checked, the rest where it is used.
    pub fn opened(path: &path::Path) -> Result<Index, Refused> {
        Index::over(Memory::mapped(&File::open(path)?)?)
    }

    /// Of a file's bytes, copied: what tests and fuzzing open.
    pub fn of_bytes(bytes: &[u8]) -> Result<Index, Refused> {
        let mut memory = Memory::zeros(bytes.len())?;
        memory[..bytes.len()].copy_from_slice(bytes);
        Index::over(Memory::Own(memory))
    }

    /// A file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.memory.to_vec();
        bytes[..HEADER_BYTES].copy_from_slice(&self.header.packed(&self.header.checksums(&self.memory)));
        bytes
    }

    fn over(memory: Memory) -> Result<Index, Refused> {
        let (header, _) = Header::unpacked(&memory)?;
        let index = Index { header, memory };
        index.view().ok_or(Refused::Because("its sections are not aligned"))?.check_offsets()?;
        Ok(index)
    }

    /// Check every byte of it against the file's checksums; an index that was built has none.
    pub fn verified(&self) -> Result<(), Refused> {
        let (header, checksums) = Header::unpacked(&self.memory)?;
        if header.checksums(&self.memory) == checksums {
            Ok(())
        } else {
            Err(Refused::Because("a checksum does not fit"))
        }
    }

    /// Write it over a file that is there already; the caller sees to its rights, to fsync and to its name.
    pub fn written(&self, path: &path::Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
        file.write_all(&self.header.packed(&self.header.checksums(&self.memory)))?;
        file.write_all(&self.memory[HEADER_BYTES..])
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    fn view(&self) -> Option<View<'_>> {
        View::new(&self.header, &self.memory)
    }

    /// All entries within the plan's distance of each query, sorted. At most 2^32 - 1 queries.
    pub fn find(
        &self,
        queries: &[Code],
        plan: &Plan,
        way: Way,
        threads: usize,
        path: Path,
    ) -> Result<Vec<Hit>, Damaged> {
        let view = self.view().ok_or(Damaged)?;
        if way == Way::BucketByBucket && self.header.tables() > 0 {
            return join_all(view, queries, plan, threads, path);
        }
        let share = queries.len().div_ceil(threads.max(1)).max(1);
        let find = |part: usize, queries: &[Code]| {
            let mut hits = Vec::new();
            let first = (part * share) as u32;
            path.find(Finding { view, plan, queries, first, hits: &mut hits })?;
            Ok(hits)
        };
        if share >= queries.len() {
            return find(0, queries);
        }
        in_threads(queries.chunks(share).enumerate(), |(part, queries)| find(part, queries))
    }
}

/// An index that holds codes and numbers, but not its tables yet.
pub struct Unsorted {
    header: Header,
    memory: memmap2::MmapMut,
}

impl Unsorted {
    /// Make the tables. None does not happen: the sections are where the header says.
    pub fn sorted(mut self, threads: usize) -> Option<Index> {
        let [offsets, following, places, codes, _] = self.header.sections();
        let (before, codes_on) = self.memory.split_at_mut(codes.start);
        let (before, places_on) = before.split_at_mut(places.start);
        let (before, following_on) = before.split_at_mut(following.start);
        build(
            numbers_mut(&mut codes_on[..codes.len()])?,
            numbers_mut(&mut before[offsets])?,
            numbers_mut(&mut following_on[..following.len()])?,
            numbers_mut(&mut places_on[..places.len()])?,
            threads,
        );
        Some(Index { header: self.header, memory: Memory::Own(self.memory) })
    }
}

/// Why an index could not be begun.
#[derive(Debug)]
pub enum BuildError<E> {
    Memory(io::Error),
    Fill(E),
}

fn join_all(view: View<'_>, queries: &[Code], plan: &Plan, threads: usize, path: Path) -> Result<Vec<Hit>, Damaged> {
    let mut all = Vec::new();
    for (part, queries) in queries.chunks(JOINED_AT_ONCE).enumerate() {
        let threads = threads.clamp(1, plan.tables.len());
        let join = |thread: usize| {
            let mut hits = Vec::new();
            for asked in plan.tables.iter().skip(thread).step_by(threads) {
                path.join(Joining { view, plan, asked, queries, hits: &mut hits })?;
            }
            Ok(hits)
        };
        let mut hits = if threads == 1 { join(0)? } else { in_threads(0..threads, join)? };
        hits.sort_unstable();
        for hit in &mut hits {
            hit.row += (part * JOINED_AT_ONCE) as u32;
        }
        all.append(&mut hits);
    }
    Ok(all)
}

/// The hits of each share, worked out in a thread of its own, one after the other.
fn in_threads<T: Send>(
    shares: impl Iterator<Item = T>,
    work: impl Fn(T) -> Result<Vec<Hit>, Damaged> + Sync,
) -> Result<Vec<Hit>, Damaged> {
    thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let mut all = Vec::new();
        for thread in started {
            match thread.join() {
                Ok(hits) => all.append(&mut hits?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}
