//! Where the directory, the people and the groups begin, and what was meant where nothing is.

use super::super::connect::Connection;
use super::super::failure::{Failure, Phase};
use super::super::root::Root;
use super::super::search::NOTHING;
use super::super::settings::Settings;
use super::{Mistake, Report, goes_on};
use crate::dn::Dn;
use crate::error::Error;
use crate::near::nearest;
use std::collections::BTreeSet;

/// The keys of the configuration that name nothing that can be read.
pub(super) async fn look(
    connection: &mut Connection,
    root: &Root,
    settings: &Settings,
    report: &mut Report,
) -> Result<BTreeSet<&'static str>, Error> {
    let mut missing = BTreeSet::new();
    let own = [("user_base", &settings.user_base), ("group_base", &settings.group_base)];
    let own = own.map(|(key, base)| (key, base.as_ref()));
    for (key, base) in [("base", Some(&settings.base))].into_iter().chain(own) {
        let Some(base) = base else {
            // It begins where the directory does.
            if missing.contains("base") {
                missing.insert(key);
            }
            continue;
        };
        let phase = Phase::Base { dn: base.as_str().to_owned() };
        match connection.entry(base.as_str(), &[NOTHING], phase.clone()).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let advice = instead(connection, root, base).await;
                let advice = advice.map(|dn| format!("write `{key}: {dn}`, if that is meant"));
                report.mistakes.push(Mistake { error: connection.failed(phase, Failure::Absent), advice });
                missing.insert(key);
            }
            Err(error) => {
                goes_on(error, report)?;
                missing.insert(key);
            }
        }
    }
    Ok(missing)
}

/// The entry that may have been meant: in the server's tree of the nearest name, or beside the one that is not there.
pub(super) async fn instead(connection: &mut Connection, root: &Root, dn: &Dn) -> Option<String> {
    if let Some(tree) = tree(dn.as_str(), root) {
        if exists(connection, &tree).await {
            return Some(tree);
        }
        // The account may not know where it is: the trees themselves are all that can be said.
        return root.contexts.first().filter(|_| root.contexts.len() == 1).map(ToString::to_string);
    }
    let levels = dn.levels();
    // From the entry itself upwards: the first whose parent is there was misspelt.
    for at in 0..levels.len() {
        let parent = levels[at + 1..].join(",");
        if parent.is_empty() || !exists(connection, &parent).await {
            continue;
        }
        let children = connection.children(&parent).await.ok()?;
        let names: Vec<(String, String)> = children
            .iter()
            .filter_map(|child| {
                Some((Dn::parse(&child.shown_dn()).ok()?.levels().first()?.clone(), child.shown_dn()))
            })
            .collect();
        let name = nearest(&levels[at], names.iter().map(|(name, _)| name.as_str()))?;
        let (_, found) = names.iter().find(|(known, _)| known == name)?;
        let whole = levels[..at].iter().chain([found]).cloned().collect::<Vec<_>>().join(",");
        return if at == 0 || exists(connection, &whole).await { Some(whole) } else { Some(found.clone()) };
    }
    None
}

async fn exists(connection: &mut Connection, dn: &str) -> bool {
    matches!(connection.look(dn, &[NOTHING]).await, Ok(Some(_)))
}

/// The same name in the nearest tree that the server holds. `None`: one of its trees holds it already, or it is no DN.
pub(super) fn tree(name: &str, root: &Root) -> Option<String> {
    let dn = Dn::parse(name).ok().filter(|_| name.contains('='))?;
    if root.contexts.is_empty() || root.contexts.iter().any(|top| dn.is_under(top)) {
        return None;
    }
    // Only a top that is spelled alike, or the only one there is, was meant.
    let of_same_length = |top: &&Dn| !top.levels().is_empty() && top.levels().len() <= dn.levels().len();
    let end = |top: &Dn| dn.levels()[dn.levels().len() - top.levels().len()..].join(",");
    let tops: Vec<&Dn> = root.contexts.iter().filter(of_same_length).collect();
    let alike = tops.iter().find(|top| nearest(&end(top), [top.normal().as_str()]).is_some());
    let top = alike.or(if tops.len() == 1 { tops.first() } else { None })?;
    let before = dn.levels().len() - top.levels().len();
    let levels = dn.levels()[..before].iter().cloned().chain([top.to_string()]);
    Some(levels.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_put_into_the_tree_that_there_is() {
        let root = |tops: &[&str]| Root {
            contexts: tops.iter().map(|top| Dn::parse(top).unwrap()).collect(),
            ..Root::default()
        };
        let company = root(&["dc=example,dc=com"]);
        let tree = |name: &str, root: &Root| super::tree(name, root);
        assert_eq!(tree("cn=sync,dc=exmaple,dc=com", &company).unwrap(), "cn=sync,dc=example,dc=com");
        assert_eq!(tree("ou=a,dc=other,dc=org", &company).unwrap(), "ou=a,dc=example,dc=com");
        assert_eq!(tree("cn=sync,DC=Example,DC=com", &company), None);
        assert_eq!(tree("sync@example.com", &company), None);
        let two = root(&["cn=config", "o=firm", "dc=example,dc=com"]);
        assert_eq!(tree("cn=a,dc=example,dc=org", &two).unwrap(), "cn=a,dc=example,dc=com");
        assert_eq!(tree("cn=a,dc=somewhere,dc=else", &two), None);
    }
}
