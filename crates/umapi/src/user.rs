//! Reading one user, singly.

use crate::answer::{Answer, Unreadable};
use crate::call::{Call, NotFound};
use crate::error::Error;
use crate::ledger::Ledger;
use crate::patience::Patience;
use crate::progress::Watch;
use crate::session::Session;
use crate::wire;
use serde_json::Value;
use umsync_engine::adobe::{Identity, User, UserType};
use umsync_engine::change::{Account, Address};
use umsync_engine::key::{fold, fold_email};
use umsync_engine::stamps::RequestClass;

/// The accounts that one to be made would meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesakes {
    /// Who they are.
    pub users: Vec<User>,
    /// So many requests it took to know that, those that were repeated counted once.
    pub requests: usize,
}

impl<L: Ledger> Session<L> {
    /// The user that a command with this address would reach; `None` where there is none. An Adobe ID with the email
    /// of an organization-owned account is another user.
    ///
    /// A 404 that does not say `error.user.not_found` is an error: not every 404 means that somebody is gone.
    pub async fn user(&self, address: &Address) -> Result<Option<User>, Error> {
        self.find(address, Patience::READ, Watch::NOBODY).await
    }

    /// Every account that an account to be made would meet, whatever its type: by its name, by its email, and the Adobe
    /// ID of that email where it stands before another one.
    pub async fn namesakes(&self, account: &Account) -> Result<Namesakes, Error> {
        let (user, domain) = (account.user(), account.domain());
        let mut names = vec![(account.email(), None)];
        if domain.is_some() || fold_email(user) != fold_email(account.email()) {
            names.push((user, domain));
        }
        let mut found = Vec::new();
        let mut requests = 0;
        for (name, domain) in names {
            // Without a domain every directory is searched. The organization-owned account is preferred; should the Adobe
            // ID come nevertheless, the domain of the email shows whether there is an account beside it.
            requests += 1;
            let first = self.ask(name, domain, Patience::READ, Watch::NOBODY).await?;
            let beside = match (&first, name.rsplit_once('@')) {
                (Some(first), Some((_, domain))) if is_personal(first) => {
                    requests += 1;
                    self.ask(name, Some(domain), Patience::READ, Watch::NOBODY).await?
                }
                _ => None,
            };
            for user in first.into_iter().chain(beside) {
                if !found.contains(&user) {
                    found.push(user);
                }
            }
        }
        Ok(Namesakes { users: found, requests })
    }

    pub(crate) async fn find(
        &self,
        address: &Address,
        patience: Patience,
        watch: Watch<'_>,
    ) -> Result<Option<User>, Error> {
        let Address { user, domain, adobe_id } = address;
        let ask = |domain| self.ask(user, domain, patience, watch);
        if *adobe_id {
            // The word `AdobeID` selects the Adobe ID. Business IDs are shown as Adobe IDs and owned by the
            // organization, so what it does not find may be there without it.
            return match ask(Some("AdobeID")).await? {
                Some(user) => Ok(Some(user).filter(is_personal)),
                None => Ok(ask(None).await?.filter(is_personal)),
            };
        }
        if let Some(domain) = domain {
            return Ok(ask(Some(domain)).await?.filter(|user| !is_personal(user)));
        }
        // Without a domain nothing narrows the search, so that "not found" is true of every directory; the
        // organization-owned account is preferred. Should the Adobe ID come nevertheless, the domain chooses.
        match ask(None).await? {
            Some(other) if is_personal(&other) => match user.rsplit_once('@') {
                Some((_, domain)) => Ok(ask(Some(domain)).await?.filter(|user| !is_personal(user))),
                None => Ok(None),
            },
            found => Ok(found),
        }
    }

    async fn ask(
        &self,
        name: &str,
        domain: Option<&str>,
        patience: Patience,
        watch: Watch<'_>,
    ) -> Result<Option<User>, Error> {
        if name.is_empty() || name == "." || name == ".." {
            return Err(Error::Unaddressable { what: "user", name: name.to_owned() });
        }
        let organization = &self.line.settings.organization;
        let mut url = self.line.api(&["organizations", organization, "users", name]);
        if let Some(domain) = domain {
            url.query_pairs_mut().append_pair("domain", domain);
        }
        let mut call = Call::get(format!("reading the user {name}"), RequestClass::User, url, patience);
        call.not_found = NotFound::Answer;
        let read = |answer: &Answer| one(answer, name);
        self.line.send(call, watch, read).await.map_err(|failure| failure.error)
    }
}

fn is_personal(user: &User) -> bool {
    user.kind == UserType::Known(Identity::Adobe)
}

/// The user that an answer holds, which must be the one that was asked for.
fn one(answer: &Answer, name: &str) -> Result<Option<User>, Unreadable> {
    let object = answer.object()?;
    // Some say it with a 404, some with a 200 (UMAPI documentation; field reports).
    if wire::text(&object, "result").as_deref() == Some("error.user.not_found") {
        return Ok(None);
    }
    wire::success(&object)?;
    if answer.status == 404 {
        return Err(Unreadable("it is a 404 that reports success".to_owned()));
    }
    let user = match object.get("user") {
        Some(entry @ Value::Object(_)) => wire::user(entry, 0, &wire::Names::default())
            .map_err(|unreadable| Unreadable(format!("{}: {}", unreadable.who, unreadable.reason)))?,
        Some(_) | None => return Err(Unreadable("it holds no user".to_owned())),
    };
    let by_email = fold_email(user.email()) == fold_email(name);
    let by_name = user.username().is_some_and(|username| fold(username) == fold(name));
    if !by_email && !by_name {
        return Err(Unreadable(format!("it is about {}", user.email())));
    }
    Ok(Some(user))
}
