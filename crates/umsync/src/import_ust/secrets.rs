//! Texts that are secret: Python code is quoted in the report, and such a text may stand in it.

use super::report::Report;
use super::yaml::{Map, Value};

const SECRET: [&str; 5] = ["password", "secret", "priv_key", "api_token", "passphrase"];
/// A shorter one is found in anything.
const SHORTEST: usize = 5;

/// The secret texts in a file.
pub(super) fn of(map: &Map) -> Vec<String> {
    let mut found = Vec::new();
    gather(map, &mut found);
    found
}

fn gather(map: &Map, found: &mut Vec<String>) {
    for (name, node) in map {
        match &node.value {
            Value::Map(map) => gather(map, found),
            Value::Text(text) | Value::Number(text)
                if !name.starts_with("secure_") && SECRET.iter().any(|word| name.contains(word)) =>
            {
                found.extend(
                    text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).map(str::to_owned),
                );
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {}
        }
    }
}

/// Makes them unreadable in what is quoted.
pub(super) fn hide(report: &mut Report, secrets: &[String]) {
    for line in report.not_carried.iter_mut().flat_map(|lost| &mut lost.quoted) {
        for secret in secrets {
            *line = line.replace(secret.as_str(), "****");
        }
    }
}
