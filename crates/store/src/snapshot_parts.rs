//! How the users of a snapshot stand in the database: some thousand to a part, in JSON, each a list of values in a fixed
//! order, with every group of the part named once.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use umsync_engine::adobe::{Status, User, UserTexts, UserType};
use umsync_engine::key::GroupName;

/// So many users stand in a part.
pub(crate) const USERS: usize = 4_000;

#[derive(Serialize, Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    groups: Vec<Text<'a>>,
    #[serde(borrow)]
    users: Vec<Row<'a>>,
}

/// A user: id, type, email, username, domain, first name, last name, country, status, and which of the part's groups.
#[derive(Serialize, Deserialize)]
struct Row<'a>(
    #[serde(borrow)] Option<Text<'a>>,
    UserType,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    Status,
    Vec<usize>,
);

/// A text that is not copied where it stands in JSON as it is.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Text<'a> {
    fn of(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// The part that these users are.
pub(crate) fn written(users: &[User]) -> serde_json::Result<String> {
    let (mut groups, mut places) = (Vec::new(), HashMap::new());
    let users = users
        .iter()
        .map(|user| {
            let User { kind, status, groups: own, .. } = user;
            let UserTexts { id, email, username, domain, first_name, last_name, country } = user.texts();
            let text = |text: Option<_>| text.map(Text::of);
            // By spelling: two spellings of one group are read as they are.
            let own = own.iter().map(|name| {
                *places.entry(name.spelling()).or_insert_with(|| {
                    groups.push(Text::of(name.spelling()));
                    groups.len() - 1
                })
            });
            let own = own.collect();
            Row(
                text(id),
                kind.clone(),
                Text::of(email),
                text(username),
                text(domain),
                text(first_name),
                text(last_name),
                text(country),
                status.clone(),
                own,
            )
        })
        .collect();
    serde_json::to_string(&Part { groups, users })
}

/// The groups that parts have named so far: each is held once.
#[derive(Default)]
pub(crate) struct Groups(HashMap<String, GroupName>);

/// Adds the users of a part.
pub(crate) fn read(part: &str, known: &mut Groups, users: &mut Vec<User>) -> serde_json::Result<()> {
    let Part { groups, users: rows } = serde_json::from_str(part)?;
    let name =
        |Text(name): Text<'_>| known.0.entry_ref(&*name).or_insert_with(|| GroupName::new(&name)).clone();
    let groups: Vec<GroupName> = groups.into_iter().map(name).collect();
    users.reserve(rows.len());
    for Row(id, kind, email, username, domain, first_name, last_name, country, status, own) in rows {
        fn text<'t>(text: &'t Option<Text<'_>>) -> Option<&'t str> {
            text.as_ref().map(|text| &*text.0)
        }
        let group = |place: usize| {
            let missing = || serde::de::Error::custom(format_args!("the part has no group {place}"));
            groups.get(place).cloned().ok_or_else(missing)
        };
        let own = own.into_iter().map(group).collect::<serde_json::Result<Vec<_>>>()?.into();
        let texts = UserTexts {
            id: text(&id),
            email: &email.0,
            username: text(&username),
            domain: text(&domain),
            first_name: text(&first_name),
            last_name: text(&last_name),
            country: text(&country),
        };
        users.push(User::new(kind, status, own, texts));
    }
    Ok(())
}
