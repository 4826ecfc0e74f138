use super::*;
use crate::samples::to_user;
use serde_json::json;
use umsync_engine::adobe::Identity;
use umsync_engine::change::{Profile, ProfileTexts, Target};
use umsync_engine::command::Phase;

fn answer(body: &Value) -> Answer {
    let now = chrono::DateTime::UNIX_EPOCH;
    Answer {
        status: 200,
        sent: now,
        received: now,
        date: None,
        retry_after: None,
        request_id: None,
        total: None,
        pages: None,
        page: None,
        body: body.to_string().into_bytes(),
    }
}

fn read_for(body: &Value, commands: &[Command], rehearsal: &Rehearsal<'_>) -> Result<Vec<Reply>, Unreadable> {
    let commands: Vec<&Command> = commands.iter().collect();
    let ids: Vec<String> = (0..commands.len()).map(|n| format!("r{n}")).collect();
    replies(&answer(body), &commands, &ids, rehearsal)
}

fn read(body: &Value, commands: &[Command]) -> Vec<Reply> {
    read_for(body, commands, &Rehearsal::No).unwrap()
}

fn adds() -> Vec<Command> {
    ["a@b.c", "b@b.c", "c@b.c"].map(|email| to_user(email, vec![Step::Add(vec!["Design".into()])])).into()
}

fn leave() -> Vec<Command> {
    vec![to_user("a@b.c", vec![Step::RemoveFromOrg { delete_account: true }])]
}

fn is_done(reply: &Reply) -> bool {
    matches!(reply, Reply::Said(Verdict::Done))
}

/// Done, with a note about it.
fn is_noted(reply: &Reply) -> bool {
    matches!(reply, Reply::Noted(notes) if notes.len() == 1)
}

fn codes(reply: &Reply) -> Vec<&str> {
    match reply {
        Reply::Said(Verdict::Refused { errors }) => errors.iter().map(|error| error.code.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn error(index: usize, step: usize, code: &str) -> Value {
    json!({"index": index, "step": step, "errorCode": code, "message": "m", "requestID": format!("r{index}")})
}

#[test]
fn who_has_no_error_is_done() {
    let all = read(
        &json!({"completed": 3, "notCompleted": 0, "completedInTestMode": 0, "result": "success"}),
        &adds(),
    );
    assert!(all.iter().all(is_done));
    let body = json!({"completed": 2, "notCompleted": 1, "result": "partial", "warnings": [{"index": 0}],
        "errors": [error(1, 0, "error.group.not_found"), error(1, 0, "error.new")]});
    let partial = read(&body, &adds());
    assert!(is_done(&partial[0]) && is_done(&partial[2]));
    assert_eq!(codes(&partial[1]), ["error.group.not_found", "error.new"]);
}

#[test]
fn steps_may_be_written_as_text_and_missing() {
    let body = json!({"completed": 1, "notCompleted": 2, "result": "partial", "errors": [
        {"index": "0", "step": "0", "errorCode": "error.group.not_found"},
        {"index": 1, "message": "String too long", "errorCode": "error.command.string.too_long", "user": null}]});
    let replies = read(&body, &adds());
    let step = |reply: &Reply| match reply {
        Reply::Said(Verdict::Refused { errors }) => errors[0].step,
        other => panic!("{other:?}"),
    };
    assert_eq!((step(&replies[0]), step(&replies[1])), (Some(0), None));
}

#[test]
fn what_contradicts_itself_is_in_doubt() {
    for body in [
        json!({"completed": 1, "notCompleted": 2, "result": "partial"}),
        json!({"completed": 0, "notCompleted": 3, "result": "error"}),
        json!({"completed": 2, "notCompleted": 0, "result": "success"}),
        json!({"completed": 2, "notCompleted": 1, "result": "partial", "errors": [{"errorCode": "error.x"}]}),
        json!({"completed": 2, "notCompleted": 1, "result": "partial",
            "errors": [{"index": 9, "errorCode": "error.x"}]}),
        json!({"result": "error"}),
    ] {
        let replies = read(&body, &adds());
        assert!(replies.iter().all(|reply| matches!(reply, Reply::Doubt(_))), "{body}");
    }
    let named =
        json!({"completed": 0, "notCompleted": 3, "result": "error", "errors": [error(0, 0, "error.x")]});
    let replies = read(&named, &adds());
    assert_eq!(codes(&replies[0]), ["error.x"]);
    assert!(matches!(replies[1], Reply::Doubt(_)));
}

#[test]
fn an_error_without_index_is_found_by_its_request_id() {
    let body = json!({"completed": 2, "notCompleted": 1, "result": "partial",
        "errors": [{"requestID": "r2", "errorCode": "error.x"}]});
    assert_eq!(codes(&read(&body, &adds())[2]), ["error.x"]);
}

#[test]
fn an_answer_without_result_is_none() {
    for body in [json!({}), json!([]), json!({"lastPage": true}), json!({"result": "success", "errors": "x"})]
    {
        assert!(read_for(&body, &adds(), &Rehearsal::No).is_err(), "{body}");
    }
}

#[test]
fn who_is_gone_already_has_left() {
    for code in ["error.user.nonexistent", "error.user.not_found"] {
        let body =
            json!({"completed": 0, "notCompleted": 1, "result": "error", "errors": [error(0, 0, code)]});
        assert!(is_noted(&read(&body, &leave())[0]), "{code}");
        assert!(!is_noted(&read(&body, &adds()[..1])[0]), "{code}");
    }
    let body = json!({"completed": 0, "notCompleted": 1, "result": "error",
        "errors": [error(0, 0, "error.internal.removefromorg")]});
    assert!(matches!(read(&body, &leave())[0], Reply::PerhapsGone(_)));
}

#[test]
fn what_is_so_already_is_done() {
    let group = Command {
        phase: Phase::Groups,
        target: Target::Group("Design".into()),
        steps: vec![Step::CreateGroup],
        changes: vec![],
        fallback: Vec::new(),
    };
    let body = json!({"completed": 0, "notCompleted": 1, "result": "error",
        "errors": [error(0, 0, "error.usergroup.already_exists")]});
    assert!(is_noted(&read(&body, &[group])[0]));
}

#[test]
fn a_throttled_command_is_told_apart() {
    let body = json!({"completed": 2, "notCompleted": 1, "result": "partial",
        "errors": [error(1, 0, "error.throttled_by_external_service")]});
    assert!(matches!(read(&body, &adds())[1], Reply::Throttled(_)));
}

#[test]
fn a_test_cannot_know_what_it_would_have_made() {
    let texts = ProfileTexts { email: "n@b.c", ..ProfileTexts::default() };
    let profile = Profile::new(Identity::Federated, texts).into();
    let create =
        to_user("n@b.c", vec![Step::CreateUser(profile), Step::Add(vec!["New".into(), "Design".into()])]);
    let group = Command {
        phase: Phase::Groups,
        target: Target::Group("new".into()),
        steps: vec![Step::CreateGroup],
        changes: vec![],
        fallback: Vec::new(),
    };
    let made = Made::by(&[group, create.clone()]);
    let test = Rehearsal::Yes(&made);
    for code in ["error.user.not_found", "error.group.not_found"] {
        let body = json!({"completed": 0, "completedInTestMode": 0, "notCompleted": 1, "result": "error",
            "errors": [error(0, 1, code)]});
        let one = std::slice::from_ref(&create);
        assert!(is_noted(&read_for(&body, one, &test).unwrap()[0]), "{code}");
        assert!(!is_noted(&read(&body, one)[0]), "{code}");
        assert!(
            code != "error.user.not_found" || !is_noted(&read_for(&body, &adds()[..1], &test).unwrap()[0])
        );
    }
    // The eleventh step of somebody new travels in a command of its own, without the creation.
    let later = to_user("n@b.c", vec![Step::Add(vec!["Design".into()])]);
    let body = json!({"completed": 0, "notCompleted": 1, "result": "error",
        "errors": [error(0, 0, "error.user.nonexistent")]});
    assert!(is_noted(&read_for(&body, std::slice::from_ref(&later), &test).unwrap()[0]));
    assert!(!is_noted(&read(&body, &[later])[0]));
}
