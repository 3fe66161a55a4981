//! Where an index's bytes are: memory of its own, or a mapped file.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Mmap, MmapMut};

pub enum Memory {
    Own(MmapMut),
    Mapped(Mmap),
}

impl Memory {
    /// Zeros, beginning at a page, in huge pages where the system has them: one look-up goes to some 1,500 places.
    pub fn zeros(bytes: usize) -> io::Result<MmapMut> {
        let memory = MmapMut::map_anon(bytes.max(1))?;
        #[cfg(target_os = "linux")]
        // Without huge pages it is slower and otherwise the same, so a refusal does not matter.
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(memory)
    }

    pub fn mapped(file: &File) -> io::Result<Memory> {
        // SAFETY: nobody may change or cut the file while it is mapped. Index files are written under another name and
        // renamed when whole, never changed in place, and readable and writable by their owner alone; that is the
        // format's rule, told to all who write such files. What the bytes are is checked wherever they are used.
        let mapped = unsafe { Mmap::map(file)? };
        #[cfg(unix)]
        // Begins to read ahead what is not in memory yet. Only a hint.
        let _ = mapped.advise(memmap2::Advice::WillNeed);
        Ok(Memory::Mapped(mapped))
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Memory::Own(memory) => memory,
            Memory::Mapped(memory) => memory,
        }
    }
}
