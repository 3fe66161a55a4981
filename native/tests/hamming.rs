//! The index against brute force, by every way and inner loop; and against bytes that nobody should have written.

use zoeklicht_native::hamming::{Code, Damaged, Hit, Index, Path, Plan, Way, HEADER_BYTES, MAX_DISTANCE};

const ORDER: [u8; 16] = *b"order of one key";
const DISTANCES: [u32; 8] = [0, 1, 7, 15, 16, 23, 30, 31];

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn code(&mut self) -> Code {
        std::array::from_fn(|_| self.next())
    }

    /// The code with up to so many bits turned over.
    fn near(&mut self, code: &Code, bits: usize) -> Code {
        let mut near = *code;
        for _ in 0..self.below(bits + 1) {
            let bit = self.below(256);
            near[bit / 64] ^= 1 << (bit % 64);
        }
        near
    }

    /// Some around three centres, some equal, some anywhere.
    fn codes(&mut self, count: usize) -> Vec<Code> {
        let centres = [self.code(), self.code(), self.code()];
        let mut codes: Vec<Code> = Vec::with_capacity(count);
        for _ in 0..count {
            let code = match self.below(10) {
                0 => self.code(),
                1 if !codes.is_empty() => codes[self.below(codes.len())],
                _ => {
                    let centre = centres[self.below(3)];
                    self.near(&centre, 25)
                }
            };
            codes.push(code);
        }
        codes
    }
}

fn numbered(count: usize) -> Vec<i64> {
    (0..count as i64).map(|number| number * 7 - 100).collect()
}

fn by_brute_force(known: &[Code], queries: &[Code], distance: u32) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (row, query) in queries.iter().enumerate() {
        for (code, number) in known.iter().zip(numbered(known.len())) {
            let apart = code.iter().zip(query).map(|(one, other)| (one ^ other).count_ones()).sum();
            if apart <= distance {
                hits.push(Hit { row: row as u32, distance: apart, number });
            }
        }
    }
    hits.sort();
    hits
}

/// By every way and inner loop.
fn answers(index: &Index, queries: &[Code], distance: u32) -> Vec<Result<Vec<Hit>, Damaged>> {
    let plan = Plan::new(distance).unwrap();
    let mut answers = Vec::new();
    for path in Path::possible() {
        for way in [Way::QueryByQuery, Way::BucketByBucket] {
            for threads in [1, 3] {
                answers.push(index.find(queries, &plan, way, threads, path));
            }
        }
    }
    answers
}

#[test]
fn every_way_answers_as_brute_force_does() {
    let mut random = Random(1);
    for count in [0, 1, 255, 256, 1_000, 5_000] {
        let known = random.codes(count);
        let mut queries = random.codes(20);
        for _ in 0..known.len().min(40) {
            let code = known[random.below(known.len())];
            queries.push(random.near(&code, 40));
        }
        let built = Index::built(&known, &numbered(count), MAX_DISTANCE, ORDER).unwrap();
        let opened = Index::of_bytes(&built.bytes()).unwrap();
        opened.verified().unwrap();
        for distance in DISTANCES {
            let expected = by_brute_force(&known, &queries, distance);
            for index in [&built, &opened] {
                for answer in answers(index, &queries, distance) {
                    assert_eq!(answer.unwrap(), expected);
                }
            }
        }
    }
}

#[test]
fn bits_spread_as_evenly_as_can_be_are_found_however_the_spread_is_turned() {
    let mut random = Random(2);
    let known = random.codes(2_000);
    let index = Index::built(&known, &numbered(known.len()), MAX_DISTANCE, ORDER).unwrap();
    for distance in 0..=MAX_DISTANCE {
        let mut queries = Vec::new();
        for turn in 0..16 {
            let mut query = known[17];
            for bit in 0..distance {
                let chunk = (turn + bit * if distance > 15 { 1 } else { 16 / (distance + 1) }) as usize % 16;
                // The second round over the chunks takes other bits.
                query[chunk / 4] ^= 1 << (chunk % 4 * 16 + (bit / 16) as usize + turn as usize % 14);
            }
            queries.push(query);
        }
        let expected = by_brute_force(&known, &queries, distance);
        assert!(expected.iter().filter(|hit| hit.distance == distance).count() >= 16);
        for answer in answers(&index, &queries, distance) {
            assert_eq!(answer.unwrap(), expected);
        }
    }
}

#[test]
fn changed_bytes_are_refused_or_answered_and_verifying_finds_them() {
    let mut random = Random(3);
    let known = random.codes(300);
    let queries = random.codes(5);
    let index = Index::built(&known, &numbered(300), MAX_DISTANCE, ORDER).unwrap();
    let sections = index.header().sections();
    let sound = index.bytes();
    for _ in 0..300 {
        let mut bytes = sound.clone();
        for _ in 0..=random.below(3) {
            let within = match random.below(6) {
                5 => 0..HEADER_BYTES,
                section => sections[section].clone(),
            };
            let begin = within.start + random.below(within.len());
            let end = (begin + 1 + random.below(400)).min(within.end);
            let filling = random.next() as u8;
            bytes[begin..end].fill(filling);
        }
        if let Ok(index) = Index::of_bytes(&bytes) {
            assert!(bytes == sound || index.verified().is_err());
            answers(&index, &queries, MAX_DISTANCE);
        }
    }
}

#[test]
fn a_cut_file_is_refused() {
    let mut random = Random(4);
    let sound = Index::built(&random.codes(300), &numbered(300), 20, ORDER).unwrap().bytes();
    for _ in 0..200 {
        assert!(Index::of_bytes(&sound[..random.below(sound.len())]).is_err());
    }
    assert!(Index::of_bytes(&[&sound[..], &[0]].concat()).is_err());
}

#[test]
fn places_beyond_the_entries_are_told_not_followed() {
    let mut random = Random(5);
    let known = random.codes(300);
    let index = Index::built(&known, &numbered(300), MAX_DISTANCE, ORDER).unwrap();
    let mut bytes = index.bytes();
    bytes[index.header().sections()[2].clone()].fill(0xff);
    let index = Index::of_bytes(&bytes).unwrap();
    for answer in answers(&index, &known[..1], MAX_DISTANCE) {
        assert_eq!(answer, Err(Damaged));
    }
}
