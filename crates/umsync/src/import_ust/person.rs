//! What makes a person: templates, identity, country.

use super::import::Import;
use super::options::UNSAID;
use super::python;
use super::report::Key;
use super::section::{Found, Section};
use super::written::{Block, text};
use umsync_engine::adobe::Identity;
use umsync_engine::country;

/// The formats of LDAP and Okta, umsync's names for them, and what they usually are.
const FORMATS: [(&str, &str, Option<&str>); 6] = [
    ("user_email_format", "email", Some("{mail}")),
    ("user_given_name_format", "first_name", Some("{givenName}")),
    ("user_surname_format", "last_name", Some("{sn}")),
    ("user_country_code_format", "country", Some("{c}")),
    ("user_username_format", "username", None),
    ("user_domain_format", "domain", None),
];

/// Of usernames.
pub(super) const LIKE_AN_EMAIL: &str = "a username that looks like an email is left out, for Adobe finds nobody by it later (B5): a new account then has its email as username. Bare usernames are as before";

/// Templates of an LDAP connector, and the identity type that it gives.
pub(super) fn from_ldap(import: &mut Import<'_>, root: &Section<'_>) {
    let mut attributes = Block::default();
    for (name, ours, usual) in FORMATS {
        let Some(Found { key, value }) = root.text(name) else { continue };
        match python::template(&value) {
            Ok(template) if usual.is_some_and(|usual| usual.eq_ignore_ascii_case(&template)) => {
                import.report.carried(key, "the default of umsync too");
            }
            Ok(template) => {
                attributes.text(ours, &template);
                let now = format!("people.attributes.{ours}: {template}");
                if ours == "username" {
                    import.report.changed(key, now, LIKE_AN_EMAIL);
                } else {
                    import.report.carried(key, now);
                }
            }
            // Whom an account belongs to is not guessed.
            Err(reason) if matches!(ours, "email" | "username" | "domain") => root.mistake(
                &key,
                &format!("{reason}; write plain attributes, such as {{mail}}, without Python's formatting"),
            ),
            Err(reason) => import.report.lost(
                key,
                reason,
                format!(
                    "write plain attributes for people.attributes.{ours}; until then it is {}",
                    usual.unwrap_or_default()
                ),
            ),
        }
    }
    import.to.people.block("attributes", attributes);
    let by_format = root.text("user_identity_type_format").map(|found| {
        let template = python::template(&found.value);
        template.map_err(|reason| root.mistake(&found.key, &reason)).ok().map(|_| found)
    });
    let own = root.text("user_identity_type");
    if let Some(Found { key, value }) = by_format.flatten() {
        import.to.people.text("identity", &value);
        import.report.changed(
            key,
            format!("people.identity: {value}"),
            "somebody whose entry does not say one of federated, enterprise or adobe is set aside and told, instead of getting the default",
        );
        import.identity_said = true;
    }
    if let Some(found) = own {
        identity(import, found);
    }
}

/// The identity type that everybody has.
pub(super) fn identity(import: &mut Import<'_>, Found { key, value }: Found<String>) {
    let Some(identity) = Identity::from_word(&value) else {
        import.mistakes.note(&key, &format!("`{value}` is none of adobeID, enterpriseID, federatedID"));
        return;
    };
    if import.identity_said {
        import.report.lost(key, "it is for whom nothing else says", "nothing, or people.identity");
        return;
    }
    import.identity_said = true;
    if identity == Identity::Federated {
        import.report.carried(key, "federated, the default of umsync");
    } else {
        import.to.people.put("identity", identity.to_string());
        import.report.carried(key, format!("people.identity: {identity}"));
    }
}

/// `directory_users`: what holds where no connector says otherwise.
pub(super) fn defaults(import: &mut Import<'_>, users: &Section<'_>) {
    match users.text("user_identity_type") {
        Some(found) => identity(import, found),
        None if !import.identity_said => {
            let key = Key { key: "directory_users.user_identity_type".to_owned(), place: UNSAID.to_owned() };
            identity(import, Found { key, value: "enterpriseID".to_owned() });
        }
        None => {}
    }
    let Some(Found { key, value }) = users.text("default_country_code") else { return };
    match country::code(&value) {
        Ok(code) => {
            import.to.people.put("country", text(code));
            import.report.carried(key, format!("people.country: {code}"));
        }
        Err(reason) => import.report.lost(
            key,
            reason,
            "write the code of a country for people.country; until then accounts are made only for people whose entry gives one, and enterprise accounts",
        ),
    }
}
