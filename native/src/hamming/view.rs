//! An index's bytes as the arrays they are.

use super::cast::numbers;
use super::code::{Code, BUCKETS};
use super::layout::{Header, Refused};

/// An opened file turned out to point beyond its own arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Of each table the positions at which its buckets begin, and the end of the last.
    pub offsets: &'a [u32],
    /// At each position of each table, one table after the other, its entry's next chunk.
    pub following: &'a [u16],
    /// At each position which entry it is.
    pub places: &'a [u32],
    pub codes: &'a [Code],
    pub numbers: &'a [i64],
}

impl<'a> View<'a> {
    pub fn new(header: &Header, whole: &'a [u8]) -> Option<View<'a>> {
        let [offsets, following, places, codes, entry_numbers] = header.sections().map(|section| whole.get(section));
        Some(View {
            offsets: numbers(offsets?)?,
            following: numbers(following?)?,
            places: numbers(places?)?,
            codes: numbers(codes?)?,
            numbers: numbers(entry_numbers?)?,
        })
    }

    /// That every table's offsets ascend from 0 to the count of entries.
    pub fn check_offsets(&self) -> Result<(), Refused> {
        let ascend = |table: &[u32]| {
            table.first() == Some(&0)
                && table.last().is_some_and(|&last| last as usize == self.codes.len())
                && table.windows(2).fold(true, |so_far, pair| so_far & (pair[0] <= pair[1]))
        };
        if self.offsets.chunks_exact(BUCKETS + 1).all(ascend) {
            Ok(())
        } else {
            Err(Refused::Because("its offsets do not ascend"))
        }
    }

    /// The offsets of the table of a chunk.
    #[inline(always)]
    pub fn table(&self, chunk: usize) -> Result<&'a [u32; BUCKETS + 1], Damaged> {
        let begin = chunk * (BUCKETS + 1);
        let offsets = self.offsets.get(begin..begin + BUCKETS + 1).ok_or(Damaged)?;
        offsets.try_into().map_err(|_| Damaged)
    }

    /// The position at which the table of a chunk begins.
    #[inline(always)]
    pub fn base(&self, chunk: usize) -> usize {
        chunk * self.codes.len()
    }
}
