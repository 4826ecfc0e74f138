//! The connector to LDAP, `connector-ldap.yml` (1.5), against a real OpenLDAP that all rows share.

use super::call::{Call, call};
use super::{Row, differs, same, steps_on_server, tested};
use crate::openldap::{BASE, OpenLdap, Options};
use std::fmt::Write as _;
use tokio::runtime::Runtime;

/// Ann is in DG1, Bob in DG2, Cid in Nest, of which DG1 is a part, and Dan in no group. Eve and her group are elsewhere.
const PEOPLE: [(&str, &str, &[&str]); 5] = [
    ("ann", "people", &["st: us", "employeeType: federated", "departmentNumber: 7", "title: Alpha"]),
    ("bob", "people", &["st: FR", "employeeType: Staff", "departmentNumber: 8"]),
    ("cid", "people", &["st: DE", "employeeType: federatedID", "departmentNumber: 7", "initials: C"]),
    ("dan", "people", &["st: DE"]),
    ("eve", "elsewhere", &["st: DE"]),
];
const GROUPS: [(&str, &str, &[&str]); 5] = [
    ("DG1", "groups", &["uid=ann,ou=people"]),
    ("DG2", "groups", &["uid=bob,ou=people"]),
    ("Nest", "groups", &["cn=DG1,ou=groups", "uid=cid,ou=people"]),
    ("ACL-Art", "groups", &["uid=dan,ou=people"]),
    ("Far", "elsewhere", &["uid=eve,ou=elsewhere"]),
];

fn entries() -> String {
    let mut ldif = format!("dn: ou=elsewhere,{BASE}\nobjectClass: organizationalUnit\nou: elsewhere\n\n");
    for (name, folder, more) in PEOPLE {
        let _ = writeln!(
            ldif,
            "dn: uid={name},ou={folder},{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\ngivenName: {name}\nsn: Doe\nmail: {name}@example.com\n{}\n",
            more.join("\n"),
        );
    }
    for (name, folder, members) in GROUPS {
        let _ = writeln!(ldif, "dn: cn={name},ou={folder},{BASE}\nobjectClass: groupOfNames\ncn: {name}");
        for member in members {
            let _ = writeln!(ldif, "member: {member},{BASE}");
        }
        ldif.push('\n');
    }
    ldif
}

/// With that server.
pub(super) fn with_server(play: impl FnOnce(&OpenLdap)) {
    let runtime = Runtime::new().unwrap();
    // A container says farewell to its engine on a runtime, also when a row does not hold.
    let _inside = runtime.enter();
    let server = runtime.block_on(OpenLdap::start(&entries(), Options::default()));
    play(&server);
}

/// Everybody whom DG1 and DG2 list gets an account of the United States.
fn mapped() -> Call {
    call("--process-groups --users mapped").with("directory_users", "default_country_code: US").server()
}

fn in_the_clear() -> Call {
    mapped().server_in_the_clear()
}

/// The same with these groups.
fn nested(groups: &'static str) -> Call {
    mapped().with("directory_users", groups)
}

const NEST: &str = "groups: [{directory_group: Nest, adobe_groups: [AG1]}]";
const BOTH: &[&str] = &["ann [AG1]", "bob [AG2]"];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = connection();
    rows.extend(searches());
    rows.extend(formats());
    rows
}

/// LDP-1 to LDP-5.
fn connection() -> Vec<Row> {
    vec![
        same(&["LDP-1", "LDP-2", "LDP-3"], mapped().ends(BOTH)),
        same(&["LDP-1"], mapped().with("ldap", "host").refused(&["host"])),
        same(&["LDP-1"], mapped().with("ldap", "host: http://dc1").refused(&["ldap:// or ldaps://"])),
        same(&["LDP-1", "LDP-5"], in_the_clear().reports(&["starttls: true"]).ends(BOTH)),
        differs(
            &["LDP-1", "LDP-5"],
            "B17",
            "sends its password in the clear",
            in_the_clear().with("ldap", "require_tls_cert").reports(&["starttls: true"]).ends(BOTH),
        ),
        same(
            &["LDP-2"],
            nested("groups: [{directory_group: Far, adobe_groups: [AG1]}]")
                .with("ldap", "base_dn: 'ou=elsewhere,dc=example,dc=com'")
                .ends(&["eve [AG1]"]),
        ),
        same(&["LDP-2"], mapped().with("ldap", "base_dn").refused(&["base_dn"])),
        differs(
            &["LDP-3", "LDP-4"],
            "B1",
            "takes what nobody may see for an empty directory",
            mapped()
                .with("ldap", "username")
                .with("ldap", "password")
                .before(&["ann [AG1]", "old [AG2]"])
                .ends_with(6, &[], &["ann [AG1]", "old [AG2]"]),
        ),
        same(&["LDP-3"], mapped().with("ldap", "password").refused(&["password"])),
        same(&["LDP-4"], mapped().with("ldap", "authentication_method: Simple").ends(BOTH)),
        same(&["LDP-4"], mapped().with("ldap", "authentication_method: ntlm").ends(BOTH)),
        same(
            &["LDP-4"],
            mapped()
                .with("ldap", "authentication_method: anonymous")
                .refused(&["it does not go together with authentication_method anonymous"]),
        ),
        differs(
            &["LDP-4"],
            "B19",
            "binds as nobody without a word",
            mapped()
                .with("ldap", "authentication_method: digest")
                .with("ldap", "username")
                .with("ldap", "password")
                .reports(&["`digest` is no method", "(B19)"])
                .ends_with(6, &[], &[]),
        ),
        tested(&["LDP-4"], &["tests/kerberos.rs::the_program_binds_by_keytab_and_by_credential_cache"]),
        same(&["LDP-5"], mapped().with("ldap", "require_tls_cert: true").ends(BOTH)),
        steps_on_server(&["LDP-5"], whoever_cannot_prove_who_they_are_is_told_nothing),
    ]
}

/// LDP-6 to LDP-12.
fn searches() -> Vec<Row> {
    const REMOVE: &str = "--process-groups --users mapped --adobe-only-user-action remove";
    vec![
        same(
            &["LDP-6"],
            call(REMOVE)
                .server()
                .with("directory_users", "default_country_code: US")
                .with("ldap", "all_users_filter: (&(objectClass=inetOrgPerson)(departmentNumber=7))")
                .before(&["bob [AG2]"])
                .ends(&["ann [AG1]"]),
        ),
        // Nobody has these attributes here: that is told, and is no empty directory.
        tested(&["LDP-6"], &["tests/disasters/openldap.rs::d12_a_filter_on_attributes_that_the_server_lacks_ends_6"]),
        same(&["LDP-6"], mapped().with("ldap", "all_users_filter: (mail=*").refused(&["this is no LDAP filter"])),
        same(
            &["LDP-7"],
            mapped().with("ldap", "group_filter_format: '(&(objectClass=groupOfNames)(cn={group}))'").ends(BOTH),
        ),
        same(
            &["LDP-7"],
            mapped().with("ldap", "group_filter_format: '(&(objectClass=posixGroup)(cn={group}))'").ends_with(6, &["DG1"], &[]),
        ),
        same(&["LDP-8"], mapped().with("ldap", "group_member_filter_format: '(memberOf={group_dn})'").ends(BOTH)),
        // By memberOf nobody is in a group because another group is.
        same(&["LDP-8"], nested(NEST).ends(&["cid [AG1]"])),
        tested(
            &["LDP-8"],
            &["crates/directory/tests/servers.rs::active_directory_follows_nested_groups_where_it_is_asked_to"],
        ),
        same(
            &["LDP-8", "LDP-9"],
            mapped()
                .with("ldap", "group_member_filter_format: '(memberOf={group_dn})'")
                .with("ldap", "two_steps_lookup: {group_member_attribute_name: member}")
                .refused(&["either this or two_steps_lookup belongs here"]),
        ),
        same(
            &["LDP-9", "LDP-10"],
            nested(NEST).with("ldap", "two_steps_lookup: {group_member_attribute_name: member}").ends(&["cid [AG1]"]),
        ),
        same(
            &["LDP-9"],
            mapped().with("ldap", "two_steps_lookup: {nested_group: true}").refused(&["group_member_attribute_name"]),
        ),
        same(
            &["LDP-10"],
            nested(NEST)
                .with("ldap", "two_steps_lookup: {group_member_attribute_name: member, nested_group: true}")
                .ends(&["ann [AG1]", "cid [AG1]"]),
        ),
        tested(&["LDP-9", "LDP-10"], &["tests/ldap.rs::d27_groups_inside_groups_in_a_circle"]),
        same(&["LDP-11"], mapped().with("ldap", "search_page_size: 1").ends(BOTH)),
        same(&["LDP-11"], mapped().with("ldap", "search_page_size: 0").reports(&["always reads in pages"]).ends(BOTH)),
        differs(
            &["LDP-7", "LDP-8", "2.4"],
            "B1",
            "takes a group that is not there for one without members",
            nested("groups: [{directory_group: Nowhere, adobe_groups: [AG1]}, {directory_group: DG2, adobe_groups: [AG2]}]")
                .before(&["ann [AG1]"])
                .ends_with(6, &["Nowhere"], &["ann [AG1]"]),
        ),
        same(&["LDP-12", "LDP-21"], mapped().with("ldap", "string_encoding: utf8").with("ldap", "logger_name: x").ends(BOTH)),
    ]
}

/// LDP-13 to LDP-21.
fn formats() -> Vec<Row> {
    vec![
        same(
            &["LDP-13"],
            mapped()
                .with("ldap", "user_email_format: '{uid}.{sn}@example.com'")
                .ends(&["ann.Doe [AG1]; firstname=ann", "bob.Doe [AG2]; firstname=bob"]),
        ),
        same(
            &["LDP-13"],
            mapped()
                .with("ldap", "user_email_format: '{title}@example.com'")
                .ends(&["Alpha [AG1]; firstname=ann"]),
        ),
        same(
            &["LDP-14", "LDP-15"],
            mapped()
                .with("ldap", "user_username_format: '{uid}-{departmentNumber}'")
                .with("ldap", "user_domain_format: login.example")
                .domain("login.example", "federated", "username")
                .ends(&[
                    "ann [AG1]; username=ann-7; domain=login.example",
                    "bob [AG2]; username=bob-8; domain=login.example",
                ]),
        ),
        same(
            &["LDP-15"],
            mapped()
                .with("ldap", "user_username_format: '{uid}'")
                .domain("example.com", "federated", "username")
                .ends(&[
                    "ann [AG1]; username=ann; domain=example.com",
                    "bob [AG2]; username=bob; domain=example.com",
                ]),
        ),
        // A username that looks like an email identifies nobody at Adobe, so that it is left out.
        differs(
            &["LDP-14"],
            "B5",
            "makes an account by a username that its later commands do not find",
            mapped()
                .with("ldap", "user_username_format: '{uid}.{sn}@example.com'")
                .reports(&["a username that looks like an email is left out"])
                .ends(BOTH),
        ),
        same(
            &["LDP-16"],
            mapped()
                .with("ldap", "user_given_name_format: 'Dr. {cn}'")
                .with("ldap", "user_surname_format: '{sn}-{uid}'")
                .ends(&[
                    "ann [AG1]; firstname=Dr. ann; lastname=Doe-ann",
                    "bob [AG2]; firstname=Dr. bob; lastname=Doe-bob",
                ]),
        ),
        same(
            &["LDP-17"],
            mapped()
                .with("ldap", "user_country_code_format: '{st}'")
                .ends(&["ann [AG1]", "bob [AG2]; country=FR"]),
        ),
        same(
            &["LDP-17"],
            mapped()
                .with("ldap", "user_country_code_format: CH")
                .ends(&["ann [AG1]; country=CH", "bob [AG2]; country=CH"]),
        ),
        same(
            &["LDP-18"],
            mapped()
                .with("ldap", "user_identity_type: enterpriseID")
                .domain("example.com", "enterprise", "email")
                .ends(&["ann [AG1]; type=enterprise", "bob [AG2]; type=enterprise"]),
        ),
        // Bob's says `Staff`, which is none.
        same(
            &["LDP-19"],
            mapped().with("ldap", "user_identity_type_format: '{employeeType}'").ends_with(
                0,
                &["bob"],
                &["ann [AG1]"],
            ),
        ),
        differs(
            &["LDP-19"],
            "B19",
            "gives whoever says no type the default one",
            nested("groups: [{directory_group: ACL-Art, adobe_groups: [AG1]}, {directory_group: DG1, adobe_groups: [AG1]}]")
                .with("ldap", "user_identity_type_format: '{employeeType}'")
                .ends_with(0, &["uid=dan"], &["ann [AG1]"]),
        ),
        same(
            &["LDP-20"],
            nested("groups: []")
                .with("directory_users", "additional_groups: [{source: 'ACL-(.+)', target: 'Team \\1'}]")
                .with("ldap", "dynamic_group_member_attribute: memberOf")
                .groups(&["Team Art"])
                .ends(&["dan [Team Art]"]),
        ),
        same(
            &["LDP-20"],
            mapped()
                .with("ldap", "dynamic_group_member_attribute: title")
                .reports(&["make a group in the directory for each value"])
                .ends(BOTH),
        ),
        differs(
            &["LDP-13"],
            "B4",
            "stops with a raw exception, or takes Python's formatting by accident",
            mapped().with("ldap", "user_email_format: '{mail:.5}'").refused(&["write plain attributes"]),
        ),
    ]
}

/// Without `require_tls_cert` the User Sync Tool tells its password to anybody (B17).
fn whoever_cannot_prove_who_they_are_is_told_nothing(server: &OpenLdap) {
    let world = mapped().with("ldap", "require_tls_cert: false").converted(Some(server));
    std::fs::copy(server.wrong_ca_file(), world.path("ldap-ca.pem")).unwrap();
    world.run(&["sync"]).with(6).says(&["certificate"]);
    assert!(world.adobe.users().is_empty());
}
