//! Questions to a server, asked until the answer is proven whole.
//!
//! The client library's own paging hides the result code of every page but the last, so pages are asked for here, each
//! with the paged results control (RFC 2696), critical, and each page's code is looked at.

use super::ber;
use super::connect::{Connection, within};
use super::entry::{self, Slice};
use super::failure::{Answered, Failure, Listing, Phase};
use super::reference::is_elsewhere;
use crate::dn::Dn;
use crate::error::Error;
use crate::filter::Filter;
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

/// What one request brought.
struct Answers {
    entries: Vec<StructureTag>,
    references: Vec<StructureTag>,
    result: LdapResult,
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
        let mut seen = BTreeSet::new();
        let mut unfinished = Vec::new();
        let mut cookie = Vec::new();
        for page in 1.. {
            let phase = Phase::Page { page, of: query.of };
            let (answers, next) = match self.page(query, cookie).await {
                Ok(answered) => answered,
                Err(failure) => return Err(self.failed(phase, failure)),
            };
            for answer in answers {
                if !seen.insert(answer.record.dn.clone()) {
                    return Err(self.failed(phase, Failure::Twice(answer.record.shown_dn())));
                }
                // Ranges are read when the list is over: servers keep one paged search per connection.
                if answer.partial.is_empty() {
                    take(answer.record);
                } else {
                    unfinished.push((answer.record, answer.partial));
                }
            }
            tracing::debug!(server = self.place, page, of = %query.of, entries = seen.len(), "page read");
            page_done(seen.len());
            if next.is_empty() {
                break;
            }
            cookie = next;
        }
        for (mut record, attributes) in unfinished {
            for attribute in attributes {
                self.complete(&mut record, &attribute).await?;
            }
            take(record);
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
        let answers = self.ask(base, scope, &filter.to_string(), attributes, vec![control]).await?;
        // What a limit of the server cuts off was not asked for.
        if !matches!(answers.result.rc, 3 | 4 | 11) {
            success(&answers.result)?;
        }
        let record = |tag| Ok(entry::answer(tag).ok_or(Failure::Malformed("a malformed entry"))?.record);
        answers.entries.into_iter().map(record).collect()
    }

    /// One entry by its name. `None`: it does not exist, or may not be read.
    pub(super) async fn entry(
        &mut self,
        dn: &str,
        attributes: &[&str],
        phase: Phase,
    ) -> Result<Option<Record>, Error> {
        let tag = match self.single(dn, attributes).await {
            Ok(Some(tag)) => tag,
            Ok(None) => return Ok(None),
            Err(failure) => return Err(self.failed(phase, failure)),
        };
        let Some(mut answer) = entry::answer(tag) else {
            return Err(self.failed(phase, Failure::Malformed("a malformed entry")));
        };
        for attribute in answer.partial {
            self.complete(&mut answer.record, &attribute).await?;
        }
        Ok(Some(answer.record))
    }

    async fn page(
        &mut self,
        query: &Query<'_>,
        cookie: Vec<u8>,
    ) -> Result<(Vec<entry::Answer>, Vec<u8>), Failure> {
        // No page has more than 2^31 entries.
        let size = i32::try_from(query.page_size).unwrap_or(i32::MAX);
        let control = PagedResults { size, cookie }.critical().into();
        let attributes: Vec<String> = query.attributes.iter().cloned().collect();
        let answers = self
            .ask(query.base.as_str(), Scope::Subtree, &query.filter.to_string(), attributes, vec![control])
            .await?;
        success(&answers.result)?;
        let cookie = next_cookie(&answers.result.ctrls)?;
        if answers.entries.len() > usize::try_from(query.page_size).unwrap_or(usize::MAX) {
            return Err(Failure::NotPaged);
        }
        self.look_at_references(answers.references, query.base)?;
        self.proof.pages += 1;
        let entries = answers
            .entries
            .into_iter()
            .map(|tag| entry::answer(tag).ok_or(Failure::Malformed("a malformed entry")));
        Ok((entries.collect::<Result<_, _>>()?, cookie))
    }

    /// One entry by its name, as far as one answer gives it. `None`: it does not exist, or may not be read.
    pub(super) async fn look(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<Record>, Failure> {
        let Some(tag) = self.single(dn, attributes).await? else { return Ok(None) };
        Ok(Some(entry::answer(tag).ok_or(Failure::Malformed("a malformed entry"))?.record))
    }

    /// Looks at one entry.
    async fn single(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<StructureTag>, Failure> {
        let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
        let mut answers = self.ask(dn, Scope::Base, "(objectClass=*)", attributes, Vec::new()).await?;
        // noSuchObject; invalidDNSyntax: no entry can have that name
        if matches!(answers.result.rc, 32 | 34) {
            return Ok(None);
        }
        success(&answers.result)?;
        if let Some(url) = answers.references.pop().and_then(entry::reference).and_then(|mut urls| urls.pop())
        {
            return Err(Failure::Referred(url));
        }
        if answers.entries.len() > 1 {
            return Err(Failure::Malformed("several answers to a question about one entry"));
        }
        Ok(answers.entries.pop())
    }

    /// All values of an attribute that the server hands out in ranges, the first one included. (MS-ADTS 3.1.1.3.1.3.3)
    async fn complete(&mut self, record: &mut Record, attribute: &str) -> Result<(), Error> {
        let dn = record.shown_dn();
        match self.all_values(&dn, attribute).await {
            Ok(values) => {
                values.into_iter().for_each(|value| record.add(attribute, value));
                self.proof.ranges += 1;
                Ok(())
            }
            Err(failure) => Err(self.failed(Phase::Range { attribute: attribute.to_owned(), dn }, failure)),
        }
    }

    async fn all_values(&mut self, dn: &str, attribute: &str) -> Result<Vec<Vec<u8>>, Failure> {
        'attempt: for _ in 0..ATTEMPTS {
            let mut values = Vec::new();
            let mut version = None;
            let mut from = 0;
            loop {
                let request = format!("{attribute};range={from}-*");
                let tag = self.single(dn, &[&request, "usnchanged"]).await?.ok_or(Failure::Gone)?;
                let (found, now) =
                    entry::slice(tag, attribute).ok_or(Failure::Malformed("a malformed entry"))?;
                // A member added or removed between two slices shifts the rest: one may be lost.
                if from > 0 && now != version {
                    continue 'attempt;
                }
                version = now;
                match found {
                    Some(Slice { from: first, to, values: more }) if first == from => {
                        let (count, announced) = (more.len(), to.map(|to| to.checked_sub(from)));
                        values.extend(more);
                        match announced {
                            None => return Ok(values),
                            // As many as its name says: a shorter slice would lose somebody without a word.
                            Some(Some(steps)) if steps.checked_add(1) == Some(count) => from += count,
                            Some(_) => return Err(Failure::RangeGap(from)),
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
    async fn ask(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: Vec<String>,
        controls: Vec<RawControl>,
    ) -> Result<Answers, Failure> {
        let work = ask(self.ldap.clone(), base, scope, filter, attributes, controls);
        let trouble = match within(self.patience, async { Ok(work.await) }).await? {
            Ok(answers) => return Ok(answers),
            Err(trouble) => trouble,
        };
        match trouble {
            Trouble::Library(error) => Err(self.explain(error).await),
            Trouble::Server(failure) => Err(failure),
        }
    }
}

async fn ask(
    mut ldap: Ldap,
    base: &str,
    scope: Scope,
    filter: &str,
    attributes: Vec<String>,
    controls: Vec<RawControl>,
) -> Result<Answers, Trouble> {
    if !controls.is_empty() {
        ldap.with_controls(controls);
    }
    let mut stream =
        ldap.streaming_search(base, scope, filter, attributes).await.map_err(Trouble::Library)?;
    let (mut entries, mut references) = (Vec::new(), Vec::new());
    // After an error the stream says `None`, as if it had ended well; the first error leaves this function.
    while let Some(item) = stream.next().await.map_err(Trouble::Library)? {
        match (item.is_ref(), item.is_intermediate()) {
            (true, _) => references.push(item.0),
            (false, true) => {
                return Err(Trouble::Server(Failure::Malformed("an intermediate response nobody asked for")));
            }
            (false, false) => entries.push(item.0),
        }
    }
    Ok(Answers { entries, references, result: stream.finish().await })
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
