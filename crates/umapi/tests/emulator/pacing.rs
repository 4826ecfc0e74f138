//! An Adobe that keeps to its documented quota turns nobody away who keeps to it too, and nobody waits for longer than
//! they must.

use crate::driven::{driven, driven_together};
use crate::ledger::Memory;
use crate::world::{World, directory, planned, rules, somebody};
use serde_json::json;
use umsync_emulator::{Endpoint, Knobs, RetryAfterFormat};
use umsync_engine::command::Verdict;
use umsync_engine::report::{Results, Totals};
use umsync_umapi::{Cancel, Clock, Pace, Progress, Session};

/// Per minute, as documented.
const ACTIONS: f64 = 10.0;

#[tokio::test]
async fn two_thousand_creations_and_three_thousand_memberships_meet_no_429_and_lose_no_time() {
    // 3000 accounts: two thousand join, a thousand lose what they have; and 2000 new people.
    let user = |at: usize| {
        let groups: &[&str] = if at < 1000 { &["Design"] } else { &[] };
        json!({"email": format!("known-{at}@example.com"), "firstname": format!("known-{at}"), "lastname": "Doe",
            "country": "US", "type": "federated", "groups": groups})
    };
    let users: Vec<_> = (0..3000).map(user).collect();
    let seed = json!({
        "domains": [{"domain": "example.com", "type": "federated", "login": "email"}],
        "groups": [{"name": "Design"}, {"name": "Photoshop", "type": "PRODUCT_PROFILE"}],
        "users": users,
    });
    let world = World::new(&seed.to_string(), Knobs::default()).await;
    let (groups, rules) = (["Design", "Photoshop"], rules(&["Design", "Photoshop"]));
    let known = (0..3000).map(|at| {
        let groups: &[&str] = if at < 1000 { &[] } else { &["Photoshop"] };
        somebody(&format!("known-{at}"), groups)
    });
    let new = (0..2000).map(|at| somebody(&format!("new-{at}"), &[]));
    let directory = directory(known.chain(new).collect(), &groups);

    let session = world.session(Pace::Share(100)).await;
    let permit = session.may_list().await.unwrap();
    let (snapshot, _) = driven(
        || world.clock.now(),
        |listener| {
            let session = &session;
            async move { session.snapshot(permit, &*listener).await.unwrap() }
        },
    )
    .await;
    let plan = planned(&directory, &snapshot, &rules);
    let totals = Totals { created: 2000, joined: 2000, lost: 1000, ..Totals::default() };
    assert_eq!(Totals::of(plan.changes()), totals);

    let permit = session.may_execute().await.unwrap();
    let begun = world.clock.now();
    let (outcomes, _) = driven(
        || world.clock.now(),
        |listener| {
            let (session, commands) = (&session, plan.commands());
            async move { session.execute(permit, commands, &*listener, &Cancel::never()).await.outcomes }
        },
    )
    .await;
    let took = (world.clock.now() - begun).num_milliseconds() as f64 / 1000.0;
    let results = Results::of(&plan, &outcomes);
    assert!(results.all_done() && results.done == totals, "{results:?}");
    assert_eq!(world.turned_away(), 0);
    assert_eq!(world.adobe.users().len(), 5000);
    assert_eq!(world.adobe.members("Photoshop").unwrap().len(), 2000);
    assert!(world.adobe.members("Design").unwrap().is_empty());

    let requests = world.adobe.calls(Endpoint::Action).len();
    // Two hundred create and two hundred give, a profile's members being the users' own matter; what a user group loses are
    // ten lists of a hundred in one.
    assert_eq!(requests, 401, "no fewer carry five thousand users");
    let shortest = requests as f64 / ACTIONS * 60.0;
    println!(
        "{requests} requests took {took:.0} s; requests / rate = {shortest:.0} s; 429: {}",
        world.turned_away()
    );
    assert!(took <= shortest * 1.02, "{took} s, and {shortest} s would be enough");
}

/// Two programs with a store each know nothing of each other, and have one key, which Adobe counts.
#[tokio::test]
async fn two_programs_that_share_a_key_meet_no_429_with_half_the_pace_each() {
    let seed = json!({
        "domains": [{"domain": "example.com", "type": "federated", "login": "email"}],
        "groups": [{"name": "Design"}],
    });
    let world = World::new(&seed.to_string(), Knobs::default()).await;
    let (one, other) = (world.session(Pace::Share(50)).await, world.session(Pace::Share(50)).await);
    let begun = world.clock.now();
    let (made, made_by_other) = driven_together(
        || world.clock.now(),
        |listener| async move { creates(&one, "one", &*listener).await },
        |listener| async move { creates(&other, "other", &*listener).await },
    )
    .await;
    let took = (world.clock.now() - begun).num_milliseconds() as f64 / 1000.0;
    assert_eq!((made, made_by_other), (1000, 1000));
    assert_eq!(world.adobe.users().len(), 2000);
    let requests = world.adobe.calls(Endpoint::Action).len();
    println!("{requests} requests of two took {took:.0} s; 429: {}", world.turned_away());
    assert_eq!((requests, world.turned_away()), (200, 0));
    let shortest = requests as f64 / ACTIONS * 60.0;
    assert!(took <= shortest * 1.02, "{took} s, and {shortest} s would be enough");
}

/// Makes a thousand users, and tells how many were made.
async fn creates(
    session: &Session<Memory>,
    whose: &str,
    listener: &(dyn Fn(Progress) + Send + Sync),
) -> usize {
    let people = (0..1000).map(|at| somebody(&format!("{whose}-{at}"), &[])).collect();
    let snapshot = session.snapshot(session.may_list().await.unwrap(), listener).await.unwrap();
    let plan = planned(&directory(people, &["Design"]), &snapshot, &rules(&["Design"]));
    let permit = session.may_execute().await.unwrap();
    let outcomes = session.execute(permit, plan.commands(), listener, &Cancel::never()).await.outcomes;
    Results::of(&plan, &outcomes).done.created
}

/// Whatever turned somebody away, waiting as long as it says is enough, in either form of `Retry-After`.
#[tokio::test]
async fn whoever_waits_as_long_as_adobe_asks_is_let_in() {
    for format in [RetryAfterFormat::Seconds, RetryAfterFormat::HttpDate] {
        let seed = json!({
            "domains": [{"domain": "example.com", "type": "federated", "login": "email"}],
            "groups": [{"name": "Design"}],
            "users": [{"email": "u0@example.com", "firstname": "U", "lastname": "Doe", "country": "US", "type": "federated"}],
        });
        let world =
            World::new(&seed.to_string(), Knobs { retry_after_format: format, ..Knobs::default() }).await;
        // As fast as it goes: the quota is met again and again.
        let session = world.session(Pace::Off).await;
        let permit = session.may_list().await.unwrap();
        let snapshot = session.snapshot(permit, &|_| {}).await.unwrap();
        let entries = vec![somebody("u0", &["Design"])];
        let plan = planned(&directory(entries, &["Design"]), &snapshot, &rules(&["Design"]));
        for _ in 0..25 {
            let (outcomes, _) = driven(
                || world.clock.now(),
                |listener| {
                    let (session, commands) = (&session, plan.commands());
                    async move { session.rehearse(commands, &*listener, &Cancel::never()).await.outcomes }
                },
            )
            .await;
            assert_eq!(outcomes[0].verdict, Verdict::Done);
        }
        assert_eq!(world.turned_away(), 2, "each wait was long enough, and each was asked for once");
    }
}
