//! Plans, approvals and the baseline.

use crate::world::set;
use crate::world::{ORG, Place, noon};
use serde_json::json;
use umsync_store::{Approval, Baseline, StoredPlan};

#[tokio::test]
async fn a_withheld_plan_waits_for_its_approval() {
    let place = Place::new();
    let store = place.store().await;
    store.save_plan(ORG, "8c1f", &json!({"withheld": [1]}), noon(0)).await.unwrap();
    store.save_plan(ORG, "8c1f", &json!({"withheld": [1]}), noon(1)).await.unwrap();
    store.save_plan(ORG, "8d%2", &json!({}), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    let plan = StoredPlan { organization: ORG.to_owned(), at: noon(1), plan: json!({"withheld": [1]}) };
    assert_eq!(store.plan("8c1f").await.unwrap(), Some(plan));
    assert_eq!(store.plan("8c").await.unwrap(), None);
    assert_eq!(store.plan_ids("8").await.unwrap(), ["8d%2", "8c1f"]);
    assert_eq!(store.plan_ids("8c").await.unwrap(), ["8c1f"]);
    assert!(store.plan_ids("%").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_approval_holds_until_it_ends() {
    let place = Place::new();
    let store = place.store().await;
    store.approve(ORG, "8c1f", "jane", noon(0), noon(100)).await.unwrap();
    store.approve(ORG, "9999", "jane", noon(1), noon(50)).await.unwrap();

    let store = place.reopened(store).await;

    let approval = |plan_id: &str, who: &str, at, until| Approval {
        plan_id: plan_id.to_owned(),
        who: who.to_owned(),
        at: noon(at),
        until: noon(until),
    };
    let both = [approval("8c1f", "jane", 0, 100), approval("9999", "jane", 1, 50)];
    assert_eq!(store.approvals(ORG, noon(49)).await.unwrap(), both);
    assert_eq!(store.approvals(ORG, noon(50)).await.unwrap(), both[..1]);
    assert!(store.approvals("other", noon(0)).await.unwrap().is_empty());
    store.end_approval(ORG, "8c1f", noon(20)).await.unwrap();
    assert!(store.approvals(ORG, noon(50)).await.unwrap().is_empty());
    store.approve(ORG, "8c1f", "joe", noon(60), noon(200)).await.unwrap();
    assert_eq!(store.approvals(ORG, noon(60)).await.unwrap(), [approval("8c1f", "joe", 60, 200)]);
}

#[tokio::test]
async fn each_approved_change_is_used_up_once_per_approval() {
    let place = Place::new();
    let store = place.store().await;
    store.approve(ORG, "8c1f", "jane", noon(0), noon(100)).await.unwrap();
    store.use_up(ORG, "8c1f", &set(&["ann leaves"]), noon(1)).await.unwrap();
    store.use_up(ORG, "8c1f", &set(&["ann leaves", "bob leaves"]), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(store.used_up(ORG, "8c1f").await.unwrap(), set(&["ann leaves", "bob leaves"]));
    store.give_back(ORG, "8c1f", &set(&["bob leaves", "somebody else leaves"])).await.unwrap();
    assert_eq!(store.used_up(ORG, "8c1f").await.unwrap(), set(&["ann leaves"]));
    store.use_up(ORG, "0000", &set(&["x"]), noon(1)).await.unwrap_err();
    store.approve(ORG, "8c1f", "jane", noon(3), noon(100)).await.unwrap();
    assert!(store.used_up(ORG, "8c1f").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_baseline_belongs_to_one_organization() {
    let place = Place::new();
    let store = place.store().await;
    assert_eq!(store.baseline(ORG).await.unwrap(), None);
    let baseline = |hash: &str, at| Baseline {
        configuration: hash.to_owned(),
        at: noon(at),
        by: "approval of 8c1f".to_owned(),
    };
    store.set_baseline(ORG, &baseline("aa", 0)).await.unwrap();
    store.set_baseline(ORG, &baseline("bb", 1)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(store.baseline(ORG).await.unwrap(), Some(baseline("bb", 1)));
    assert_eq!(store.baseline("other").await.unwrap(), None);
    assert_eq!(store.organizations().await.unwrap(), [ORG]);
}
