//! What proves that the directory was read whole, in two or three lines.

use super::{Ink, Line, counted};
use crate::directory::{Certificate, GroupRef, Proof, Schema, ServerProof, Tls};
use std::collections::BTreeSet;

/// So many unresolved members are named; the rest is counted.
const NAMED: usize = 3;

/// The certificate of a read, for the head of a plan.
pub(super) fn lines(certificate: &Certificate) -> Vec<Line> {
    let Certificate {
        source: _,
        proof,
        entries: _,
        groups: _,
        members,
        others,
        unresolved,
        followed,
        by_name,
    } = certificate;
    let mut lines = match proof {
        Proof::Untold => Vec::new(),
        Proof::File { bytes, sha256 } => {
            vec![faint(format!("  complete   {}, SHA-256 {sha256}", counted(*bytes, "byte", "bytes")))]
        }
        Proof::Server(server) => of_server(server),
    };
    let people = counted(*members, "person", "people");
    let beside = if *others > 0 { format!(" and {others} who are no people") } else { String::new() };
    lines.push(faint(format!(
        "  members    {people}{beside} in the groups, {} unresolved",
        count(unresolved.values())
    )));
    for (group, names) in unresolved {
        lines.push(Line::of(Ink::Warning, format!("  unresolved {group}: {}", first(names))));
    }
    for (group, dn) in followed {
        let text = format!("  followed   {group} is now {dn}: write that in the configuration");
        lines.push(Line::of(Ink::Warning, text));
    }
    if !by_name.is_empty() {
        let groups: Vec<&str> = by_name.iter().map(GroupRef::as_str).collect();
        let text = format!(
            "  by name    {}: nothing of {} that never changes can be read, so another one of that name would be taken for it",
            groups.join(", "),
            if groups.len() == 1 { "this group" } else { "each of these groups" },
        );
        lines.push(Line::of(Ink::Warning, text));
    }
    lines
}

/// The first names, and how many more there are.
pub(super) fn first(names: &BTreeSet<String>) -> String {
    let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    match names.len() - first.len() {
        0 => first.join("; "),
        more => format!("{} and {more} more", first.join("; ")),
    }
}

/// A name in several groups is one name.
fn count<'a>(names: impl Iterator<Item = &'a BTreeSet<String>>) -> usize {
    names.flatten().collect::<BTreeSet<_>>().len()
}

fn of_server(server: &ServerProof) -> Vec<Line> {
    let ServerProof { identity, tls, pages, ranges, referrals, schema } = server;
    let mut whole = format!("{}, each with result 0, and no more to come", counted(*pages, "page", "pages"));
    if *ranges > 0 {
        whole.push_str(&format!("; {} to the last value", counted(*ranges, "range", "ranges")));
    }
    if !referrals.is_empty() {
        let referrals: Vec<&str> = referrals.iter().map(String::as_str).collect();
        whole.push_str(&format!("; left alone: {}", referrals.join(", ")));
    }
    whole.push_str(&match schema {
        Schema::Known { names } => format!("; {} known to its schema", counted(*names, "name", "names")),
        Schema::Untold { why } => format!("; its schema was not looked at: {why}"),
    });
    let identity = identity.as_deref().unwrap_or("whom the server does not tell");
    let tls = match tls {
        Some(Tls { version, certificate_sha256 }) => {
            format!("{version}, certificate SHA-256 {certificate_sha256}")
        }
        None => "unencrypted".to_owned(),
    };
    vec![faint(format!("  complete   {whole}")), faint(format!("  read as    {identity}; {tls}"))]
}

fn faint(text: String) -> Line {
    Line::of(Ink::Faint, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(certificate: &Certificate) -> Vec<String> {
        lines(certificate).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_server_says_as_whom_and_how_it_was_read() {
        let server = ServerProof {
            identity: Some("dn:cn=sync".into()),
            tls: Some(Tls { version: "TLS 1.3".into(), certificate_sha256: "9f".into() }),
            pages: 42,
            ranges: 3,
            referrals: ["ldap://x/dc=ForestDnsZones".into()].into(),
            schema: Schema::Known { names: 7 },
        };
        let certificate =
            Certificate { proof: Proof::Server(Box::new(server)), members: 9, ..Certificate::default() };
        assert_eq!(
            told(&certificate),
            [
                "  complete   42 pages, each with result 0, and no more to come; 3 ranges to the last value; left alone: ldap://x/dc=ForestDnsZones; 7 names known to its schema",
                "  read as    dn:cn=sync; TLS 1.3, certificate SHA-256 9f",
                "  members    9 people in the groups, 0 unresolved",
            ]
        );
    }

    #[test]
    fn a_group_that_was_followed_is_told_with_what_to_do() {
        let followed = [(GroupRef::new("Design"), "cn=creative,dc=x".to_owned())].into();
        let certificate = Certificate { followed, ..Certificate::default() };
        assert_eq!(
            told(&certificate)[1],
            "  followed   Design is now cn=creative,dc=x: write that in the configuration"
        );
    }

    #[test]
    fn a_group_that_only_its_name_tells_is_told() {
        let certificate = Certificate { by_name: [GroupRef::new("Design")].into(), ..Certificate::default() };
        assert_eq!(
            told(&certificate)[1],
            "  by name    Design: nothing of this group that never changes can be read, so another one of that name would be taken for it"
        );
    }

    #[test]
    fn unresolved_members_are_named_and_counted_once() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = Certificate {
            proof: Proof::File { bytes: 1, sha256: "ab".into() },
            members: 1,
            others: 2,
            unresolved: [
                (GroupRef::new("a"), names(&["p", "q", "r", "s", "t"])),
                (GroupRef::new("b"), names(&["p"])),
            ]
            .into(),
            ..Certificate::default()
        };
        assert_eq!(
            told(&certificate),
            [
                "  complete   1 byte, SHA-256 ab",
                "  members    1 person and 2 who are no people in the groups, 5 unresolved",
                "  unresolved a: p; q; r and 2 more",
                "  unresolved b: p",
            ]
        );
    }
}
