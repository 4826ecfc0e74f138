//! References to other servers: never followed, since they may lead to anybody; and only those ignored that hold no people.

use crate::dn::Dn;
use percent_encoding::percent_decode_str;
use url::Url;

/// Whether a reference leads to a partition of the same Active Directory forest that holds no people: its DNS zones and
/// its configuration. A search of a domain always returns them. (MS-ADTS 3.1.1.1.9; Microsoft, "Referrals")
pub(super) fn is_elsewhere(url: &str, base: &Dn) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let Ok(target) = Dn::parse(&path) else { return false };
    let partition = target.normal();
    let Some(forest) =
        ["dc=domaindnszones,", "dc=forestdnszones,", "cn=configuration,", "cn=schema,cn=configuration,"]
            .iter()
            .find_map(|prefix| partition.strip_prefix(prefix))
    else {
        return false;
    };
    // Of this domain, or of one above it: the forest's root.
    Dn::parse(forest).is_ok_and(|forest| base.is_under(&forest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_partitions_without_people_are_ignored() {
        let base = Dn::parse("OU=Staff,DC=sub,DC=Example,DC=com").unwrap();
        for url in [
            "ldap://DomainDnsZones.sub.example.com/DC=DomainDnsZones,DC=sub,DC=example,DC=com",
            "ldap://ForestDnsZones.example.com/DC=ForestDnsZones,DC=example,DC=com",
            "ldap://example.com/CN=Configuration,DC=example,DC=com??sub",
            "ldap://x/DC=ForestDnsZones%2CDC=example,DC=com",
        ] {
            assert!(is_elsewhere(url, &base), "{url}");
        }
        for url in [
            "ldap://child.sub.example.com/DC=child,DC=sub,DC=example,DC=com",
            "ldap://elsewhere.test/CN=Configuration,DC=elsewhere,DC=test",
            "ldap://example.com/",
            "no url",
        ] {
            assert!(!is_elsewhere(url, &base), "{url}");
        }
    }
}
