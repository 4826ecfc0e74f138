//! What a server can do to a reader, and what the reader was doing.

use super::active_directory;
use super::kerberos::Trouble;
use std::fmt;
use std::time::Duration;

/// What was being done when a server failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Finding the host and opening the connection.
    Connect,
    /// Asking for StartTLS.
    StartTls,
    /// The TLS handshake and the certificate.
    Tls,
    /// Presenting the account.
    Bind {
        /// Its name.
        dn: String,
    },
    /// Presenting a certificate.
    BindByCertificate {
        /// Its file.
        certificate: String,
    },
    /// Presenting a Kerberos ticket.
    BindByKerberos {
        /// Whose. `None`: that of the credential cache.
        principal: Option<String>,
    },
    /// Asking what kind of server this is.
    Root,
    /// Reading the entry where the directory, the people or the groups begin.
    Base {
        /// Its name.
        dn: String,
    },
    /// Reading a list, page by page.
    Page {
        /// Counted from 1.
        page: usize,
        /// Of what.
        of: Listing,
    },
    /// Reading one group.
    Group {
        /// Its name.
        dn: String,
    },
    /// Looking at a member who is neither one of the people nor a group.
    Member {
        /// Its name.
        dn: String,
    },
    /// Reading the rest of an attribute that the server hands out in ranges.
    Range {
        /// The attribute.
        attribute: String,
        /// The entry.
        dn: String,
    },
}

/// What is read page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// The people.
    People,
    /// The wanted groups, looked up by name.
    Groups,
    /// The groups that may be inside them.
    NestedGroups,
    /// The people in a wanted group and in the groups inside it, by the server's word.
    NestedMembers,
    /// Members who are neither people nor groups.
    Members,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("cannot connect"),
            Self::StartTls => f.write_str("cannot begin StartTLS"),
            Self::Tls => f.write_str("cannot establish TLS"),
            Self::Bind { dn } => write!(f, "cannot bind as `{dn}`"),
            Self::BindByCertificate { certificate } => {
                write!(f, "cannot bind by the certificate {certificate}")
            }
            Self::BindByKerberos { principal: Some(principal) } => {
                write!(f, "cannot bind by Kerberos as `{principal}`")
            }
            Self::BindByKerberos { principal: None } => {
                f.write_str("cannot bind by the Kerberos ticket in the credential cache")
            }
            Self::Root => f.write_str("cannot read what the server supports"),
            Self::Base { dn } => write!(f, "cannot read the base `{dn}`"),
            Self::Page { page, of } => write!(f, "cannot read page {page} of the {of}"),
            Self::Group { dn } => write!(f, "cannot read the group `{dn}`"),
            Self::Member { dn } => write!(f, "cannot look at the member `{dn}`"),
            Self::Range { attribute, dn } => write!(f, "cannot read all values of `{attribute}` of `{dn}`"),
        }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::People => "people",
            Self::Groups => "groups",
            Self::NestedGroups => "nested groups",
            Self::NestedMembers => "members of nested groups",
            Self::Members => "members who are no people",
        })
    }
}

/// What a server did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The network failed.
    #[error("the connection failed")]
    Io(#[source] std::io::Error),
    /// The name has no address, or every address failed; this is the last failure.
    #[error("no address answers")]
    Unreachable(#[source] std::io::Error),
    /// The handshake failed, or the certificate is not trusted for a rare reason.
    #[error(
        "the handshake failed\nif a company's own authority vouches for this server, name it as `ca_file`; the name in the certificate must be the one in `servers`"
    )]
    Tls(#[source] std::io::Error),
    /// The server's certificate does not prove who it is.
    #[error("{0}")]
    Untrusted(Distrust, #[source] std::io::Error),
    /// The server does not take our certificate.
    #[error(
        "the server does not take this certificate\nlet the server trust the authority that issued it (OpenLDAP: TLSCACertificateFile), and renew it if it has expired"
    )]
    CertificateRefused(#[source] std::io::Error),
    /// The server took the certificate and knows nobody by it.
    #[error(
        "the server knows nobody by this certificate, so that it would be read as nobody in particular\nlet the server map the certificate's subject to an account (OpenLDAP: authz-regexp; Active Directory: altSecurityIdentities)"
    )]
    NobodyByCertificate,
    /// There is no ticket, or it could not be shown.
    #[error("{trouble}{}", Detail(detail, trouble.remedy()))]
    Kerberos {
        /// Why.
        trouble: Trouble,
        /// The Kerberos library's own words.
        detail: String,
    },
    /// The server does not take the ticket.
    #[error(
        "the server does not take the ticket: {} ({}){}", .0.code, name(.0.code), Detail(&.0.text, TICKET)
    )]
    TicketRefused(Answered),
    /// The server took the ticket and knows nobody by it.
    #[error(
        "the server knows nobody by this ticket, so that it would be read as nobody in particular\nlet the server map the principal to an account (OpenLDAP: authz-regexp; 389-ds: a SASL mapping)"
    )]
    NobodyByTicket,
    /// A further connection of the same read shows another certificate than the first.
    #[error(
        "a further connection of this read met another certificate than the first one, so that two servers answer by one name\nname each of them under `servers`, or write `connections: 1`"
    )]
    AnotherServer,
    /// Nothing came in time.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The server hung up between two messages.
    #[error("the server closed the connection before the answer was complete")]
    Closed,
    /// The connection ended inside a message.
    #[error("the connection was cut inside a message")]
    Cut,
    /// What came is no LDAP.
    #[error("the server sent {0}, which is no proper LDAP")]
    Malformed(&'static str),
    /// What came has no end in sight, or is larger than anything a directory has.
    #[error("the server sent {0}, which no directory needs, and it was not read on")]
    TooMuch(&'static str),
    /// The answer to a question about one entry is about another one.
    #[error("the server was asked for the entry `{asked}` and answered with `{answered}`")]
    OtherEntry {
        /// The name asked for.
        asked: String,
        /// The name that came.
        answered: String,
    },
    /// The server answered with an error.
    #[error("{}", Answer(.0))]
    Answer(Answered),
    /// The answer ignores paging, so nothing tells whether it is complete.
    #[error("the server ignored paging, so nothing tells whether the answer is complete")]
    NotPaged,
    /// The server refers to another one for a part of the answer.
    #[error(
        "a part is on another server, {0}, which was not asked\nread each server's part as its own base, or ask a global catalog (port 3268 or 3269)"
    )]
    Referred(String),
    /// An entry came twice in one answer, in this spelling or another one.
    #[error("the entry `{0}` came twice in one answer")]
    Twice(String),
    /// Values changed while they were read, again and again.
    #[error("the values changed during each of {0} attempts")]
    Moving(usize),
    /// Active Directory's ranges did not lead to an end.
    #[error("the range after value {0} is missing")]
    RangeGap(usize),
    /// There is no such entry for this account.
    #[error("it does not exist, or this account may not read it")]
    Absent,
    /// The entry was there a moment ago.
    #[error("the entry has gone")]
    Gone,
    /// The client library broke down.
    #[error("the LDAP client broke down: {0}")]
    Crashed(String),
    /// The client library refused the request.
    #[error("the LDAP client refused the request")]
    Client(#[source] ldap3::LdapError),
}

/// Why a server's certificate does not prove who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// No authority that is trusted vouches for it.
    UnknownAuthority,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotValidYet,
    /// It is for other names.
    OtherName {
        /// The names it is for.
        names: Vec<String>,
    },
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAuthority => {
                "no authority that is trusted vouches for the server's certificate\nif a company's own authority does, name that authority's certificate as `ca_file`"
            }
            Self::Expired => {
                "the server's certificate has expired\nrenew it on the server, if this machine's clock is right; a `ca_file` cannot help"
            }
            Self::NotValidYet => {
                "the server's certificate is not valid yet\ncompare this machine's clock with the server's; a `ca_file` cannot help"
            }
            Self::OtherName { names } if names.is_empty() => {
                "the server's certificate is for another name\nwrite the name that is in it under `servers`; a `ca_file` cannot help"
            }
            Self::OtherName { names } => {
                return write!(
                    f,
                    "the server's certificate is for another name: {}\nwrite that name under `servers`; a `ca_file` cannot help",
                    names.join(", ")
                );
            }
        })
    }
}

/// A result code other than success, and the server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The result code (RFC 4511, appendix A).
    pub code: u32,
    /// The diagnostic message.
    pub text: String,
}

impl Failure {
    /// Whether the server does not let us see just this entry (insufficientAccessRights); that it is busy, or ends, is
    /// about the whole read.
    pub(super) fn denies(&self) -> bool {
        matches!(self, Self::Answer(Answered { code: 50, text: _ }))
    }

    /// Whether a password was refused that is, or may well be, wrong.
    pub fn may_be_the_password(&self) -> bool {
        match self {
            Self::Answer(Answered { code: 49, text }) => active_directory::may_be_the_password(text),
            _ => false,
        }
    }

    /// Whether another server may do better: this one is away, busy or broken. A refusal is not: a wrong password sent
    /// to every server in turn locks the account.
    pub fn is_of_this_server(&self) -> bool {
        match self {
            Self::Answer(Answered { code, text: _ }) => {
                !matches!(code, 2 | 4 | 7 | 8 | 10..=14 | 16..=21 | 32..=36 | 48..=50 | 53)
            }
            Self::Client(_) | Self::NotPaged | Self::Referred(_) | Self::Absent => false,
            Self::NobodyByCertificate | Self::NobodyByTicket | Self::TicketRefused(_) => false,
            Self::Kerberos { trouble, detail: _ } => trouble.is_of_this_server(),
            _ => true,
        }
    }
}

/// What else is known, and on the next line the remedy.
struct Detail<'a>(&'a str, &'static str);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(detail, remedy) = self;
        if !detail.is_empty() {
            write!(f, ": {detail}")?;
        }
        if remedy.is_empty() { Ok(()) } else { write!(f, "\n{remedy}") }
    }
}

struct Answer<'a>(&'a Answered);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answered { code, text } = self.0;
        write!(f, "the server answered {code} ({})", name(*code))?;
        if !text.is_empty() {
            write!(f, ": {text}")?;
        }
        let remedy = remedy(*code, text);
        if remedy.is_empty() { Ok(()) } else { write!(f, "\n{remedy}") }
    }
}

/// The names of RFC 4511, appendix A.
fn name(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        33 => "aliasProblem",
        34 => "invalidDNSyntax",
        36 => "aliasDereferencingProblem",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        54 => "loopDetect",
        80 => "other",
        _ => "a code without a name",
    }
}

fn remedy(code: u32, text: &str) -> &'static str {
    match code {
        3 | 4 | 11 => {
            "lift the server's limits for this account (OpenLDAP: `limits dn.exact=\"…\" size.prtotal=unlimited size.pr=1000 time=unlimited`; 389-ds: nsSizeLimit, nsLookThroughLimit, nsPagedSizeLimit), or narrow the filter"
        }
        7 => {
            "this server does not offer this way to bind; for a certificate it must ask clients for one (OpenLDAP: TLSVerifyClient try), for Kerberos it must have GSSAPI and a keytab with ldap/HOST"
        }
        8 | 13 => "use `ldaps://`, or `ldap://` with StartTLS",
        10 => "this server does not hold that base; name one that does",
        12 => "this server does not support paged results (RFC 2696), or not for this account",
        32 => "check the base: it does not exist, or this account may not read it",
        34 => "check how the name is written",
        49 => active_directory::refusal(text).unwrap_or(BAD_CREDENTIALS),
        50 => "give the account the right to read there",
        1 | 48 | 53 => {
            "check that the account may bind and search; Active Directory and many others answer only after a bind"
        }
        _ => "",
    }
}

const TICKET: &str = "check that the server's keytab has the present key of ldap/HOST, with HOST as under `servers`, that both clocks are right, and that the server knows the account; what the server wrote to its log tells more";

const BAD_CREDENTIALS: &str =
    "check the account's name and password; no further attempt was made, because more of them may lock it";
