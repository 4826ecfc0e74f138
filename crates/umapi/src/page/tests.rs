//! Pages, alone and as the tree of their values gives them.

use super::*;
use crate::wire::{self, Names};
use proptest::prelude::*;
use umsync_engine::adobe::{UnreadableUser, User};

fn answer(body: &str) -> Answer {
    let now = chrono::DateTime::UNIX_EPOCH;
    Answer {
        status: 200,
        sent: now,
        received: now,
        date: None,
        retry_after: None,
        request_id: None,
        total: Some(7),
        pages: None,
        page: None,
        body: body.as_bytes().to_vec(),
    }
}

fn users(answer: &Answer, asked: u64) -> Result<Page<Listed>, Unreadable> {
    page(answer, "users", asked, wire::users(&Names::default()))
}

fn problem(body: &str) -> String {
    users(&answer(body), 0).unwrap_err().0
}

#[test]
fn a_page_says_whether_it_is_the_last() {
    let last = users(&answer(r#"{"lastPage":true,"result":"success","users":[1],"new":{}}"#), 0).unwrap();
    assert!(last.is_last && last.entries.len() == 1 && last.total == Some(7));
    let more = users(&answer(r#"{"users":[],"result":"success","lastPage":"false"}"#), 0).unwrap();
    assert!(!more.is_last);
}

#[test]
fn the_headers_say_it_where_the_body_does_not() {
    let mut silent = answer(r#"{"result":"success","users":[]}"#);
    assert!(users(&silent, 0).is_err());
    (silent.page, silent.pages) = (Some(2), Some(4));
    assert!(!users(&silent, 2).unwrap().is_last);
    (silent.page, silent.pages) = (Some(3), Some(4));
    assert!(users(&silent, 3).unwrap().is_last);
}

#[test]
fn what_leaves_anything_open_is_no_page() {
    assert!(problem("").contains("cut short"));
    assert!(problem("<html>").contains("HTML"));
    assert!(problem(r#"{"lastPage":true,"result":"success","users":["#).contains("cut short"));
    assert!(problem(r#"[]"#).contains("no object"));
    assert!(problem(r#"{"lastPage":true,"result":"Not found"}"#).contains("Not found"));
    assert!(problem(r#"{"lastPage":true,"users":[]}"#).contains("no result"));
    assert!(problem(r#"{"lastPage":true,"result":"success"}"#).contains("no list"));
    assert!(problem(r#"{"lastPage":true,"result":"success","users":{}}"#).contains("no list"));
}

#[test]
fn an_earlier_page_is_not_the_one_that_was_asked_for() {
    let mut first = answer(r#"{"lastPage":true,"result":"success","users":[]}"#);
    first.page = Some(0);
    assert!(users(&first, 3).is_err());
}

/// What a page says by the tree of its values.
mod tree {
    use super::*;
    use serde_json::Map;
    use std::collections::BTreeSet;
    use umsync_engine::adobe::{Status, UserTexts, UserType};
    use umsync_engine::key::GroupName;
    use umsync_engine::sorted::Sorted;

    pub(super) struct Page {
        pub(super) users: Vec<Result<User, UnreadableUser>>,
        pub(super) names: BTreeSet<String>,
        pub(super) is_last: bool,
    }

    pub(super) fn page(answer: &Answer, asked: u64) -> Result<Page, Unreadable> {
        let mut object = answer.object()?;
        wire::success(&object)?;
        if let Some(page) = answer.page.filter(|page| *page < asked) {
            return Err(Unreadable(format!("it is page {page}, not page {asked}")));
        }
        let is_last = match (truth(&object, "lastPage"), answer.page, answer.pages) {
            (Some(is_last), _, _) => is_last,
            (None, Some(page), Some(pages)) => page + 1 >= pages,
            (None, _, _) => {
                return Err(Unreadable("it does not say whether it is the last page".to_owned()));
            }
        };
        match object.remove("users") {
            Some(Value::Array(entries)) => Ok(Page {
                users: entries.iter().enumerate().map(|(position, entry)| user(entry, position)).collect(),
                names: entries.iter().filter_map(wire::name).collect(),
                is_last,
            }),
            Some(_) => Err(Unreadable("its `users` are no list".to_owned())),
            None => Err(Unreadable("it has no list of users".to_owned())),
        }
    }

    fn truth(object: &Map<String, Value>, key: &str) -> Option<bool> {
        match object.get(key)? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn user(entry: &Value, position: usize) -> Result<User, UnreadableUser> {
        let Value::Object(object) = entry else {
            return Err(UnreadableUser {
                who: format!("user {position}"),
                reason: "it is no object".to_owned(),
            });
        };
        let text = |key| wire::text(object, key);
        let (id, username) = (text("id"), text("username"));
        let unreadable = |reason: &str| {
            let named = id.clone().or_else(|| text("email")).or_else(|| username.clone());
            let who = named.unwrap_or_else(|| format!("user {position}"));
            UnreadableUser { who, reason: reason.to_owned() }
        };
        let email = text("email").or_else(|| username.clone().filter(|name| name.contains('@')));
        let email = email.ok_or_else(|| unreadable("it has neither an email nor a username that is one"))?;
        let groups = match object.get("groups") {
            None | Some(Value::Null) => Sorted::new(),
            Some(Value::Array(listed)) => listed
                .iter()
                .map(|name| match name {
                    Value::String(text) if !text.trim().is_empty() => Some(GroupName::new(text)),
                    Value::Number(number) => Some(GroupName::new(&number.to_string())),
                    _ => None,
                })
                .collect::<Option<_>>()
                .ok_or_else(|| unreadable("one of its groups has no name"))?,
            Some(_) => return Err(unreadable("its groups are no list")),
        };
        let status = match text("status") {
            Some(word) if !word.eq_ignore_ascii_case("active") => Status::Other(word.into()),
            Some(_) | None => Status::Active,
        };
        let kind = UserType::parse(&text("type").unwrap_or_else(|| "missing".to_owned()));
        let [domain, first_name, last_name, country] =
            ["domain", "firstname", "lastname", "country"].map(text);
        let texts = UserTexts {
            id: id.as_deref(),
            email: &email,
            username: username.as_deref(),
            domain: domain.as_deref(),
            first_name: first_name.as_deref(),
            last_name: last_name.as_deref(),
            country: country.as_deref(),
        };
        Ok(User::new(kind, status, groups, texts))
    }
}

/// A value of any kind, as it is written.
fn value() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        3 => "[a-z@. ]{0,6}".prop_map(|text| format!("\"{text}\"")),
        1 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => prop_oneof![
            "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?",
            any::<u64>().prop_map(|number| number.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
        ],
        1 => proptest::sample::select(vec![
            "null", "true", "false", "\"\"", "\" \"", "\"active\"", "\"ACTIVE\"", "\"disabled\"", "\"True\"",
            "\"federatedID\"", "\"AdobeID\"", "\"a\\u00e9@b.c\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\x\"",
            "\"a\tb\"", "01", "1e999", "-0", "18446744073709551616", "nul", "\"1", "NaN",
        ]).prop_map(str::to_owned),
    ];
    plain.prop_recursive(3, 12, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4)
            .prop_map(|values| format!("[{}]", values.join(",")));
        let object = proptest::collection::vec(("[a-c]", inner), 0..3).prop_map(|fields| object(&fields));
        prop_oneof![list, object]
    })
}

fn object<K: AsRef<str>, V: AsRef<str>>(fields: &[(K, V)]) -> String {
    let fields = fields.iter().map(|(key, value)| format!("\"{}\": {}", key.as_ref(), value.as_ref()));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

/// A text as listings have it.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z@.]{1,8}".prop_map(|text| format!("\"{text}\""))
}

fn entry() -> impl Strategy<Value = String> {
    let keys = [
        "id",
        "email",
        "username",
        "domain",
        "firstname",
        "lastname",
        "country",
        "type",
        "status",
        "groups",
        "groupName",
        "tags",
        "emai\\u006c",
    ];
    let names = prop_oneof![4 => text(), 1 => value()];
    let groups = proptest::collection::vec(names, 0..4).prop_map(|names| format!("[{}]", names.join(",")));
    let other = prop_oneof![3 => text(), 2 => value()];
    let field = (proptest::sample::select(keys.to_vec()), other, groups).prop_map(|(key, other, groups)| {
        let value = if key == "groups" && !other.contains('a') { groups } else { other };
        (key, value)
    });
    let fields = proptest::collection::vec(field, 0..9).prop_map(|fields| object(&fields));
    prop_oneof![9 => fields, 1 => value()]
}

fn body() -> impl Strategy<Value = String> {
    let users = proptest::collection::vec(entry(), 0..6)
        .prop_map(|users| ("users", format!("[{}]", users.join(","))));
    let said = prop_oneof![
        Just(("result", "\"success\"".to_owned())),
        Just(("lastPage", "true".to_owned())),
        proptest::sample::select(vec!["users", "result", "lastPage", "new"])
            .prop_flat_map(|key| (Just(key), value())),
    ];
    let rest = proptest::collection::vec(said, 0..3);
    (users, rest).prop_map(|(users, rest)| {
        let usual = [("result", "\"success\"".to_owned()), ("lastPage", "\"false\"".to_owned()), users];
        object(&usual.into_iter().chain(rest).collect::<Vec<_>>())
    })
}

/// A body that something has happened to, now and then.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    (body(), proptest::option::weighted(0.2, (any::<proptest::sample::Index>(), any::<Option<u8>>())))
        .prop_map(|(body, harm)| {
            let mut body = body.into_bytes();
            match harm {
                Some((at, Some(byte))) => {
                    let at = at.index(body.len());
                    body[at] = byte;
                }
                Some((at, None)) => body.truncate(at.index(body.len())),
                None => {}
            }
            body
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_page_is_read_as_by_the_tree_of_its_values(body in bytes()) {
        let answer = Answer { body, ..answer("") };
        match (users(&answer, 0), tree::page(&answer, 0)) {
            (Ok(page), Ok(tree)) => {
                let mut marks: Vec<Mark> = tree.names.iter().map(|name| Mark::of(name)).collect();
                marks.sort_unstable();
                prop_assert_eq!(page.marks(), marks);
                prop_assert_eq!(page.is_last, tree.is_last);
                let read = page.entries.into_iter().enumerate().map(|(position, entry)| entry.user(position));
                prop_assert_eq!(read.collect::<Vec<_>>(), tree.users);
            }
            (Err(one), Err(other)) => prop_assert_eq!(one.0, other.0),
            (one, other) => prop_assert!(false, "{:?}, {:?}", one.map(|_| ()), other.map(|_| ())),
        }
    }
}
