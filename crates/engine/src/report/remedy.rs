//! What an administrator can do about what Adobe refuses, by its code (UMAPI documentation, "Error codes").

/// What to do about a command that Adobe refuses with this code. Codes that nobody knows have a remedy too.
pub fn remedy(code: &str) -> &'static str {
    let begins = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
    if begins(&["error.domain.trust", "error.user.domain_enforcement"]) {
        return "claim the email's domain in the Admin Console, or leave these people out";
    }
    if begins(&["error.user.belongs_to_another_org", "error.user.not_in_org", "error.api.user.not.parent"]) {
        return "the account is another organization's: remove it there, or manage it there";
    }
    if begins(&["error.user.type_mismatch", "error.user.type_not_available", "error.user.type_must_not"]) {
        return "the domain is set up for another identity type: correct people.identity or the domain in the Admin Console";
    }
    if begins(&["error.user.must_match_email", "error.user.name.contains.email", "error.update.username"]) {
        return "the directory at Adobe logs in by email or by username, and the configuration by the other: see people.attributes.username";
    }
    if begins(&["error.user.change_domain", "error.update.domain"]) {
        return "Adobe moves no account to a domain of another directory: make a new account and hand the files over in the Admin Console";
    }
    if begins(&["error.user.name_in_use", "error.user.email.name_in_use", "error.update.no"]) {
        return "another account has the new address: look for it in the Admin Console, deleted users included";
    }
    if begins(&["error.user.email", "error.user.name.invalid", "error.user.firstname", "error.user.lastname"])
    {
        return "correct this person's email or name in the directory";
    }
    if begins(&["error.country"]) {
        return "correct the country in the directory, or people.country";
    }
    if begins(&["error.group.license", "error.license", "error.quota"]) {
        return "no licence is left: buy some, or take some back";
    }
    if begins(&["error.usergroup.readonly"]) {
        return "the group is another organization's: take it out of the mapping, or change it there";
    }
    if begins(&["error.internal.create_failed"]) {
        return "the directory at Adobe may be filled by another sync (Azure, Google), which alone may make accounts there";
    }
    if begins(&["error.organization.migrating"]) {
        return "Adobe moves this organization and takes no change meanwhile: wait some hours";
    }
    if begins(&["error.group", "error.usergroup", "error.product"]) {
        return "look for the group in the Admin Console: it may be gone, renamed, or of a kind that the API does not change";
    }
    if begins(&["error.user.nonexistent", "error.user.not_found"]) {
        return "Adobe lists this account and does not find it: remove it in the Admin Console, or ask Adobe's support";
    }
    "look at the account in the Admin Console; if nothing is wrong there, ask Adobe's support and name the code"
}
