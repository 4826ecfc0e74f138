//! Pace: so many requests in any 61 seconds, by all processes together.

use crate::world::{World, all_done, groups_page, joins, letters, users_page};
use umsync_umapi::{Cancel, Pace, Progress, Wait};

/// No window of 61 seconds holds more than `limit`.
fn assert_pace(times: &[i64], limit: usize) {
    for window in times.windows(limit + 1) {
        let took = window[limit] - window[0];
        assert!(took >= 60, "{} requests within {took} s: {times:?}", limit + 1);
    }
}

#[tokio::test]
async fn ten_action_requests_a_minute() {
    let world = World::with_pace(Pace::Share(100), all_done).await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let commands = joins(230);
    let (outcomes, told) = world
        .driven(|listener| {
            let (session, commands) = (&session, &commands);
            async move { session.execute(permit, commands, &*listener, &Cancel::never()).await }
        })
        .await;
    assert_eq!(letters(&outcomes), "D".repeat(230));
    let times: Vec<i64> = world.calls().iter().map(|call| call.at).collect();
    assert_eq!(times.len(), 23);
    assert_pace(&times, 10);
    assert!(*times.last().unwrap() < 130);
    assert!(told.iter().any(|progress| matches!(progress, Progress::Waiting { why: Wait::Pace, .. })));
}

#[tokio::test]
async fn five_pages_of_groups_and_twenty_five_of_users() {
    let world = World::with_pace(Pace::Share(100), |request| {
        let number: usize = request.path.rsplit('/').next().unwrap().parse().unwrap();
        let name = format!("{number}@b.c");
        match request.path.contains("/groups/") {
            true => groups_page(&[&name], number == 11),
            false => users_page(&[&name], number == 30),
        }
    })
    .await;
    let session = world.session().await;
    let permit = session.may_list().await.unwrap();
    let (snapshot, _) = world
        .driven(|listener| {
            let session = &session;
            async move { session.snapshot(permit, &*listener).await }
        })
        .await;
    let snapshot = snapshot.unwrap();
    assert_eq!((snapshot.groups.len(), snapshot.users.len()), (12, 31));
    let times = |word: &str| -> Vec<i64> {
        world.calls().iter().filter(|call| call.path.contains(word)).map(|call| call.at).collect()
    };
    assert_pace(&times("/groups/"), 5);
    assert_pace(&times("/users/"), 25);
}

#[tokio::test]
async fn two_processes_share_one_pace() {
    let world = World::with_pace(Pace::Share(50), all_done).await;
    let (one, other) = (world.session().await, world.session().await);
    let commands = joins(40);
    for session in [&one, &other] {
        let (outcomes, _) = world
            .driven(|listener| {
                let commands = &commands;
                async move { session.rehearse(commands, &*listener, &Cancel::never()).await }
            })
            .await;
        assert_eq!(letters(&outcomes), "D".repeat(40));
    }
    let times: Vec<i64> = world.calls().iter().map(|call| call.at).collect();
    assert_eq!(times.len(), 8);
    assert_pace(&times, 5);
}

#[tokio::test]
async fn stopping_does_not_wait_for_the_pace() {
    let world = World::with_pace(Pace::Share(1), all_done).await;
    let session = world.session().await;
    let (canceller, cancel) = umsync_umapi::Canceller::new();
    let permit = session.may_execute().await.unwrap();
    let listener = move |progress| {
        if matches!(progress, Progress::Waiting { .. }) {
            canceller.cancel();
        }
    };
    // In real time: the second request would have to wait for a minute.
    let outcomes = session.execute(permit, &joins(15), &listener, &cancel).await;
    assert_eq!(letters(&outcomes), "DDDDDDDDDDNNNNN");
}
