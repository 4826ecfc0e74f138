//! A small company in Active Directory's manner, that answers every question a read asks: the kind of server, a group by
//! its name, a group by its DN in ranges, a group inside it, and people page by page.

use super::{Request, Search, entry, page_end, result};

/// Where it begins.
pub(crate) const BASE: &str = "DC=example,DC=com";

/// A group of the first half of the people, in ranges of two, and of [`INNER`].
pub(crate) const DESIGN: &str = "CN=Design,DC=example,DC=com";

/// A group inside [`DESIGN`], of the last person.
const INNER: &str = "CN=Inner,DC=example,DC=com";

/// A group of the first person, found by its name.
pub(crate) const VIDEO: &str = "Video";

/// How many people it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Company {
    pub(crate) people: usize,
    pub(crate) per_page: usize,
}

impl Company {
    /// Everything this company says to a request.
    pub(crate) fn answer(self, id: u32, request: &Request) -> Vec<Vec<u8>> {
        match request {
            Request::Bind { dn: _, password: _ } => vec![result(id, 0x61, 0, b"")],
            Request::Search(search) if search.single => {
                vec![self.single(id, search), result(id, 0x65, 0, b"")]
            }
            Request::Search(search) => self.page(id, search),
            Request::Unbind | Request::Other => Vec::new(),
        }
    }

    /// The DN of a person.
    pub(crate) fn dn(at: usize) -> String {
        format!("CN=p{at},OU=Staff,{BASE}")
    }

    /// The entry of a person.
    pub(crate) fn person(id: u32, at: usize) -> Vec<u8> {
        let value = |text: String| vec![text.into_bytes()];
        let guid = format!("{at:016}");
        let attributes = [
            ("objectGUID", value(guid)),
            ("mail", value(format!("p{at}@example.com"))),
            ("givenName", value("Person".to_owned())),
            ("sn", value(format!("Number {at}"))),
        ];
        entry(id, Self::dn(at).as_bytes(), &attributes)
    }

    fn single(self, id: u32, search: &Search) -> Vec<u8> {
        let guid = |at: u8| ("objectGUID", vec![[[at].as_slice(), b"GGGGGGGGGGGGGGG"].concat()]);
        if search.base.is_empty() {
            let capable = vec![b"1.2.840.113556.1.4.800".to_vec()];
            return entry(id, b"", &[("supportedCapabilities", capable)]);
        }
        if search.base == INNER {
            let last = Self::dn(self.people - 1).into_bytes();
            return entry(id, INNER.as_bytes(), &[("member", vec![last]), guid(b'i')]);
        }
        let members: Vec<Vec<u8>> = (0..self.people / 2)
            .map(|at| Self::dn(at).into_bytes())
            .chain([INNER.as_bytes().to_vec()])
            .collect();
        let slice = ranged(id, search, &members, 2, b"7");
        slice.unwrap_or_else(|| entry(id, search.base.as_bytes(), &[guid(b'd')]))
    }

    fn page(self, id: u32, search: &Search) -> Vec<Vec<u8>> {
        let asks_for = |name: &str| search.attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name));
        let cookie = search.paging.as_ref().map_or(0, |(_, cookie, _)| cookie.first().copied().unwrap_or(0));
        if asks_for("mail") {
            let first = usize::from(cookie) * self.per_page;
            let end = (first + self.per_page).min(self.people);
            let next = if end == self.people { Vec::new() } else { vec![cookie + 1] };
            return (first..end).map(|at| Self::person(id, at)).chain([page_end(id, 0, &next)]).collect();
        }
        if asks_for("cn") {
            let attributes =
                [("cn", vec![VIDEO.as_bytes().to_vec()]), ("member", vec![Self::dn(0).into_bytes()])];
            return vec![
                entry(id, format!("CN={VIDEO},{BASE}").as_bytes(), &attributes),
                page_end(id, 0, b""),
            ];
        }
        // The names of all groups, on two pages.
        match cookie {
            0 => vec![entry(id, DESIGN.as_bytes(), &[]), page_end(id, 0, &[1])],
            _ => vec![entry(id, INNER.as_bytes(), &[]), page_end(id, 0, b"")],
        }
    }
}

/// Active Directory's ranges: at most `step` members at a time, if they are asked for.
pub(crate) fn ranged(
    id: u32,
    search: &Search,
    members: &[Vec<u8>],
    step: usize,
    version: &[u8],
) -> Option<Vec<u8>> {
    let asked = search.attributes.iter().find_map(|name| match name.strip_prefix("member") {
        Some("") => Some(0),
        Some(range) => range.strip_prefix(";range=")?.split('-').next()?.parse::<usize>().ok(),
        None => None,
    });
    let from = asked?;
    let to = (from + step).min(members.len());
    let version = ("uSNChanged", vec![version.to_vec()]);
    if from == 0 && to == members.len() {
        return Some(entry(id, search.base.as_bytes(), &[("member", members.to_vec()), version]));
    }
    let name = if to == members.len() {
        format!("member;range={from}-*")
    } else {
        format!("member;range={from}-{}", to - 1)
    };
    let attributes = [("member", Vec::new()), (name.as_str(), members[from..to].to_vec()), version];
    Some(entry(id, search.base.as_bytes(), &attributes))
}
