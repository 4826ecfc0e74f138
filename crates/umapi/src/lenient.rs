//! Values of Adobe's JSON, taken from the text as they come: a page of a listing is never a tree of values first.
//!
//! Everything is looked at, and what nobody asks for is only checked: an answer that is no JSON somewhere is none at all.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use std::borrow::Cow;
use std::fmt;

/// A value without its inside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain<'a> {
    Null,
    Truth(bool),
    /// As written.
    Number(Option<Number>),
    Text(Cow<'a, str>),
    List,
    Object,
}

impl<'a> Plain<'a> {
    /// A text: a string that is not empty, or a number as written.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text),
            Self::Number(Some(number)) => Some(number.to_string().into()),
            Self::Text(_) | Self::Number(None) | Self::Null | Self::Truth(_) | Self::List | Self::Object => {
                None
            }
        }
    }

    /// A truth, or a string that holds one.
    pub(crate) fn truth(self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(truth),
            Self::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Self::Null | Self::Number(_) | Self::List | Self::Object => None,
        }
    }
}

/// Who takes a value. Whatever it is, it is taken to its end.
pub(crate) trait Take<'de>: Sized {
    type Taken;

    /// Anything that is no list and no object; and lists and objects that nobody looks into.
    fn plain(self, value: Plain<'de>) -> Self::Taken;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Taken, A::Error> {
        while list.next_element_seed(Of(Any))?.is_some() {}
        Ok(self.plain(Plain::List))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Taken, A::Error> {
        while object.next_entry_seed(Of(Any), Of(Any))?.is_some() {}
        Ok(self.plain(Plain::Object))
    }
}

/// Takes whatever it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Any;

impl<'de> Take<'de> for Any {
    type Taken = Plain<'de>;

    fn plain(self, value: Plain<'de>) -> Plain<'de> {
        value
    }
}

/// Hands a value to who takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<T>(pub(crate) T);

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Of<T> {
    type Value = T::Taken;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Taken, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Of<T> {
    type Value = T::Taken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Truth(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Number(Some(number.into()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Number(Some(number.into()))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Number(Number::from_f64(number))))
    }

    fn visit_str<E>(self, text: &str) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Text(Cow::Borrowed(text))))
    }

    fn visit_unit<E>(self) -> Result<T::Taken, E> {
        Ok(self.0.plain(Plain::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T::Taken, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T::Taken, A::Error> {
        self.0.object(object)
    }
}
