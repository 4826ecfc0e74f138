//! What can go wrong, in words that an administrator can act on.

use crate::gate::Shut;
use crate::ledger::LedgerError;
use chrono::{DateTime, Utc};
use std::error::Error as _;

/// Why a call to Adobe has no result. `doing` says what we were doing and to what; the cause is in `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    #[error("{key}: {why}")]
    Setting {
        /// The key of the configuration.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Certificates or proxy cannot be used.
    #[error(
        "{key} cannot be used\n\
         a connection needs the system's certificate authorities (Debian: apt-get install ca-certificates), or those of \
         adobe.ca_file"
    )]
    Way {
        /// The key of the configuration.
        key: &'static str,
        /// What the HTTP client says.
        #[source]
        source: reqwest::Error,
    },
    /// The server did not prove to be an emulator.
    #[error(
        "{server} is no emulator: {why}\n`every` below 2h, `pace: off` and http:// are for an emulator on this machine only"
    )]
    NotEmulator {
        /// Which server.
        server: String,
        /// What speaks against it.
        why: String,
        /// What happened, if it did not answer.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// A name that no address of the API can carry.
    #[error("the {what} `{name}` cannot be asked for: it has no safe form in a web address")]
    Unaddressable {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
    },

    /// Whoever answers has no certificate that is trusted.
    #[error(
        "{doing}: whoever answers cannot prove to be Adobe\n\
         if a proxy of the company's own looks into encrypted connections, name its authority under adobe.ca_file; else \
         somebody stands between, and nothing was told to them"
    )]
    Untrusted {
        /// What was being done.
        doing: String,
        /// What is wrong with the certificate.
        #[source]
        source: reqwest::Error,
    },

    /// The token service refuses the secret.
    #[error(
        "Adobe refuses the client secret ({code}{})\n\
         compare adobe.client_secret with the credential in the Adobe Developer Console: a secret that was replaced or \
         deleted there must be replaced here too; compare adobe.client_id as well, which it must belong to",
        told(.description)
    )]
    Credential {
        /// The OAuth error.
        code: String,
        /// What Adobe says about it.
        description: Option<String>,
    },
    /// The token service does not know the client.
    #[error(
        "Adobe does not know the client id ({code}{})\n\
         compare adobe.client_id with the credential in the Adobe Developer Console: it may have been deleted there, or be \
         that of another environment (adobe.ims); if it is right, compare the client secret",
        told(.description)
    )]
    ClientId {
        /// The OAuth error.
        code: String,
        /// What Adobe says about it.
        description: Option<String>,
    },
    /// Every client secret was refused in this session already.
    #[error(
        "Adobe has refused every client secret in this run; none is tried again, so that the credential is not locked\n\
         compare adobe.client_secret with the credential in the Adobe Developer Console"
    )]
    RefusedBefore,
    /// The deprecated exchange refuses the signed request.
    #[error(
        "Adobe refuses the signed request for a token ({code}{})\n\
         compare technical_account and private_key of adobe.deprecated_jwt with the integration, whose certificate may have \
         ended; Adobe has ended this way in June 2025: make an OAuth server-to-server credential and remove deprecated_jwt",
        told(.description)
    )]
    Signed {
        /// The OAuth error.
        code: String,
        /// What Adobe says about it.
        description: Option<String>,
    },
    /// The credential has no User Management API (token service: scope; gateway: 403003).
    #[error(
        "the credential may not use the User Management API ({code})\n\
         add the User Management API to the project in the Adobe Developer Console, or correct adobe.client_id or \
         adobe.scopes"
    )]
    ApiNotAdded {
        /// The code of token service or gateway.
        code: String,
    },
    /// A fresh token is refused (401).
    #[error(
        "Adobe refuses a fresh token for the organization {organization} ({code})\n\
         the credential probably belongs to another organization: compare adobe.organization with the one of the project \
         in the Adobe Developer Console"
    )]
    OtherOrganization {
        /// The configured organization.
        organization: String,
        /// The code, if Adobe gave one.
        code: String,
    },
    /// The organization id is none.
    #[error(
        "Adobe does not accept the organization id {organization} ({code})\n\
         adobe.organization looks like 1A2B3C@AdobeOrg; the Adobe Developer Console shows it"
    )]
    Organization {
        /// The configured organization.
        organization: String,
        /// Adobe's code.
        code: String,
    },
    /// The organization is being migrated, so nothing can be written.
    #[error("the organization {organization} is being migrated by Adobe ({code})\ntry again in some hours")]
    Migrating {
        /// The configured organization.
        organization: String,
        /// Adobe's code.
        code: String,
    },
    /// The gateway forbids it without a known reason.
    #[error(
        "{doing}: Adobe forbids it and does not say why ({code})\n\
         either the credential may not use the User Management API for {organization} (Adobe Developer Console), or Adobe is \
         migrating that organization (try again in some hours), or a proxy takes the header X-Api-Key away"
    )]
    Forbidden {
        /// What we were doing.
        doing: String,
        /// The configured organization.
        organization: String,
        /// Adobe's code, or the status.
        code: String,
    },
    /// Any other answer that says no; repeating would not help.
    #[error("{doing}: Adobe answered {status} ({code}{})", told(.message))]
    Refused {
        /// What we were doing.
        doing: String,
        /// The HTTP status.
        status: u16,
        /// Adobe's code, or the status.
        code: String,
        /// Adobe's text.
        message: Option<String>,
    },
    /// The server sends us elsewhere, which Adobe never does.
    #[error(
        "{doing}: the server answered {status} and sends us elsewhere\ncompare adobe.server, adobe.ims and adobe.proxy"
    )]
    Redirected {
        /// What we were doing.
        doing: String,
        /// The HTTP status.
        status: u16,
    },

    /// The local clock and Adobe's differ by more than 5 minutes.
    #[error(
        "the clock of this machine says {}, Adobe's says {}\n\
         set the clock (for instance with NTP): it decides when Adobe may be asked again",
        shown(.local), shown(.adobe)
    )]
    ClockOff {
        /// The local time.
        local: DateTime<Utc>,
        /// The `Date` of Adobe's answer.
        adobe: DateTime<Utc>,
    },
    /// The token's answer has no readable `Date`.
    #[error(
        "the answer with the token has no date, so the clock cannot be checked\nlet the proxy pass the `Date` header"
    )]
    NoDate,

    /// The gate is closed.
    #[error(transparent)]
    Shut(#[from] Shut),

    /// The store failed; nothing more was sent.
    #[error("cannot {doing} in the store; nothing more is sent to Adobe")]
    Ledger {
        /// What we wanted of it.
        doing: &'static str,
        /// What it says.
        #[source]
        source: LedgerError,
    },

    /// The token ended or was withdrawn, and no other one came.
    #[error("the token is refused, as if it had expired or been withdrawn, and there is no other one")]
    TokenEnded {
        /// Why not.
        #[source]
        source: Box<Error>,
    },
    /// The token service is in trouble.
    #[error(
        "Adobe's sign-in service (IMS), which gives the tokens, is in trouble\n\
         nothing is wrong here; try again later, and look at status.adobe.com if it lasts"
    )]
    NoToken {
        /// What it said instead.
        #[source]
        source: Box<Error>,
    },
    /// No connection: the request never left.
    #[error(
        "{doing}: Adobe cannot be reached\ncheck name resolution, firewall, adobe.proxy and adobe.ca_file"
    )]
    Unreachable {
        /// What we were doing.
        doing: String,
        /// What happened instead.
        #[source]
        source: reqwest::Error,
    },
    /// The request left and no whole answer came.
    #[error("{doing}: no answer")]
    Lost {
        /// What we were doing.
        doing: String,
        /// What happened instead.
        #[source]
        source: reqwest::Error,
    },
    /// Adobe is in trouble (5xx) or wants us to slow down (429), and patience is at its end.
    #[error("{doing}: Adobe answered {status} ({code}) until patience was at its end")]
    Busy {
        /// What we were doing.
        doing: String,
        /// The last HTTP status.
        status: u16,
        /// The last code, or the status.
        code: String,
    },
    /// An answer that cannot be what it should be.
    #[error("{doing}: the answer cannot be used: {problem}")]
    Unreadable {
        /// What we were doing.
        doing: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The quota per minute was used up by other processes for too long.
    #[error("{doing}: other processes use up the quota per minute")]
    Crowded {
        /// What we were doing.
        doing: String,
    },
    /// Stopping was asked for.
    #[error("stopped on request")]
    Cancelled,
}

/// What an error means for whoever started the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody must change the configuration, here or at Adobe: exit code 78.
    Configuration,
    /// Adobe, or the way there, is in trouble: exit code 7.
    Unavailable,
    /// The gate is closed: exit code 8.
    Shut,
    /// The clock is wrong: exit code 1.
    Clock,
    /// The store failed: exit code 1.
    Store,
}

impl Kind {
    /// The exit code, as long as nothing was written to Adobe.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Configuration => 78,
            Self::Unavailable => 7,
            Self::Shut => 8,
            Self::Clock | Self::Store => 1,
        }
    }
}

impl Error {
    /// What it means for whoever started the program.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Setting { .. }
            | Self::Way { .. }
            | Self::NotEmulator { .. }
            | Self::Unaddressable { .. }
            | Self::Untrusted { .. }
            | Self::Credential { .. }
            | Self::ClientId { .. }
            | Self::RefusedBefore
            | Self::Signed { .. }
            | Self::ApiNotAdded { .. }
            | Self::OtherOrganization { .. }
            | Self::Organization { .. }
            | Self::Forbidden { .. }
            | Self::Redirected { .. } => Kind::Configuration,
            Self::TokenEnded { source } | Self::NoToken { source } => source.kind(),
            // A page that was announced and is not there is Adobe's trouble.
            Self::Refused { status: 404, .. } => Kind::Unavailable,
            Self::Refused { .. } => Kind::Configuration,
            Self::Migrating { .. }
            | Self::Unreachable { .. }
            | Self::Lost { .. }
            | Self::Busy { .. }
            | Self::Unreadable { .. }
            | Self::Crowded { .. }
            | Self::Cancelled => Kind::Unavailable,
            Self::ClockOff { .. } | Self::NoDate => Kind::Clock,
            Self::Shut(_) => Kind::Shut,
            Self::Ledger { .. } => Kind::Store,
        }
    }

    /// When the gate opens, if that is what is wrong.
    pub fn shut(&self) -> Option<&Shut> {
        match self {
            Self::Shut(shut) => Some(shut),
            _ => None,
        }
    }

    /// The code of Adobe's gateway, if that is what is wrong.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Credential { code, description: _ }
            | Self::ClientId { code, description: _ }
            | Self::Signed { code, description: _ }
            | Self::ApiNotAdded { code }
            | Self::OtherOrganization { code, organization: _ }
            | Self::Organization { code, organization: _ }
            | Self::Migrating { code, organization: _ }
            | Self::Forbidden { code, doing: _, organization: _ }
            | Self::Refused { code, doing: _, status: _, message: _ }
            | Self::Busy { code, doing: _, status: _ } => Some(code),
            _ => None,
        }
    }

    /// Whether only the name that was asked for need be at fault: another question may well be answered.
    pub fn is_about_one_name(&self) -> bool {
        match self {
            Self::Unaddressable { .. } | Self::Unreadable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 400 | 404 | 405 | 406 | 414 | 422),
            _ => false,
        }
    }

    /// The same, where it kept a token away because its service is in trouble.
    pub(crate) fn without_a_token(self) -> Self {
        match self {
            Self::Busy { .. } | Self::Lost { .. } | Self::Unreadable { .. } => {
                Self::NoToken { source: Box::new(self) }
            }
            other => other,
        }
    }

    /// The same, where it kept another token away after one was refused.
    pub(crate) fn after_a_401(self) -> Self {
        match self {
            Self::Shut(_) | Self::Cancelled | Self::Ledger { .. } => self,
            other => Self::TokenEnded { source: Box::new(other) },
        }
    }

    /// The error and its causes in one line, for an outcome. What a reader can do about it is not repeated for each
    /// command.
    pub(crate) fn line(&self) -> String {
        let mut line = self.to_string().lines().next().unwrap_or_default().to_owned();
        let mut cause = self.source();
        while let Some(error) = cause {
            line = format!("{line}: {error}");
            cause = error.source();
        }
        line
    }
}

fn shown(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn told(text: &Option<String>) -> String {
    text.as_ref().map_or_else(String::new, |text| format!(": {text}"))
}
