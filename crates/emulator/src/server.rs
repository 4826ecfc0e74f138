//! From HTTP to the world and back: log, faults, state file, headers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tracing::error;

use crate::action;
use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::clock::Clock;
use crate::fault::{Effect, Faults};
use crate::log::Entry;
use crate::mangle::{made_up, mangle};
use crate::mix::mix;
use crate::options::RequestHook;
use crate::route::{Endpoint, Route};
use crate::state_file::StateFile;
use crate::wire::Wire;
use crate::world::World;

/// 1 MB (Action API limits of 2017).
const LARGEST_BODY: usize = 1024 * 1024;

/// What all requests share.
pub(crate) struct Shared {
    world: Mutex<World>,
    log: Mutex<Vec<Entry>>,
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    hook: Option<RequestHook>,
    state_file: Option<StateFile>,
    /// Entries of the log that are kept.
    log_limit: Option<usize>,
}

/// What becomes of an answer on its way.
struct Delivery {
    response: Response,
    /// The bytes after which the connection is cut.
    cut: Option<usize>,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(receive).with_state(shared)
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    // On a task of its own: Adobe, too, finishes what it has begun when a client gives up.
    match tokio::spawn(async move { shared.attend(call).await }).await {
        Ok(Delivery { response, cut }) => {
            if let Some(bytes) = cut {
                wire.cut_after(bytes);
            }
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Shared {
    pub(crate) fn new(
        world: World,
        faults: Faults,
        clock: Clock,
        hook: Option<RequestHook>,
        state_file: Option<StateFile>,
        log_limit: Option<usize>,
    ) -> Self {
        Self { world: Mutex::new(world), log: Mutex::default(), faults, clock, hook, state_file, log_limit }
    }

    /// The world, and its state file brought up to date when `use_it` is done.
    pub(crate) fn with_world<T>(&self, use_it: impl FnOnce(&mut World) -> T) -> T {
        self.saving(use_it).0
    }

    fn saving<T>(&self, use_it: impl FnOnce(&mut World) -> T) -> (T, bool) {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let result = use_it(&mut world);
        let saved = match &self.state_file {
            Some(file) => file.follow(&mut world.org).map_err(|failed| {
                error!(error = %failed, "the organization was changed and could not be kept");
            }),
            None => {
                world.org.forget_changes();
                Ok(())
            }
        };
        (result, saved.is_ok())
    }

    /// Leaves the state file in one piece, without lines of changes.
    pub(crate) fn tidy(&self) {
        if let Some(file) = &self.state_file {
            let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(failed) = file.write(&mut world.org) {
                error!(error = %failed, "the organization could not be kept");
            }
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attend(&self, call: Call) -> Delivery {
        let route = Route::read(&call.path);
        let endpoint = route.as_ref().map(Route::endpoint);
        let page = route.as_ref().and_then(Route::page);
        let commands = if endpoint == Some(Endpoint::Action) { action::commands(&call) } else { Vec::new() };
        let effects = self.faults.strike(endpoint, page, &action::roots(&commands));
        let number = self.note(&call, route.as_ref(), &commands, effects.len());

        if effects.iter().any(|effect| matches!(effect, Effect::CloseBefore)) {
            self.finish(number, None, false);
            return Delivery { response: StatusCode::OK.into_response(), cut: Some(0) };
        }
        pause(&effects, |effect| match effect {
            Effect::DelayRequest(time) => Some(*time),
            _ => None,
        })
        .await;
        let meanwhile = effects.iter().filter_map(|effect| match effect {
            Effect::Meanwhile(change) => Some(change),
            _ => None,
        });
        for change in meanwhile {
            self.with_world(|world| (change.0)(&mut world.org));
        }
        let refused = effects.iter().find_map(|effect| match effect {
            Effect::Refuse(reply) => Some(made_up(reply)),
            _ => None,
        });
        let answer = match refused {
            Some(answer) => answer,
            None => {
                // Asked again: time may have passed in between.
                let now = self.clock.now();
                let remember = endpoint == Some(Endpoint::Action) && self.faults.need_the_past();
                let (answer, saved) = self.saving(|world| {
                    if remember {
                        world.past = Some(world.org.clone());
                    }
                    world.answer(&call, route.as_ref(), &commands, &effects, now)
                });
                let answer = if saved { answer } else { Answer::html(500) };
                mangle(answer, &effects)
            }
        };
        pause(&effects, |effect| match effect {
            Effect::DelayReply(time) => Some(*time),
            _ => None,
        })
        .await;
        let twice = self.with_world(|world| world.knobs.request_id_twice);
        let (response, size) = respond(&answer, &call, route.as_ref(), number, twice, self.clock.now());
        let cut = effects.iter().find_map(|effect| match effect {
            Effect::CutReply => Some(0),
            // The head of an answer is longer than 200 bytes, so this lies inside whatever its body is.
            Effect::CutMidReply => Some(200 + size / 2),
            _ => None,
        });
        self.finish(number, Some(&answer), cut.is_none());
        Delivery { response, cut }
    }

    fn note(&self, call: &Call, route: Option<&Route>, commands: &[Value], faults: usize) -> usize {
        let header = |name| call.header(name).map(ToOwned::to_owned);
        let mut log = self.log();
        if let Some(limit) = self.log_limit
            && log.len() > 2 * limit
        {
            // Seldom, and then many: a log that loses one entry per request moves all the others every time.
            let surplus = log.len() - limit;
            log.drain(..surplus);
        }
        let number = log.last().map_or(0, |entry| entry.number + 1);
        log.push(Entry {
            number,
            at: self.clock.now(),
            endpoint: route.map(Route::endpoint),
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query_without_secrets(),
            page: route.and_then(Route::page),
            test_only: route.is_some_and(|route| route.endpoint() == Endpoint::Action)
                && call.flag("testOnly", false),
            commands: commands.to_vec(),
            request_id: header("X-Request-Id"),
            pragma: header("Pragma"),
            user_agent: header("User-Agent"),
            status: None,
            retry_after: None,
            delivered: false,
            faults,
            answer: None,
        });
        number
    }

    fn finish(&self, number: usize, answer: Option<&Answer>, delivered: bool) {
        let entry = {
            let mut log = self.log();
            // The log may have lost it meanwhile.
            let first = log.first().map_or(0, |entry| entry.number);
            let Some(entry) = number.checked_sub(first).and_then(|at| log.get_mut(at)) else {
                return;
            };
            entry.delivered = delivered;
            entry.status = answer.map(|answer| answer.status);
            entry.retry_after = answer.and_then(|answer| answer.header("Retry-After")).map(ToOwned::to_owned);
            entry.answer = match answer {
                Some(Answer { body: Body::Json(json), .. }) if entry.endpoint == Some(Endpoint::Action) => {
                    Some(json.clone())
                }
                _ => None,
            };
            entry.clone()
        };
        if let Some(hook) = &self.hook {
            hook(&entry);
        }
    }
}

async fn pause(effects: &[Effect], delay: impl Fn(&Effect) -> Option<Duration>) {
    let time: Duration = effects.iter().filter_map(delay).sum();
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The answer as HTTP, and the size of its body.
fn respond(
    answer: &Answer,
    call: &Call,
    route: Option<&Route>,
    number: usize,
    twice: bool,
    now: DateTime<Utc>,
) -> (Response, usize) {
    let Answer { status, headers, body } = answer;
    let (kind, bytes) = match body {
        Body::Empty => ("*/*", Vec::new()),
        Body::Json(value) => ("application/json", value.to_string().into_bytes()),
        Body::Html(text) => ("text/html", text.clone().into_bytes()),
        Body::Raw { kind, text } => (kind.as_str(), text.clone().into_bytes()),
    };
    let size = bytes.len();
    let mut response = Response::new(HttpBody::from(bytes));
    *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let out = response.headers_mut();
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).ok();
    let mut put = |name: &str, text: &str| {
        if let (Ok(name), Some(value)) = (header::HeaderName::from_bytes(name.as_bytes()), value(text)) {
            out.append(name, value);
        }
    };
    put("Content-Type", kind);
    put("Date", &httpdate::fmt_http_date(now.into()));
    put("Server", if matches!(body, Body::Html(_)) { "openresty" } else { "APIP" });
    put("Vary", "Accept-Encoding");
    if let Some(template) = route.and_then(Route::canonical) {
        put("Canonical-Resource", template);
    }
    let made = || format!("{:016x}{:016x}", mix(1, number as u64), mix(2, number as u64));
    let id = call.header("X-Request-Id").map_or_else(made, ToOwned::to_owned);
    put("X-Request-Id", &id);
    if twice {
        put("X-Request-Id", &id);
    }
    for (name, text) in headers {
        put(name, text);
    }
    (response, size)
}
