//! Makes the tables: entries sorted by each chunk.

use std::sync::Mutex;
use std::thread;

use super::code::{chunk, Code, BUCKETS};

/// Entries are first put apart by their key's upper half, so that writes go to few places at a time.
const PARTS: usize = 256;

struct Table<'a> {
    chunk: usize,
    offsets: &'a mut [u32],
    following: &'a mut [u16],
    places: &'a mut [u32],
}

/// An entry on its way: the lower half of its key, its next chunk, its place.
#[derive(Clone, Copy, Default)]
struct Underway {
    place: u32,
    following: u16,
    low: u8,
}

/// Fill the three arrays of all tables. Takes 8 bytes an entry and thread more while it runs.
pub fn build(codes: &[Code], offsets: &mut [u32], following: &mut [u16], places: &mut [u32], threads: usize) {
    if offsets.is_empty() || codes.is_empty() {
        return;
    }
    let arrays = offsets
        .chunks_exact_mut(BUCKETS + 1)
        .zip(following.chunks_exact_mut(codes.len()))
        .zip(places.chunks_exact_mut(codes.len()));
    let tables =
        arrays.enumerate().map(|(chunk, ((offsets, following), places))| Table { chunk, offsets, following, places });
    let waiting = Mutex::new(tables);
    let next = || waiting.lock().ok().and_then(|mut tables| tables.next());
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut parted = vec![Underway::default(); codes.len()];
                while let Some(table) = next() {
                    fill(table, codes, &mut parted);
                }
            });
        }
    });
}

fn fill(table: Table<'_>, codes: &[Code], parted: &mut [Underway]) {
    count(table.offsets, table.chunk, codes);
    let mut begins: Vec<u32> = (0..PARTS).map(|part| table.offsets[part * (BUCKETS / PARTS)]).collect();
    let ends: Vec<u32> = begins[1..].iter().copied().chain([codes.len() as u32]).collect();
    let starts = begins.clone();
    for (place, code) in codes.iter().enumerate() {
        let key = chunk(code, table.chunk);
        let spot = &mut begins[usize::from(key >> 8)];
        parted[*spot as usize] =
            Underway { place: place as u32, following: chunk(code, table.chunk + 1), low: key as u8 };
        *spot += 1;
    }
    for (part, (start, end)) in starts.into_iter().zip(ends).enumerate() {
        let first = part * (BUCKETS / PARTS);
        let mut spots: [u32; PARTS] = std::array::from_fn(|low| table.offsets[first + low]);
        for one in &parted[start as usize..end as usize] {
            let spot = &mut spots[usize::from(one.low)];
            table.following[*spot as usize] = one.following;
            table.places[*spot as usize] = one.place;
            *spot += 1;
        }
    }
}

/// The positions at which the buckets begin, and the end of the last.
fn count(offsets: &mut [u32], which: usize, codes: &[Code]) {
    offsets.fill(0);
    for code in codes {
        offsets[usize::from(chunk(code, which)) + 1] += 1;
    }
    let mut sum = 0;
    for offset in offsets {
        sum += *offset;
        *offset = sum;
    }
}
