//! Bytes seen as numbers, where they lie, without copying.

/// Numbers without padding of which every pattern of bits is a value.
pub trait Plain: Copy + sealed::Plain {}

impl<T: Copy + sealed::Plain> Plain for T {}

mod sealed {
    pub trait Plain {}
    impl Plain for u16 {}
    impl Plain for u32 {}
    impl Plain for u64 {}
    impl Plain for i64 {}
    impl Plain for [u64; 4] {}
}

/// The numbers that these bytes are; None where they do not begin or end where such a number does.
pub fn numbers<T: Plain>(bytes: &[u8]) -> Option<&[T]> {
    // SAFETY: `Plain` is sealed and holds only types without padding for which every pattern of bits is valid.
    let (before, numbers, after) = unsafe { bytes.align_to::<T>() };
    (before.is_empty() && after.is_empty()).then_some(numbers)
}

/// The same to write to.
pub fn numbers_mut<T: Plain>(bytes: &mut [u8]) -> Option<&mut [T]> {
    // SAFETY: as above; and whatever number is written is some pattern of bytes, of which `u8` takes each.
    let (before, numbers, after) = unsafe { bytes.align_to_mut::<T>() };
    (before.is_empty() && after.is_empty()).then_some(numbers)
}
