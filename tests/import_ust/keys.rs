//! Every key that the User Sync Tool knows is named in exactly one list of the report.

use super::import;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tempfile::TempDir;

/// The smallest files that it runs with; a line of the table below goes where its mark is.
const FILES: [(&str, &str); 7] = [
    (
        "user-sync-config.yml",
        "adobe_users:\n  connectors:\n    umapi: umapi.yml\n  #adobe_users\ndirectory_users:\n  connectors:\n    ldap: ldap.yml\n    okta: okta.yml\n    csv: csv.yml\n    adobe_console: console.yml\n    #connectors\n  #directory_users\nlimits:\n  max_adobe_only_users: 5\n  #limits\n#main\n",
    ),
    (
        "umapi.yml",
        "server:\n  host: usermanagement.adobe.io\n  #server\nenterprise:\n  org_id: 0123456789ABCDEF01234567@AdobeOrg\n  #enterprise\n#umapi\n",
    ),
    ("ldap.yml", "host: ldaps://dc1\nbase_dn: dc=example\n#ldap\n"),
    ("okta.yml", "host: example.okta.com\n#okta\n"),
    ("csv.yml", "#csv\n"),
    ("console.yml", "identity_type_filter: all\n#console\n"),
    ("extension.yml", "#extension\n"),
];

const PLAIN: &str = "client_id: x\n  client_secret: s";
const HOOK: &str = "after_mapping_hook: x = 1";

/// What a row adds, and the key that the report then has.
struct Row {
    id: &'static str,
    mark: &'static str,
    line: &'static str,
    options: &'static str,
    key: &'static str,
}

const fn row(id: &'static str, mark: &'static str, line: &'static str, key: &'static str) -> Row {
    Row { id, mark, line, options: "", key }
}

const fn option(id: &'static str, options: &'static str, key: &'static str) -> Row {
    Row { id, mark: "", line: "", options, key }
}

const fn of(
    options: &'static str,
    id: &'static str,
    mark: &'static str,
    line: &'static str,
    key: &'static str,
) -> Row {
    Row { id, mark, line, options, key }
}

const OKTA: &str = "--connector okta --users mapped";
const CSV: &str = "--connector csv people.csv";
const CONSOLE: &str = "--connector adobe_console";

const ROWS: &[Row] = &[
    option("OPT-1", "--config-file-encoding utf8", "--config-file-encoding"),
    option("OPT-2", "-c user-sync-config.yml", "--config-filename"),
    option("OPT-3", "--connector ldap", "--connector"),
    option("OPT-3", CSV, "--connector"),
    option("OPT-3", OKTA, "--connector"),
    option("OPT-3", CONSOLE, "--connector"),
    row("OPT-3", "main", "invocation_defaults: {connector: ldap}", "invocation_defaults.connector"),
    option("OPT-4", "--users all", "--users"),
    option("OPT-4", "--users mapped", "--users"),
    option("OPT-4", "--users group A", "--users"),
    option("OPT-4", "--users file people.csv", "--users"),
    row("OPT-4", "main", "invocation_defaults: {users: [group, 'A,B']}", "invocation_defaults.users"),
    option("OPT-5", "--user-filter a.*", "--user-filter"),
    row("OPT-5", "main", "invocation_defaults: {user_filter: a.*}", "invocation_defaults.user_filter"),
    option("OPT-6", "--adobe-users all", "--adobe-users"),
    option("OPT-6", "--adobe-users group A", "--adobe-users"),
    row("OPT-6", "main", "invocation_defaults: {adobe_users: mapped}", "invocation_defaults.adobe_users"),
    option("OPT-7", "--adobe-only-user-action preserve", "--adobe-only-user-action"),
    option("OPT-7", "--adobe-only-user-action exclude", "--adobe-only-user-action"),
    option("OPT-7", "--adobe-only-user-action write-file f.csv", "--adobe-only-user-action"),
    option("OPT-7", "--adobe-only-user-action remove-adobe-groups", "--adobe-only-user-action"),
    option("OPT-7", "--adobe-only-user-action remove", "--adobe-only-user-action"),
    option("OPT-7", "--adobe-only-user-action delete", "--adobe-only-user-action"),
    row(
        "OPT-7",
        "main",
        "invocation_defaults: {adobe_only_user_action: [write-file, f]}",
        "invocation_defaults.adobe_only_user_action",
    ),
    option("OPT-8", "--adobe-only-user-list f.csv", "--adobe-only-user-list"),
    row(
        "OPT-8",
        "main",
        "invocation_defaults: {adobe_only_user_list: f}",
        "invocation_defaults.adobe_only_user_list",
    ),
    option("OPT-9", "--exclude-unmapped-users", "--exclude-unmapped-users"),
    option("OPT-9", "--include-unmapped-users", "--include-unmapped-users"),
    row(
        "OPT-9",
        "main",
        "invocation_defaults: {exclude_unmapped_users: yes}",
        "invocation_defaults.exclude_unmapped_users",
    ),
    option("OPT-10", "--process-groups", "--process-groups"),
    option("OPT-10", "--no-process-groups", "--no-process-groups"),
    row("OPT-10", "main", "invocation_defaults: {process_groups: on}", "invocation_defaults.process_groups"),
    option("OPT-11", "--update-user-info", "--update-user-info"),
    option("OPT-11", "--no-update-user-info", "--no-update-user-info"),
    row(
        "OPT-11",
        "main",
        "invocation_defaults: {update_user_info: true}",
        "invocation_defaults.update_user_info",
    ),
    option("OPT-12", "--strategy push", "--strategy"),
    option("OPT-12", "--strategy sync", "--strategy"),
    row("OPT-12", "main", "invocation_defaults: {strategy: pull}", "invocation_defaults.strategy"),
    option("OPT-13", "-t", "--test-mode"),
    option("OPT-13", "-T", "--no-test-mode"),
    row("OPT-13", "main", "invocation_defaults: {test_mode: yes}", "invocation_defaults.test_mode"),
    row(
        "OPT-14",
        "main",
        "invocation_defaults: {ssl_cert_verify: no}",
        "invocation_defaults.ssl_cert_verify",
    ),
    row("CFG-2", "adobe_users", "exclude_identity_types: [adobeID]", "adobe_users.exclude_identity_types"),
    row("CFG-3", "adobe_users", "exclude_adobe_groups: [A]", "adobe_users.exclude_adobe_groups"),
    row("CFG-3", "adobe_users", "exclude_adobe_groups: [_org_admin]", "adobe_users.exclude_adobe_groups"),
    row("CFG-4", "adobe_users", "exclude_users: [a]", "adobe_users.exclude_users"),
    row("CFG-5", "adobe_users", "", "adobe_users.connectors.umapi"),
    row("CFG-6", "adobe_users", "update_attributes: [email]", "adobe_users.update_attributes"),
    row("CFG-8", "directory_users", "user_identity_type: adobeID", "directory_users.user_identity_type"),
    row("CFG-9", "directory_users", "default_country_code: US", "directory_users.default_country_code"),
    row("CFG-10", "connectors", "", "directory_users.connectors.ldap"),
    row("CFG-10", "connectors", "", "directory_users.connectors.okta"),
    row("CFG-10", "connectors", "", "directory_users.connectors.csv"),
    row("CFG-10", "connectors", "", "directory_users.connectors.adobe_console"),
    row(
        "CFG-11",
        "directory_users",
        "groups: [{directory_group: B, adobe_groups: [C]}]",
        "directory_users.groups[].directory_group, adobe_groups",
    ),
    row(
        "CFG-12",
        "directory_users",
        "groups: [{directory_group: B, adobe_groups: ['t::C']}]",
        "directory_users.groups[0].adobe_groups[0]",
    ),
    row(
        "CFG-13",
        "directory_users",
        "additional_groups: [{source: a, target: b}]",
        "directory_users.additional_groups[0].source, target",
    ),
    row(
        "CFG-14",
        "directory_users",
        "group_sync_options: {auto_create: yes}",
        "directory_users.group_sync_options.auto_create",
    ),
    row("CFG-15", "directory_users", "extension: extension.yml", "directory_users.extension"),
    row("CFG-16", "limits", "", "limits.max_adobe_only_users"),
    row("CFG-17", "limits", "group_removals_only: yes", "limits.group_removals_only"),
    row("CFG-19", "main", "logging: {log_to_file: yes}", "logging.log_to_file"),
    row("CFG-20", "main", "logging: {file_log_directory: logs}", "logging.file_log_directory"),
    row("CFG-21", "main", "logging: {file_log_name_format: x}", "logging.file_log_name_format"),
    row("CFG-22", "main", "logging: {file_log_level: debug}", "logging.file_log_level"),
    row("CFG-22", "main", "logging: {console_log_level: error}", "logging.console_log_level"),
    row("CFG-23", "main", "logging: {log_progress: no}", "logging.log_progress"),
    row("CFG-24", "main", "invocation_defaults: {colour: red}", "invocation_defaults.colour"),
    row("CFG-25", "main", "post_sync: x", "post_sync"),
    row("CFG-25", "main", "dashboard: x", "dashboard"),
    row("CFG-25", "main", "directory: x", "directory"),
    row("UMA-1", "umapi", "authentication_method: oauth", "umapi: authentication_method"),
    row("UMA-1", "umapi", "authentication_method: jwt", "umapi: authentication_method"),
    row("UMA-2", "server", "", "umapi: server.host"),
    row("UMA-2", "server", "endpoint: /v3/usermanagement", "umapi: server.endpoint"),
    row("UMA-3", "server", "auth_host: a.example.com", "umapi: server.auth_host"),
    row("UMA-3", "server", "ims_host: a.example.com", "umapi: server.ims_host"),
    row("UMA-4", "server", "auth_endpoint: /ims/token/v3", "umapi: server.auth_endpoint"),
    row("UMA-4", "server", "ims_endpoint_jwt: /ims/exchange/jwt", "umapi: server.ims_endpoint_jwt"),
    row("UMA-5", "server", "timeout: 60", "umapi: server.timeout"),
    row("UMA-5", "server", "timeout: -1", "umapi: server.timeout"),
    row("UMA-6", "server", "retries: 3", "umapi: server.retries"),
    row("UMA-7", "server", "ssl_verify: false", "umapi: server.ssl_verify"),
    row("UMA-7", "umapi", "ssl_verify: false", "umapi: ssl_verify"),
    row("UMA-8", "enterprise", "", "umapi: enterprise.org_id"),
    row("UMA-9", "enterprise", "", "umapi: enterprise.client_id"),
    row("UMA-9", "enterprise", "api_key: x\n  client_secret: s", "umapi: enterprise.api_key"),
    row(
        "UMA-9",
        "enterprise",
        "secure_client_id_key: x\n  client_secret: s",
        "umapi: enterprise.secure_client_id_key",
    ),
    row("UMA-10", "enterprise", "", "umapi: enterprise.client_secret"),
    row(
        "UMA-10",
        "enterprise",
        "client_id: x\n  secure_client_secret_key: s",
        "umapi: enterprise.secure_client_secret_key",
    ),
    row("UMA-11", "enterprise", "tech_acct_id: t", "umapi: enterprise.tech_acct_id"),
    row("UMA-11", "enterprise", "tech_acct: t", "umapi: enterprise.tech_acct"),
    row("UMA-12", "enterprise", "priv_key_path: p", "umapi: enterprise.priv_key_path"),
    row("UMA-12", "enterprise", "priv_key_data: p", "umapi: enterprise.priv_key_data"),
    row("UMA-12", "enterprise", "secure_priv_key_data_key: p", "umapi: enterprise.secure_priv_key_data_key"),
    row("UMA-13", "enterprise", "priv_key_pass: p", "umapi: enterprise.priv_key_pass"),
    row("UMA-13", "enterprise", "secure_priv_key_pass_key: p", "umapi: enterprise.secure_priv_key_pass_key"),
    row("UMA-14", "umapi", "trusted: true", "umapi: trusted"),
    row("UMA-15", "umapi", "uses_business_id: true", "umapi: uses_business_id"),
    row("UMA-16", "umapi", "logger_name: x", "umapi: logger_name"),
    row("UMA-17", "umapi", "colour: red", "umapi: colour"),
    row("UMA-17", "server", "colour: red", "umapi: server.colour"),
    row("LDP-1", "ldap", "", "ldap: host"),
    row("LDP-2", "ldap", "", "ldap: base_dn"),
    row("LDP-3", "ldap", "username: u\npassword: p", "ldap: username"),
    row("LDP-3", "ldap", "username: u\npassword: p", "ldap: password"),
    row("LDP-3", "ldap", "password: p", "ldap: password"),
    row("LDP-3", "ldap", "username: u\nsecure_password_key: p", "ldap: secure_password_key"),
    row("LDP-4", "ldap", "authentication_method: anonymous", "ldap: authentication_method"),
    row("LDP-4", "ldap", "authentication_method: kerberos", "ldap: authentication_method"),
    row("LDP-4", "ldap", "authentication_method: other", "ldap: authentication_method"),
    row(
        "LDP-4",
        "ldap",
        "authentication_method: ntlm\nusername: u\npassword: p",
        "ldap: authentication_method",
    ),
    row("LDP-5", "ldap", "require_tls_cert: true", "ldap: require_tls_cert"),
    row("LDP-6", "ldap", "all_users_filter: (a=b)", "ldap: all_users_filter"),
    row("LDP-7", "ldap", "group_filter_format: (cn={group})", "ldap: group_filter_format"),
    row("LDP-7", "ldap", "group_filter_format: (cn=fixed)", "ldap: group_filter_format"),
    row(
        "LDP-8",
        "ldap",
        "group_member_filter_format: (memberOf={group_dn})",
        "ldap: group_member_filter_format",
    ),
    row(
        "LDP-8",
        "ldap",
        "group_member_filter_format: (department={group_dn})",
        "ldap: group_member_filter_format",
    ),
    row(
        "LDP-9",
        "ldap",
        "two_steps_lookup: {group_member_attribute_name: member}",
        "ldap: two_steps_lookup.group_member_attribute_name",
    ),
    row(
        "LDP-9",
        "ldap",
        "two_steps_lookup: {group_member_attribute_name: owner}",
        "ldap: two_steps_lookup.group_member_attribute_name",
    ),
    row(
        "LDP-10",
        "ldap",
        "two_steps_lookup: {group_member_attribute_name: member, nested_group: yes}",
        "ldap: two_steps_lookup.nested_group",
    ),
    row("LDP-11", "ldap", "search_page_size: 200", "ldap: search_page_size"),
    row("LDP-12", "ldap", "string_encoding: utf8", "ldap: string_encoding"),
    row("LDP-13", "ldap", "user_email_format: '{mail}'", "ldap: user_email_format"),
    row("LDP-14", "ldap", "user_username_format: '{uid}'", "ldap: user_username_format"),
    row("LDP-15", "ldap", "user_domain_format: example.com", "ldap: user_domain_format"),
    row("LDP-16", "ldap", "user_given_name_format: '{cn}'", "ldap: user_given_name_format"),
    row("LDP-16", "ldap", "user_surname_format: '{sn!r}'", "ldap: user_surname_format"),
    row("LDP-17", "ldap", "user_country_code_format: '{co}'", "ldap: user_country_code_format"),
    row("LDP-18", "ldap", "user_identity_type: adobeID", "ldap: user_identity_type"),
    row("LDP-19", "ldap", "user_identity_type_format: '{x}'", "ldap: user_identity_type_format"),
    row("LDP-20", "ldap", "dynamic_group_member_attribute: memberOf", "ldap: dynamic_group_member_attribute"),
    row("LDP-20", "ldap", "dynamic_group_member_attribute: other", "ldap: dynamic_group_member_attribute"),
    row("LDP-21", "ldap", "logger_name: x", "ldap: logger_name"),
    of(OKTA, "OKT-1", "okta", "", "okta: host"),
    of(OKTA, "OKT-2", "okta", "api_token: t", "okta: api_token"),
    of(OKTA, "OKT-2", "okta", "secure_api_token_key: t", "okta: secure_api_token_key"),
    of(OKTA, "OKT-3", "okta", "group_filter_format: '{group}'", "okta: group_filter_format"),
    of(OKTA, "OKT-4", "okta", "all_users_filter: x", "okta: all_users_filter"),
    of("", "OKT-5", "okta", "user_email_format: '{email}'", "okta: user_email_format"),
    of(OKTA, "OKT-6", "okta", "user_identity_type: adobeID", "okta: user_identity_type"),
    of(OKTA, "OKT-7", "okta", "string_encoding: utf8", "okta: string_encoding"),
    of("--connector csv", "CSV-1", "csv", "file_path: people.csv", "csv: file_path"),
    of(CSV, "CSV-1", "csv", "file_path: people.csv", "csv: file_path"),
    of(CSV, "CSV-2", "csv", "delimiter: ';'", "csv: delimiter"),
    of(CSV, "CSV-2", "csv", "delimiter: '#'", "csv: delimiter"),
    of(CSV, "CSV-3", "csv", "string_encoding: cp1252", "csv: string_encoding"),
    of(CSV, "CSV-3", "csv", "string_encoding: cp850", "csv: string_encoding"),
    of(CSV, "CSV-4", "csv", "email_column_name: e", "csv: email_column_name"),
    of(CSV, "CSV-4", "csv", "first_name_column_name: e", "csv: first_name_column_name"),
    of(CSV, "CSV-4", "csv", "last_name_column_name: e", "csv: last_name_column_name"),
    of(CSV, "CSV-4", "csv", "country_column_name: e", "csv: country_column_name"),
    of(CSV, "CSV-4", "csv", "groups_column_name: e", "csv: groups_column_name"),
    of(CSV, "CSV-4", "csv", "username_column_name: e", "csv: username_column_name"),
    of(CSV, "CSV-4", "csv", "domain_column_name: e", "csv: domain_column_name"),
    of(CSV, "CSV-4", "csv", "identity_type_column_name: e", "csv: identity_type_column_name"),
    of("", "CSV-4", "csv", "email_column_name: e", "csv: email_column_name"),
    of(CSV, "CSV-5", "csv", "user_identity_type: adobeID", "csv: user_identity_type"),
    of(CSV, "CSV-12", "csv", "extended_attributes: [a]", "csv: extended_attributes"),
    of(CONSOLE, "CON-1", "console", "integration: {client_id: x}", "console: integration.client_id"),
    of(CONSOLE, "CON-1", "console", "server: {host: x}", "console: server.host"),
    of(CONSOLE, "CON-2", "console", "", "console: identity_type_filter"),
    of("", "CON-3", "console", "user_identity_type: adobeID", "console: user_identity_type"),
    of(CONSOLE, "CON-4", "console", "ssl_verify: true", "console: ssl_verify"),
    row("EXT-1", "extension", "", "extension: after_mapping_hook"),
    row("EXT-2", "extension", "extended_attributes: [a]", "extension: extended_attributes"),
    row("EXT-3", "extension", "extended_adobe_groups: [a]", "extension: extended_adobe_groups"),
];

/// Numbers of `ROWS` that the table of keys has beside them, and why nothing stands in a file for each.
const NO_KEYS: [&str; 16] = [
    "CFG-1", // sections, each of whose keys is named
    "CFG-7", "CFG-18", "UMA-18", // given by the tool to itself
    "OKT-8",  // how it behaves, and not a key; so are the next ones
    "CSV-6", "CSV-7", "CSV-8", "CSV-9", "CSV-10", "CSV-11", "CON-5", "EXT-4", "EXT-5", "EXT-7",
    "EXT-6", // flags.cfg, see the folder `hooks`
];

fn write(folder: &Path, row: &Row) {
    for (name, text) in FILES {
        let mut text = text.to_owned();
        let mark = format!("#{}\n", row.mark);
        if !row.mark.is_empty() {
            text = text.replacen(&mark, &format!("{}\n", row.line), 1);
        }
        // What a row leaves empty has the smallest that there has to be.
        let credential = if row.mark == "enterprise"
            && (row.line.contains("api_key") || row.line.contains("secure_client"))
        {
            String::new()
        } else {
            format!("  {PLAIN}\n")
        };
        text = text.replacen("enterprise:\n", &format!("enterprise:\n{credential}"), 1);
        let mut more = String::from(if row.mark == "extension" { "extension: extension.yml" } else { "" });
        if !row.line.contains("groups: [") {
            more.push_str("\n  groups: [{directory_group: A, adobe_groups: [B]}]");
        }
        text = text.replacen("limits:\n", &format!("  {more}\nlimits:\n"), 1);
        if name == "extension.yml" {
            text.push_str(HOOK);
        }
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn every_key_is_in_exactly_one_list() {
    for row in ROWS {
        let folder = TempDir::new().unwrap();
        write(folder.path(), row);
        let told = import(folder.path(), Some(row.options), &["--json"]);
        assert_eq!(told.code, 0, "{} {}: {}", row.id, row.line, told.stderr);
        let report: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
        let mut named: BTreeMap<(String, String), usize> = BTreeMap::new();
        for entry in
            ["carried", "changed", "not_carried"].iter().flat_map(|list| report[list].as_array().unwrap())
        {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            *named.entry((text("key"), text("where"))).or_default() += 1;
        }
        let keys = named.keys().filter(|(key, _)| key == row.key).count();
        assert_eq!(keys, 1, "{}: `{}` is named so often: {named:#?}", row.id, row.key);
        let twice: Vec<_> = named.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", row.id);
    }
}

#[test]
fn no_number_of_the_table_of_keys_is_forgotten() {
    let numbers =
        [("OPT", 14), ("CFG", 25), ("UMA", 18), ("LDP", 21), ("OKT", 8), ("CSV", 12), ("CON", 5), ("EXT", 7)];
    let all: BTreeSet<String> =
        numbers.iter().flat_map(|(kind, last)| (1..=*last).map(move |at| format!("{kind}-{at}"))).collect();
    let known: BTreeSet<String> = ROWS.iter().map(|row| row.id).chain(NO_KEYS).map(str::to_owned).collect();
    assert_eq!(known, all);
}
