//! Memberships that we gave.

use crate::world::{ORG, Place, account, carried_out, change, fill, join, lost, noon, outcome, run};
use umsync_engine::change::{Field, Update, What};
use umsync_engine::command::{StepError, Verdict};
use umsync_engine::key::{GroupName, Ownership, UserKey};
use umsync_store::Store;

async fn given(store: &Store, name: &str) -> Vec<String> {
    let given = store.given(ORG, &account(name).key).await.unwrap();
    given.iter().map(|given| given.group.spelling().to_owned()).collect()
}

fn lose(name: &str, group: &str) -> umsync_engine::change::Change {
    change(name, What::Lose { group: GroupName::new(group) })
}

fn rename(name: &str, to: &str) -> umsync_engine::change::Change {
    let to = format!("{to}@Example.com");
    let from = Some(format!("{name}@example.com"));
    change(name, What::Update(Box::new(Update { field: Field::Email, from, to })))
}

#[tokio::test]
async fn what_was_given_stays_until_it_is_taken() {
    let place = Place::new();
    let store = place.store().await;
    carried_out(&store, "1", &[join("ann", "Video"), join("ann", "Design"), join("bob", "Video")]).await;

    let store = place.reopened(store).await;
    assert_eq!(given(&store, "ann").await, ["Design", "Video"]);
    assert_eq!(store.given(ORG, &account("ann").key).await.unwrap()[0].at, noon(2));
    assert!(store.given("other", &account("ann").key).await.unwrap().is_empty());
    carried_out(&store, "2", &[lose("ann", "DESIGN"), join("ann", "VIDEO"), change("bob", What::Leave)])
        .await;
    assert_eq!(given(&store, "ann").await, ["VIDEO"]);
    assert!(given(&store, "bob").await.is_empty());
    carried_out(&store, "3", &[change("ann", What::Delete)]).await;
    assert!(given(&store, "ann").await.is_empty());
}

#[tokio::test]
async fn only_what_adobe_carried_out_counts() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    let commands = [fill("G", &[0]), fill("H", &[1]), fill("I", &[2]), fill("J", &[3, 4])];
    let changes = [join("ann", "G"), join("ann", "H"), join("ann", "I"), join("ann", "J"), join("bob", "J")];
    store.record_plan("1", &commands, &changes).await.unwrap();
    store.intend("1", &[0, 1, 2, 3], noon(1)).await.unwrap();
    let error = StepError { step: None, code: "error.any".to_owned(), message: "no".to_owned() };
    let outcomes = [
        outcome(0, Verdict::Refused { errors: vec![error] }),
        outcome(1, lost()),
        outcome(2, Verdict::NotSent { why: "too late".to_owned() }),
        outcome(3, Verdict::Done),
    ];
    store.settle("1", &outcomes, noon(2)).await.unwrap();
    assert_eq!(given(&store, "ann").await, ["J"]);
    assert_eq!(given(&store, "bob").await, ["J"]);
}

#[tokio::test]
async fn a_new_email_takes_along_what_was_given() {
    let place = Place::new();
    let store = place.store().await;
    // Somebody had that email before, and is gone.
    carried_out(&store, "1", &[join("ann", "Video"), join("anna", "Stale")]).await;
    // Later commands of the same run still know the account by its former email.
    let changes = [join("ann", "Before"), rename("ann", "Anna"), join("ann", "Design"), lose("ann", "Video")];
    carried_out(&store, "2", &changes).await;
    assert!(given(&store, "ann").await.is_empty());
    assert_eq!(given(&store, "anna").await, ["Before", "Design"]);
    // Told twice, it is still so.
    store.settle("2", &[outcome(1, Verdict::Done)], noon(9)).await.unwrap();
    assert_eq!(given(&store, "anna").await, ["Before", "Design"]);
    // Another letter case is no other key.
    carried_out(&store, "3", &[rename("anna", "ANNA"), join("anna", "Video")]).await;
    assert_eq!(given(&store, "anna").await, ["Before", "Design", "Video"]);
    let personal = UserKey::new(Ownership::Personal, "anna@example.com");
    assert!(store.given(ORG, &personal).await.unwrap().is_empty());
}
