//! The directory's account: whoever is refused again and again lets it rest, or the directory locks it for everybody.

use crate::config::Source;
use crate::failure::Failure;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use umsync_directory::Admission;
use umsync_store::{RefusedBinds, Store};
use umsync_umapi::MOST_CLOCK_ERROR;

/// So many refusals in a row are enough: directories lock an account after five or ten, counted over all servers.
const ENOUGH: u32 = 3;

/// Active Directory forgets wrong passwords after half an hour unless told otherwise.
const REST: TimeDelta = TimeDelta::hours(1);

/// The account that reads, and where: all its servers hold one directory and count together.
pub(crate) struct Account {
    identity: String,
    servers: Vec<String>,
}

impl Account {
    /// `None`: nobody in particular, who cannot be locked out.
    pub(crate) fn of(source: &Source) -> Option<Self> {
        source.account().map(|(identity, servers)| Self { identity, servers })
    }

    /// Refuses to try while the account rests.
    pub(crate) async fn may_bind(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
        match self.rest(store, now).await? {
            Some(Rest { refusals, until }) => {
                Err(Failure::AccountRests { account: self.identity.clone(), refusals, until })
            }
            None => Ok(()),
        }
    }

    /// Keeps what an attempt told.
    pub(crate) async fn note(
        &self,
        store: &Store,
        told: &Admission,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        match told {
            Admission::Unknown => {}
            Admission::LetIn => {
                // Who only looks costs no write to the disk.
                if !self.refused(store).await?.is_empty() {
                    store.forget_refused_binds(&self.servers, &self.identity).await?;
                }
            }
            Admission::Refused { server } => {
                store.note_refused_bind(server, &self.identity, now).await?;
                if let Some(Rest { refusals, until }) = self.rest(store, now).await? {
                    let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
                    tracing::warn!(
                        account = self.identity,
                        refusals,
                        until,
                        "the directory's account rests, so that it is not locked; when it is corrected, `umsync check` \
                         tries it at once"
                    );
                }
            }
        }
        Ok(())
    }

    /// The rest that the account takes, if it does.
    pub(crate) async fn rest(&self, store: &Store, now: DateTime<Utc>) -> Result<Option<Rest>, Failure> {
        let refused = self.refused(store).await?;
        let until = rests_until(&refused, now);
        Ok(until.map(|until| Rest { refusals: count(&refused), until }))
    }

    async fn refused(&self, store: &Store) -> Result<Vec<RefusedBinds>, Failure> {
        let mut refused = store.refused_binds(&self.identity).await?;
        refused.retain(|refused| self.servers.contains(&refused.server));
        Ok(refused)
    }
}

/// After how many refusals in a row an account rests, and until when.
pub(crate) struct Rest {
    pub(crate) refusals: u32,
    pub(crate) until: DateTime<Utc>,
}

fn count(refused: &[RefusedBinds]) -> u32 {
    refused.iter().map(|refused| refused.refusals).fold(0, u32::saturating_add)
}

/// Until when nobody tries. After the rest there is one attempt, and if that is refused too, another rest.
fn rests_until(refused: &[RefusedBinds], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if count(refused) < ENOUGH {
        return None;
    }
    let last = refused.iter().map(|refused| refused.at).max()?;
    // From the future: a clock was set back, and nobody knows how long ago it was. One attempt will tell.
    if last > now + MOST_CLOCK_ERROR {
        return None;
    }
    let until = last.checked_add_signed(REST)?;
    (until > now).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_refusals_on_whatever_server_are_an_hour_of_rest() {
        let noon: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let refused = |server: &str, refusals, minute| RefusedBinds {
            server: server.to_owned(),
            identity: "sync".to_owned(),
            refusals,
            at: noon + TimeDelta::minutes(minute),
        };
        let at = |minute| noon + TimeDelta::minutes(minute);
        assert_eq!(rests_until(&[], noon), None);
        assert_eq!(rests_until(&[refused("a", 2, 0)], at(1)), None);
        for refused in [vec![refused("a", 3, 0)], vec![refused("a", 2, -30), refused("b", 1, 0)]] {
            assert_eq!(rests_until(&refused, at(0)), Some(at(60)));
            assert_eq!(rests_until(&refused, at(59)), Some(at(60)));
            assert_eq!(rests_until(&refused, at(60)), None);
            assert_eq!(rests_until(&refused, at(-24 * 60)), None, "the clock was set back");
        }
        // The one attempt after the rest was refused, too.
        assert_eq!(rests_until(&[refused("a", 4, 60)], at(61)), Some(at(120)));
    }
}
