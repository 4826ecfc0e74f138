//! Questions to a server, asked until the answer is proven whole.
//!
//! The client library's own paging hides the result code of every page but the last, so pages are asked for here, each
//! with the paged results control (RFC 2696), critical, and each page's code is looked at.

use super::ber;
use super::bounds::{
    ANSWER_TOO_LARGE, LARGEST_ANSWER, LARGEST_READ, MOST_EMPTY_PAGES, MOST_ENTRIES, MOST_REFERENCES,
    READ_TOO_LARGE, TOO_MANY_EMPTY_PAGES, TOO_MANY_ENTRIES, TOO_MANY_REFERENCES, cost,
};
use super::connect::{Connection, within};
use super::entry::{self, Raw, Slice};
use super::failure::{Answered, Failure, Listing, Phase};
use super::reference::is_elsewhere;
use super::shelf::{Excess, Shelf};
use crate::dn::{Dn, key};
use crate::error::Error;
use crate::filter::Filter;
use crate::keys::{KeyId, Keys, Marks};
use crate::record::Record;
use ldap3::asn1::StructureTag;
use ldap3::controls::{Control, MakeCritical as _, PagedResults, RawControl};
use ldap3::{Ldap, LdapError, LdapResult, Scope};
use std::collections::BTreeSet;

const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// Attributes asked for when only names are wanted: an empty list would mean all of them (RFC 4511, section 4.5.1.8).
pub(super) const NOTHING: &str = "1.1";

/// How often values that change while they are read are read again.
const ATTEMPTS: usize = 3;

/// A list to read, page by page.
pub(super) struct Query<'a> {
    pub(super) of: Listing,
    pub(super) base: &'a Dn,
    pub(super) filter: &'a Filter,
    pub(super) attributes: &'a BTreeSet<String>,
    pub(super) page_size: u32,
}

/// One request.
struct Question<'a> {
    base: &'a str,
    scope: Scope,
    filter: &'a str,
    attributes: Vec<String>,
    controls: Vec<RawControl>,
    /// So many entries may answer it, and one more ends it at once.
    most: usize,
    /// What it means when there are more.
    more: fn() -> Failure,
}

/// What one request brought.
struct Answers {
    entries: Vec<Raw>,
    references: Vec<StructureTag>,
    result: LdapResult,
    /// See [`cost`] and [`Raw::cost`].
    cost: usize,
}

/// Where a list that is read page by page has come to.
#[derive(Default)]
struct Turning {
    cookie: Vec<u8>,
    /// So many pages in a row had no entry.
    empty: usize,
}

impl Turning {
    /// Turns to the page with this cookie; the last one had so many entries. Cookies themselves tell nothing: 389-ds
    /// gives the same one for every page.
    fn to(&mut self, cookie: Vec<u8>, entries: usize) -> Result<(), Failure> {
        self.cookie = cookie;
        self.empty = if entries == 0 { self.empty + 1 } else { 0 };
        if self.empty < MOST_EMPTY_PAGES { Ok(()) } else { Err(Failure::TooMuch(TOO_MANY_EMPTY_PAGES)) }
    }
}

enum Trouble {
    Library(LdapError),
    Server(Failure),
}

impl Connection {
    /// Reads a whole list. `take` gets every entry; `page_done` is told how many there were so far.
    pub(super) async fn list(
        &mut self,
        query: &Query<'_>,
        mut take: impl FnMut(Record),
        page_done: impl Fn(usize),
    ) -> Result<(), Error> {
        self.list_named(query, &mut Keys::default(), |record, _, _| take(record), page_done).await
    }

    /// The same, where the entries' names are put among other ones.
    pub(super) async fn list_named(
        &mut self,
        query: &Query<'_>,
        keys: &mut Keys,
        mut take: impl FnMut(Record, KeyId, &mut Keys),
        page_done: impl Fn(usize),
    ) -> Result<(), Error> {
        let (mut seen, mut count) = (Marks::default(), 0);
        let mut unfinished = Vec::new();
        let mut turning = Turning::default();
        for page in 1.. {
            let phase = Phase::Page { page, of: query.of };
            let (raw, next) = match self.page(query, std::mem::take(&mut turning.cookie)).await {
                Ok(answered) => answered,
                Err(failure) => return Err(self.failed(phase, failure)),
            };
            let entries = raw.len();
            for raw in raw {
                let Some(answer) = entry::answer(raw) else {
                    return Err(self.failed(phase, Failure::Malformed("a malformed entry")));
                };
                // One name has several spellings, and a server may know more than one of them.
                let key = keys.of(answer.record.dn());
                if !seen.insert(key) {
                    return Err(self.failed(phase, Failure::Twice(answer.record.shown_dn())));
                }
                // Ranges are read when the list is over: servers keep one paged search per connection.
                if answer.partial.is_empty() {
                    take(answer.record, key, keys);
                } else {
                    unfinished.push((answer.record, key, answer.partial));
                }
            }
            count += entries;
            tracing::debug!(server = self.place, page, of = %query.of, entries = count, "page read");
            page_done(count);
            if next.is_empty() {
                break;
            }
            if count > MOST_ENTRIES {
                return Err(self.failed(phase, Failure::TooMuch(TOO_MANY_ENTRIES)));
            }
            turning.to(next, entries).map_err(|failure| self.failed(phase, failure))?;
        }
        for (mut record, key, attributes) in unfinished {
            for attribute in attributes {
                self.complete(&mut record, &attribute).await?;
            }
            take(record, key, keys);
        }
        Ok(())
    }

    /// The beginning of a list, one page of it, for whoever only wants an impression: it proves nothing.
    pub(super) async fn beginning(&mut self, query: &Query<'_>) -> Result<Vec<Record>, Failure> {
        let attributes = query.attributes.iter().cloned().collect();
        self.impression(query.base.as_str(), Scope::Subtree, query.filter, attributes, query.page_size).await
    }

    /// Some of the entries directly below this one, likewise: no more than a thousand names.
    pub(super) async fn children(&mut self, dn: &str) -> Result<Vec<Record>, Failure> {
        let nothing = vec![NOTHING.to_owned()];
        self.impression(dn, Scope::OneLevel, &Filter::present("objectclass"), nothing, 1000).await
    }

    async fn impression(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &Filter,
        attributes: Vec<String>,
        most: u32,
    ) -> Result<Vec<Record>, Failure> {
        let size = i32::try_from(most).unwrap_or(i32::MAX);
        let control = PagedResults { size, cookie: Vec::new() }.critical().into();
        let question = Question {
            base,
            scope,
            filter: &filter.to_string(),
            attributes,
            controls: vec![control],
            most: usize::try_from(size).unwrap_or(usize::MAX),
            more: || Failure::NotPaged,
        };
        let answers = self.ask(question).await?;
        // What a limit of the server cuts off was not asked for.
        if !matches!(answers.result.rc, 3 | 4 | 11) {
            success(&answers.result)?;
        }
        let record = |raw| Ok(entry::answer(raw).ok_or(Failure::Malformed("a malformed entry"))?.record);
        answers.entries.into_iter().map(record).collect()
    }

    /// One entry by its name. `None`: it does not exist, or may not be read.
    pub(super) async fn entry(
        &mut self,
        dn: &str,
        attributes: &[&str],
        phase: Phase,
    ) -> Result<Option<Record>, Error> {
        let raw = match self.single(dn, attributes).await {
            Ok(Some((raw, _))) => raw,
            Ok(None) => return Ok(None),
            Err(failure) => return Err(self.failed(phase, failure)),
        };
        let Some(mut answer) = entry::answer(raw) else {
            return Err(self.failed(phase, Failure::Malformed("a malformed entry")));
        };
        for attribute in answer.partial {
            self.complete(&mut answer.record, &attribute).await?;
        }
        Ok(Some(answer.record))
    }

    async fn page(&mut self, query: &Query<'_>, cookie: Vec<u8>) -> Result<(Vec<Raw>, Vec<u8>), Failure> {
        // No page has more than 2^31 entries.
        let size = i32::try_from(query.page_size).unwrap_or(i32::MAX);
        let control = PagedResults { size, cookie }.critical().into();
        let question = Question {
            base: query.base.as_str(),
            scope: Scope::Subtree,
            filter: &query.filter.to_string(),
            attributes: query.attributes.iter().cloned().collect(),
            controls: vec![control],
            most: usize::try_from(size).unwrap_or(usize::MAX),
            more: || Failure::NotPaged,
        };
        let answers = self.ask(question).await?;
        success(&answers.result)?;
        let cookie = next_cookie(&answers.result.ctrls)?;
        self.look_at_references(answers.references, query.base)?;
        self.proof.pages += 1;
        Ok((answers.entries, cookie))
    }

    /// One entry by its name, as far as one answer gives it. `None`: it does not exist, or may not be read.
    pub(super) async fn look(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<Record>, Failure> {
        let Some((raw, _)) = self.single(dn, attributes).await? else { return Ok(None) };
        Ok(Some(entry::answer(raw).ok_or(Failure::Malformed("a malformed entry"))?.record))
    }

    /// Looks at one entry, and tells what it cost.
    async fn single(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<(Raw, usize)>, Failure> {
        let question = Question {
            base: dn,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            controls: Vec::new(),
            most: 1,
            more: || Failure::Malformed("several answers to a question about one entry"),
        };
        let mut answers = self.ask(question).await?;
        // noSuchObject; invalidDNSyntax: no entry can have that name
        if matches!(answers.result.rc, 32 | 34) {
            return Ok(None);
        }
        success(&answers.result)?;
        if let Some(url) = answers.references.pop().and_then(entry::reference).and_then(|mut urls| urls.pop())
        {
            return Err(Failure::Referred(url));
        }
        let Some(raw) = answers.entries.pop() else { return Ok(None) };
        // Its members would be taken for those of the one that was asked for.
        match entry::name(&raw) {
            Some(name) if key(name) == key(dn.as_bytes()) => Ok(Some((raw, answers.cost))),
            Some(name) => Err(Failure::OtherEntry {
                asked: dn.to_owned(),
                answered: String::from_utf8_lossy(name).into_owned(),
            }),
            None => Err(Failure::Malformed("a malformed entry")),
        }
    }

    /// All values of an attribute that the server hands out in ranges, the first one included. (MS-ADTS 3.1.1.3.1.3.3)
    async fn complete(&mut self, record: &mut Record, attribute: &str) -> Result<(), Error> {
        let dn = record.shown_dn();
        match self.all_values(&dn, attribute).await {
            Ok(values) => {
                values.iter().for_each(|value| record.add(attribute, value));
                self.proof.ranges += 1;
                Ok(())
            }
            Err(failure) => Err(self.failed(Phase::Range { attribute: attribute.to_owned(), dn }, failure)),
        }
    }

    async fn all_values(&mut self, dn: &str, attribute: &str) -> Result<Vec<Vec<u8>>, Failure> {
        'attempt: for _ in 0..ATTEMPTS {
            let mut values = BTreeSet::new();
            let mut version = None;
            let (mut from, mut all) = (0, 0);
            loop {
                let request = format!("{attribute};range={from}-*");
                let (raw, cost) = self.single(dn, &[&request, "usnchanged"]).await?.ok_or(Failure::Gone)?;
                all += cost;
                if all > LARGEST_ANSWER {
                    return Err(Failure::TooMuch(ANSWER_TOO_LARGE));
                }
                let (found, now) =
                    entry::slice(&raw, attribute).ok_or(Failure::Malformed("a malformed entry"))?;
                // A member added or removed between two slices shifts the rest: one may be lost.
                if from > 0 && now != version {
                    continue 'attempt;
                }
                version = now;
                match found {
                    Some(Slice { from: first, to, values: more }) if first == from => {
                        let (count, last) = (more.len(), to.is_none());
                        let announced =
                            to.map(|to| to.checked_sub(from).and_then(|steps| steps.checked_add(1)));
                        // As many as its name says: a shorter slice would lose somebody without a word.
                        if announced.is_some_and(|announced| announced != Some(count)) {
                            return Err(Failure::RangeGap(from));
                        }
                        values.extend(more);
                        from += count;
                        // Values are a set: one that came before has taken the place of another, or nothing new comes.
                        if values.len() < from {
                            continue 'attempt;
                        }
                        if last {
                            return Ok(values.into_iter().collect());
                        }
                    }
                    _ => return Err(Failure::RangeGap(from)),
                }
            }
        }
        Err(Failure::Moving(ATTEMPTS))
    }

    fn look_at_references(&mut self, references: Vec<StructureTag>, base: &Dn) -> Result<(), Failure> {
        let ignored = references.len();
        for reference in references {
            let urls = entry::reference(reference).ok_or(Failure::Malformed("a malformed reference"))?;
            if let Some(url) = urls.iter().find(|url| !is_elsewhere(url, base)) {
                return Err(Failure::Referred(url.clone()));
            }
            self.proof.referrals.extend(urls);
        }
        if self.proof.referrals.len() > MOST_REFERENCES {
            return Err(Failure::TooMuch(TOO_MANY_REFERENCES));
        }
        if ignored > 0 {
            tracing::debug!(
                server = self.place,
                ignored,
                "references to the partitions of DNS and configuration"
            );
        }
        Ok(())
    }

    /// One request, to its end.
    async fn ask(&mut self, question: Question<'_>) -> Result<Answers, Failure> {
        let work = ask(self.ldap.clone(), &self.shelf, question);
        let trouble = match within(self.patience, async { Ok(work.await) }).await? {
            Ok(answers) => {
                self.brought += u64::try_from(answers.cost).unwrap_or(u64::MAX);
                let fits = self.brought <= LARGEST_READ;
                return if fits { Ok(answers) } else { Err(Failure::TooMuch(READ_TOO_LARGE)) };
            }
            Err(trouble) => trouble,
        };
        match trouble {
            Trouble::Library(error) => Err(self.explain(error).await),
            Trouble::Server(failure) => Err(failure),
        }
    }
}

async fn ask(mut ldap: Ldap, shelf: &Shelf, question: Question<'_>) -> Result<Answers, Trouble> {
    let Question { base, scope, filter, attributes, controls, most, more } = question;
    let too_much = |excess| {
        Trouble::Server(match excess {
            Excess::Entries => more(),
            Excess::Cost => Failure::TooMuch(ANSWER_TOO_LARGE),
        })
    };
    let malformed = |reason| Trouble::Server(Failure::Malformed(reason));
    let waiting = shelf.wait(most);
    if !controls.is_empty() {
        ldap.with_controls(controls);
    }
    let mut stream =
        ldap.streaming_search(base, scope, filter, attributes).await.map_err(Trouble::Library)?;
    waiting.is(stream.ldap_handle().last_id()).map_err(malformed)?;
    let (mut references, mut all) = (Vec::new(), 0);
    loop {
        let item = tokio::select! {
            item = stream.next() => item.map_err(Trouble::Library)?,
            // What is too much is not collected first: it may have no end.
            excess = waiting.excess() => return Err(too_much(excess)),
        };
        // After an error the stream says `None`, as if it had ended well; the first error leaves this function.
        let Some(item) = item else { break };
        all += cost(&item.0);
        if all > LARGEST_ANSWER {
            return Err(too_much(Excess::Cost));
        }
        if !item.is_ref() {
            return Err(malformed("an intermediate response nobody asked for"));
        }
        if references.len() == MOST_REFERENCES {
            return Err(Trouble::Server(Failure::TooMuch(TOO_MANY_REFERENCES)));
        }
        references.push(item.0);
    }
    // Every entry came before the end.
    let (entries, cost) = waiting.take().map_err(too_much)?;
    Ok(Answers { entries, references, result: stream.finish().await, cost: all + cost })
}

fn success(result: &LdapResult) -> Result<(), Failure> {
    match result.rc {
        0 => Ok(()),
        code => Err(Failure::Answer(Answered { code, text: result.text.clone() })),
    }
}

/// The cookie of the next page; empty on the last one. Without the control the server has ignored paging.
fn next_cookie(controls: &[Control]) -> Result<Vec<u8>, Failure> {
    let control = controls
        .iter()
        .find(|Control(_, control)| control.ctype == PAGED_RESULTS)
        .ok_or(Failure::NotPaged)?;
    let value = control.1.val.as_deref().ok_or(Failure::NotPaged)?;
    cookie(value).ok_or(Failure::Malformed("a malformed paging control"))
}

/// `realSearchControlValue` of RFC 2696, section 2.
fn cookie(value: &[u8]) -> Option<Vec<u8>> {
    let (tag, start, length) = ber::header(value).ok()??;
    let parts = ber::elements(value, start, start.checked_add(length)?).ok()?;
    match parts.as_slice() {
        [size, cookie] if tag == ber::SEQUENCE && size.tag == ber::INTEGER && cookie.tag == ber::OCTETS => {
            Some(cookie.of(value).to_vec())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_an_empty_cookie() {
        assert_eq!(cookie(b"\x30\x05\x02\x01\x00\x04\x00"), Some(Vec::new()));
        assert_eq!(cookie(b"\x30\x84\x00\x00\x00\x07\x02\x01\x00\x04\x02ab"), Some(b"ab".to_vec()));
        for value in [b"".as_slice(), b"\x30\x03\x02\x01\x00", b"\x04\x00", b"\x30\x09\x02\x01\x00\x04\x00"] {
            assert_eq!(cookie(value), None, "{value:?}");
        }
        assert!(matches!(next_cookie(&[]), Err(Failure::NotPaged)));
    }
}
