//! Who somebody is, wherever the store knows of them.

use crate::directories::ID;
use crate::link_records::LinkRecord;
use crate::{Error, Store};
use std::collections::BTreeSet;
use umsync_engine::change::Account;
use umsync_engine::directory::Anchor;
use umsync_engine::key::{fold, fold_email};

/// By what one person is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonTraces {
    /// Anchors of their entries.
    pub anchors: BTreeSet<Anchor>,
    /// Adobe's ids of their accounts.
    pub ids: BTreeSet<String>,
    /// Every email, folded.
    pub emails: BTreeSet<String>,
    /// Where their entries stood.
    pub dns: BTreeSet<String>,
}

impl PersonTraces {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        let Self { anchors, ids, emails, dns } = self;
        anchors.is_empty() && ids.is_empty() && emails.is_empty() && dns.is_empty()
    }

    /// Whether an account is theirs, by its id, or where it has none by its email: an email may have been another's.
    pub(crate) fn own(&self, id: Option<&str>, email: &str) -> bool {
        id.map_or_else(|| self.emails.contains(&fold_email(email)), |id| self.ids.contains(id))
    }

    pub(crate) fn own_account(&self, account: &Account) -> bool {
        self.own(account.id(), account.email())
            || (account.id().is_none() && self.emails.contains(key_email(account.key.as_str())))
    }

    /// Whether they are, or may be, several people: whoever acts on one names an id or an anchor then.
    pub fn are_several(&self, who: &str) -> bool {
        let named = self.ids.contains(who.trim())
            || self.anchors.iter().any(|anchor| anchor.as_str().eq_ignore_ascii_case(who.trim()));
        !named && (self.ids.len() > 1 || self.anchors.len() > 1)
    }

    fn take(&mut self, other: Self) {
        let Self { anchors, ids, emails, dns } = other;
        self.anchors.extend(anchors);
        self.ids.extend(ids);
        self.emails.extend(emails);
        self.dns.extend(dns);
    }

    /// Whether an anchor or an id is in both. Emails do not count: the next person may be given one.
    fn is_of(&self, other: &Self) -> bool {
        !self.anchors.is_disjoint(&other.anchors) || !self.ids.is_disjoint(&other.ids)
    }

    fn answers_to(&self, who: &str) -> bool {
        let (who, folded) = (who.trim(), fold(who));
        let Self { anchors, ids, emails, dns } = self;
        anchors.iter().any(|anchor| anchor.as_str().eq_ignore_ascii_case(who))
            || ids.contains(who)
            || emails.contains(&fold_email(who))
            || dns.iter().any(|dn| fold(dn) == folded)
    }

    fn of_link(link: LinkRecord) -> Self {
        let LinkRecord { anchor, adobe_id, email, dn, emails, dns, identity: _, seen_at: _, given: _ } = link;
        let emails = emails.into_iter().map(|email| email.value).chain([fold_email(&email)]).collect();
        let dns = dns.into_iter().map(|dn| dn.value).chain([dn]).collect();
        Self { anchors: [anchor].into(), ids: [adobe_id].into(), emails, dns }
    }

    /// An account with its email, where one is known.
    fn of_account(id: Option<String>, email: &str) -> Self {
        let emails = Some(fold_email(email)).filter(|email| !email.is_empty());
        Self { ids: id.into_iter().collect(), emails: emails.into_iter().collect(), ..Self::default() }
    }
}

/// Adobe's id in the name of an account, which without one is made of its email.
pub(crate) fn account_id(account: &str) -> Option<&str> {
    let named_by_email = account.split_once('/').is_some_and(|(_, email)| email.contains('@'));
    (!named_by_email).then_some(account)
}

/// The folded email at the end of a key or of the name of an account without id.
pub(crate) fn key_email(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, email)| email)
}

impl Store {
    /// Whom an email, a DN, an id of Adobe or an anchor means: everything by which links, absences, orders, departures,
    /// creations, the snapshot and the journal know them. Empty where nobody does.
    ///
    /// From there anchors and ids lead on. An email that two people had one after the other finds both: whoever is
    /// about to forget somebody looks at the anchors and ids first.
    pub async fn find_person(&self, organization: &str, who: &str) -> Result<PersonTraces, Error> {
        let mut others = self.traces(organization).await?;
        others.extend(self.journalled(organization, "account_id", who.trim()).await?);
        others.extend(self.journalled(organization, "email", &fold_email(who)).await?);
        let mut person = PersonTraces::default();
        let mut asked = BTreeSet::from([who.trim().to_owned()]);
        loop {
            let is_theirs = |other: &PersonTraces| other.answers_to(who) || other.is_of(&person);
            let (found, left): (Vec<_>, Vec<_>) = others.into_iter().partition(is_theirs);
            if found.is_empty() {
                return Ok(person);
            }
            found.into_iter().for_each(|found| person.take(found));
            others = left;
            for id in person.ids.difference(&asked) {
                others.extend(self.journalled(organization, "account_id", id).await?);
            }
            asked.extend(person.ids.iter().cloned());
        }
    }

    /// Everybody whom anything but the journal knows.
    async fn traces(&self, organization: &str) -> Result<Vec<PersonTraces>, Error> {
        let doing = "look for a person";
        let mut transaction = self.pool().begin().await.map_err(self.failed(doing))?;
        let links = self.records(doing, &mut transaction, organization).await?;
        self.commit(doing, transaction).await?;
        let mut traces: Vec<_> = links.into_iter().map(PersonTraces::of_link).collect();
        let accounts: Vec<(String, String)> = sqlx::query_as(
            "SELECT account, email FROM absences WHERE organization = $1
             UNION SELECT account, email FROM orders WHERE organization = $1",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed(doing))?;
        for (account, email) in accounts {
            let id = account_id(&account);
            let email = if id.is_none() { key_email(&account) } else { &email };
            traces.push(PersonTraces::of_account(id.map(str::to_owned), email));
        }
        for email in self.departures(organization).await?.keys() {
            traces.push(PersonTraces::of_account(None, email));
        }
        for created in self.created(organization).await? {
            traces.push(PersonTraces::of_account(
                created.account.id().map(str::to_owned),
                created.account.email(),
            ));
        }
        for account in self.unsettled(organization).await? {
            traces.push(PersonTraces::of_account(account.id().map(str::to_owned), account.email()));
        }
        for user in self.snapshot(organization).await?.into_iter().flat_map(|snapshot| snapshot.users) {
            traces.push(PersonTraces::of_account(user.id().map(str::to_owned), user.email()));
        }
        let named: Vec<(String, String)> =
            sqlx::query_as("SELECT DISTINCT kind, value FROM directory_people WHERE organization = $1")
                .bind(organization)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed(doing))?;
        traces.extend(named.into_iter().map(|(kind, value)| match kind.as_str() {
            ID => PersonTraces::of_account(Some(value), ""),
            _ => PersonTraces::of_account(None, &value),
        }));
        let given: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT account_key FROM given WHERE organization = $1")
                .bind(organization)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed(doing))?;
        traces.extend(given.iter().map(|key| PersonTraces::of_account(None, key_email(key))));
        Ok(traces)
    }

    /// Accounts of the journal by one of its two columns.
    async fn journalled(
        &self,
        organization: &str,
        column: &'static str,
        value: &str,
    ) -> Result<Vec<PersonTraces>, Error> {
        let statement = match column {
            "account_id" => {
                "SELECT DISTINCT account_id, email FROM changes JOIN runs ON runs.id = run
                 WHERE organization = $1 AND account_id = $2"
            }
            _ => {
                "SELECT DISTINCT account_id, email FROM changes JOIN runs ON runs.id = run
                 WHERE organization = $1 AND email = $2"
            }
        };
        let rows: Vec<(Option<String>, String)> = sqlx::query_as(statement)
            .bind(organization)
            .bind(value)
            .fetch_all(self.pool())
            .await
            .map_err(self.failed("look for a person in the journal"))?;
        Ok(rows.into_iter().map(|(id, email)| PersonTraces::of_account(id, &email)).collect())
    }
}
