//! Everything that ever happened to an account.

use crate::world::{ORG, Place, add, carried_out, fill, join, noon, run, set};
use umsync_engine::command::Verdict;

#[tokio::test]
async fn the_story_of_an_account_goes_through_all_runs() {
    let place = Place::new();
    let store = place.store().await;
    carried_out(&store, "1", &[join("bob", "A"), join("ann", "A")]).await;
    store.begin_run(&run("2", ORG)).await.unwrap();
    let changes = [join("bob", "G"), join("ann", "G"), join("ann", "H")];
    store.record_plan("2", &[fill("G", &[0, 1]), add("ann", "H", &[2])], &changes).await.unwrap();
    store.intend("2", &[0], noon(7)).await.unwrap();
    store.begin_run(&run("3", "other")).await.unwrap();
    store.record_plan("3", &[add("ann", "O", &[0])], &[join("ann", "O")]).await.unwrap();

    let store = place.reopened(store).await;

    let story =
        store.story(ORG, &set(&["ann-id"]), &set(&["Ann@Example.com", "x@example.com"])).await.unwrap();
    let told: Vec<_> = story
        .into_iter()
        .map(|told| {
            let command = told.row.command.unwrap();
            (told.run, told.row.change, command.intended, command.settled.clone())
        })
        .collect();
    let expected = [
        ("1".to_owned(), join("ann", "A"), Some(noon(1)), Some((Verdict::Done, noon(2)))),
        ("2".to_owned(), join("ann", "G"), Some(noon(7)), None),
        ("2".to_owned(), join("ann", "H"), None, None),
    ];
    assert_eq!(told, expected);
    assert_eq!(store.story(ORG, &set(&["bob-id"]), &set(&[])).await.unwrap().len(), 2);
    assert!(store.story(ORG, &set(&[]), &set(&[])).await.unwrap().is_empty());
}
