//! Going on with an execution that was cut short: nothing is done twice, nothing is left out.

use crate::ledger::Entry;
use crate::server::{Reply, Request};
use crate::world::{World, all_done, command, found, join, joins, letters, no_user, quietly, user, why};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use umsync_engine::change::{Field, Target};
use umsync_engine::command::{Command, Exception, Outcome, Phase, Step, StepError, Verdict};
use umsync_umapi::{Cancel, Canceller, Progress, so_far};

/// A world in which an execution began just now.
async fn cut_short(api: impl FnMut(&Request) -> Reply + Send + 'static) -> (World, DateTime<Utc>) {
    let world = World::new(api).await;
    let begun = world.now();
    world.ledger.stamp(|stamps| stamps.execution = Some(begun));
    (world, begun)
}

async fn go_on(world: &World, begun: DateTime<Utc>, commands: &[Command], known: &str) -> Vec<Outcome> {
    let session = world.session().await;
    let permit = session.may_go_on(begun).await.unwrap().unwrap();
    session.go_on(permit, commands, &verdicts(known), &quietly, &Cancel::never()).await.outcomes
}

/// One verdict per letter: done, refused, unknown, not sent.
fn verdicts(letters: &str) -> Vec<Verdict> {
    let error = || StepError { step: None, code: "error.old".to_owned(), message: "m".to_owned() };
    let verdict = |letter| match letter {
        'D' => Verdict::Done,
        'R' => Verdict::Refused { errors: vec![error()] },
        'U' => so_far(Some(DateTime::UNIX_EPOCH), None),
        _ => so_far(None, None),
    };
    letters.chars().map(verdict).collect()
}

/// Whom the requests named, in order.
fn sent(world: &World) -> Vec<Vec<String>> {
    let posts = world.calls().into_iter().filter(|call| call.method == "POST");
    let name = |command: &serde_json::Value| {
        let name = command["user"].as_str().or(command["usergroup"].as_str()).unwrap();
        name.replace("@b.c", "")
    };
    posts.map(|post| post.json().as_array().unwrap().iter().map(name).collect()).collect()
}

/// Users whose name begins with `in` are in the group; all others are there and are not.
fn some_joined(request: &Request) -> Reply {
    let name = request.path.rsplit('/').next().unwrap();
    match request.method.as_str() {
        "POST" => all_done(request),
        _ => found(user(name, if name.starts_with("in") { &["Design"] } else { &[] })),
    }
}

#[test]
fn what_was_intended_and_never_settled_is_unknown() {
    let at = Some(DateTime::UNIX_EPOCH);
    assert!(matches!(so_far(at, None), Verdict::Unknown { why } if why.contains("1970-01-01T00:00:00Z")));
    assert!(matches!(so_far(None, None), Verdict::NotSent { .. }));
    assert_eq!(so_far(at, Some(Verdict::Done)), Verdict::Done);
}

#[tokio::test]
async fn what_is_settled_stays_what_holds_is_done_and_the_rest_is_sent() {
    let (world, begun) = cut_short(some_joined).await;
    let users = ["done@b.c", "refused@b.c", "in@b.c", "out@b.c", "next@b.c"];
    let outcomes = go_on(&world, begun, &users.map(join), "DRUUN").await;
    assert_eq!(letters(&outcomes), "DRDDD");
    assert_eq!(why(&outcomes[1]), "error.old");
    let lines = world.lines();
    let looks: Vec<&String> = lines.iter().filter(|line| line.starts_with("GET")).collect();
    assert_eq!(looks, ["GET /organizations/users/in@b.c", "GET /organizations/users/out@b.c"]);
    assert_eq!(sent(&world), [["out"], ["next"]]);
    // By their positions in the plan, and intended before they leave, this time as well.
    let expected = [
        Entry::Intended(vec![3]),
        Entry::Settled(vec![2, 3]),
        Entry::Intended(vec![4]),
        Entry::Settled(vec![4]),
    ];
    assert_eq!(world.ledger.journal(), expected);
    // It is the same execution, in other hands.
    let stamp = world.ledger.stamped().execution.unwrap();
    assert!(stamp > begun && stamp - begun < TimeDelta::milliseconds(1));
    assert!(world.session().await.may_execute().await.is_err());
}

#[tokio::test]
async fn a_phase_is_cleared_up_and_over_before_the_next_begins() {
    let (world, begun) = cut_short(|request| match request.path.as_str() {
        path if path.ends_with("/Design") => Reply::status(404, json!({"result": "error.group.not_found"})),
        _ => some_joined(request),
    })
    .await;
    let group = Command {
        phase: Phase::Groups,
        target: Target::Group("Design".into()),
        steps: vec![Step::CreateGroup],
        changes: vec![0],
        fallback: Vec::new(),
    };
    let release = |email| command(Phase::Release, email, vec![Step::Remove(vec!["Design".into()])]);
    let leave = |email| command(Phase::Depart, email, vec![Step::RemoveFromOrg { delete_account: false }]);
    let plan = [
        group,
        release("r0@b.c"),
        release("in-r1@b.c"),
        join("s0@b.c"),
        join("s1@b.c"),
        leave("d0@b.c"),
        leave("d1@b.c"),
    ];
    let outcomes = go_on(&world, begun, &plan, "UNUNUNU").await;
    assert_eq!(letters(&outcomes), "DDDDDDD");
    assert_eq!(sent(&world), [["Design"], ["in-r1"], ["r0"], ["s1"], ["s0"], ["d1"], ["d0"]]);
}

#[tokio::test]
async fn what_is_left_is_packed_anew() {
    let (world, begun) = cut_short(some_joined).await;
    // Every second one is done, so that two requests' worth fits into one.
    let outcomes = go_on(&world, begun, &joins(40), &"DN".repeat(20)).await;
    assert_eq!(letters(&outcomes), "D".repeat(40));
    assert_eq!(sent(&world).iter().map(Vec::len).collect::<Vec<_>>(), [10, 10]);
    let positions = |from: usize| (0..10).map(|n| from + 2 * n).collect::<Vec<_>>();
    assert_eq!(world.ledger.journal()[0], Entry::Intended(positions(1)));
    assert_eq!(world.ledger.journal()[2], Entry::Intended(positions(21)));
}

#[tokio::test]
async fn who_was_renamed_is_addressed_as_adobe_knows_them_now() {
    let (world, begun) = cut_short(|request| match request.method.as_str() {
        "POST" => all_done(request),
        _ if request.path.ends_with("new@b.c") => found(user("new@b.c", &[])),
        _ => no_user(),
    })
    .await;
    let fields = [(Field::Email, "new@b.c".to_owned())].into();
    let rename =
        command(Phase::Settle, "old@b.c", vec![Step::Update(fields), Step::Add(vec!["Design".into()])]);
    assert_eq!(letters(&go_on(&world, begun, &[rename], "U").await), "D");
    assert_eq!(sent(&world), [["new"]]);
}

#[tokio::test]
async fn what_cannot_be_read_back_stays_unknown_and_stops_it() {
    let (world, begun) = cut_short(|_| Reply::status(503, "")).await;
    let leave = command(Phase::Depart, "d@b.c", vec![Step::RemoveFromOrg { delete_account: false }]);
    let plan = [join("a@b.c"), join("b@b.c"), leave];
    let outcomes = go_on(&world, begun, &plan, "UNN").await;
    assert_eq!(letters(&outcomes), "UNN");
    assert!(why(&outcomes[0]).contains("reading back failed"), "{}", why(&outcomes[0]));
    assert!(why(&outcomes[2]).contains("earlier commands cannot be found out"), "{}", why(&outcomes[2]));
    assert!(sent(&world).is_empty());
    // Nothing was sent, so nothing changed hands.
    assert_eq!(world.ledger.stamped().execution, Some(begun));
    assert_eq!(letters(&go_on(&world, begun, &plan, "NUN").await), "NUN");
}

#[tokio::test]
async fn whom_nobody_can_look_at_stops_nobody_else() {
    let (world, begun) = cut_short(some_joined).await;
    let outcomes = go_on(&world, begun, &[join(".."), join("a@b.c")], "UN").await;
    assert_eq!(letters(&outcomes), "UD");
    assert_eq!(sent(&world), [["a"]]);
}

#[tokio::test]
async fn where_nothing_is_said_nothing_is_known() {
    let (world, begun) = cut_short(some_joined).await;
    let outcomes = go_on(&world, begun, &["done@b.c", "in@b.c"].map(join), "D").await;
    assert_eq!(letters(&outcomes), "DD");
    assert!(sent(&world).is_empty());
}

#[tokio::test]
async fn stopping_leaves_unknown_what_was_unknown() {
    let (canceller, cancel) = Canceller::new();
    canceller.cancel();
    let (world, begun) = cut_short(some_joined).await;
    let session = world.session().await;
    let permit = session.may_go_on(begun).await.unwrap().unwrap();
    let plan = joins(3);
    let outcomes = session.go_on(permit, &plan, &verdicts("DUN"), &quietly, &cancel).await.outcomes;
    assert_eq!(letters(&outcomes), "DUN");
    assert_eq!(why(&outcomes[2]), "stopped on request");
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn stopping_takes_effect_between_looks_and_requests() {
    let (canceller, cancel) = Canceller::new();
    let (world, begun) = cut_short(move |request| {
        canceller.cancel();
        some_joined(request)
    })
    .await;
    let session = world.session().await;
    let permit = session.may_go_on(begun).await.unwrap().unwrap();
    let plan = ["in@b.c", "a@b.c", "b@b.c"].map(join);
    let outcomes = session.go_on(permit, &plan, &verdicts("UUN"), &quietly, &cancel).await.outcomes;
    assert_eq!(letters(&outcomes), "DUN");
    assert_eq!(why(&outcomes[2]), "stopped on request");
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn it_tells_how_far_the_whole_has_come() {
    let (world, begun) = cut_short(some_joined).await;
    let session = world.session().await;
    let permit = session.may_go_on(begun).await.unwrap().unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let listener = |progress| told.lock().unwrap().push(progress);
    session.go_on(permit, &joins(4), &verdicts("DUDN"), &listener, &Cancel::never()).await;
    let done = |done| Progress::Commands { done, total: 4 };
    assert_eq!(*told.lock().unwrap(), [done(3), done(4)]);
}

#[tokio::test]
async fn who_was_only_stopped_sends_nothing_more_once_another_goes_on() {
    let world = World::new(some_joined).await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let mut first = true;
    let (begun, ledger) = (std::sync::Arc::new(std::sync::OnceLock::new()), world.ledger.clone());
    let stamp = begun.clone();
    world.play(move |request| {
        if std::mem::take(&mut first) {
            // Another goes on while this one is at its first request.
            ledger.stamp(|stamps| {
                stamp.set(stamps.execution.unwrap()).unwrap();
                stamps.execution = stamps.execution.map(|stamp| stamp + TimeDelta::microseconds(1));
            });
        }
        some_joined(request)
    });
    let outcomes = session.execute(permit, &joins(25), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), format!("{}{}", "D".repeat(10), "N".repeat(15)));
    // A third may go on after both, by the stamp that it began with.
    let known = format!("{}{}", "D".repeat(20), "N".repeat(5));
    assert_eq!(letters(&go_on(&world, *begun.get().unwrap(), &joins(25), &known).await), "D".repeat(25));
}

#[tokio::test]
async fn another_execution_is_not_gone_on_with() {
    let (world, begun) = cut_short(some_joined).await;
    let session = world.session().await;
    for other in [TimeDelta::seconds(1), TimeDelta::seconds(-1), TimeDelta::milliseconds(-1)] {
        assert!(session.may_go_on(begun + other).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_is_sent_once_more_may_lose_its_answer_like_anything_else() {
    let mut posts = 0;
    let (world, begun) = cut_short(move |request| match request.method.as_str() {
        "POST" => {
            posts += 1;
            // Carried out, and its answer is lost on the way.
            if posts == 1 { Reply::HangUp } else { all_done(request) }
        }
        _ => found(user("a@b.c", if posts > 0 { &["Design"] } else { &[] })),
    })
    .await;
    let leave = command(Phase::Depart, "d@b.c", vec![Step::RemoveFromOrg { delete_account: false }]);
    assert_eq!(letters(&go_on(&world, begun, &[join("a@b.c"), leave], "UN").await), "DD");
    assert_eq!(sent(&world), [["a"], ["d"]]);
}

#[tokio::test]
async fn what_is_sent_once_more_and_refused_in_part_is_told_change_by_change() {
    let mut is_in = true;
    let (world, begun) = cut_short(move |request| match request.method.as_str() {
        // The first step is carried out, the second refused.
        "POST" => {
            is_in = false;
            let error = json!({"index": 0, "step": 1, "errorCode": "error.plc.not_found", "message": "m"});
            let answer = json!({"completed": 0, "notCompleted": 1, "result": "error", "errors": [error]});
            Reply::json(answer)
        }
        _ => found(user("ann@b.c", if is_in { &["Video"] } else { &[] })),
    })
    .await;
    let steps = vec![Step::Remove(vec!["Video".into()]), Step::Add(vec!["Design".into()])];
    let swap = Command { changes: vec![4, 7], ..command(Phase::Settle, "ann@b.c", steps) };
    let outcomes = go_on(&world, begun, &[swap], "U").await;
    assert_eq!((letters(&outcomes), why(&outcomes[0])), ("R".to_owned(), "error.plc.not_found".to_owned()));
    assert_eq!(outcomes[0].exceptions, [Exception { change: 4, verdict: Verdict::Done }]);
}
