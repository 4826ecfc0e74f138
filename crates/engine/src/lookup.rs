//! Looking up by hash, where a million people would wait for trees. The order of these is nobody's: whatever goes over all
//! of one must not reach a plan or a report.

/// How: seeded anew in every process, so that nobody can choose names that are slow.
pub(crate) type Hashing = hashbrown::DefaultHashBuilder;
/// What is looked up.
pub(crate) type Lookup<K, V> = hashbrown::HashMap<K, V, Hashing>;
/// What is there or not.
pub(crate) type Among<K> = hashbrown::HashSet<K, Hashing>;
/// Positions in a list, by the hash of what stands there.
pub(crate) type Places = hashbrown::HashTable<u32>;
