//! What to read from an LDAP server, and how.

use super::server::Server;
use crate::dn::Dn;
use crate::filter::Filter;
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Which servers, as whom, and what in them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ldaps://host[:port]` or `ldap://host[:port]`, tried in this order. All hold the same directory.
    pub servers: Vec<Url>,
    /// What `ldap://` means; `ldaps://` is encrypted from the first byte.
    pub encryption: Encryption,
    /// The authorities (PEM) that may vouch for a server. `None`: those of the operating system.
    pub ca_file: Option<PathBuf>,
    /// Whether servers have to prove who they are.
    pub certificates: Certificates,
    /// Who reads.
    pub bind: Bind,
    /// Where the directory begins.
    pub base: Dn,
    /// Where people are; `None`: `base`.
    pub user_base: Option<Dn>,
    /// Where groups called by a plain name, and groups inside groups, are; `None`: `base`.
    pub group_base: Option<Dn>,
    /// Which entries are people.
    pub users: Filter,
    /// Which entries are groups; `None`: those of the usual object classes.
    pub group_filter: Option<Filter>,
    /// Whose word counts on membership.
    pub members: Members,
    /// Whether members of member groups count, and who follows them.
    pub nested_groups: Nested,
    /// Entries per page; `None`: 1000 from Active Directory (its MaxPageSize), 500 elsewhere (OpenLDAP's default limit).
    pub page_size: Option<u32>,
    /// How many connections to one server are used at once, at most, where questions do not depend on each other.
    pub connections: usize,
    /// The ends of patience.
    pub timeouts: Timeouts,
    /// The attribute that never changes about an entry, where the usual ones are not the right ones.
    pub anchor: Option<String>,
}

/// What to do on an `ldap://` connection before the first secret is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// StartTLS (RFC 4511, section 4.14); without it nothing is sent.
    StartTls,
    /// Nothing: whoever listens reads the password and the people. Each read warns.
    Plain,
}

/// Whether servers have to prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificates {
    /// By a certificate for their name, of an authority that is trusted.
    Verified,
    /// Any certificate will do, so whoever stands between can read everything and answer anything. Each read warns.
    DangerAcceptInvalid,
}

/// Who reads.
#[derive(Debug, Clone)]
pub enum Bind {
    /// Nobody in particular.
    Anonymous,
    /// An account with a password.
    Simple {
        /// Its name; Active Directory also takes `user@domain` and `DOMAIN\user`.
        dn: String,
        /// Its password. An empty one is refused here, because servers take it for anonymous (RFC 4513, 5.1.2).
        password: SecretString,
    },
    /// Whomever the server knows by a certificate: shown in the TLS handshake, then used by SASL EXTERNAL (RFC 4422,
    /// appendix A; RFC 4513, section 5.2.3). Over TLS only.
    Certificate {
        /// The certificate (PEM), and those that lead to its authority, if the server lacks them.
        certificate: PathBuf,
        /// Its key (PEM, not encrypted).
        key: SecretString,
    },
    /// Whomever the server knows by a Kerberos ticket (SASL GSSAPI, RFC 4752). Over TLS only.
    Kerberos(Kerberos),
}

/// Whose ticket, and who fetches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kerberos {
    /// The account, `name@REALM`. `None`: whose ticket is in the credential cache.
    pub principal: Option<String>,
    /// The file with the account's keys. `None`: its ticket is in the credential cache (`KRB5CCNAME`).
    pub keytab: Option<PathBuf>,
    /// The program that speaks with the system's Kerberos library (`kerberos::agent`), and its first arguments.
    pub agent: Vec<OsString>,
}

/// Whose word counts on membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// The person's: `memberOf`. The server maintains it; its word is compared with that of the wanted groups.
    MemberOf,
    /// The group's: `member`, `uniqueMember` or `memberUid`, whichever it has.
    Member,
}

/// Whether members of member groups count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nested {
    /// Only direct members do.
    No,
    /// They do: groups inside groups are read, level by level.
    Read,
    /// They do: the server is asked, once for each wanted group, for everybody and every group inside it
    /// (LDAP_MATCHING_RULE_IN_CHAIN, MS-ADTS 3.1.1.3.4.4.3). Only Active Directory knows this rule.
    MatchingRule,
}

/// The ends of patience. Without one, a server that stops answering would hold a run for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// One TCP connection and its TLS handshake, each.
    pub connect: Duration,
    /// The bind, and with Kerberos the ticket, too.
    pub bind: Duration,
    /// One page, or one entry read singly. Above Active Directory's MaxQueryDuration of 120 s.
    pub page: Duration,
    /// Everything, all servers together.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            bind: Duration::from_secs(10),
            page: Duration::from_secs(130),
            whole: Duration::from_secs(2 * 60 * 60),
        }
    }
}

impl Settings {
    /// The servers as errors and reports name them.
    pub fn places(&self) -> Vec<String> {
        self.servers.iter().filter_map(|url| Server::of(url).ok()).map(|server| server.place).collect()
    }

    /// What everybody should know who goes by what is read.
    pub fn warning(&self) -> Option<&'static str> {
        match self.certificates {
            Certificates::Verified => None,
            Certificates::DangerAcceptInvalid => Some(
                "the directory's servers need not prove who they are (danger_accept_invalid_certificates): whoever \
                 stands between can take the account's password and decide who is in the directory; name the \
                 authority of their certificates as `ca_file` instead",
            ),
        }
    }

    pub(super) fn user_base(&self) -> &Dn {
        self.user_base.as_ref().unwrap_or(&self.base)
    }

    pub(super) fn group_base(&self) -> &Dn {
        self.group_base.as_ref().unwrap_or(&self.base)
    }
}
