//! What is no configuration of the User Sync Tool: a clear error, and nothing written.

use super::{Case, import};
use std::path::Path;

/// Nothing is written, and what is said is this.
#[track_caller]
fn refused(case: &Case, options: Option<&str>, code: i32, words: &[&str]) {
    let (out, report) = (case.path("out.yaml"), case.path("report.out"));
    let arguments = ["--out", out.to_str().unwrap(), "--report", report.to_str().unwrap()];
    let told = import(case.folder.path(), options, &arguments).with(code).says(words);
    assert!(!out.exists() && !report.exists(), "something was written");
    assert!(
        told.stdout.is_empty() && !told.stderr.contains(super::PLANTED),
        "{}{}",
        told.stdout,
        told.stderr
    );
    assert!(told.stderr.len() < 10_000, "nobody reads so much");
}

fn with(file: &str, text: impl AsRef<[u8]>) -> Case {
    let case = Case::of("mapped_with_groups");
    std::fs::write(case.path(file), text).unwrap();
    case
}

#[test]
fn files_that_are_no_yaml_are_named_with_their_line() {
    for (text, words) in [
        (b"a: [\nb: c\n".to_vec(), "user-sync-config.yml"),
        (b"\x00\x01\x02\xff".to_vec(), "is no utf-8"),
        (b"a\0b: c".to_vec(), "this is no text"),
        (b"- a\n- b\n".to_vec(), "keys and values belong here"),
        (b"a: 1\na: 2\n".to_vec(), "line 2"),
        (b"a: &a [*a]\n".to_vec(), "refers to itself"),
        ("- ".repeat(200_000).into_bytes(), "nested too deeply"),
        ("{a: ".repeat(100_000).into_bytes(), "user-sync-config.yml"),
        (vec![b'a'; 2 << 20], "larger than any configuration"),
        (b"a: !!python/object/apply:os.system [ls]\n".to_vec(), "user-sync-config.yml, line 1"),
        (b"K\xfcnstler: 1\n".to_vec(), "--config-file-encoding windows-1252"),
    ] {
        refused(&with("user-sync-config.yml", text), None, 78, &[words]);
    }
    let laughs: String = (0..9)
        .map(|at| {
            let inner = if at == 0 { "x".to_owned() } else { format!("*a{}", at - 1) };
            format!("a{at}: &a{at} [{}]\n", [inner.as_str(); 10].join(", "))
        })
        .collect();
    refused(&with("user-sync-config.yml", laughs), None, 78, &["user-sync-config.yml"]);
}

#[test]
fn files_that_are_missing_or_none_are_named_with_the_key_that_names_them() {
    let case = Case::of("mapped_with_groups");
    std::fs::remove_file(case.path("connector-ldap.yml")).unwrap();
    refused(
        &case,
        None,
        78,
        &[
            "connector-ldap.yml, which directory_users.connectors.ldap (user-sync-config.yml, line 7) names",
            "No such file",
        ],
    );
    std::fs::create_dir(case.path("connector-ldap.yml")).unwrap();
    refused(&case, None, 78, &["connector-ldap.yml is no file"]);
    refused(&case, Some("-c other.yml"), 78, &["other.yml"]);
    let nowhere = import(Path::new("/nowhere/at/all"), None, &[]).with(64);
    nowhere.says(&["is no folder"]);
    let case = with(
        "user-sync-config.yml",
        "adobe_users: {connectors: {umapi: $(cat umapi)}}\ndirectory_users: {}\nlimits: {max_adobe_only_users: 1}\n",
    );
    refused(&case, None, 78, &["a command is no file"]);
    refused(&case, Some("-c $(x)"), 64, &["a command is no file"]);
}

#[test]
fn options_that_the_tool_does_not_know_are_named() {
    let case = Case::of("mapped_with_groups");
    for (options, words) in [
        ("--proces-groups", "`--proces-groups` is none of them"),
        ("--users mapped --users 'x", "a quote does not end"),
        ("--config-file-encoding klingon", "`klingon` is none that umsync reads"),
    ] {
        refused(&case, Some(options), 64, &[words]);
    }
    for (options, words) in [
        ("--users group A B", "put it in quotes"),
        ("--users file a.csv --connector csv b.csv", "does not go together with the connector csv"),
        ("--users all --connector okta", "does not go together with the connector okta"),
        (
            "--adobe-only-user-list a.csv --adobe-only-user-action write-file b.csv",
            "does not go together with the action",
        ),
        ("--adobe-only-user-list a.csv --strategy push", "does not go together with the strategy"),
        ("--adobe-only-user-action destroy", "`destroy` is none of"),
        ("--connector multi", "`multi` is none of"),
    ] {
        refused(&case, Some(options), 78, &[words]);
    }
    std::fs::write(case.path("ust_live.sh"), "echo nothing to see\n").unwrap();
    refused(&case, None, 64, &["ust_live.sh does not start user-sync"]);
}

#[test]
fn all_mistakes_are_told_at_once_and_the_result_has_to_load() {
    let text = "adobe_users:\n  connectors: {umapi: [{a: connector-umapi.yml}, connector-umapi.yml]}\n  exclude_identity_types: [guest]\n  update_attributes: [phone]\ndirectory_users:\n  user_identity_type: guest\n  default_country_code: NO\n  connectors: {ldap: connector-ldap.yml}\n  groups: [{adobe_groups: x}, {directory_group: A, adobe_groups: ['']}]\ninvocation_defaults: {process_groups: 'yes'}\n";
    refused(
        &with("user-sync-config.yml", text),
        None,
        78,
        &[
            "limits: missing",
            "a file without a tag",
            "`guest` is none of adobeID, enterpriseID, federatedID",
            "`phone` is none of",
            "this is a truth value in YAML",
            "directory_group: missing",
            "the name of a group belongs here",
            "true or false belongs here, without quotes",
        ],
    );
    let umapi = "authentication_method: oauth\nenterprise: {org_id: Org ID goes here, client_id: x, client_secret: PLANTED}\n";
    refused(
        &with("connector-umapi.yml", umapi),
        None,
        78,
        &["what comes out does not load", "`Org ID goes here` is no organization id"],
    );
    let ldap = "host: dc1\nbase_dn: dc=example\nall_users_filter: (mail=*\nuser_email_format: '{mail:.5}'\n";
    refused(
        &with("connector-ldap.yml", ldap),
        None,
        78,
        &["this is no LDAP filter", "write plain attributes"],
    );
    for limit in ["x%", "101%", "%", "5%x", "many"] {
        let case = Case::of("mapped_with_groups");
        let main = std::fs::read_to_string(case.path("user-sync-config.yml")).unwrap();
        std::fs::write(case.path("user-sync-config.yml"), main.replace(": 20", &format!(": \"{limit}\"")))
            .unwrap();
        refused(&case, None, 78, &["limits.max_adobe_only_users"]);
    }
}

#[test]
fn nothing_is_overwritten() {
    let case = Case::of("mapped_with_groups");
    let (there, new) = (case.path("there.yaml"), case.path("new.yaml"));
    std::fs::write(&there, "mine").unwrap();
    for (out, report) in [(&there, &new), (&new, &there)] {
        let arguments = ["--out", out.to_str().unwrap(), "--report", report.to_str().unwrap()];
        import(case.folder.path(), None, &arguments).with(64).says(&["already there"]);
        assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
        assert!(!new.exists());
    }
    let same = new.to_str().unwrap();
    import(case.folder.path(), None, &["--out", same, "--report", same]).with(64).says(&["the same file"]);
    let lost = case.path("no/such/folder.yaml");
    import(case.folder.path(), None, &["--out", lost.to_str().unwrap()]).with(1).says(&["cannot write"]);
}
