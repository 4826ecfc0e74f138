//! How faults change an answer that was made in good order.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::fault::{Effect, Reply, ReplyBody};

/// Applies the effects that are about the answer.
pub(crate) fn mangle(mut answer: Answer, effects: &[Effect]) -> Answer {
    for effect in effects {
        match effect {
            Effect::Replace(reply) => answer = made_up(reply),
            Effect::TruncateJson => truncate(&mut answer),
            Effect::LastPage(last) => page(&mut answer, |page| page["lastPage"] = json!(last)),
            Effect::NoRows => rows(&mut answer, Vec::clear),
            Effect::DuplicateRows(count) => rows(&mut answer, |rows| {
                let twice: Vec<Value> = rows.iter().take(*count).cloned().collect();
                rows.extend(twice);
            }),
            Effect::DropRows(count) => {
                rows(&mut answer, |rows| rows.truncate(rows.len().saturating_sub(*count)))
            }
            Effect::Header { name, value } => {
                answer.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                if let Some(value) = value {
                    answer.headers.push((name.clone().into(), value.clone()));
                }
            }
            Effect::Field { name, value } => page(&mut answer, |page| {
                if let Some(page) = page.as_object_mut() {
                    match value {
                        Some(value) => page.insert(name.clone(), value.clone()),
                        None => page.remove(name),
                    };
                }
            }),
            Effect::OmitErrors => page(&mut answer, |page| {
                if let Some(page) = page.as_object_mut() {
                    page.remove("errors");
                }
            }),
            // These are about the connection, about time, or about the work itself and its surroundings.
            Effect::Refuse(_)
            | Effect::DelayRequest(_)
            | Effect::DelayReply(_)
            | Effect::CloseBefore
            | Effect::CutReply
            | Effect::CutMidReply
            | Effect::FailCommand { .. }
            | Effect::ShiftRows(_)
            | Effect::ExpireTokens
            | Effect::LockOut(_)
            | Effect::ReadLag(_)
            | Effect::Stale
            | Effect::Meanwhile(_) => {}
        }
    }
    answer
}

/// A reply as an answer.
pub(crate) fn made_up(reply: &Reply) -> Answer {
    let Reply { status, retry_after, body } = reply;
    let mut answer = match body {
        ReplyBody::Usual => usual(*status),
        ReplyBody::Empty => Answer::empty(*status),
        ReplyBody::Html => Answer::html(*status),
        ReplyBody::Text { kind, text } => Answer {
            status: *status,
            headers: Vec::new(),
            body: Body::Raw { kind: kind.clone(), text: text.clone() },
        },
    };
    if let Some(value) = retry_after {
        answer = answer.with("Retry-After", value);
    }
    answer
}

fn usual(status: u16) -> Answer {
    match status {
        401 => Answer::unauthorized(),
        403 => Answer::empty(403),
        404 => Answer::json(
            404,
            json!({"lastPage": false, "result": "error.group.not_found", "message": "Not found"}),
        ),
        429 => Answer::throttled(429, None),
        400..=499 => Answer::refusal(status, "error", reason(status)),
        _ => Answer::html(status),
    }
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

fn truncate(answer: &mut Answer) {
    if let Body::Json(value) = &answer.body {
        let whole = value.to_string();
        let half = (0..=whole.len() / 2).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
        answer.body = Body::Raw { kind: "application/json".into(), text: whole[..half].to_owned() };
    }
}

fn page(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Body::Json(value @ Value::Object(_)) = &mut answer.body
        && answer.status == 200
    {
        change(value);
    }
}

fn rows(answer: &mut Answer, change: impl FnOnce(&mut Vec<Value>)) {
    page(answer, |page| {
        let key = if page.get("groups").is_some_and(Value::is_array) { "groups" } else { "users" };
        if let Some(rows) = page.get_mut(key).and_then(Value::as_array_mut) {
            change(rows);
        }
    });
}
