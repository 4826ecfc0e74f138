//! Reading the fields of commands and steps, with the codes that Adobe gives for each way of being wrong.

use serde_json::{Map, Value};

use super::Failure;

/// "String too long": identifiers and names (Action API).
pub(super) const LONGEST_NAME: usize = 250;

/// A step's value as an object.
pub(super) fn object<'a>(step: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| {
        Failure::new("error.command.create.object_expected", format!("Expected an object in command: {step}"))
    })
}

/// An optional string field, at most `longest` characters.
pub(super) fn text(
    fields: &Map<String, Value>,
    name: &str,
    longest: usize,
    wrong_type: &'static str,
) -> Result<Option<String>, Failure> {
    let Some(value) = fields.get(name) else {
        return Ok(None);
    };
    let Some(text) = value.as_str() else {
        return Err(Failure::new(wrong_type, format!("String expected in command for field: {name}")));
    };
    if text.chars().count() > longest {
        let message = format!("String too long in command for field: {name}, max length {longest}");
        return Err(Failure::new("error.command.string.too_long", message));
    }
    Ok(Some(text.to_owned()))
}

/// An optional boolean field.
pub(super) fn boolean(fields: &Map<String, Value>, name: &str) -> Result<bool, Failure> {
    match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(Failure::new(
            "error.command.boolean_expected",
            format!("Boolean expected in command for field: {name}"),
        )),
    }
}

/// Refuses fields that are not among the known ones.
pub(super) fn only(
    fields: &Map<String, Value>,
    known: &[&str],
    code: &'static str,
    step: &str,
) -> Result<(), Failure> {
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Failure::new(code, format!("Unknown key in command {step}: {key}"))),
    }
}
