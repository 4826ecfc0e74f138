//! What proves that a file was read whole.

use crate::dn::hex;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Certificate, DirectoryGroup, Entry, GroupRef, Proof};

/// The certificate of a file with this content that gave these entries and groups.
pub(crate) fn of_file(
    place: &str,
    bytes: &[u8],
    entries: &[Entry],
    groups: &BTreeMap<GroupRef, DirectoryGroup>,
    others: usize,
    unresolved: BTreeMap<GroupRef, BTreeSet<String>>,
) -> Certificate {
    Certificate {
        source: place.to_owned(),
        proof: Proof::File { bytes: bytes.len(), sha256: hex(&Sha256::digest(bytes)) },
        entries: entries.len(),
        groups: groups.len(),
        members: entries.iter().filter(|entry| !entry.groups.is_empty()).count(),
        others,
        unresolved,
        followed: BTreeMap::new(),
        // What a file leaves out is not hidden from anybody.
        by_name: BTreeSet::new(),
    }
}
