//! Looking up by hash, where a million people would wait for trees. The order of these is nobody's: whatever goes over all
//! of one must not reach a plan or a report.

#![allow(clippy::disallowed_types, reason = "they only speed a look-up")]

/// What is looked up.
pub(crate) type Lookup<K, V> = std::collections::HashMap<K, V>;
/// What is there or not.
pub(crate) type Among<K> = std::collections::HashSet<K>;
