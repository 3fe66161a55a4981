//! Opens bytes that anybody may have written as an index file, and asks it.
//!
//! The first byte says in which way, with which inner loop, and what follows. After an even one that is the file itself.
//! Checksums would stop most of those at the door, so after an odd one it is a list of changes to a sound file instead,
//! each of 8 bytes: which section (or the header, which then is sealed anew), where in it, how often, and what.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use zoeklicht_native::hamming::{Code, Index, Path, Plan, Way, HEADER_BYTES, MAX_DISTANCE};

const ENTRIES: u64 = 300;

fuzz_target!(|input: &[u8]| {
    match input.split_first() {
        Some((kind, changes)) if kind % 2 == 1 => ask(&changed(changes), kind / 2),
        Some((kind, file)) => ask(file, kind / 2),
        None => (),
    }
});

/// Codes of which many are near each other.
fn codes() -> Vec<Code> {
    let code = |number: u64| {
        let spread = 1u64.rotate_left((number * 7) as u32);
        [number % 3, spread, (number / 40).wrapping_mul(0x9E37_79B9_7F4A_7C15), spread & number]
    };
    (0..ENTRIES).map(code).collect()
}

fn sound() -> &'static (Vec<u8>, Vec<std::ops::Range<usize>>) {
    static SOUND: OnceLock<(Vec<u8>, Vec<std::ops::Range<usize>>)> = OnceLock::new();
    SOUND.get_or_init(|| {
        let numbers: Vec<i64> = (0..ENTRIES as i64).collect();
        let index = Index::built(&codes(), &numbers, MAX_DISTANCE, [7; 16]).expect("an index");
        let parts = std::iter::once(0..HEADER_BYTES - 4).chain(index.header().sections()).collect();
        (index.bytes(), parts)
    })
}

fn changed(changes: &[u8]) -> Vec<u8> {
    let (sound, parts) = sound();
    let mut file = sound.clone();
    for change in changes.chunks_exact(8) {
        let part = &parts[usize::from(change[0]) % parts.len()];
        let at = u32::from_le_bytes([change[1], change[2], change[3], 0]) as usize % part.len();
        let times = 1 + usize::from(change[4]) * 64;
        let end = (part.start + at + times).min(part.end);
        for (byte, value) in file[part.start + at..end].iter_mut().zip(change[5..8].iter().cycle()) {
            *byte = *value;
        }
    }
    let checksum = crc32fast::hash(&file[..HEADER_BYTES - 4]);
    file[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    file
}

/// In one of the ways, with one of the inner loops.
fn ask(file: &[u8], which: u8) {
    let Ok(index) = Index::of_bytes(file) else { return };
    let paths = Path::possible();
    let path = paths[usize::from(which / 2) % paths.len()];
    // Bucket by bucket goes through all buckets, which with 17 probes each would take most of the time there is.
    let (way, distance) = if which % 2 == 0 { (Way::QueryByQuery, MAX_DISTANCE) } else { (Way::BucketByBucket, 16) };
    let Some(plan) = Plan::new(distance) else { return };
    // Nonsense may be answered, or refused; it may not crash.
    let _ = index.find(&codes()[..3], &plan, way, 1, path);
}
