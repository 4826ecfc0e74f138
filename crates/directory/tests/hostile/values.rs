//! Bytes that are no text, and text that looks like other text.

use crate::fake::company::{BASE, Company};
use crate::fake::{Fake, Reply, Request, entry, page_end, result};
use crate::{but_on_page, good, read_it, settings};
use umsync_directory::ldap::{Members, Settings};

/// A value, and what is read of it: `None` is undecodable.
const VALUES: [(&[u8], Option<&str>); 9] = [
    (b"M\xfcller", None),
    // Overlong: two bytes for `/` (RFC 3629, section 3).
    (b"a\xc0\xafb", None),
    // Half of a surrogate pair, and a character cut in its middle.
    (b"a\xed\xa0\x80b", None),
    (b"Zo\xc3", None),
    (b"a\0b", Some("a\0b")),
    (b"Zo\xc3\xab", Some("Zo\u{eb}")),
    (b"Zoe\xcc\x88", Some("Zoe\u{308}")),
    (b"\xe2\x80\x8fnn\xe2\x80\xae", Some("\u{200f}nn\u{202e}")),
    (b"\xf0\x9f\x98\x80", Some("\u{1f600}")),
];

#[tokio::test]
async fn d24_one_value_that_is_no_text_costs_neither_its_attribute_nor_its_entry() {
    for (bytes, text) in VALUES {
        let fake = but_on_page(2, move |id| {
            let first = ("mail", vec![b"first@example.com".to_vec(), bytes.to_vec()]);
            let only = ("mail", vec![bytes.to_vec()]);
            Reply::Send(vec![
                entry(id, format!("CN=both,{BASE}").as_bytes(), &[first]),
                entry(id, format!("CN=only,{BASE}").as_bytes(), &[only]),
                page_end(id, 0, b""),
            ])
        });
        let directory = read_it(&settings(&[&fake])).await.unwrap();
        assert_eq!(directory.entries.len(), 6);
        let [both, only] = &directory.entries[4..] else { panic!() };
        let mut expected = vec!["first@example.com"];
        expected.extend(text);
        assert_eq!(both.attributes.get("mail").collect::<Vec<_>>(), expected, "{bytes:?}");
        assert_eq!(
            (only.first("mail"), only.undecodable.contains("mail")),
            (text, text.is_none()),
            "{bytes:?}"
        );
    }
}

#[tokio::test]
async fn d24_a_name_that_is_no_text_stays_a_member() {
    // The DN of a person in Latin-1, in NFD, and with an escape: listed by the group in the same bytes, or other ones
    // that mean the same.
    let names: [(&[u8], &[u8]); 3] = [
        (b"CN=M\xfcller,DC=example,DC=com", b"CN=M\xfcller,DC=example,DC=com"),
        ("CN=Zoe\u{308},DC=example,DC=com".as_bytes(), "CN=Zo\u{eb},DC=example,DC=com".as_bytes()),
        ("CN=Zo\u{eb},DC=example,DC=com".as_bytes(), b"CN=Zo\\c3\\ab,DC=example,DC=com"),
    ];
    for (person, member) in names {
        let fake = Fake::start(move |id, request| match request {
            Request::Search(search) if search.single => Reply::Send(vec![
                entry(
                    id,
                    search.base.as_bytes(),
                    &[("member", vec![b"CN=p0,DC=x".to_vec(), member.to_vec()])],
                ),
                result(id, 0x65, 0, b""),
            ]),
            Request::Search(_) => Reply::Send(vec![
                entry(id, Company::dn(0).as_bytes(), &[]),
                entry(id, person, &[("mail", vec![b"a@example.com".to_vec()])]),
                page_end(id, 0, b""),
            ]),
            _ => good(id, request),
        });
        let settings = Settings { members: Members::Member, ..settings(&[&fake]) };
        let directory = read_it(&settings).await.unwrap();
        assert_eq!(directory.entries[1].groups.len(), 1, "{}", String::from_utf8_lossy(member));
        assert!(directory.entries[0].groups.is_empty());
    }
}
