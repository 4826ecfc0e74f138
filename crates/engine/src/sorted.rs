//! A handful of values in order, each once: a set as small as its values. A million people are in three groups each.

use serde::{Deserialize, Serialize};

/// A set that is a sorted list. Whatever it is asked takes as long as it has values, or less; it is for a handful.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<T>", bound(deserialize = "T: Ord + Deserialize<'de>"))]
pub struct Sorted<T>(Box<[T]>);

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T: Ord> Sorted<T> {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one in; whether it is new.
    pub fn insert(&mut self, value: T) -> bool {
        match self.0.binary_search(&value) {
            Ok(_) => false,
            Err(at) => {
                self.change(|values| values.insert(at, value));
                true
            }
        }
    }

    /// Takes one out; whether it was there.
    pub fn remove(&mut self, value: &T) -> bool {
        let found = self.0.binary_search(value);
        found.map(|at| self.change(|values| values.remove(at))).is_ok()
    }

    fn change<R>(&mut self, change: impl FnOnce(&mut Vec<T>) -> R) -> R {
        let mut values = std::mem::take(&mut self.0).into_vec();
        let result = change(&mut values);
        self.0 = values.into();
        result
    }

    /// Whether it is among them.
    pub fn contains(&self, value: &T) -> bool {
        self.0.binary_search(value).is_ok()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether none of them is among these.
    pub fn is_disjoint(&self, others: &Self) -> bool {
        !self.iter().any(|value| others.contains(value))
    }

    /// Whether all of them are among these.
    pub fn is_subset(&self, others: &Self) -> bool {
        self.iter().all(|value| others.contains(value))
    }

    /// Keeps those for which this is so.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.change(|values| values.retain(keep));
    }
}

impl<T: Ord> From<Vec<T>> for Sorted<T> {
    fn from(mut values: Vec<T>) -> Self {
        values.sort_unstable();
        values.dedup();
        Self(values.into())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Sorted<T> {
    fn from(values: [T; N]) -> Self {
        Vec::from(values).into()
    }
}

impl<T: Ord> FromIterator<T> for Sorted<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        values.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T: Ord> Extend<T> for Sorted<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        let all = std::mem::take(&mut self.0).into_vec();
        *self = all.into_iter().chain(values).collect();
    }
}

impl<T> IntoIterator for Sorted<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Sorted<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_the_set_of_its_values(values in proptest::collection::vec(0..20_u8, 0..12), gone in 0..20_u8) {
            let (mut sorted, mut set) = (values.iter().copied().collect::<Sorted<u8>>(), values.iter().copied().collect::<BTreeSet<u8>>());
            prop_assert!(sorted.iter().eq(&set));
            prop_assert_eq!(sorted.remove(&gone), set.remove(&gone));
            prop_assert_eq!(sorted.insert(gone.wrapping_mul(3)), set.insert(gone.wrapping_mul(3)));
            prop_assert!(sorted.iter().eq(&set) && sorted.len() == set.len());
            prop_assert!((0..20).all(|value| sorted.contains(&value) == set.contains(&value)));
            let read: Sorted<u8> = serde_json::from_value(serde_json::to_value(&values).unwrap()).unwrap();
            prop_assert_eq!(read, values.into_iter().collect());
        }
    }
}
