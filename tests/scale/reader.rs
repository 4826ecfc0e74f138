//! What a child of the measurement does: it reads the directory once, and prints how many entries it found.

use crate::company::BASE;
use ldap3::controls::{Control, MakeCritical as _, PagedResults};
use ldap3::{LdapConnAsync, Scope, SearchEntry};
use std::collections::BTreeSet;
use tokio::runtime::Runtime;
use umsync_directory::{Dn, Filter, ldap};
use umsync_engine::directory::{GroupRef, Wanted};
use url::Url;

const USERS: &str = "(objectClass=inetOrgPerson)";

/// What the default templates of a configuration want.
const ATTRIBUTES: [&str; 4] = ["mail", "givenname", "sn", "c"];

pub(crate) fn read(kind: &str, url: &str, groups: usize) {
    let runtime = Runtime::new().unwrap();
    let entries = match kind {
        "umsync" => runtime.block_on(ours(url, groups)),
        "ldap3" => runtime.block_on(alone(url, groups)),
        other => panic!("`{other}` reads nothing"),
    };
    println!("{entries}");
}

/// The whole reading that a run does: root, schema, groups, people, who is in which, and its certificate.
async fn ours(url: &str, groups: usize) -> usize {
    let settings = ldap::Settings {
        servers: vec![Url::parse(url).unwrap()],
        encryption: ldap::Encryption::Plain,
        ca_file: None,
        certificates: ldap::Certificates::Verified,
        bind: ldap::Bind::Anonymous,
        base: Dn::parse(BASE).unwrap(),
        user_base: None,
        group_base: None,
        users: Filter::parse(USERS).unwrap(),
        group_filter: None,
        members: ldap::Members::Member,
        nested_groups: ldap::Nested::Read,
        page_size: None,
        connections: 4,
        timeouts: ldap::Timeouts::default(),
        anchor: None,
    };
    let attributes: BTreeSet<String> = ATTRIBUTES.map(str::to_owned).into();
    let groups = (0..groups).map(|at| GroupRef::new(&format!("g{at}"))).collect();
    let wanted = Wanted { named: attributes.clone(), attributes, groups, ..Wanted::default() };
    let directory = ldap::read(&settings, &wanted, &|_| ()).await.unwrap();
    assert!(directory.entries.iter().all(|entry| !entry.groups.is_empty()), "everybody is in a group");
    directory.entries.len()
}

/// The least that anybody can do with the client library: the same people and the same groups, page by page, decoded and
/// forgotten. Nothing is proven, compared or kept, and groups inside groups are not read.
async fn alone(url: &str, groups: usize) -> usize {
    let (connection, mut ldap) = LdapConnAsync::new(url).await.unwrap();
    tokio::spawn(connection.drive());
    let mut found = 0;
    for at in 0..groups {
        let filter = format!("(&(objectClass=groupOfNames)(cn=g{at}))");
        let (entries, result) = ldap
            .search(BASE, Scope::Subtree, &filter, vec!["cn", "member"])
            .await
            .unwrap()
            .success()
            .unwrap();
        assert_eq!(result.rc, 0);
        let members: usize =
            entries.into_iter().map(|entry| SearchEntry::construct(entry).attrs["member"].len()).sum();
        assert!(members > 0);
    }
    let mut cookie = Vec::new();
    loop {
        let control = PagedResults { size: 500, cookie }.critical().into();
        let attributes = ["mail", "givenName", "sn", "c", "entryUUID"];
        let (entries, result) = ldap
            .with_controls(vec![control])
            .search(BASE, Scope::Subtree, USERS, attributes)
            .await
            .unwrap()
            .success()
            .unwrap();
        for entry in entries {
            found += usize::from(SearchEntry::construct(entry).attrs.contains_key("mail"));
        }
        let next = result.ctrls.iter().find_map(|Control(_, control)| {
            (control.ctype == "1.2.840.113556.1.4.319").then(|| control.parse::<PagedResults>().cookie)
        });
        cookie = next.unwrap_or_default();
        if cookie.is_empty() {
            return found;
        }
    }
}
