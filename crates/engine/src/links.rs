//! Which entry has which account, as earlier runs saw it: a million links are looked up one by one.

use crate::directory::Anchor;
use crate::lookup::Lookup;
use crate::memory::Known;
use std::fmt;
use std::ops::Index;

/// Accounts by the anchor of their entry.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Links(Lookup<Anchor, Known>);

impl Links {
    /// None, with room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self(Lookup::with_capacity(count))
    }

    /// The account that an entry is known to have.
    pub fn get(&self, anchor: &Anchor) -> Option<&Known> {
        self.0.get(anchor)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, anchor: &Anchor) -> Option<&mut Known> {
        self.0.get_mut(anchor)
    }

    /// Adds one, in the place of another of the same entry.
    pub fn insert(&mut self, anchor: Anchor, known: Known) {
        self.0.insert(anchor, known);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in no order: whatever is made of them must not depend on it.
    pub fn iter(&self) -> impl Iterator<Item = (&Anchor, &Known)> {
        self.0.iter()
    }

    /// The anchors of all entries, in order.
    pub fn anchors(&self) -> Vec<&Anchor> {
        let mut anchors: Vec<&Anchor> = self.0.keys().collect();
        anchors.sort_unstable();
        anchors
    }
}

impl FromIterator<(Anchor, Known)> for Links {
    fn from_iter<I: IntoIterator<Item = (Anchor, Known)>>(links: I) -> Self {
        Self(links.into_iter().collect())
    }
}

impl Index<&Anchor> for Links {
    type Output = Known;

    /// Panics where there is no such link.
    fn index(&self, anchor: &Anchor) -> &Known {
        &self.0[anchor]
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.anchors().into_iter().map(|anchor| (anchor, &self[anchor]))).finish()
    }
}
