//! Pace: so many requests in any 61 seconds, by all processes together.

use crate::server::Reply;
use crate::world::{World, all_done, groups_page, joins, letters, users_page};
use chrono::TimeDelta;
use std::time::Duration;
use umsync_engine::stamps::RequestClass;
use umsync_umapi::{Cancel, Ledger as _, Pace, Progress, Start, Wait};

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
            async move { session.execute(permit, commands, &*listener, &Cancel::never()).await.outcomes }
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
                async move { session.rehearse(commands, &*listener, &Cancel::never()).await.outcomes }
            })
            .await;
        assert_eq!(letters(&outcomes), "D".repeat(40));
    }
    let times: Vec<i64> = world.calls().iter().map(|call| call.at).collect();
    assert_eq!(times.len(), 8);
    assert_pace(&times, 5);
}

#[tokio::test]
async fn a_wait_too_short_to_be_told_has_an_end() {
    let world = World::with_pace(Pace::Share(100), all_done).await;
    let session = world.session().await;
    let ago = world.now() - TimeDelta::milliseconds(60_700);
    for _ in 0..10 {
        let start = world.ledger.start(RequestClass::Action, ago, Duration::from_secs(61), 10).await;
        assert!(matches!(start, Ok(Start::Go)));
    }
    let (outcomes, told) = world
        .driven(|listener| {
            let (session, commands) = (&session, joins(1));
            async move { session.rehearse(&commands, &*listener, &Cancel::never()).await.outcomes }
        })
        .await;
    assert_eq!(letters(&outcomes), "D");
    assert!(!told.iter().any(|progress| matches!(progress, Progress::Waiting { .. })));
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
    let outcomes = session.execute(permit, &joins(15), &listener, &cancel).await.outcomes;
    assert_eq!(letters(&outcomes), "DDDDDDDDDDNNNNN");
}

#[tokio::test]
async fn a_date_to_wait_for_is_taken_by_adobes_clock() {
    for fast in [-240, 0, 240] {
        let mut first = true;
        let clock =
            std::sync::Arc::new(std::sync::Mutex::new(None::<std::sync::Arc<crate::world::TestClock>>));
        let seen = clock.clone();
        let world = World::new(move |request| match std::mem::take(&mut first) {
            true => {
                let now = seen.lock().unwrap().as_ref().unwrap().adobe();
                let until = httpdate::fmt_http_date((now + chrono::TimeDelta::seconds(38)).into());
                Reply::status(429, "").with("retry-after", until)
            }
            false => all_done(request),
        })
        .await;
        *clock.lock().unwrap() = Some(world.clock.clone());
        world.clock.set(fast);
        let session = world.session().await;
        let permit = session.may_execute().await.unwrap();
        let commands = joins(1);
        let (outcomes, _) = world
            .driven(|listener| {
                let (session, commands) = (&session, &commands);
                async move { session.execute(permit, commands, &*listener, &Cancel::never()).await.outcomes }
            })
            .await;
        assert_eq!(letters(&outcomes), "D");
        // A date has whole seconds.
        let waited = world.calls()[1].at - world.calls()[0].at;
        assert!((37..=39).contains(&waited), "{waited} s with a clock that is {fast} s fast");
    }
}

#[tokio::test]
async fn what_says_nothing_about_waiting_is_no_reason_to_wait_for_long() {
    // Nothing, the past and nonsense: the waits are our own, a thousand times shorter without pace, and have an end.
    for value in ["0", "-5", "soon", "", "Thu, 01 Jan 1970 00:00:00 GMT", "1e9"] {
        let world = World::new(move |_| Reply::status(429, "").with("retry-after", value)).await;
        let session = world.session().await;
        let permit = session.may_execute().await.unwrap();
        let outcomes =
            session.execute(permit, &joins(1), &crate::world::quietly, &Cancel::never()).await.outcomes;
        assert_eq!(letters(&outcomes), "N", "{value}");
        assert_eq!(world.calls().len(), 5, "{value}");
        assert!(world.ledger.stamped().closed_until.is_none(), "{value}");
    }
}
