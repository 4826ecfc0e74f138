//! What names make of patterns, and which are refused.

use super::*;
use crate::directory::Directory;

fn mapping(matches: &str, adobe: &[&str]) -> PatternMapping {
    PatternMapping {
        matches: Pattern::new(matches).unwrap(),
        within: BTreeSet::new(),
        adobe: adobe.iter().map(|text| (*text).to_owned()).collect(),
        mode: MappingMode::Owned,
        create: None,
    }
}

/// What these groups of a directory give by these mappings.
fn given(mappings: &[PatternMapping], groups: &[&str]) -> Result<Vec<(String, Vec<String>)>, String> {
    let matched = groups.iter().map(|name| (GroupRef::new(name), (*name).to_owned())).collect();
    let directories = Directories::only(Directory { matched, ..Directory::default() });
    let mut rules = crate::people::tests::rules(crate::adobe::Identity::Federated);
    rules.mappings.clear();
    rules.patterns = mappings.to_vec();
    let expanded = rules.expanded(&directories).map_err(|error| error.to_string())?;
    assert!(expanded.patterns.is_empty());
    let line = |mapping: Mapping| {
        (mapping.directory.to_string(), mapping.adobe.iter().map(ToString::to_string).collect())
    };
    Ok(expanded.mappings.into_iter().map(line).collect())
}

#[test]
fn every_group_that_matches_gives_what_its_name_says() {
    let mappings = [mapping("acl-(.+)", &["Team $1", "All Apps"]), mapping("ACL-Film", &["Premiere"])];
    let given = given(&mappings, &["ACL-Film", "ACL-Art", "Other", "my ACL-Art"]).unwrap();
    let expected = [
        ("ACL-Art", vec!["Team Art", "All Apps"]),
        ("ACL-Film", vec!["Team Film", "All Apps"]),
        ("ACL-Film", vec!["Premiere"]),
    ];
    let expected: Vec<(String, Vec<String>)> = expected
        .into_iter()
        .map(|(group, adobe)| (group.to_owned(), adobe.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(given, expected);
}

#[test]
fn two_groups_do_not_share_one_by_accident() {
    let mappings = [mapping("(?:ACL|OLD)-(.+)", &["Team $1"])];
    let why = given(&mappings, &["ACL-Art", "OLD-Art"]).unwrap_err();
    assert!(["ACL-Art", "OLD-Art", "Team Art", "Team $1"].iter().all(|word| why.contains(word)), "{why}");
    let mappings = [mapping("ACL-(.+)", &["Team $1"]), mapping("OLD-(.+)", &["Team $1"])];
    assert!(given(&mappings, &["ACL-Art", "OLD-ART"]).is_err());
    // Without a capture somebody has said so.
    let mappings = [mapping("(?:ACL|OLD)-(.+)", &["5 $$"])];
    assert_eq!(given(&mappings, &["ACL-Art", "OLD-Art"]).unwrap().len(), 2);
}

#[test]
fn a_name_that_cannot_be_managed_is_refused_and_so_is_a_role_by_name() {
    let long = format!("ACL-{}", "a".repeat(256));
    for (template, group, word) in [
        ("$2", "ACL-Art", "no name"),
        ("$1", long.as_str(), "at most 255"),
        ("$1", "ACL-_ORG_admin", "system administrators"),
        ("$1", "ACL-_support_admin", "its first `_`"),
        ("_$1", "ACL-org_admin", "system administrators"),
    ] {
        let why = given(&[mapping("ACL-(.+)", &[template])], &[group]).unwrap_err();
        assert!(why.contains(word) && why.contains(group), "{why}");
    }
    assert!(given(&[mapping("ACL-(.+)", &["_developer_$1"])], &["ACL-Photoshop"]).is_ok());
}

#[test]
fn mappings_agree_about_who_decides() {
    let mut other = mapping("ACL-(.+)", &["Team Art"]);
    other.mode = MappingMode::Additive;
    let why = given(&[mapping("ACL-(.+)", &["Team $1"]), other], &["ACL-Art"]).unwrap_err();
    assert!(why.contains("Team Art"), "{why}");
}
