//! How much a server may say. Real directories stay far below each of these bounds; a server that does not is broken or
//! hostile, and is left before it fills the memory of this machine.
//!
//! What a message costs is its bytes and [`ELEMENT`] for each of its elements, however little is in it: eight million bytes
//! of nothing but empty values are four million values.

use ldap3::asn1::{PL, StructureTag};

const MIB: usize = 1024 * 1024;

/// The largest message that is no entry. The longest of them are diagnoses and cookies of some kilobytes.
pub(super) const LARGEST_RESULT: usize = MIB;
pub(super) const RESULT_TOO_LARGE: &str = "a message of more than 1 MiB that is no entry";

/// The largest entry, unless members make it so large. A schema, the longest of them, is one or two megabytes.
pub(super) const LARGEST_ENTRY: usize = 16 * MIB;
pub(super) const ENTRY_TOO_LARGE: &str = "an entry of more than 16 MiB of something else than members";

/// The largest message of all. On servers without ranges a group is one message: a million members take about 80 MB.
pub(super) const LARGEST: usize = 128 * MIB;
pub(super) const TOO_LARGE: &str = "a message of more than 128 MiB";

/// So many elements has a message of this length at most. A member is an element of 80 bytes, a `memberUid` one of about
/// ten; whoever sends much smaller ones by the million sends nothing.
pub(super) fn most_elements(length: usize) -> usize {
    (100_000 + length / 8).min(2_000_000)
}
pub(super) const TOO_MANY_ELEMENTS: &str = "more elements in one message than members have";

/// What an element costs beside its bytes: a node of the client library, or what is made of a value later, and what
/// allocating it takes.
const ELEMENT: usize = 128;

/// What an entry costs, of which nothing is understood yet.
pub(super) fn cost_of_entry(bytes: usize, elements: usize) -> usize {
    bytes + elements * ELEMENT
}

/// What the client library keeps of a part of a message.
pub(super) fn cost(tag: &StructureTag) -> usize {
    ELEMENT
        + match &tag.payload {
            PL::P(bytes) => bytes.len(),
            PL::C(inner) => inner.iter().map(cost).sum(),
        }
}

/// What one answer costs at most: a page, or all ranges of one attribute. Twenty groups of a hundred thousand members.
pub(super) const LARGEST_ANSWER: usize = 512 * MIB;
pub(super) const ANSWER_TOO_LARGE: &str = "an answer that takes more than 512 MiB";

/// What everything costs at most that one connection brings in one read: two million people. Of a person little is kept.
pub(super) const LARGEST_READ: u64 = 8 << 30;
pub(super) const READ_TOO_LARGE: &str = "more than 8 GiB in one read";

/// So many entries has a list at most.
pub(super) const MOST_ENTRIES: usize = 2_000_000;
pub(super) const TOO_MANY_ENTRIES: &str = "more than 2 million entries in one list";

/// So many references has an answer at most, and so many different ones a read. Those that may be left alone are four for each domain above the base.
pub(super) const MOST_REFERENCES: usize = 100;
pub(super) const TOO_MANY_REFERENCES: &str = "more than 100 references";

/// So many pages in a row may have no entry. Active Directory sends such pages where a filter selects little, or where
/// the account may see little; and a server that gives no entry and always one more page never ends.
pub(super) const MOST_EMPTY_PAGES: usize = 100;
pub(super) const TOO_MANY_EMPTY_PAGES: &str = "100 pages in a row without an entry, and another one to come";
