//! Why there is no ticket, in words an administrator understands.

use std::fmt;
use std::time::Duration;

/// Why a ticket could not be had, or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is none in the credential cache, and no keytab to fetch one with.
    NoTicket,
    /// Its time is over.
    Expired,
    /// The keytab has no key of the principal.
    NoKey,
    /// The KDC does not take the key, or the password it was made of.
    WrongKey,
    /// The KDC does not know the principal.
    UnknownPrincipal,
    /// The account is disabled, locked, or its time is over.
    Revoked,
    /// The account's password is too old.
    PasswordExpired,
    /// The KDC does not know the server.
    UnknownService,
    /// Two clocks differ too much.
    Skew,
    /// No KDC answers, or none is known.
    NoKdc,
    /// No KDC answered in time.
    Slow(Duration),
    /// Nobody has a kind of encryption that the other knows.
    NoEncryption,
    /// The server does not leave protection to TLS.
    NoPlainLayer,
    /// The server does not prove that it has the service's key.
    Unproven,
    /// The process that speaks with the Kerberos library failed.
    Agent,
    /// Something else; the library's own text tells.
    Other,
}

/// The names of those that the agent tells of.
const CALLED: [(Trouble, &str); 14] = [
    (Trouble::NoTicket, "no-ticket"),
    (Trouble::Expired, "expired"),
    (Trouble::NoKey, "no-key"),
    (Trouble::WrongKey, "wrong-key"),
    (Trouble::UnknownPrincipal, "unknown-principal"),
    (Trouble::Revoked, "revoked"),
    (Trouble::PasswordExpired, "password-expired"),
    (Trouble::UnknownService, "unknown-service"),
    (Trouble::Skew, "skew"),
    (Trouble::NoKdc, "no-kdc"),
    (Trouble::NoEncryption, "no-encryption"),
    (Trouble::NoPlainLayer, "no-plain-layer"),
    (Trouble::Unproven, "unproven"),
    (Trouble::Other, "other"),
];

impl Trouble {
    /// By its name.
    pub(super) fn called(name: &str) -> Option<Self> {
        CALLED.iter().find(|(_, called)| *called == name).map(|(trouble, _)| *trouble)
    }

    /// Its name.
    #[cfg(feature = "kerberos")]
    pub(super) fn name(self) -> &'static str {
        CALLED.iter().find(|(trouble, _)| *trouble == self).map_or("other", |(_, called)| called)
    }

    /// Whether the KDC refused the account: it may count these, and lock it.
    pub(crate) fn is_refusal(self) -> bool {
        match self {
            Self::WrongKey | Self::UnknownPrincipal | Self::Revoked | Self::PasswordExpired => true,
            Self::NoTicket
            | Self::Expired
            | Self::NoKey
            | Self::UnknownService
            | Self::Skew
            | Self::NoKdc
            | Self::Slow(_)
            | Self::NoEncryption
            | Self::NoPlainLayer
            | Self::Unproven
            | Self::Agent
            | Self::Other => false,
        }
    }

    /// Whether another server of the directory may do better. All of them have the same KDC.
    pub(in crate::ldap) fn is_of_this_server(self) -> bool {
        matches!(self, Self::UnknownService | Self::NoPlainLayer | Self::Unproven)
    }

    /// What can be done about it.
    pub(in crate::ldap) fn remedy(self) -> &'static str {
        match self {
            Self::NoTicket => {
                "fetch one into the credential cache that umsync sees (`kinit`, KRB5CCNAME), or let umsync fetch its own: `kerberos: {principal: …, keytab: …}`"
            }
            Self::Expired => {
                "renew it (`kinit`), or let umsync fetch its own: `kerberos: {principal: …, keytab: …}`"
            }
            Self::NoKey => {
                "compare `principal` with what `klist -k` shows of the keytab; upper and lower case matter"
            }
            Self::WrongKey => {
                "write the keytab anew: the account's password was changed after it was written; no further attempt was made, because more of them may lock the account"
            }
            Self::UnknownPrincipal => "check `principal` and its realm; upper and lower case matter",
            Self::Revoked => "enable or unlock the account in the directory, or give it more time",
            Self::PasswordExpired => {
                "set a password that does not expire, and write the keytab anew; the account of a service needs none that a person changes"
            }
            Self::UnknownService => {
                "write the name under `servers` that the service is registered with (Active Directory: `setspn -L`; MIT, FreeIPA: the principal ldap/HOST)"
            }
            Self::Skew => {
                "set the clocks of this machine and the KDC by the same time server; five minutes are the most that Kerberos takes"
            }
            Self::NoKdc | Self::Slow(_) => {
                "check the realm's KDCs in krb5.conf or DNS (_kerberos._tcp.REALM), and whether port 88 is open to them"
            }
            Self::NoEncryption => {
                "write the keytab anew with a kind of encryption that the KDC has for this account, AES-256 best of all"
            }
            Self::NoPlainLayer => {
                "let it leave signing and sealing to TLS (OpenLDAP: a lower `minssf` in sasl-secprops)"
            }
            Self::Unproven => "look who answers at this address, and whether its keytab is the present one",
            Self::Agent | Self::Other => "",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTicket => "there is no Kerberos ticket",
            Self::Expired => "the Kerberos ticket has expired",
            Self::NoKey => "the keytab has no key of this principal",
            Self::WrongKey => "the KDC does not take the key in the keytab",
            Self::UnknownPrincipal => "the KDC does not know this principal",
            Self::Revoked => {
                "the KDC gives this account no ticket: it is disabled, locked, or its time is over"
            }
            Self::PasswordExpired => "the KDC gives this account no ticket: its password has expired",
            Self::UnknownService => "the KDC does not know this server as a service",
            Self::Skew => "this machine's clock and another one differ too much for Kerberos",
            Self::NoKdc => "no KDC answers",
            Self::Slow(patience) => return write!(f, "no KDC answered within {} s", patience.as_secs()),
            Self::NoEncryption => "there is no kind of encryption that all sides know",
            Self::NoPlainLayer => "the server insists on a layer of its own inside TLS",
            Self::Unproven => "the server does not prove that it is the service that the ticket is for",
            Self::Agent => "the process that speaks with the Kerberos library failed",
            Self::Other => "Kerberos failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_is_called_by_its_name_and_a_refusal_is_tried_nowhere_else() {
        for (trouble, name) in CALLED {
            assert_eq!(Trouble::called(name), Some(trouble));
            assert!(!trouble.to_string().is_empty());
            // Every server would have the KDC count it.
            assert!(!(trouble.is_refusal() && trouble.is_of_this_server()), "{trouble:?}");
        }
        assert_eq!(Trouble::called("bad-luck"), None);
    }
}
