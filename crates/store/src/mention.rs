//! Where a person is spoken of: in sentences and values whose form we do not know.

use crate::person::PersonTraces;
use serde_json::Value;
use umsync_engine::key::{fold, fold_domain};

/// What stands in place of a text that mentioned somebody who was forgotten.
const FORGOTTEN: &str = "(forgotten)";

/// The words by which a person is recognized, folded.
pub(crate) struct Mentions(Vec<String>);

impl Mentions {
    pub(crate) fn of(person: &PersonTraces) -> Self {
        let PersonTraces { anchors, ids, emails, dns } = person;
        let words = emails.iter().chain(ids).chain(dns).map(|word| fold(word));
        let words = words.chain(anchors.iter().map(|anchor| fold(anchor.as_str())));
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    /// Whether a text names the person: `ann@example.com` does not stand in `joann@example.com`.
    pub(crate) fn in_text(&self, text: &str) -> bool {
        let text = fold_domains(&fold(text));
        self.0.iter().any(|word| stands_in(&text, word))
    }

    /// Whether any text in a value does.
    pub(crate) fn in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.in_text(text),
            Value::Array(values) => values.iter().any(|value| self.in_value(value)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.in_text(name) || self.in_value(value))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Takes out every text of a value that names the person; tells whether there was one.
    pub(crate) fn take_out(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let named = self.in_text(text);
                if named {
                    *text = FORGOTTEN.to_owned();
                }
                named
            }
            // Every one of them, not only the first.
            Value::Array(values) => {
                values.iter_mut().filter_map(|value| self.take_out(value).then_some(())).count() > 0
            }
            Value::Object(fields) => {
                let before = fields.len();
                fields.retain(|name, _| !self.in_text(name));
                let inside =
                    fields.values_mut().filter_map(|value| self.take_out(value).then_some(())).count();
                fields.len() < before || inside > 0
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// Emails in a text with their domains as folded emails have them.
fn fold_domains(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut parts = text.split('@');
    let mut folded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(part.len());
        let domain = part[..end].trim_end_matches('.');
        folded.push('@');
        folded.push_str(&fold_domain(domain));
        folded.push_str(&part[domain.len()..]);
    }
    folded
}

fn stands_in(text: &str, word: &str) -> bool {
    let goes_on_before = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let goes_on_after = |rest: &str| {
        let mut rest = rest.chars();
        match rest.next() {
            Some('.') => rest.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '-',
            None => false,
        }
    };
    text.match_indices(word)
        .any(|(at, word)| !text[..at].ends_with(goes_on_before) && !goes_on_after(&text[at + word.len()..]))
}

#[cfg(test)]
mod tests {
    use super::{Mentions, PersonTraces};
    use serde_json::json;

    fn ann() -> Mentions {
        let emails = ["ann@xn--bcher-kva.example".to_owned()].into();
        let ids = ["ABC-1".to_owned()].into();
        Mentions::of(&PersonTraces { emails, ids, ..PersonTraces::default() })
    }

    #[test]
    fn a_person_is_recognized_in_a_sentence_and_nobody_else_is() {
        for text in
            ["Ann@BÜCHER.example is held.", "federated/ann@xn--bcher-kva.example", "account abc-1, gone"]
        {
            assert!(ann().in_text(text), "{text}");
        }
        for text in ["joann@bücher.example", "jo.ann@bücher.example", "ann@bücher.example.com", "abc-12", ""]
        {
            assert!(!ann().in_text(text), "{text}");
        }
    }

    #[test]
    fn what_names_a_person_is_taken_out_and_the_rest_stays() {
        let mut value = json!({"sent": 3, "failure": "no ABC-1", "of": ["bob", "abc-1"], "abc-1": true});
        assert!(ann().in_value(&value));
        assert!(ann().take_out(&mut value));
        assert_eq!(value, json!({"sent": 3, "failure": "(forgotten)", "of": ["bob", "(forgotten)"]}));
        assert!(!ann().take_out(&mut value));
    }
}
