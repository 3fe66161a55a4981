//! Asks the processor to bring memory near before it is needed. Only ever a hint.

/// Bytes that come together.
pub const LINE: usize = 64;

/// Bring what holds `values[at]` near. Any `at` will do, even one beyond the end.
#[inline(always)]
pub fn prefetch<T>(values: &[T], at: usize) {
    let address = values.as_ptr().wrapping_add(at);
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        // SAFETY: a prefetch reads nothing as far as the program can tell and never faults, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above (PRFM is a hint by the architecture's manual); it changes no register and no flag.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
