//! One person: found by whatever is known of them, and forgotten everywhere.

use crate::world::{
    ORG, Place, account, add, anchor, carried_out, change, dump, end, fill, join, link, lost, noon, outcome,
    run, set, snapshot,
};
use serde_json::json;
use std::collections::BTreeMap;
use umsync_engine::change::{Field, Update, What};
use umsync_engine::command::{StepError, Verdict};
use umsync_engine::directory::DirectoryName;
use umsync_engine::memory::{Absent, Departure, Gave, Order};
use umsync_engine::set_aside::Cover;
use umsync_store::{Created, Error, Forgotten, LeaverOrder, PersonTraces, Refusal, Refusals, Store};

fn ann() -> PersonTraces {
    PersonTraces {
        anchors: [anchor("ann")].into(),
        ids: set(&["ann-id"]),
        emails: set(&["ann@example.com", "anna@example.com"]),
        dns: set(&["uid=ann,dc=example,dc=com"]),
    }
}

/// A store in which two people have left every trace there is.
async fn traced(place: &Place) -> Store {
    let store = place.store().await;
    for name in ["anna", "joann"] {
        let (known, email) = (name.trim_end_matches('a').to_owned(), format!("{name}@example.com"));
        let id = format!("{known}-id");
        store.note_links(ORG, &[link(&known, &id, &email)], noon(0)).await.unwrap();
        let account = (*account(&known)).clone();
        let created =
            Created { fingerprint: format!("c{known}"), account, at: noon(0), invisible_since: None };
        store.note_created(ORG, &[created]).await.unwrap();
        let departure = Departure { email: email.clone(), at: noon(0), groups: Vec::new() };
        store.note_departures(ORG, &[departure]).await.unwrap();
        let order = LeaverOrder {
            email: email.clone(),
            order: Order::Hold { until: None },
            who: "jane".to_owned(),
            at: noon(0),
        };
        store.order(ORG, &id, &order).await.unwrap();
        let refusal = Refusal {
            code: "no".to_owned(),
            message: String::new(),
            digest: String::new(),
            change: serde_json::to_string(&join(&known, "A")).unwrap(),
        };
        let refused = BTreeMap::from([(format!("r{known}"), refusal)]);
        let refusals = Refusals { done: &set(&[]), refused, wanted: None };
        store.note_refusals(ORG, &refusals, noon(0)).await.unwrap();
        store
            .save_plan(ORG, &format!("p{known}"), &json!({"why": format!("{email} has left.")}), noon(0))
            .await
            .unwrap();
        store.approve(ORG, &format!("p{known}"), "jane", noon(0), noon(900)).await.unwrap();
    }
    let absent = |email: &str| Absent { email: email.to_owned(), evidence: None };
    let both = [
        ("ann-id", absent("anna@example.com")),
        ("federated/joann@example.com", absent("joann@example.com")),
    ];
    store
        .note_absences(
            ORG,
            &both.map(|(id, absent)| (id.to_owned(), absent)).into(),
            noon(0),
            std::time::Duration::ZERO,
        )
        .await
        .unwrap();
    let unresolved = ["uid=ann,dc=example,dc=com", "uid=joann,dc=example,dc=com"].map(str::to_owned);
    let unresolved = [(umsync_engine::directory::GroupRef::new("Design"), unresolved.into())].into();
    store.accept_members(ORG, &unresolved, "jane", noon(0)).await.unwrap();
    let people =
        Cover { names: set(&["anna@example.com", "joann@example.com"]), ids: set(&["ann-id", "joann-id"]) };
    let gave = Gave { people, groups: Default::default() };
    store.note_directory(ORG, &DirectoryName::new("emea"), "c0ffee", &gave, noon(0)).await.unwrap();
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann", "joann"])).await.unwrap();
    let rename =
        What::Update(Box::new(Update { field: Field::Email, from: None, to: "anna@example.com".to_owned() }));
    carried_out(&store, "1", &[join("ann", "A"), join("joann", "A"), change("ann", rename)]).await;
    store.save_report("1", &json!({"told": ["Ann@Example.com is held"]})).await.unwrap();
    store.begin_run(&run("2", ORG)).await.unwrap();
    let changes = [join("ann", "G"), join("joann", "G"), join("ann", "H")];
    store.record_plan("2", &[fill("G", &[0, 1]), add("ann", "H", &[2])], &changes).await.unwrap();
    store.intend("2", &[0, 1], noon(1)).await.unwrap();
    let errors = vec![StepError {
        step: None,
        code: "error.user".to_owned(),
        message: "ann@example.com is locked".to_owned(),
    }];
    store.settle("2", &[outcome(0, Verdict::Refused { errors }), outcome(1, lost())], noon(2)).await.unwrap();
    store.save_report("2", &json!({"told": ["joann@example.com is held"]})).await.unwrap();
    store
}

#[tokio::test]
async fn a_person_is_found_by_whatever_is_known_of_them() {
    let place = Place::new();
    let store = traced(&place).await;
    for who in
        ["ANNA@example.com ", "ann@example.com", "UID=Ann,dc=example,dc=com", "ann-id", "entryUUID=ANN"]
    {
        assert_eq!(store.find_person(ORG, who).await.unwrap(), ann(), "{who}");
    }
    for nobody in ["nobody@example.com", "an", "", "example.com"] {
        assert!(store.find_person(ORG, nobody).await.unwrap().is_empty(), "{nobody}");
    }
    assert!(store.find_person("other", "ann@example.com").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_person_is_forgotten_everywhere_and_nobody_else_is() {
    let place = Place::new();
    let store = traced(&place).await;
    let before = dump(&place.path()).await.unwrap();
    let error = store.forget_person(ORG, &ann()).await.unwrap_err();
    assert!(matches!(&error, Error::Going { runs, .. } if runs == &["2"]), "{error}");
    assert_eq!(dump(&place.path()).await.unwrap(), before);
    store
        .finish_run("2", &umsync_store::RunEnd { summary: json!({"of": "ann-id"}), ..end(4) })
        .await
        .unwrap();

    let forgotten = store.forget_person(ORG, &ann()).await.unwrap();

    let expected = Forgotten {
        gave: 2,
        links: 1,
        given: 1,
        absences: 1,
        orders: 1,
        departures: 1,
        failing: 1,
        created: 1,
        accepted: 1,
        unsettled: 1,
        changes: 4,
        commands: 3,
        users: 1,
        reports: 1,
        plans: 1,
        texts: 2,
    };
    assert_eq!(forgotten, expected);
    store.compact().await.unwrap();
    let store = place.reopened(store).await;
    store.close().await;
    // Not even between the rows.
    let file = String::from_utf8_lossy(&std::fs::read(place.path()).unwrap()).into_owned();
    for name in ["ann@example.com", "anna@example.com", "ann-id", "uid=ann,"] {
        let others = file.replace(&format!("jo{name}"), "").replace("uid=joann,", "");
        assert!(!others.contains(name), "{name}");
    }
    let store = place.store().await;
    assert!(store.find_person(ORG, "ann@example.com").await.unwrap().is_empty());
    assert_eq!(store.forget_person(ORG, &ann()).await.unwrap(), Forgotten::default());
    let joann = store.find_person(ORG, "joann@example.com").await.unwrap();
    let forgotten = store.forget_person(ORG, &joann).await.unwrap();
    let expected = Forgotten { unsettled: 0, changes: 2, commands: 1, texts: 0, ..expected };
    assert_eq!(forgotten, expected);
    let left = dump(&place.path()).await.unwrap();
    assert!(!left.iter().any(|row| row.contains("@example.com") || row.contains("ann")), "{left:#?}");
}

#[tokio::test]
async fn nobody_is_led_from_one_owner_of_an_email_to_the_next() {
    let place = Place::new();
    let store = place.store().await;
    store.note_links(ORG, &[link("1", "A", "info@example.com")], noon(0)).await.unwrap();
    store.note_links(ORG, &[link("1", "A", "ann@example.com")], noon(1)).await.unwrap();
    store.note_links(ORG, &[link("2", "B", "info@example.com")], noon(1)).await.unwrap();
    assert_eq!(store.find_person(ORG, "ann@example.com").await.unwrap().ids, set(&["A"]));
    assert_eq!(store.find_person(ORG, "info@example.com").await.unwrap().ids, set(&["A", "B"]));
}
