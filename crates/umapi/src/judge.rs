//! What an answer means for the call it answers: done, again, or never.

use crate::answer::{Answer, Cut, Unreadable};
use crate::call::{Call, IfLost, Message, NotFound};
use crate::error::Error;
use crate::http::{Heard, is_long};
use crate::patience::Again;
use crate::token::moment;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// What Adobe may have done with a request. Ordered: what is worse to forget is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reached {
    /// Nothing: it never left, or was turned away by the quota.
    No,
    /// It was answered with a refusal of the whole. "If the status is not 200 nothing was processed" (UMAPI
    /// documentation, error handling), 5xx aside.
    Refused,
    /// Anything.
    Perhaps,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Next<T> {
    /// It is read.
    Done(T),
    /// The token is refused: one new one, then this error.
    Renew(Error),
    /// Adobe wants a long silence. With what its `Date` says about our clock.
    Silence { asked: Duration, reached: Reached, clocks: Result<(), Error> },
    /// Again, if patience allows; else this error.
    Again { error: Error, again: Again, reached: Reached },
    /// No more.
    Stop { error: Error, reached: Reached },
}

/// Whether a connection failed because of the server's certificate: another try meets the same.
fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An I/O error hands on where its inner error comes from, and not that error itself.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_untrusted(inner)) || error.source().is_some_and(is_untrusted)
}

/// What was heard means this.
pub(crate) fn judge<T>(
    heard: Heard,
    call: &Call<'_>,
    organization: &str,
    read: impl Fn(&Answer) -> Result<T, Unreadable>,
) -> Next<T> {
    let doing = call.doing.clone();
    let answer = match heard {
        Heard::NeverLeft(source) if is_untrusted(&source) => {
            let error = Error::Untrusted { doing, source };
            return Next::Stop { error, reached: Reached::No };
        }
        Heard::NeverLeft(source) => {
            let error = Error::Unreachable { doing, source };
            return Next::Again { error, again: Again::NeverLeft, reached: Reached::No };
        }
        Heard::Lost(Cut { status, source }) => {
            let error = Error::Lost { doing, source };
            // The page came, as far as Adobe is concerned.
            let again = if status == Some(200) { Again::Cut } else { Again::Reached(None) };
            return lost(call, error, again);
        }
        Heard::Answer(answer) => answer,
    };
    // Before anything is made of the body: a page is long.
    if answer.status == 200 || (answer.status == 404 && call.not_found == NotFound::Answer) {
        return understand(&answer, call, read);
    }
    let code = answer.code().unwrap_or_else(|| format!("http.{}", answer.status));
    let asked = answer.retry_after;
    match answer.status {
        status @ (429 | 503) if asked.is_some_and(is_long) => {
            let reached =
                if status == 429 || call.if_lost == IfLost::Repeat { Reached::No } else { Reached::Perhaps };
            let clocks = moment(&answer).map(|_| ());
            Next::Silence { asked: asked.unwrap_or_default(), reached, clocks }
        }
        status @ 429 => {
            let error = Error::Busy { doing, status, code };
            Next::Again { error, again: Again::Reached(asked), reached: Reached::No }
        }
        // `Retry-After` says that it does pass.
        status @ 500 if asked.is_none() => lost(call, Error::Busy { doing, status, code }, Again::Broken),
        status @ (408 | 500..) => lost(call, Error::Busy { doing, status, code }, Again::Reached(asked)),
        status @ 300..400 => {
            Next::Stop { error: Error::Redirected { doing, status }, reached: Reached::Refused }
        }
        401 if call.class.is_some() => {
            Next::Renew(Error::OtherOrganization { organization: organization.to_owned(), code })
        }
        400.. => Next::Stop { error: refusal(&answer, call, organization, code), reached: Reached::Refused },
        status => {
            let problem = format!("the status is {status}");
            Next::Stop { error: Error::Unreadable { doing, problem }, reached: Reached::Perhaps }
        }
    }
}

fn lost<T>(call: &Call<'_>, error: Error, again: Again) -> Next<T> {
    match call.if_lost {
        IfLost::Repeat => Next::Again { error, again, reached: Reached::Perhaps },
        IfLost::HandBack => Next::Stop { error, reached: Reached::Perhaps },
    }
}

fn understand<T>(
    answer: &Answer,
    call: &Call<'_>,
    read: impl Fn(&Answer) -> Result<T, Unreadable>,
) -> Next<T> {
    match read(answer) {
        Ok(result) => Next::Done(result),
        Err(Unreadable(problem)) => {
            lost(call, Error::Unreadable { doing: call.doing.clone(), problem }, Again::Unreadable)
        }
    }
}

/// A refusal, in words that an administrator can act on.
fn refusal(answer: &Answer, call: &Call<'_>, organization: &str, code: String) -> Error {
    let organization = organization.to_owned();
    let doing = call.doing.clone();
    if call.class.is_none() {
        let description = answer.message();
        let is_signed = matches!(&call.message, Message::Token(asking) if asking.is_signed());
        // RFC 6749 5.2, as far as Adobe uses it; the documentation of the exchange has the words for a signed request, and
        // parts an unknown client (400) from a wrong secret (401).
        return match (answer.status, code.as_str()) {
            (_, "invalid_scope" | "unauthorized_client") => Error::ApiNotAdded { code },
            (_, "invalid_token" | "invalid_signature" | "invalid_jti" | "bad_request") if is_signed => {
                Error::Signed { code, description }
            }
            (400, "invalid_client") => Error::ClientId { code, description },
            (_, "invalid_client" | "invalid_client_secret" | "invalid_grant") | (401, _) => {
                Error::Credential { code, description }
            }
            (status, _) => Error::Refused { doing, status, code, message: description },
        };
    }
    match (answer.status, code.as_str()) {
        (_, "403003" | "error.apikey.invalid") => Error::ApiNotAdded { code },
        (_, "error.organization.migrating") => Error::Migrating { organization, code },
        (_, word) if word.starts_with("error.organization.") => Error::Organization { organization, code },
        (403, _) => Error::Forbidden { doing, organization, code },
        (status, _) => Error::Refused { doing, status, code, message: answer.message() },
    }
}
