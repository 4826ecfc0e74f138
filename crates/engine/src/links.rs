//! Which entry has which account, as earlier runs saw it: a million links are looked up one by one.

use crate::directory::Anchor;
use crate::lookup::{Hashing, Places};
use crate::matching::Positions;
use crate::memory::Known;
use std::fmt;
use std::hash::BuildHasher as _;
use std::ops::Index;

/// Accounts by the anchor of their entry.
#[derive(Clone, Default)]
pub struct Links {
    all: Vec<Known>,
    hashing: Hashing,
    /// Where each stands: a table of positions has less idle room than one of links.
    places: Places,
}

impl Links {
    /// None, with room for so many.
    pub fn with_capacity(count: usize) -> Self {
        let places = Places::with_capacity(count);
        Self { all: Vec::with_capacity(count), hashing: Hashing::default(), places }
    }

    /// Where the link of an entry stands, for [`Links::at`].
    pub(crate) fn place(&self, anchor: &str) -> Option<usize> {
        let is_it = |place: &u32| self.all[*place as usize].anchor() == anchor;
        self.places.find(self.hashing.hash_one(anchor), is_it).map(|place| *place as usize)
    }

    /// For [`Links::maybe`].
    pub(crate) fn hash(&self, anchor: &str) -> u64 {
        self.hashing.hash_one(anchor)
    }

    /// Where the link of an entry stands, if anywhere: its anchor, of which this is the hash, is not compared.
    pub(crate) fn maybe(&self, anchor: u64) -> Option<usize> {
        self.places.iter_hash(anchor).next().map(|place| *place as usize)
    }

    /// The link at such a place.
    pub(crate) fn at(&self, place: usize) -> &Known {
        &self.all[place]
    }

    /// The [anchors](Anchor::as_str) of the links at these places. Panics where there is none.
    pub fn anchors_at(&self, places: &[u32]) -> Vec<&str> {
        places.iter().map(|place| self.all[*place as usize].anchor()).collect()
    }

    /// All other places than these.
    pub fn others(&self, places: &[u32]) -> Vec<u32> {
        let mut among = Positions::new(self.all.len());
        places.iter().for_each(|place| among.insert(*place as usize));
        (0..).take(self.all.len()).filter(|place| !among.contains(&(*place as usize))).collect()
    }

    /// The account that the entry with this [anchor](Anchor::as_str) is known to have.
    pub fn of(&self, anchor: &str) -> Option<&Known> {
        self.place(anchor).map(|place| &self.all[place])
    }

    /// The account that an entry is known to have.
    pub fn get(&self, anchor: &Anchor) -> Option<&Known> {
        self.of(anchor.as_str())
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, anchor: &Anchor) -> Option<&mut Known> {
        self.place(anchor.as_str()).map(|place| &mut self.all[place])
    }

    /// Adds one, in the place of another of the same entry. Panics at the 2^32nd.
    pub fn insert(&mut self, known: Known) {
        if let Some(place) = self.place(known.anchor()) {
            self.all[place] = known;
            return;
        }
        let place = u32::try_from(self.all.len()).expect("no organization has so many people");
        let Self { all, hashing, places } = self;
        let hash = hashing.hash_one(known.anchor());
        places.insert_unique(hash, place, |place| hashing.hash_one(all[*place as usize].anchor()));
        all.push(known);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// As [`Links::iter`].
    pub(crate) fn all(&self) -> &[Known] {
        &self.all
    }

    /// All of them, in no order: whatever is made of them must not depend on it.
    pub fn iter(&self) -> impl Iterator<Item = &Known> {
        self.all.iter()
    }

    /// All of them, in the order of their anchors.
    fn sorted(&self) -> Vec<&Known> {
        let mut all: Vec<&Known> = self.iter().collect();
        all.sort_unstable_by_key(|known| known.anchor());
        all
    }

    /// The [anchors](Anchor::as_str) of all entries, in order.
    pub fn anchors(&self) -> Vec<&str> {
        self.sorted().into_iter().map(Known::anchor).collect()
    }
}

impl FromIterator<Known> for Links {
    fn from_iter<I: IntoIterator<Item = Known>>(links: I) -> Self {
        let links = links.into_iter();
        let mut all = Self::with_capacity(links.size_hint().0);
        links.for_each(|known| all.insert(known));
        all
    }
}

impl PartialEq for Links {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Eq for Links {}

impl Index<&Anchor> for Links {
    type Output = Known;

    /// Panics where there is no such link.
    fn index(&self, anchor: &Anchor) -> &Known {
        self.get(anchor).expect("a link that is there")
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sorted()).finish()
    }
}
