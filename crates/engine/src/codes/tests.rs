use super::*;
use std::collections::BTreeSet;

/// Every code that Adobe documents, and those that were seen beside them, by the letters under which the documentation of
/// the contract has them: B a client's bug, C set-up, D data of a user or group, P ownership, T passes, Q quota. Two
/// letters where it leaves both open.
const DOCUMENTED: &[(&str, &str)] = &[
    ("T", "error.api.not_available"),
    ("P", "error.api.user.not.parent.org"),
    ("C", "error.apikey.invalid"),
    ("B", "error.command.add_remove.duplicate.group_list"),
    ("B", "error.command.add_remove.duplicate.product_list"),
    ("B", "error.command.add_remove.duplicate.productadmin_list"),
    ("B", "error.command.add_remove.duplicate.user_list"),
    ("B", "error.command.add_remove.duplicate.usergroup_list"),
    ("B", "error.command.add_remove.group_or_product_name_too_long"),
    ("BD", "error.command.add_remove.invalid.usergroup_list"),
    ("B", "error.command.add_remove.key.unknown"),
    ("B", "error.command.add_remove.list"),
    ("B", "error.command.add_remove.list_not_array"),
    ("B", "error.command.add_remove.list_too_long"),
    ("B", "error.command.add_remove.missing_list"),
    ("B", "error.command.add_remove.user_usergroup.missing"),
    ("B", "error.command.boolean_expected"),
    ("B", "error.command.create.key.unknown"),
    ("B", "error.command.create.more_than_one"),
    ("B", "error.command.create.not_first"),
    ("B", "error.command.create.object_expected"),
    ("B", "error.command.create.string_expected"),
    ("B", "error.command.domain.missing"),
    ("B", "error.command.domain.must_be_used_with_nonemail_username"),
    ("B", "error.command.domain.string_expected"),
    ("B", "error.command.illegal_entry"),
    ("B", "error.command.malformed"),
    ("B", "error.command.object_not_empty"),
    ("DT", "error.command.product.not_found"),
    ("B", "error.command.removefromorg.not_last"),
    ("B", "error.command.step.unknown"),
    ("B", "error.command.steps.malformed"),
    ("B", "error.command.string.too_long"),
    ("B", "error.command.string_expected"),
    ("B", "error.command.update.option.no"),
    ("B", "error.command.user.missing"),
    ("B", "error.command.user_usergroup.missing"),
    ("D", "error.country.invalid"),
    ("T", "error.developer.add_user.failed"),
    ("T", "error.developer.remove_user.failed"),
    ("PC", "error.domain.trust.nonexistent"),
    ("B", "error.group.invalid_list"),
    ("BD", "error.group.invalid_name"),
    ("D", "error.group.not_found"),
    ("TP", "error.internal.add"),
    ("TC", "error.internal.create_failed"),
    ("T", "error.internal.everybody_group.not_found"),
    ("T", "error.internal.exceptionflys"),
    ("T", "error.internal.group.remove"),
    ("TD", "error.internal.removefromorg"),
    ("T", "error.internal.update_failed"),
    ("B", "error.option.illegal"),
    ("C", "error.organization.invalid_id"),
    ("C", "error.organization.invalid_name"),
    ("C", "error.organization.migrating"),
    ("DT", "error.productadmin.add.user.failed"),
    ("DT", "error.productadmin.remove.admin.failed"),
    ("Q", "error.throttled_by_external_service"),
    ("B", "error.update.adobeid.no"),
    ("B", "error.update.country.no_update"),
    ("D", "error.update.domain.mismatch"),
    ("D", "error.update.no"),
    ("C", "error.update.username.no"),
    ("D", "error.user.already_exists"),
    ("D", "error.user.already_in_org"),
    ("D", "error.user.already_invited"),
    ("P", "error.user.belongs_to_another_org"),
    ("D", "error.user.change_domain_update.no"),
    ("B", "error.user.command.missing.arguments"),
    ("CP", "error.user.domain_enforcement"),
    ("D", "error.user.email.invalid"),
    ("D", "error.user.email.name_in_use"),
    ("D", "error.user.firstname_missing"),
    ("B", "error.user.id_missing"),
    ("D", "error.user.lastname_missing"),
    ("C", "error.user.must_match_email"),
    ("C", "error.user.name.contains.email"),
    ("D", "error.user.name.invalid"),
    ("D", "error.user.name_in_use"),
    ("D", "error.user.nonexistent"),
    ("D", "error.user.nonexistent_or_has_conflicting_parameters"),
    ("D", "error.user.not_found"),
    ("T", "error.user.not_found_or_ambiguous"),
    ("P", "error.user.not_in_org"),
    ("DT", "error.user.productadmin.add.user.failed"),
    ("DT", "error.user.productadmin.group.not_found"),
    ("DT", "error.user.productadmin.remove.admin.failed"),
    ("T", "error.user.type.missing"),
    ("C", "error.user.type_mismatch"),
    ("BC", "error.user.type_must_not_be_adobeid"),
    ("C", "error.user.type_not_available"),
    ("T", "error.user.type_unknown"),
    ("T", "error.user.update_failed"),
    ("D", "error.user.user_list.invalid"),
    ("D", "error.usergroup.already_exists"),
    ("B", "error.usergroup.command.missing.arguments"),
    ("C", "error.usergroup.exceeds_maximum_member_count"),
    ("DB", "error.usergroup.not_found"),
    ("P", "error.usergroup.readonly.add_user_not_allowed"),
    ("P", "error.usergroup.readonly.remove_user_not_allowed"),
    ("P", "error.usergroup.readonly.update_not_allowed"),
    ("T", "error.usergroup.update.failed"),
    ("D", "error.usergroup.user_list.invalid"),
    ("DT", "plc.add.admin.error"),
    ("D", "plc.admin.already_added"),
    ("D", "plc.admin.group.not_found"),
    ("D", "plc.not_found"),
    ("DT", "plc.remove.admin.error"),
    // Seen, and in no list of Adobe's.
    ("T", "error.group.remove_failed"),
    ("D", "error.plc.not_found"),
    ("P", "error.usergroup.readonly.remove_not_allowed"),
    ("C", "error.unauthorized"),
    ("C", "error.organization.invalid"),
    ("B", "warning.command.deprecated"),
    ("Q", "429050"),
    ("C", "403003"),
    ("C", "401013"),
    ("D", "DUPLICATE_GROUP_NAME"),
    ("D", "GROUP_NOT_FOUND"),
    ("D", "PLC_NOT_FOUND"),
];

fn letters(class: Class) -> &'static str {
    match class {
        Class::Ours => "B",
        Class::Organization | Class::Setup => "C",
        // A group may be missing, misconfigured, or another organization's.
        Class::Group => "DCP",
        Class::Target => "D",
        Class::Ownership => "P",
        Class::Passing => "T",
        Class::Quota => "Q",
    }
}

#[test]
fn every_documented_code_has_its_class_its_meaning_and_its_remedy() {
    assert_eq!(
        DOCUMENTED.iter().filter(|(_, code)| code.starts_with("error.") || code.starts_with("plc.")).count(),
        108 + 5
    );
    for (wanted, code) in DOCUMENTED {
        let rows = TABLE.iter().filter(|(codes, _)| codes.contains(code)).count();
        assert_eq!(rows, 1, "{code} stands in {rows} rows");
        let Meaning { class, again: _, means, remedy } = meaning(code);
        assert!(
            letters(class).chars().any(|letter| wanted.contains(letter)),
            "{code} is {wanted}, not {class:?}"
        );
        assert!(means.len() > 10 && !remedy.is_empty(), "{code}");
    }
}

#[test]
fn the_table_holds_nothing_that_nobody_knows() {
    let known: BTreeSet<&str> = DOCUMENTED.iter().map(|(_, code)| *code).collect();
    let listed: Vec<&str> = TABLE.iter().flat_map(|(codes, _)| codes.iter().copied()).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(listed.len(), known.len(), "a code stands there twice");
}

#[test]
fn unknown_codes_are_told_by_how_they_begin() {
    for (code, class) in [
        ("error.internal.of_tomorrow", Class::Passing),
        ("error.throttled.of_tomorrow", Class::Passing),
        ("error.command.of.tomorrow", Class::Ours),
        ("error.user.of_tomorrow", Class::Target),
        ("error.of.tomorrow", Class::Target),
        ("", Class::Target),
        ("error.without_code", Class::Target),
        ("error.group.license_quota_exceeded", Class::Quota),
        ("error.usergroup.readonly.of_tomorrow", Class::Ownership),
        ("umsync.overtaken", Class::Target),
    ] {
        assert_eq!(meaning(code).class, class, "{code}");
    }
    assert_eq!(meaning("error.throttled.of_tomorrow").again, Again::Soon);
    assert_eq!(meaning("error.internal.of_tomorrow").again, Again::Later);
}

#[test]
fn the_refusal_of_a_whole_request_is_about_no_single_account() {
    for code in
        ["error.request 403003", "error.request http.403", "error.request", "error.request error.of.tomorrow"]
    {
        let meaning = meaning(code);
        assert_eq!(meaning.class, Class::Organization, "{code}");
        assert!(meaning.passes());
    }
    assert_eq!(meaning("error.request error.command.malformed").class, Class::Ours);
    assert_eq!(meaning("error.request 403003").remedy, meaning("403003").remedy);
}

#[test]
fn only_what_is_about_one_change_and_stays_is_lasting() {
    for code in [
        "error.user.nonexistent",
        "error.group.not_found",
        "error.api.user.not.parent.org",
        "error.of.tomorrow",
    ] {
        assert!(is_lasting(code), "{code}");
    }
    for code in [
        "error.internal.add",
        "error.throttled_by_external_service",
        "error.organization.migrating",
        "error.group.license_quota_exceeded",
        "error.request error.command.malformed",
        "error.request http.403",
        "umsync.overtaken",
    ] {
        assert!(!is_lasting(code), "{code}");
    }
}
