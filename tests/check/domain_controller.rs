//! A domain controller, with a clock that may be wrong.

use super::contains;
use crate::disasters::fake::company::{BASE, Company};
use crate::disasters::fake::{Fake, Request, Search, entry, result};
use crate::support::{World, seed};
use chrono::{TimeDelta, Utc};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const COMPANY: Company = Company { people: 6, per_page: 2 };

/// What it says of one entry.
fn single(id: u32, base: &str, minutes: i64) -> Option<Vec<u8>> {
    let texts = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>();
    let configuration = format!("CN=Configuration,{BASE}");
    if base.is_empty() {
        let now = (Utc::now() + TimeDelta::minutes(minutes)).format("%Y%m%d%H%M%S.0Z").to_string();
        let root = [
            ("supportedCapabilities", texts(&["1.2.840.113556.1.4.800"])),
            ("currentTime", texts(&[&now])),
            ("configurationNamingContext", texts(&[&configuration])),
        ];
        return Some(entry(id, b"", &root));
    }
    if base.starts_with("CN=Default Query Policy,") && base.ends_with(&configuration) {
        let limits = texts(&["MaxPageSize=1000", "MaxPoolThreads=4", "MaxQueryDuration=120"]);
        return Some(entry(id, base.as_bytes(), &[("lDAPAdminLimits", limits)]));
    }
    // CN=p0,OU=Staff,…
    let at: usize = base.strip_prefix("CN=p")?.split(',').next()?.parse().ok()?;
    let attributes = [
        ("objectGUID", texts(&[&format!("{at:016}")])),
        ("mail", texts(&[&format!("p{at}@example.com")])),
        ("allowedAttributesEffective", texts(&["mail", "telephoneNumber"])),
    ];
    Some(entry(id, base.as_bytes(), &attributes))
}

fn fake(minutes: Arc<AtomicI64>) -> Fake {
    Fake::talking(move |id, request, stream| {
        let single = match request {
            Request::Search(search) if search.single => {
                single(id, &search.base, minutes.load(Ordering::SeqCst))
            }
            _ => None,
        };
        let reply = match (single, request) {
            (Some(found), _) => vec![found, result(id, 0x65, 0, b"")],
            // Names only: here they are those of people.
            (None, Request::Search(search)) if search.attributes == ["1.1"] && !search.single => {
                let attributes = vec!["mail".to_owned()];
                COMPANY.answer(id, &Request::Search(Search { attributes, ..search.clone() }))
            }
            _ => COMPANY.answer(id, request),
        };
        stream.write_all(&reply.concat()).is_ok()
    })
}

#[test]
fn planted_a_clock_that_is_wrong() {
    let world = World::new(&seed(&["Video"], &[]), "");
    world.write("ldap.secret", "secret");
    let minutes = Arc::new(AtomicI64::new(-7));
    let fake = fake(minutes.clone());
    let text = format!(
        "{}directory:\n  ldap:\n    servers: [{}]\n    starttls: false\n    bind: {{dn: sync@example.com, password: {{file: ldap.secret}}}}\n    base: {BASE}\n    users: (objectClass=user)\n    members: member\n    nested_groups: false\npeople: {{country: US}}\ngroups: [{{directory: Video, adobe: [Video]}}]\nstate: sqlite:state/umsync.db\n",
        world.adobe_section(&["every: 0s", "pace: off"]),
        fake.url,
    );
    world.write("umsync.yaml", &text);
    let told = world.run(&["check"]).with(0).stdout;
    contains(
        &told,
        &[
            "Active Directory, at 127.0.0.1:",
            "warn   clock",
            "s behind this machine's",
            "→ set this machine's clock and the server's",
            "connected as sync@example.com; no server tells whom it takes that for",
            "6 people found",
            "limits of the server: MaxPageSize=1000, MaxQueryDuration=120",
            "this account may write 2 attributes of people: mail, telephoneNumber",
            "→ take that right from it",
            "warn   open or closed",
            "let this account read `userAccountControl`",
            "warn   schema",
            "p0@example.com",
        ],
    );
    minutes.store(0, Ordering::SeqCst);
    let told = world.run(&["check"]).with(0).stdout;
    contains(&told, &["ok     clock", "the server's is "]);
}
