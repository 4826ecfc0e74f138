//! The token: fetched anew at the begin of every session, and what its answer says about the clock.

use crate::answer::{Answer, Unreadable};
use crate::call::{Call, IfLost, Message, NotFound, Pragma};
use crate::clock::{Anchor, is_off};
use crate::error::Error;
use crate::http::Line;
use crate::ledger::Ledger;
use crate::patience::Patience;
use crate::progress::Watch;
use crate::way::address;
use crate::wire;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::pin::Pin;
use tokio::time::Instant;

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    text: SecretString,
    good_until: DateTime<Utc>,
}

impl Token {
    /// A token is replaced five minutes before its end, so that it does not end on its way.
    pub(crate) fn is_good_at(&self, now: DateTime<Utc>) -> bool {
        now + TimeDelta::minutes(5) < self.good_until
    }

    /// The value of the `Authorization` header, marked so that nobody prints it.
    pub(crate) fn bearer(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.text.expose_secret()))
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer unprintable"));
        value.set_sensitive(true);
        value
    }
}

impl<L: Ledger> Line<L> {
    /// Fetches a token and compares the clocks. Boxed, because every request may need it and it is a request itself.
    pub(crate) fn renew(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        Box::pin(async {
            let call = Call {
                doing: format!("fetching a token for {}", self.settings.organization),
                class: None,
                // v2 with the parameters in the body, as Adobe's own client does; v3 is as good.
                url: address(&self.settings.ims, "/ims/token/v2"),
                message: Message::Token,
                pragma: Pragma::None,
                patience: Patience::TOKEN,
                if_lost: IfLost::Repeat,
                not_found: NotFound::Error,
                stamping: None,
                intent: None,
            };
            let read = |answer: &Answer| Ok((grant(answer)?, moment(answer), Instant::now()));
            let ((text, seconds), moment, heard) =
                self.send(call, Watch::NOBODY, read).await.map_err(|failure| failure.error)?;
            let (adobe, received) = moment?;
            let good_until = received + TimeDelta::seconds(seconds);
            self.learn(Token { text, good_until }, Anchor::new(adobe, heard));
            Ok(())
        })
    }
}

/// Adobe's time and ours, if they agree.
pub(crate) fn moment(answer: &Answer) -> Result<(DateTime<Utc>, DateTime<Utc>), Error> {
    let adobe = answer.date.ok_or(Error::NoDate)?;
    if is_off(answer.sent, answer.received, adobe) {
        return Err(Error::ClockOff { local: answer.received, adobe });
    }
    Ok((adobe, answer.received))
}

/// The token and for how many seconds it is good.
fn grant(answer: &Answer) -> Result<(SecretString, i64), Unreadable> {
    let object = answer.object()?;
    let text = wire::text(&object, "access_token")
        .filter(|text| HeaderValue::from_str(text).is_ok())
        .ok_or_else(|| Unreadable("it holds no access_token".to_owned()))?;
    // A day is what Adobe gives; an hour is assumed where nothing is said.
    let seconds =
        wire::number(&object, "expires_in").map_or(3600, |seconds| seconds.min(86_400).cast_signed());
    Ok((SecretString::from(text), seconds))
}
