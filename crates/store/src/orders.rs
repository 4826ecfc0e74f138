//! Orders: what an administrator has said about a leaver.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, Sqlite, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::memory::Order;

/// How the two orders stand in the database.
const HOLD: &str = "hold";
pub(crate) const EXPEDITE: &str = "expedite";

/// Somebody's order about one leaver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaverOrder {
    /// The account's email, for people.
    pub email: String,
    /// What is to be done.
    pub order: Order,
    /// Who said so.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Stored {
    account: String,
    email: String,
    word: String,
    until: Option<String>,
    who: String,
    at: String,
}

impl Store {
    /// Gives an order about an account; one already there is replaced.
    pub async fn order(&self, organization: &str, account: &str, order: &LeaverOrder) -> Result<(), Error> {
        let LeaverOrder { email, order, who, at } = order;
        let (word, until) = match order {
            Order::Hold { until } => (HOLD, until.map(time)),
            Order::Expedite => (EXPEDITE, None),
        };
        sqlx::query(
            "INSERT INTO orders (organization, account, email, word, until, who, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization, account) DO UPDATE
             SET email = excluded.email, word = excluded.word, until = excluded.until, who = excluded.who,
                 at = excluded.at",
        )
        .bind(organization)
        .bind(account)
        .bind(email)
        .bind(word)
        .bind(until)
        .bind(who)
        .bind(time(*at))
        .execute(self.pool())
        .await
        .map_err(self.failed("record the order"))?;
        Ok(())
    }

    /// The orders that hold now, by account.
    pub async fn orders(
        &self,
        organization: &str,
        now: DateTime<Utc>,
    ) -> Result<BTreeMap<String, LeaverOrder>, Error> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT account, email, word, until, who, at FROM orders
             WHERE organization = $1 AND (until IS NULL OR until > $2)",
        )
        .bind(organization)
        .bind(time(now))
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the orders"))?;
        rows.into_iter()
            .map(|Stored { account, email, word, until, who, at }| {
                let until = match until {
                    Some(until) => Some(self.parse_time("an order", &until)?),
                    None => None,
                };
                let order = match word.as_str() {
                    EXPEDITE => Order::Expedite,
                    HOLD => Order::Hold { until },
                    other => {
                        let why = std::io::Error::other(format!("`{other}` is no order"));
                        return Err(self.unreadable("an order", why));
                    }
                };
                let at = self.parse_time("an order", &at)?;
                Ok((account, LeaverOrder { email, order, who, at }))
            })
            .collect()
    }

    /// Takes an order back; tells whether there was one.
    pub async fn release(&self, organization: &str, account: &str) -> Result<bool, Error> {
        let gone = sqlx::query("DELETE FROM orders WHERE organization = $1 AND account = $2")
            .bind(organization)
            .bind(account)
            .execute(self.pool())
            .await
            .map_err(self.failed("take the order back"))?;
        Ok(gone.rows_affected() > 0)
    }

    /// Ends the orders to hurry about everyone who is not absent.
    pub(crate) async fn stop_hurrying(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        absent: &BTreeSet<&str>,
    ) -> Result<(), Error> {
        let failed = self.failed("end an order");
        let hurried: Vec<String> =
            sqlx::query_scalar("SELECT account FROM orders WHERE organization = $1 AND word = $2")
                .bind(organization)
                .bind(EXPEDITE)
                .fetch_all(&mut **transaction)
                .await
                .map_err(&failed)?;
        for account in hurried.iter().filter(|account| !absent.contains(account.as_str())) {
            sqlx::query("DELETE FROM orders WHERE organization = $1 AND account = $2")
                .bind(organization)
                .bind(account)
                .execute(&mut **transaction)
                .await
                .map_err(&failed)?;
        }
        Ok(())
    }
}
