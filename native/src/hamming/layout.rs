//! The file: a header of 512 bytes, then five sections, each at a multiple of 64 bytes. All numbers are little-endian.
//!
//! | at  | bytes | what                                                                            |
//! |-----|-------|---------------------------------------------------------------------------------|
//! | 0   | 8     | `ZKLNEAR` and a line feed                                                       |
//! | 8   | 4     | version of the format: 1                                                        |
//! | 12  | 4     | the largest distance it answers                                                 |
//! | 16  | 16    | name of the algorithm, filled up with zeros: `pdq`                              |
//! | 32  | 16    | order: the fingerprint of the veil that the codes went through                  |
//! | 48  | 8     | count of entries, at most 2^32 - 1                                              |
//! | 56  | 4     | count of tables: 16, or 0 where there are so few entries that all are compared  |
//! | 60  | 4     | count of sections: 5                                                            |
//! | 64  | 5x24  | of each section its offset (8), length (8), CRC-32 (4), and zero (4)            |
//! | 184 | 324   | zero                                                                            |
//! | 508 | 4     | CRC-32 of all that stands before                                                |
//!
//! With n entries and T tables the sections are: offsets, T x 65,537 of 4 bytes; following chunks, T x n of 2; places,
//! T x n of 4; codes, n of 32; numbers, n of 8. The layout follows from the counts alone: a reader works it out anew
//! and accepts no other. A section's checksum covers the zeros after it too.

use std::fmt;
use std::ops::Range;

use super::code::{BUCKETS, CHUNKS, CODE_BYTES};
use super::plan::MAX_DISTANCE;

pub const HEADER_BYTES: usize = 512;
pub const SECTIONS: usize = 5;
/// With fewer entries there are no tables: comparing with every one is as fast.
pub const FEWEST_INDEXED: usize = 256;

const MAGIC: &[u8; 8] = b"ZKLNEAR\n";
const VERSION: u32 = 1;
const ALGORITHM: &[u8; 16] = b"pdq\0\0\0\0\0\0\0\0\0\0\0\0\0";
const ALIGNED: usize = 64;
const TABLE_AT: usize = 64;
const CHECKSUM_AT: usize = HEADER_BYTES - 4;

/// Why a file is not used.
#[derive(Debug)]
pub enum Refused {
    Io(std::io::Error),
    Because(&'static str),
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Io(error) => write!(out, "it cannot be read ({error})"),
            Refused::Because(reason) => out.write_str(reason),
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Refused {
        Refused::Io(error)
    }
}

/// What an index is, and by that where each of its sections lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub distance: u32,
    pub order: [u8; 16],
    pub entries: usize,
}

impl Header {
    /// None for more entries than the format can hold, or a distance that could not be answered exactly.
    pub fn new(distance: u32, order: [u8; 16], entries: usize) -> Option<Header> {
        (distance <= MAX_DISTANCE && entries <= u32::MAX as usize).then_some(Header { distance, order, entries })
    }

    pub fn tables(&self) -> usize {
        if self.entries < FEWEST_INDEXED {
            0
        } else {
            CHUNKS
        }
    }

    fn lengths(&self) -> [usize; SECTIONS] {
        let (tables, entries) = (self.tables(), self.entries);
        [tables * (BUCKETS + 1) * 4, tables * entries * 2, tables * entries * 4, entries * CODE_BYTES, entries * 8]
    }

    /// Where each section's bytes lie.
    pub fn sections(&self) -> [Range<usize>; SECTIONS] {
        let mut next = HEADER_BYTES;
        self.lengths().map(|length| {
            let begin = next;
            next += length.next_multiple_of(ALIGNED);
            begin..begin + length
        })
    }

    pub fn file_bytes(&self) -> usize {
        HEADER_BYTES + self.lengths().iter().map(|length| length.next_multiple_of(ALIGNED)).sum::<usize>()
    }

    /// Of the arrays alone.
    pub fn bytes_held(&self) -> usize {
        self.lengths().iter().sum()
    }

    /// The sections' checksums; `whole` is as long as the file.
    pub fn checksums(&self, whole: &[u8]) -> [u32; SECTIONS] {
        self.sections().map(|section| {
            let padded = section.start..section.start + section.len().next_multiple_of(ALIGNED);
            whole.get(padded).map_or(0, crc32fast::hash)
        })
    }

    /// The 512 bytes of it.
    pub fn packed(&self, checksums: &[u32; SECTIONS]) -> [u8; HEADER_BYTES] {
        let mut packed = [0; HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| packed[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, MAGIC);
        put(8, &VERSION.to_le_bytes());
        put(12, &self.distance.to_le_bytes());
        put(16, ALGORITHM);
        put(32, &self.order);
        put(48, &(self.entries as u64).to_le_bytes());
        put(56, &(self.tables() as u32).to_le_bytes());
        put(60, &(SECTIONS as u32).to_le_bytes());
        for (which, (section, checksum)) in self.sections().iter().zip(checksums).enumerate() {
            let at = TABLE_AT + which * 24;
            put(at, &(section.start as u64).to_le_bytes());
            put(at + 8, &(section.len() as u64).to_le_bytes());
            put(at + 16, &checksum.to_le_bytes());
        }
        let checksum = crc32fast::hash(&packed[..CHECKSUM_AT]);
        packed[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        packed
    }

    /// The header of a whole file, and the checksums it tells of its sections.
    pub fn unpacked(whole: &[u8]) -> Result<(Header, [u32; SECTIONS]), Refused> {
        let raw = whole.get(..HEADER_BYTES).ok_or(Refused::Because("it is only its beginning"))?;
        if !raw.starts_with(MAGIC) {
            return Err(Refused::Because("it is something else"));
        }
        let word = |at: usize| raw[at..at + 4].iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        if word(8) != VERSION {
            return Err(Refused::Because("it is of another format's version"));
        }
        let order = std::array::from_fn(|at| raw[32 + at]);
        let entries = u64::from(word(52)) << 32 | u64::from(word(48));
        let checksums = std::array::from_fn(|which| word(TABLE_AT + which * 24 + 16));
        let contradiction = Refused::Because("its header is damaged or contradicts itself");
        // Whatever else the header says follows from these, so packing it anew must give the same bytes.
        match usize::try_from(entries).ok().and_then(|entries| Header::new(word(12), order, entries)) {
            Some(header) if header.packed(&checksums) == raw => {
                if header.file_bytes() == whole.len() {
                    Ok((header, checksums))
                } else {
                    Err(Refused::Because("it is shorter or longer than its header says"))
                }
            }
            _ => Err(contradiction),
        }
    }
}
