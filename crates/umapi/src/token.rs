//! The token: fetched anew at the begin of every session, with which secret, and what its answer says about the clock.

use crate::answer::{Answer, Unreadable};
use crate::call::{Call, IfLost, Message, NotFound, Pragma};
use crate::clock::{Anchor, is_off};
use crate::error::Error;
use crate::http::Line;
use crate::ledger::Ledger;
use crate::patience::Patience;
use crate::progress::Watch;
use crate::settings::{Settings, shown};
use crate::way::address;
use crate::wire;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    text: SecretString,
    renew_at: DateTime<Utc>,
}

impl Token {
    /// A token is replaced when four fifths of its life are over, so that it does not end on its way.
    pub(crate) fn is_good_at(&self, now: DateTime<Utc>) -> bool {
        now < self.renew_at
    }

    /// The value of the `Authorization` header, marked so that nobody prints it.
    pub(crate) fn bearer(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.text.expose_secret()))
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer unprintable"));
        value.set_sensitive(true);
        value
    }
}

/// What is asked of the token service.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    secret: Which,
    /// The signed request of the deprecated exchange.
    signed: Option<SecretString>,
}

/// Which client secret is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    Next,
}

impl Asking {
    /// Whether it is the deprecated exchange.
    pub(crate) fn is_signed(&self) -> bool {
        self.signed.is_some()
    }

    pub(crate) fn form(
        &self,
        request: reqwest::RequestBuilder,
        settings: &Settings,
    ) -> reqwest::RequestBuilder {
        let secret = match (self.secret, &settings.next_client_secret) {
            (Which::Next, Some(next)) => next,
            (Which::Next, None) | (Which::First, _) => &settings.client_secret,
        };
        let (client, secret) =
            (("client_id", &*settings.client_id), ("client_secret", secret.expose_secret()));
        match &self.signed {
            Some(signed) => request.form(&[client, secret, ("jwt_token", signed.expose_secret())]),
            None => {
                let scopes = settings.scopes.join(",");
                request.form(&[("grant_type", "client_credentials"), client, secret, ("scope", &scopes)])
            }
        }
    }
}

impl<L: Ledger> Line<L> {
    /// Fetches a token and compares the clocks. Boxed, because every request may need it and it is a request itself.
    ///
    /// A refused secret is never tried again in a session, and there are two at most: more tries might lock the
    /// credential.
    pub(crate) fn renew(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        Box::pin(async {
            let has_next = self.settings.next_client_secret.is_some();
            loop {
                let secret = match (self.refused_secrets.load(Ordering::Relaxed), has_next) {
                    (0, _) => Which::First,
                    (1, true) => Which::Next,
                    _ => return Err(Error::RefusedBefore),
                };
                let error = match self.ask(secret).await {
                    // The documentation of the deprecated exchange parts a client that nobody knows (400) from a secret
                    // that is wrong (401): no other secret helps there. The one of the other way does not, and Adobe was
                    // seen to answer wrong secrets with 400 there.
                    Err(error @ Error::ClientId { .. }) if self.settings.deprecated_jwt.is_some() => {
                        self.refused_secrets.store(2, Ordering::Relaxed);
                        return Err(error);
                    }
                    Err(error @ (Error::Credential { .. } | Error::ClientId { .. })) => error,
                    asked => return asked,
                };
                self.refused_secrets.fetch_add(1, Ordering::Relaxed);
                if secret == Which::Next || !has_next {
                    return Err(error);
                }
                tracing::warn!(
                    code = error.code(),
                    "Adobe refuses adobe.client_secret; adobe.next_client_secret is tried, once"
                );
            }
        })
    }

    async fn ask(&self, secret: Which) -> Result<(), Error> {
        let Settings { organization, ims, deprecated_jwt, token_endpoint, .. } = &*self.settings;
        let signed = match deprecated_jwt {
            Some(jwt) => Some(jwt.sign(&self.settings, self.clock.now())?),
            None => None,
        };
        let (path, unit) = match deprecated_jwt {
            // Its answer counts in milliseconds (UMAPI documentation, JWT authentication).
            Some(_) => ("/ims/exchange/jwt/", 1000),
            None => (token_endpoint.path(), 1),
        };
        let call = Call {
            doing: format!("fetching a token for {organization} from {}", shown(ims)),
            class: None,
            url: address(ims, path),
            message: Message::Token(Asking { secret, signed }),
            pragma: Pragma::None,
            patience: Patience::TOKEN,
            if_lost: IfLost::Repeat,
            not_found: NotFound::Error,
            stamping: None,
            intent: None,
        };
        let read = |answer: &Answer| Ok((grant(answer, unit)?, moment(answer), Instant::now()));
        let ((text, life), moment, heard) =
            self.send(call, Watch::NOBODY, read).await.map_err(|failure| failure.error.without_a_token())?;
        let (adobe, received) = moment?;
        self.learn(Token { text, renew_at: received + life * 4 / 5 }, Anchor::new(adobe, heard));
        Ok(())
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

/// The token and for how long it is good. `unit`: so many of what the answer counts in are a second.
fn grant(answer: &Answer, unit: u64) -> Result<(SecretString, TimeDelta), Unreadable> {
    let object = answer.object()?;
    let text = wire::text(&object, "access_token")
        .filter(|text| HeaderValue::from_str(text).is_ok())
        .ok_or_else(|| Unreadable("it holds no access_token".to_owned()))?;
    // A day is what Adobe gives; an hour is assumed where nothing is said.
    let seconds = wire::number(&object, "expires_in").map_or(3600, |number| (number / unit).min(86_400));
    Ok((SecretString::from(text), TimeDelta::seconds(seconds.cast_signed())))
}
