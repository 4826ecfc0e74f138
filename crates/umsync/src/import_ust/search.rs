//! What is looked for in LDAP: people, groups, and who is in which.

use super::filters::{self, Part};
use super::import::Import;
use super::options::UNSAID;
use super::report::Key;
use super::section::{Found, Section};
use super::written::Block;
use umsync_directory::filter::Filter;

const PEOPLE: &str =
    "(&(objectClass=user)(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))";
/// LDAP_MATCHING_RULE_IN_CHAIN.
const IN_CHAIN: &str = ":1.2.840.113556.1.4.1941:";

pub(super) fn convert(import: &mut Import<'_>, root: &Section<'_>, ldap: &mut Block) {
    people(import, root, ldap);
    groups(import, root, ldap);
    let two_steps = root.section("two_steps_lookup");
    let members = root.text("group_member_filter_format");
    match (two_steps, members) {
        (Some(_), Some(found)) => {
            root.mistake(&found.key, "either this or two_steps_lookup belongs here");
        }
        (Some(section), None) => {
            by_members(import, &section, ldap);
            section.finish(&mut import.report);
        }
        (None, found) => by_filter(import, root, found, ldap),
    }
}

fn people(import: &mut Import<'_>, root: &Section<'_>, ldap: &mut Block) {
    let found = root.text("all_users_filter").unwrap_or_else(|| Found {
        key: Key { key: "ldap: all_users_filter".to_owned(), place: UNSAID.to_owned() },
        value: PEOPLE.to_owned(),
    });
    let filter = match filters::parse(&found.value) {
        Ok(filter) => filter,
        Err(reason) => {
            root.mistake(&found.key, &format!("this is no LDAP filter: {reason}"));
            return;
        }
    };
    let whole = filter.to_string();
    let users =
        filter.without(&Part::is_not_disabled).map_or("(objectClass=*)".to_owned(), |part| part.to_string());
    if let Err(error) = Filter::parse(&users) {
        root.mistake(&found.key, &format!("this is no LDAP filter: {error}"));
        return;
    }
    ldap.text("users", &users);
    let now = format!("directory.ldap.users: {users}");
    if whole == users {
        ldap.put("disabled", "ignore");
        import
            .report
            .carried(found.key, format!("{now}, disabled: ignore, for it does not ask who is disabled"));
    } else {
        // Default of umsync, written because it stands for a part of the filter.
        ldap.put("disabled", "leave");
        import.report.changed_from(
            found.key,
            format!("{now}, disabled: leave"),
            "to the User Sync Tool a disabled account is not there, and a stray. umsync reads it and counts it as gone: unless leavers.action is keep, it loses the mapped groups at once, and leaves after the grace like others; an account that has expired is treated alike",
            format!("disabled: ignore, users: {whole}"),
        );
    }
}

fn groups(import: &mut Import<'_>, root: &Section<'_>, ldap: &mut Block) {
    let Some(Found { key, value }) = root.text("group_filter_format") else { return };
    let plain = value.replace("{{", "{").replace("}}", "}");
    let filter = match filters::parse(&plain) {
        Ok(filter) => filter,
        Err(reason) => {
            root.mistake(&key, &format!("this is no LDAP filter: {reason}"));
            return;
        }
    };
    let names = |part: &Part| matches!(part, Part::Item(item) if item.contains("{group}"));
    let by: Vec<String> = filter
        .items()
        .into_iter()
        .filter(|item| item.contains("{group}"))
        .map(|item| item.replace(' ', "").to_ascii_lowercase())
        .collect();
    let rest = filter.without(&names).map(|part| part.to_string());
    let now = match &rest {
        Some(rest) if is_usual(rest) => "what umsync looks for".to_owned(),
        Some(rest) if Filter::parse(rest).is_ok() => {
            ldap.text("group_filter", rest);
            format!("directory.ldap.group_filter: {rest}")
        }
        Some(_) => "groups of the usual object classes".to_owned(),
        None => "groups of the usual object classes, for the format names none".to_owned(),
    };
    let by_name = by.iter().all(|item| matches!(item.as_str(), "cn={group}" | "distinguishedname={group}"));
    match by.as_slice() {
        [] => import.report.lost(
            key,
            format!("`{value}` has no {{group}}: it finds the same for every name"),
            "name the groups under `groups` by cn or DN",
        ),
        _ if by_name => import.report.carried(key, now),
        _ => import.report.changed(
            key,
            now,
            format!("the User Sync Tool finds groups by `{}`, umsync by cn, DN or anchor; where these names differ, write the DN under `groups`", by.join("`, `")),
        ),
    }
}

/// The part of the default that says what a group is: umsync knows these classes, and more.
fn is_usual(rest: &str) -> bool {
    rest.eq_ignore_ascii_case("(|(objectCategory=group)(objectClass=groupOfNames)(objectClass=posixGroup))")
}

fn by_members(import: &mut Import<'_>, section: &Section<'_>, ldap: &mut Block) {
    match section.text("group_member_attribute_name") {
        Some(Found { key, value }) => match value.trim().to_ascii_lowercase().as_str() {
            "member" | "uniquemember" | "memberuid" => {
                ldap.put("members", "member");
                import.report.carried(
                    key,
                    "directory.ldap.members: member, which reads member, uniqueMember and memberUid",
                );
            }
            _ => {
                import.report.lost(
                    key,
                    format!("`{value}`: umsync reads member, uniqueMember and memberUid"),
                    "where groups list nobody by these, write members: memberOf",
                );
            }
        },
        None => section.missing("group_member_attribute_name", "the ldap connector"),
    }
    let nested = section.flag("nested_group");
    let is_nested = nested.as_ref().is_some_and(|found| found.value);
    ldap.put("nested_groups", is_nested.to_string());
    let key = nested.map_or_else(
        || Key { key: "ldap: two_steps_lookup.nested_group".to_owned(), place: UNSAID.to_owned() },
        |found| found.key,
    );
    import.report.carried(key, format!("directory.ldap.nested_groups: {is_nested}"));
}

fn by_filter(import: &mut Import<'_>, root: &Section<'_>, found: Option<Found<String>>, ldap: &mut Block) {
    let Found { key, value } = found.unwrap_or_else(|| Found {
        key: Key { key: "ldap: group_member_filter_format".to_owned(), place: UNSAID.to_owned() },
        value: "(memberOf={group_dn})".to_owned(),
    });
    let filter = match filters::parse(&value.replace("{{", "{").replace("}}", "}")) {
        Ok(filter) => filter,
        Err(reason) => {
            root.mistake(&key, &format!("this is no LDAP filter: {reason}"));
            return;
        }
    };
    let items = filter.items();
    let asks: Vec<&&str> = items.iter().filter(|item| item.contains("{group_dn}")).collect();
    let plain = asks.first().map(|item| item.replace(' ', "").to_ascii_lowercase()).unwrap_or_default();
    let now = match plain.as_str() {
        "memberof={group_dn}" => {
            ldap.put("members", "memberOf");
            ldap.put("nested_groups", "false");
            "directory.ldap.members: memberOf, nested_groups: false"
        }
        chain if chain == format!("memberof{IN_CHAIN}={{group_dn}}") => {
            ldap.put("nested_groups", "matching_rule");
            "directory.ldap.nested_groups: matching_rule"
        }
        _ => {
            ldap.put("nested_groups", "false");
            import.report.lost(
                key,
                format!(
                    "`{value}`: umsync finds members by the member attribute of the group, or by memberOf"
                ),
                "directory.ldap.members and nested_groups; here they are member and false",
            );
            return;
        }
    };
    if items.len() == 1 {
        import.report.carried(key, now);
        return;
    }
    import.scope_unknown = true;
    import.report.changed_from(
        key,
        format!("{now}, and until that is dealt with people.create: nobody, people.update: [], memberships and leavers.action: keep"),
        format!("the rest of `{value}` would hold for members only, and umsync has one filter for all people"),
        "add it to directory.ldap.users, or as a regular expression to people.filter; then remove these four",
    );
}
