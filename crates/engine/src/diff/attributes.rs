//! The attributes in which a person and their user differ.

use crate::adobe::{Identity, User};
use crate::change::Field;
use crate::key::{fold, is_same_email};
use crate::person::Person;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// What differs, of what is compared: field, Adobe's value, the person's.
pub(super) fn updates(
    person: &Person,
    user: &User,
    compared: &BTreeSet<Field>,
) -> Vec<(Field, Option<String>, String)> {
    // Adobe IDs belong to the person and cannot be updated (UMAPI documentation, "update").
    if user.kind.known() == Some(Identity::Adobe) {
        return Vec::new();
    }
    let mut updates = Vec::new();
    let (has, wants) = (user.texts(), person.texts());
    for field in compared {
        let (from, to) = match field {
            Field::FirstName => (has.first_name, wants.first_name),
            Field::LastName => (has.last_name, wants.last_name),
            Field::Email => {
                // Adobe answers a change of letter case with success and does nothing.
                if has.email != wants.email && !is_same_email(has.email, wants.email) {
                    updates.push((Field::Email, Some(has.email.to_owned()), wants.email.to_owned()));
                }
                continue;
            }
            // Only Federated IDs have a username of their own (UMAPI documentation, "update").
            Field::Username if user.kind.known() != Some(Identity::Federated) => continue,
            Field::Username => {
                let same = |username: &str| has.username.is_some_and(|has| fold(has) == fold(username));
                if let Some(username) = wants.username.filter(|username| !same(username)) {
                    updates.push((Field::Username, has.username.map(str::to_owned), username.to_owned()));
                }
                continue;
            }
        };
        // A value that the directory lacks is no reason to empty one at Adobe.
        let Some(to) = to else { continue };
        let same = from.is_some_and(|from| from == to || from.trim().nfc().eq(to.trim().nfc()));
        if !same {
            updates.push((*field, from.map(str::to_owned), to.to_owned()));
        }
    }
    updates
}
