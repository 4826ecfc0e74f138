//! The table itself (UMAPI documentation, "Error codes", and what was seen beside it).

use super::{Again, Class, Meaning};

const fn is(class: Class, again: Again, means: &'static str, remedy: &'static str) -> Meaning {
    Meaning { class, again, means, remedy }
}

const OUR_MISTAKE: &str = "report it with the run's id: nothing at Adobe or in the directory has to change";
const NEXT_RUN: &str =
    "nothing: the next run tries again; if it stays, ask Adobe's support and name the code";

/// A command of a form that Adobe does not take.
const MALFORMED: Meaning =
    is(Class::Ours, Again::Never, "Adobe does not understand the form of the command", OUR_MISTAKE);

/// Nothing fits.
pub(super) const OTHERWISE: Meaning = is(
    Class::Target,
    Again::Later,
    "a code that umsync does not know",
    "look at the account in the Admin Console; if nothing is wrong there, ask Adobe's support and name the code",
);

/// Codes that nobody knows, by how they begin.
pub(super) const BEGINNINGS: &[(&str, Meaning)] = &[
    ("error.internal.", is(Class::Passing, Again::Later, "something failed inside Adobe", NEXT_RUN)),
    (
        "error.throttled",
        is(Class::Passing, Again::Soon, "services inside Adobe slow each other down", NEXT_RUN),
    ),
    ("error.command.", MALFORMED),
    ("error.group.license", NO_LICENCE),
    ("error.license", NO_LICENCE),
    ("error.quota", NO_LICENCE),
    (
        "error.usergroup.readonly.",
        is(Class::Ownership, Again::Never, "the user group is another organization's", OTHERS_GROUP),
    ),
    (
        "error.organization.",
        is(Class::Organization, Again::Later, "Adobe does not accept the organization", THE_ORGANIZATION),
    ),
    (
        super::OUR_OWN,
        is(
            Class::Target,
            Again::Later,
            "umsync did not send it: something has overtaken it since it was planned",
            "nothing: the next run plans anew",
        ),
    ),
    (
        "http.5",
        is(Class::Passing, Again::Later, "Adobe, or something on the way there, is in trouble", NEXT_RUN),
    ),
    (
        "http.",
        is(
            Class::Organization,
            Again::Later,
            "the gateway refused without a reason",
            "run `umsync check`: it tells whether the credential may use the User Management API",
        ),
    ),
];

const NO_LICENCE: Meaning =
    is(Class::Quota, Again::Later, "no licence is left", "buy some in the Admin Console, or take some back");

const OTHERS_GROUP: &str = "take the group out of the mapping, or change it in the organization that owns it";
const THE_ORGANIZATION: &str = "compare adobe.organization with what the Adobe Developer Console shows";
const LOOK_FOR_GROUP: &str = "look for the group in the Admin Console: it may be gone, renamed, or of a kind that the API \
                              does not change; then correct the mapping";
const CORRECT_PERSON: &str = "correct this person's email or name in the directory";
const LOOK_FOR_ADDRESS: &str =
    "look for the address in the Admin Console, deleted and disabled users included";
const LOGIN: &str =
    "make people.attributes.username and people.attributes.domain fit how people sign in there";

/// Every code that is known, with what it means.
pub(super) const TABLE: &[(&[&str], Meaning)] = &[
    // Whom a command names.
    (
        &["error.user.not_found", "error.user.nonexistent"],
        is(
            Class::Target,
            Again::Later,
            "Adobe finds no such account, or does not find it yet",
            "nothing if it was made in this run: the next one tries again; else Adobe lists an account that it does not find: \
             remove it in the Admin Console, or ask Adobe's support",
        ),
    ),
    (
        &["error.user.nonexistent_or_has_conflicting_parameters"],
        is(
            Class::Target,
            Again::Never,
            "no account has this name, domain and type together",
            "look in the Admin Console how this account signs in, and of which type it is",
        ),
    ),
    (
        &["error.user.not_found_or_ambiguous", "error.user.type_unknown", "error.user.type.missing"],
        is(Class::Passing, Again::Later, "Adobe could not tell which account is meant", NEXT_RUN),
    ),
    (&["error.user.id_missing"], is(Class::Ours, Again::Never, "the command names nobody", OUR_MISTAKE)),
    (
        &["error.user.not_in_org", "error.api.user.not.parent.org"],
        is(
            Class::Ownership,
            Again::Never,
            "the account is another organization's, which alone may change it",
            "manage it there, or protect it here (protect.users)",
        ),
    ),
    // Making accounts.
    (
        &["error.user.already_in_org"],
        is(Class::Target, Again::AlreadySo, "the account is there already", "nothing"),
    ),
    (
        &["error.user.already_invited"],
        is(
            Class::Target,
            Again::AlreadySo,
            "the person is invited already",
            "nothing, or remind them: they join when they accept",
        ),
    ),
    (
        &["error.user.must_match_email"],
        is(
            Class::Setup,
            Again::Never,
            "the directory at Adobe signs people in by email, and the command names a username",
            LOGIN,
        ),
    ),
    (
        &["error.user.name.contains.email"],
        is(
            Class::Setup,
            Again::Never,
            "the directory at Adobe signs people in by username, and the command names an email",
            LOGIN,
        ),
    ),
    (
        &["error.user.name.invalid"],
        is(Class::Target, Again::Never, "Adobe does not take this name or username", CORRECT_PERSON),
    ),
    (
        &["error.user.email.invalid"],
        is(
            Class::Target,
            Again::Never,
            "Adobe does not take this email: at most 60 characters, of the form name@domain, ASCII before the `@`",
            CORRECT_PERSON,
        ),
    ),
    (
        &["error.user.firstname_missing", "error.user.lastname_missing"],
        is(Class::Target, Again::Never, "Adobe wants a first and a last name", CORRECT_PERSON),
    ),
    (
        &["error.country.invalid"],
        is(
            Class::Target,
            Again::Never,
            "Adobe does not serve this country, or it is none",
            "correct the country in the directory, or people.country",
        ),
    ),
    (
        &["error.user.type_mismatch", "error.user.type_not_available", "error.user.type_must_not_be_adobeid"],
        is(
            Class::Setup,
            Again::Never,
            "the domain, or the account, is set up for another identity type",
            "correct people.identity, or the domain in the Admin Console",
        ),
    ),
    (
        &["error.user.belongs_to_another_org"],
        is(
            Class::Ownership,
            Again::Never,
            "the email's domain is another organization's",
            "ask that organization to trust yours with the domain, or leave these people out",
        ),
    ),
    (
        &["error.domain.trust.nonexistent"],
        is(
            Class::Setup,
            Again::Never,
            "the email's domain is not claimed by the organization, nor trusted to it",
            "claim it in the Admin Console, or leave these people out",
        ),
    ),
    (
        &["error.user.domain_enforcement"],
        is(
            Class::Setup,
            Again::Never,
            "the organization takes only people of its own domains (domain enforcement)",
            "claim the email's domain in the Admin Console, or leave these people out",
        ),
    ),
    (
        &["error.internal.create_failed"],
        is(
            Class::Passing,
            Again::Later,
            "Adobe could not make the account; where it is so for a whole domain, its directory is filled by another sync \
             (Entra ID, Google, SCIM), which alone may make and change accounts there",
            "for a whole domain: end that sync in the Admin Console, or leave the domain's people to it; else nothing, the next \
             run tries again",
        ),
    ),
    (&["error.option.illegal"], MALFORMED),
    // Changing accounts.
    (
        &["error.update.adobeid.no"],
        is(Class::Ours, Again::Never, "Adobe IDs belong to their people and are not updated", OUR_MISTAKE),
    ),
    (
        &["error.update.country.no_update"],
        is(Class::Ours, Again::Never, "the country is fixed when an account is made", OUR_MISTAKE),
    ),
    (&["error.update.no"], is(Class::Target, Again::Never, "Adobe refuses the new email", LOOK_FOR_ADDRESS)),
    (
        &["error.user.name_in_use", "error.user.email.name_in_use"],
        is(Class::Target, Again::Never, "another account has the new address", LOOK_FOR_ADDRESS),
    ),
    (
        &["error.user.change_domain_update.no", "error.update.domain.mismatch"],
        is(
            Class::Target,
            Again::Never,
            "the new email belongs to another directory at Adobe, and no account moves between directories",
            "make a new account, and hand the files over in the Admin Console",
        ),
    ),
    (
        &["error.update.username.no"],
        is(Class::Setup, Again::Never, "usernames of this directory are not changed", LOGIN),
    ),
    (
        &["error.internal.update_failed"],
        is(
            Class::Passing,
            Again::Later,
            "Adobe could not change the account; where it is so for a whole domain, its directory is filled by another sync",
            NEXT_RUN,
        ),
    ),
    (
        &["error.user.update_failed", "error.usergroup.update.failed"],
        is(Class::Passing, Again::Later, "Adobe could not carry out the change", NEXT_RUN),
    ),
    // Removing accounts.
    (
        &["error.internal.removefromorg"],
        is(
            Class::Passing,
            Again::AlreadySo,
            "Adobe could not remove the account, or it is gone already",
            NEXT_RUN,
        ),
    ),
    // Memberships and groups.
    (
        &[
            "error.group.not_found",
            "error.plc.not_found",
            "plc.not_found",
            "error.command.product.not_found",
            "PLC_NOT_FOUND",
            "GROUP_NOT_FOUND",
        ],
        is(Class::Group, Again::Later, "Adobe has no such group or profile", LOOK_FOR_GROUP),
    ),
    (
        &["error.usergroup.not_found", "error.command.add_remove.invalid.usergroup_list"],
        is(
            Class::Group,
            Again::Never,
            "Adobe has no such user group; product profiles are none",
            LOOK_FOR_GROUP,
        ),
    ),
    (
        &["error.group.invalid_name"],
        is(Class::Group, Again::Never, "Adobe does not take this group name", LOOK_FOR_GROUP),
    ),
    (
        &["error.usergroup.already_exists", "DUPLICATE_GROUP_NAME"],
        is(Class::Group, Again::AlreadySo, "the user group is there already", "nothing"),
    ),
    (
        &["error.user.already_exists", "plc.admin.already_added"],
        is(Class::Target, Again::AlreadySo, "the membership is there already", "nothing"),
    ),
    (
        &["error.usergroup.user_list.invalid"],
        is(Class::Target, Again::AlreadySo, "the list changed nothing", "nothing"),
    ),
    (
        &["error.user.user_list.invalid"],
        is(Class::Target, Again::Never, "an entry of the list is no name of a user", CORRECT_PERSON),
    ),
    (
        &["error.usergroup.exceeds_maximum_member_count"],
        is(
            Class::Group,
            Again::Never,
            "a user group with a product profile has at most 200 000 members",
            "split the user group",
        ),
    ),
    (
        &[
            "error.usergroup.readonly.update_not_allowed",
            "error.usergroup.readonly.add_user_not_allowed",
            "error.usergroup.readonly.remove_user_not_allowed",
            "error.usergroup.readonly.remove_not_allowed",
        ],
        is(
            Class::Group,
            Again::Never,
            "the user group is another organization's and only shared",
            OTHERS_GROUP,
        ),
    ),
    (
        &["error.internal.add"],
        is(
            Class::Passing,
            Again::Later,
            "Adobe could not add the account to the group, or the role is granted by no API",
            NEXT_RUN,
        ),
    ),
    (
        &["error.internal.group.remove", "error.group.remove_failed"],
        is(Class::Passing, Again::Later, "Adobe could not take the account out of the group", NEXT_RUN),
    ),
    (
        &[
            "error.developer.add_user.failed",
            "error.developer.remove_user.failed",
            "error.productadmin.add.user.failed",
            "error.productadmin.remove.admin.failed",
            "error.user.productadmin.add.user.failed",
            "error.user.productadmin.remove.admin.failed",
            "plc.add.admin.error",
            "plc.remove.admin.error",
        ],
        is(Class::Passing, Again::Later, "Adobe could not give or take the role", NEXT_RUN),
    ),
    (
        &["error.user.productadmin.group.not_found", "plc.admin.group.not_found"],
        is(Class::Group, Again::Later, "Adobe has no group of such administrators", LOOK_FOR_GROUP),
    ),
    (
        &["error.internal.everybody_group.not_found", "error.internal.exceptionflys"],
        is(Class::Passing, Again::Later, "something failed inside Adobe", NEXT_RUN),
    ),
    // The organization and the credential.
    (
        &["error.organization.invalid_id", "error.organization.invalid_name", "error.organization.invalid"],
        is(Class::Organization, Again::Never, "Adobe does not accept the organization", THE_ORGANIZATION),
    ),
    (
        &["error.organization.migrating"],
        is(
            Class::Organization,
            Again::Later,
            "Adobe moves the organization and takes no change meanwhile",
            "wait some hours",
        ),
    ),
    (
        &["error.apikey.invalid", "403003"],
        is(
            Class::Organization,
            Again::Never,
            "the credential may not use the User Management API",
            "add the User Management API to the project in the Adobe Developer Console, or correct adobe.client_id",
        ),
    ),
    (
        &["error.unauthorized", "401013"],
        is(
            Class::Organization,
            Again::Later,
            "Adobe does not accept the token",
            "compare adobe.organization with the project of the credential in the Adobe Developer Console",
        ),
    ),
    (&["error.api.not_available"], is(Class::Passing, Again::Later, "the API is not available", NEXT_RUN)),
    (
        &["429050"],
        is(
            Class::Quota,
            Again::Soon,
            "too many requests",
            "lower adobe.pace if other programs use the same credential",
        ),
    ),
    (
        &["error.throttled_by_external_service"],
        is(Class::Quota, Again::Soon, "services inside Adobe slow each other down", NEXT_RUN),
    ),
    // The form of commands: none of these should ever be met.
    (
        &[
            "error.command.malformed",
            "error.command.user.missing",
            "error.command.user_usergroup.missing",
            "error.command.steps.malformed",
            "error.command.step.unknown",
            "error.command.illegal_entry",
            "error.command.string_expected",
            "error.command.boolean_expected",
            "error.command.domain.missing",
            "error.command.domain.must_be_used_with_nonemail_username",
            "error.command.domain.string_expected",
            "error.command.create.object_expected",
            "error.command.create.string_expected",
            "error.command.create.more_than_one",
            "error.command.create.not_first",
            "error.command.create.key.unknown",
            "error.command.update.option.no",
            "error.command.add_remove.list",
            "error.command.add_remove.missing_list",
            "error.command.add_remove.list_not_array",
            "error.command.add_remove.key.unknown",
            "error.command.add_remove.user_usergroup.missing",
            "error.command.add_remove.duplicate.group_list",
            "error.command.add_remove.duplicate.product_list",
            "error.command.add_remove.duplicate.productadmin_list",
            "error.command.add_remove.duplicate.user_list",
            "error.command.add_remove.duplicate.usergroup_list",
            "error.command.removefromorg.not_last",
            "error.command.object_not_empty",
            "error.group.invalid_list",
            "error.user.command.missing.arguments",
            "error.usergroup.command.missing.arguments",
            "warning.command.deprecated",
        ],
        MALFORMED,
    ),
    (
        &[
            "error.command.string.too_long",
            "error.command.add_remove.list_too_long",
            "error.command.add_remove.group_or_product_name_too_long",
        ],
        is(Class::Ours, Again::Never, "something in the command is longer than Adobe takes", OUR_MISTAKE),
    ),
];
