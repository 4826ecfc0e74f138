//! Pages of a listing. What a listing means is never guessed: a page that leaves anything open is no page.

use crate::answer::{Answer, Unreadable};
use crate::lenient::{Any, Of, Plain, Take};
use crate::wire::Listed;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// One page of a listing.
#[derive(Debug)]
pub(crate) struct Page<E> {
    pub(crate) entries: Vec<E>,
    pub(crate) is_last: bool,
    /// Adobe's count of the entries of all pages.
    pub(crate) total: Option<u64>,
    /// Adobe's count of pages.
    pub(crate) pages: Option<u64>,
}

/// What tells an entry of a page from others, as far as anything does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

impl Mark {
    /// Of a name. Two names have one mark so rarely that two pages never have the same ones by chance.
    pub(crate) fn of(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// An entry of a page.
pub(crate) trait Marked {
    fn mark(&self) -> Option<Mark>;
}

impl Marked for Listed {
    fn mark(&self) -> Option<Mark> {
        self.mark
    }
}

impl Marked for Value {
    fn mark(&self) -> Option<Mark> {
        crate::wire::name(self).map(|name| Mark::of(&name))
    }
}

impl<E: Marked> Page<E> {
    /// The marks of its entries, each once, in order.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        let mut marks: Vec<Mark> = self.entries.iter().filter_map(Marked::mark).collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}

/// Page `asked` with the list `list`. A page that leaves anything open is no page: a listing must never be shorter
/// than it is.
pub(crate) fn page<E>(
    answer: &Answer,
    list: &str,
    asked: u64,
    entry: impl for<'de> DeserializeSeed<'de, Value = E> + Copy,
) -> Result<Page<E>, Unreadable> {
    envelope(answer, list, entry)?.page(answer, list, asked)
}

/// A page after one that called itself the last: `None` where there is none, in whatever way that is said (the last page
/// once more, `Not found` with 200 or 404, no rows).
pub(crate) fn page_beyond<E>(
    answer: &Answer,
    list: &str,
    asked: u64,
    entry: impl for<'de> DeserializeSeed<'de, Value = E> + Copy,
) -> Result<Option<Page<E>>, Unreadable> {
    if answer.status == 404 || answer.page.is_some_and(|page| page < asked) {
        return Ok(None);
    }
    let envelope = envelope(answer, list, entry)?;
    if envelope.success().is_err() {
        return Ok(None);
    }
    Ok(Some(envelope.page(answer, list, asked)?).filter(|page| !page.entries.is_empty()))
}

/// What an answer with a list says. Of a key that comes twice, the last value counts.
struct Envelope<E> {
    result: Option<String>,
    last_page: Option<bool>,
    entries: Entries<E>,
}

enum Entries<E> {
    Missing,
    NoList,
    List(Vec<E>),
}

fn envelope<E>(
    answer: &Answer,
    list: &str,
    entry: impl for<'de> DeserializeSeed<'de, Value = E> + Copy,
) -> Result<Envelope<E>, Unreadable> {
    answer.take(InEnvelope { list, entry })?.ok_or_else(Unreadable::no_object)
}

impl<E> Envelope<E> {
    fn success(&self) -> Result<(), Unreadable> {
        crate::wire::is_success(self.result.as_deref())
    }

    fn page(self, answer: &Answer, list: &str, asked: u64) -> Result<Page<E>, Unreadable> {
        self.success()?;
        if let Some(page) = answer.page.filter(|page| *page < asked) {
            return Err(Unreadable(format!("it is page {page}, not page {asked}")));
        }
        let is_last = match (self.last_page, answer.page, answer.pages) {
            (Some(is_last), _, _) => is_last,
            (None, Some(page), Some(pages)) => page + 1 >= pages,
            (None, _, _) => return Err(Unreadable("it does not say whether it is the last page".to_owned())),
        };
        match self.entries {
            Entries::List(entries) => Ok(Page { entries, is_last, total: answer.total, pages: answer.pages }),
            Entries::NoList => Err(Unreadable(format!("its `{list}` are no list"))),
            Entries::Missing => Err(Unreadable(format!("it has no list of {list}"))),
        }
    }
}

struct InEnvelope<'l, S> {
    list: &'l str,
    entry: S,
}

impl<'de, S: DeserializeSeed<'de> + Copy> Take<'de> for InEnvelope<'_, S> {
    type Taken = Option<Envelope<S::Value>>;

    fn plain(self, _: Plain<'de>) -> Self::Taken {
        None
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Taken, A::Error> {
        let Self { list, entry } = self;
        let mut found = Envelope { result: None, last_page: None, entries: Entries::Missing };
        while let Some(key) = object.next_key_seed(Of(Any))? {
            match key {
                Plain::Text(key) if key == "result" => {
                    found.result = object.next_value_seed(Of(Any))?.text().map(Into::into);
                }
                Plain::Text(key) if key == "lastPage" => {
                    found.last_page = object.next_value_seed(Of(Any))?.truth();
                }
                Plain::Text(key) if key == list => {
                    found.entries = object.next_value_seed(Of(InList(entry)))?;
                }
                _ => {
                    object.next_value_seed(Of(Any))?;
                }
            }
        }
        Ok(Some(found))
    }
}

struct InList<S>(S);

impl<'de, S: DeserializeSeed<'de> + Copy> Take<'de> for InList<S> {
    type Taken = Entries<S::Value>;

    fn plain(self, _: Plain<'de>) -> Self::Taken {
        Entries::NoList
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Taken, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(self.0)? {
            entries.push(entry);
        }
        Ok(Entries::List(entries))
    }
}

#[cfg(test)]
mod tests;
