//! `adobe_users.connectors.umapi`: the organization, and the credential.

use super::error::ImportError;
use super::files::{File, Reader};
use super::import::{Import, SecretKeys};
use super::report::Key;
use super::section::{Found, Section};
use super::written::Block;
use super::yaml::{Map, Value};

const HOST: &str = "usermanagement.adobe.io";
const AUTH_HOST: &str = "ims-na1.adobelogin.com";

/// The files of the first organization in order, and each further one by its tag.
pub(super) struct Organizations {
    pub(super) first: Found<Vec<String>>,
    pub(super) others: Vec<(String, Found<Vec<String>>)>,
}

impl Organizations {
    pub(super) fn read(connectors: &Section<'_>) -> Option<Self> {
        let Found { key, value } = connectors.node("umapi")?;
        let items = match &value.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut first = Found { key: key.clone(), value: Vec::new() };
        let mut others = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(_) | Value::Number(_) if !others.is_empty() => {
                    connectors.mistake(&key, "a file without a tag stands after one with a tag");
                }
                Value::Text(file) | Value::Number(file) => first.value.push(file.clone()),
                Value::Map(tagged) => {
                    for (tag, node) in tagged {
                        let one = Map::from([(tag.clone(), node.clone())]);
                        let prefix = format!("{}.", key.key);
                        let section = Section::new(&prefix, &one, connectors.mistakes());
                        others.extend(section.texts(tag).map(|files| (tag.clone(), files)));
                    }
                }
                Value::Null | Value::Bool(_) | Value::List(_) => {
                    connectors.mistake(&key, "a file, or a tag with its file, belongs here");
                }
            }
        }
        Some(Self { first, others })
    }

    /// Names the further organizations, and every key of their files.
    pub(super) fn leave_others(
        &self,
        reader: &Reader<'_>,
        folder: &std::path::Path,
        import: &mut Import<'_>,
    ) -> Result<(), ImportError> {
        for (tag, files) in &self.others {
            let file = reader.connector(folder, files)?;
            let instead = "run another umsync for it, with a configuration and a store (`state`) of its own";
            import.report.lost(
                files.key.clone(),
                format!("`{tag}` is another organization, and umsync keeps one in step"),
                instead,
            );
            let section = Section::new(&format!("umapi {tag}: "), &file.map, import.mistakes);
            section.leave(&mut import.report, &format!("it is about the organization `{tag}`"), instead);
        }
        Ok(())
    }
}

/// The section `adobe`.
pub(super) fn convert(import: &mut Import<'_>, file: &File, named: &Found<Vec<String>>) {
    let root = Section::new("umapi: ", &file.map, import.mistakes);
    let mut adobe = Block::default();
    let method = root.text("authentication_method");
    let oauth = method.as_ref().is_some_and(|method| method.value == "oauth");
    let told = "umapi: authentication_method";
    match method {
        Some(Found { key, value: _ }) if oauth => {
            import.report.carried(key, "OAuth server-to-server, which umsync uses");
        }
        Some(Found { key, value }) => {
            let odd =
                if value == "jwt" { "" } else { " (B19: the User Sync Tool takes every other word for jwt)" };
            no_jwt(import, key, odd);
        }
        None => {
            let place = format!("{}, not given, so by default jwt", named.value.join(", "));
            no_jwt(import, Key { key: told.to_owned(), place }, "");
        }
    }
    if let Some(enterprise) = root.section("enterprise") {
        credential(import, &enterprise, oauth, &mut adobe);
        enterprise.finish(&mut import.report);
    } else {
        root.missing("enterprise.org_id", &named.value.join(", "));
    }
    if let Some(server) = root.section("server") {
        way(import, &server, &mut adobe);
        server.finish(&mut import.report);
    }
    if let Some(Found { key, value: _ }) = root.node("ssl_verify") {
        import.report.lost(
            key,
            "at this place it has no effect, although the manual has it here (B15)",
            "nothing; certificates are always verified. For an inspecting proxy write `adobe.ca_file`",
        );
    }
    if let Some(Found { key, value: _ }) = root.flag("trusted") {
        import.report.lost(key, "it is about further organizations, and umsync keeps one in step", "nothing");
    }
    if let Some(Found { key, value }) = root.flag("uses_business_id") {
        if value {
            import.to.people.put("adobe_id_twin", "manage");
            let why = "the User Sync Tool takes every account for one of the default type; here only somebody's Adobe ID with the email of a federated or enterprise person counts as theirs";
            import.report.changed(key, "people.adobe_id_twin: manage", why);
        } else {
            import.report.carried(key, "what umsync does");
        }
    }
    import.without_effect(root.text("logger_name").map(|found| found.key), "it names lines in a log");
    root.leave(
        &mut import.report,
        "the User Sync Tool does not know this key here, and ignores it",
        "nothing, or see what was meant",
    );
    import.to.adobe = adobe;
}

fn no_jwt(import: &mut Import<'_>, key: Key, odd: &str) {
    import.report.lost(
        key,
        format!("Adobe has ended credentials with JWT (June 2025){odd}"),
        "make an OAuth server-to-server credential: Adobe Developer Console, the project of this one, Add to project, API, User Management API, OAuth Server-to-Server",
    );
    import.report.to_do.push(
        "make an OAuth server-to-server credential in the Adobe Developer Console; write its client id for adobe.client_id, and put its client secret where adobe.client_secret says".to_owned(),
    );
}

fn credential(import: &mut Import<'_>, enterprise: &Section<'_>, oauth: bool, adobe: &mut Block) {
    let organization = enterprise.text("org_id");
    let user = match organization {
        Some(Found { key, value }) => {
            adobe.text("organization", value.trim());
            import.report.carried(key, format!("adobe.organization: {}", value.trim()));
            value.trim().to_owned()
        }
        None => {
            enterprise.missing("org_id", "the umapi connector");
            return;
        }
    };
    let id = match (enterprise.text("client_id"), enterprise.text("api_key")) {
        (Some(found), Some(_)) => {
            enterprise.mistake(&found.key, "either this or api_key belongs here");
            return;
        }
        (found, old) => found.or(old),
    };
    match id {
        Some(Found { key, value }) => {
            adobe.text("client_id", value.trim());
            let now = format!("adobe.client_id: {}", value.trim());
            if oauth {
                import.report.carried(key, now);
            } else {
                let why = "it is that of the credential with JWT; compare it with the new credential's";
                import.report.changed(key, now, why);
            }
        }
        None => {
            let keys = SecretKeys {
                plain: "-",
                secure: "secure_client_id_key",
                user: &user,
                file: "secrets/client-id",
            };
            match import.secret(enterprise, "adobe.client_id", &keys) {
                Some(reference) => adobe.put("client_id", reference),
                None => enterprise.missing("client_id", "the umapi connector"),
            }
        }
    }
    let keys = SecretKeys {
        plain: "client_secret",
        secure: "secure_client_secret_key",
        user: &user,
        file: "secrets/umapi",
    };
    match import.secret(enterprise, "adobe.client_secret", &keys) {
        Some(reference) => adobe.put("client_secret", reference),
        None => enterprise.missing("client_secret", "the umapi connector"),
    }
    for name in [
        "tech_acct_id",
        "tech_acct",
        "priv_key_path",
        "priv_key_data",
        "secure_priv_key_data_key",
        "priv_key_pass",
        "secure_priv_key_pass_key",
    ] {
        if let Some(Found { key, value: _ }) = enterprise.node(name) {
            import.report.lost(
                key,
                "it belongs to credentials with JWT",
                "nothing: an OAuth server-to-server credential has a client id and a secret only; destroy the key when it is no longer used",
            );
        }
    }
}

fn way(import: &mut Import<'_>, server: &Section<'_>, adobe: &mut Block) {
    for (names, usual, now) in
        [(["host", "host"], HOST, "server"), (["auth_host", "ims_host"], AUTH_HOST, "ims")]
    {
        let Some(Found { key, value }) = names.iter().find_map(|name| server.text(name)) else { continue };
        if value.trim() == usual {
            import.report.carried(key, "Adobe's own, which is the default");
        } else {
            let address = format!("https://{}", value.trim());
            adobe.text(now, &address);
            import.report.carried(key, format!("adobe.{now}: {address}"));
        }
    }
    if let Some(Found { key, value }) = server.text("endpoint") {
        match value.trim_matches('/') {
            "v2/usermanagement" => import.report.carried(key, "Adobe's own, which umsync uses"),
            _ => import.report.lost(
                key,
                format!("`{value}`: umsync asks at /v2/usermanagement only"),
                "let the server given as adobe.server answer there",
            ),
        }
    }
    for name in ["auth_endpoint", "ims_endpoint_jwt"] {
        let Some(Found { key, value }) = server.text(name) else { continue };
        match value.trim_matches('/') {
            "ims/token/v2" => import.report.carried(key, "what umsync uses"),
            "ims/token/v3" => {
                adobe.put("token_endpoint", "v3");
                import.report.carried(key, "adobe.token_endpoint: v3");
            }
            _ => import.report.lost(
                key,
                format!("`{value}` is none where Adobe gives tokens for OAuth server-to-server"),
                "nothing; the default is right. `token_endpoint: v3` is the other one",
            ),
        }
    }
    if let Some(Found { key, value }) = server.text("timeout") {
        match value.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 && seconds < 86_400.0 => {
                let millis = (seconds * 1000.0).round();
                let time = if millis % 1000.0 == 0.0 {
                    format!("{}s", millis / 1000.0)
                } else {
                    format!("{millis}ms")
                };
                adobe.put("timeout", &*time);
                import.report.carried(key, format!("adobe.timeout: {time}"));
            }
            _ => import.report.lost(
                key,
                format!("`{value}`: nobody waits for ever"),
                "nothing; the default is 120s",
            ),
        }
    }
    if let Some(Found { key, value: _ }) = server.text("retries") {
        import.report.lost(
            key,
            "umsync repeats what may be repeated, as Adobe's documentation says, and looks up what was lost",
            "nothing; `umsync run` starts a failed run again (schedule.retry)",
        );
    }
    if let Some(Found { key, value }) = server.flag("ssl_verify") {
        verified(import, key, value);
    }
}

/// Whether Adobe has to prove who it is.
pub(super) fn verified(import: &mut Import<'_>, key: Key, verify: bool) {
    if verify {
        import.report.carried(key, "what umsync always does");
    } else {
        import.report.lost(
            key,
            "certificates of Adobe's side are always verified: whoever stands between could take the token",
            "for an inspecting proxy, name its authority: adobe.ca_file",
        );
    }
}
