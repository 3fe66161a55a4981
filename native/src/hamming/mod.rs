//! Finds codes of 256 bits within a Hamming distance of at most 31: exact, whatever the codes look like.
//!
//! `plan` says which buckets must be looked into and why no others; `layout` tells the file format, `find` asks query
//! by query, `join` bucket by bucket. The same is told, and done in NumPy, in the project's `matchers/known/near`.

mod build;
mod candidates;
mod cast;
mod code;
mod find;
mod index;
mod join;
mod layout;
mod memory;
mod plan;
mod prefetch;
mod python;
mod sieve;
mod view;

pub use code::Code;
pub use index::{Hit, Index, Way};
pub use layout::{Header, Refused, HEADER_BYTES};
pub use plan::{Plan, MAX_DISTANCE};
pub use python::register;
pub use sieve::Path;
pub use view::Damaged;
