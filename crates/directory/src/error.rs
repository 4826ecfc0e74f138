//! What can go wrong while a source is read. Every one of these means: there is no directory, not a shorter one.

use crate::csv::{Encoding, Flaws};
use crate::filter::FilterError;
use crate::ldap::{Answered, Failure, Phase};
use std::fmt;
use std::path::PathBuf;
use umsync_engine::directory::{Anchor, GroupRef};

/// Why a source could not be read whole. `place` is a server or a file, for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or read.
    #[error("cannot read {}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A line that LDIF does not allow, or that has no place in a description of people and groups.
    #[error("{}, line {line}: {reason}", file.display())]
    Ldif {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Rows of a table that cannot be read, all of them.
    #[error("{}: {flaws}", file.display())]
    Rows {
        /// The file.
        file: PathBuf,
        /// Which, why, and what to do.
        flaws: Flaws,
    },
    /// A file that says of itself that it is written otherwise than the configuration says.
    #[error(
        "{} begins with the byte-order mark of {marked}, and the configuration says {stated}\ncorrect `encoding`, or leave it out",
        file.display()
    )]
    Encoding {
        /// The file.
        file: PathBuf,
        /// By its mark.
        marked: Encoding,
        /// By the configuration.
        stated: Encoding,
    },
    /// Columns that the configuration names and the header lacks, all of them.
    #[error(
        "{place} lacks {}; its header names {}\ncorrect the names in the configuration or in the header, and the `delimiter` if these are not its columns",
        Listed("column", missing),
        Listed("column", there)
    )]
    MissingColumns {
        /// Where.
        place: String,
        /// All of them, in order.
        missing: Vec<String>,
        /// The header.
        there: Vec<String>,
    },
    /// Two columns with one name.
    #[error("{place} has two columns named `{column}`\nrename one of them")]
    AmbiguousColumn {
        /// Where.
        place: String,
        /// The name.
        column: String,
    },
    /// A table without rows. A directory without people is more likely a mistake than a company without people.
    #[error("{place} has no people: below its header there is no row with a value\nlook at what writes it")]
    NoRows {
        /// Where.
        place: String,
    },
    /// Groups that the configuration names and no row lists, all of them. Whether they are empty or misspelt, nobody can
    /// tell.
    #[error(
        "no row of {place} lists {} in the column `{column}`\ncorrect the names in the mapping, or name groups that may have no member in `directory.csv.groups`",
        Listed("group", missing)
    )]
    UnlistedGroups {
        /// Where.
        place: String,
        /// Which column lists groups.
        column: String,
        /// All of them, in order.
        missing: Vec<GroupRef>,
    },
    /// The export says of itself that it is a part.
    #[error("{} is incomplete: {reason}", file.display())]
    PartialExport {
        /// The file.
        file: PathBuf,
        /// How it says so, and what to do.
        reason: String,
    },
    /// The filter for people cannot be applied to this source.
    #[error("the filter for people cannot be used for {place}")]
    Filter {
        /// Where it should have been applied.
        place: String,
        /// The mistake.
        source: FilterError,
    },
    /// Nobody was found. A directory without people is more likely a mistake than a company without people.
    #[error(
        "{place} has no people: no entry under `{base}` matches {filter}\ncheck the base, the filter and what the account may read"
    )]
    NoPeople {
        /// Where.
        place: String,
        /// Below which entry.
        base: String,
        /// The filter.
        filter: String,
    },
    /// Two entries with one anchor. Links by it would give the account of one person to another.
    #[error(
        "{place}: `{first}` and `{second}` have one anchor, `{}`{}\nname an attribute that is different in each entry as `anchor`, or leave one of the two out, of the file or with the base or the filter; if one was just renamed, read again",
        anchor.as_str(),
        Sharing(*others)
    )]
    SharedAnchor {
        /// Where.
        place: String,
        /// The anchor.
        anchor: Anchor,
        /// The DN of one of them.
        first: String,
        /// The DN of another.
        second: String,
        /// How many more entries share an anchor, this one or others.
        others: usize,
    },
    /// Groups that the configuration names and the source lacks, all of them.
    #[error(
        "{place} lacks {}\ncorrect the names in the mapping, or what the account may read",
        Listed("group", missing)
    )]
    MissingGroups {
        /// Where.
        place: String,
        /// All of them, in order.
        missing: Vec<GroupRef>,
    },
    /// Groups that matched a pattern and are gone, all of them.
    #[error("{place}: {}", Gone(vanished))]
    VanishedGroups {
        /// Where.
        place: String,
        /// In order.
        vanished: Vec<Vanished>,
    },
    /// Groups of which the name leads to another entry than the one that was read before, all of them.
    #[error("{place}: {}{}", Renewed(others), Lacking(missing))]
    OtherGroups {
        /// Where.
        place: String,
        /// In order.
        others: Vec<OtherGroup>,
        /// Groups that are not there at all, in order.
        missing: Vec<GroupRef>,
    },
    /// A plain name that two groups have.
    #[error(
        "{place} has two groups named `{group}`: `{first}` and `{second}`\nwrite the DN of the one that is meant"
    )]
    AmbiguousGroup {
        /// Where.
        place: String,
        /// The name.
        group: GroupRef,
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// Groups inside groups without end in sight.
    #[error(
        "{place}: the group `{group}` is nested more than {depth} levels deep\nread direct members only with `nested_groups: false`"
    )]
    TooDeep {
        /// Where.
        place: String,
        /// The wanted group.
        group: GroupRef,
        /// The limit.
        depth: usize,
    },
    /// Nested groups are to be followed by a rule that the server does not know.
    #[error(
        "{place} is not Active Directory, and only that knows `nested_groups: matching_rule`\nwrite `nested_groups: true`: groups inside groups are then read"
    )]
    NoMatchingRule {
        /// Which server.
        place: String,
    },
    /// A server failed, or refused.
    #[error("{server}: {phase}")]
    Server {
        /// As configured, without path.
        server: String,
        /// What was being done.
        phase: Phase,
        /// What happened.
        source: Box<Failure>,
    },
    /// No server gave a whole read. Nothing was put together from several.
    #[error("none of the {} servers gave a whole directory{}", failures.len(), Chains(failures))]
    AllServers {
        /// One for each server, in the order they were tried.
        failures: Vec<Error>,
    },
    /// A server is written in a way that cannot be used.
    #[error("the server `{url}` cannot be used: {reason}")]
    BadServer {
        /// As configured.
        url: String,
        /// Why, and what to write.
        reason: &'static str,
    },
    /// Servers take a name with an empty password for nobody in particular and say yes (RFC 4513, section 5.1.2).
    #[error("the password of `{dn}` is empty, and was not sent\ncheck where it comes from")]
    EmptyPassword {
        /// The account.
        dn: String,
    },
    /// A file of certificates: the trusted authorities, or ours.
    #[error("cannot read the certificates in {}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: std::io::Error,
    },
    /// The key of our own certificate. Nothing of it is told.
    #[error("the key of the certificate {} cannot be used: {why}\nit must be in PEM, without a password, and be this certificate's", file.display())]
    ClientKey {
        /// The certificate's file.
        file: PathBuf,
        /// What is wrong with the key.
        why: String,
    },
    /// No authority is trusted, so no server can be.
    #[error(
        "the operating system has no certificates to verify servers with\ninstall `ca-certificates`, or name a `ca_file`"
    )]
    NoAuthorities {
        /// What the system said, if anything.
        source: Option<rustls_native_certs::Error>,
    },
    /// People and groups tell different stories, so that reading either would be guessing.
    #[error(
        "{server}: `{group}` lists `{person}`{}, whose memberOf does not name the group\nread the groups' own word with `members: member`, or repair the server's memberOf",
        Others(*others)
    )]
    MembersDisagree {
        /// Which server.
        server: String,
        /// The group's DN.
        group: String,
        /// One of the members concerned.
        person: String,
        /// How many more there are.
        others: usize,
    },
    /// The configuration names what the server does not know: such a filter finds nobody, and the server says nothing.
    #[error(
        "{place} does not know {}\ncorrect the spelling: where a filter names what a server does not know, it finds nothing and says so to nobody (objectCategory, sAMAccountName and the class user are Active Directory's; elsewhere people are inetOrgPerson)",
        unknown.join(", ")
    )]
    UnknownNames {
        /// Which server.
        place: String,
        /// What, and at which keys of the configuration.
        unknown: Vec<String>,
    },
    /// The whole read took too long.
    #[error("the directory was not read within {} s\nraise the time-out, or narrow the base and the filter", after.as_secs())]
    OutOfTime {
        /// The limit.
        after: std::time::Duration,
    },
}

impl Error {
    /// Whether another server may give what this one did not.
    pub(crate) fn is_of_one_server(&self) -> bool {
        matches!(self, Self::Server { server: _, phase: _, source } if source.is_of_this_server())
    }

    /// What it tells about the account.
    pub fn admission(&self) -> Admission {
        match self {
            Self::Server { server, phase, source } => match (phase, &**source) {
                (Phase::Connect | Phase::StartTls | Phase::Tls, _) => Admission::Unknown,
                (
                    Phase::Bind { .. } | Phase::BindByCertificate { .. } | Phase::BindByKerberos { .. },
                    Failure::Answer(Answered { code: INVALID_CREDENTIALS, text: _ })
                    | Failure::TicketRefused(Answered { code: INVALID_CREDENTIALS, text: _ }),
                ) => Admission::Refused { server: server.clone() },
                // The KDC counts as the directory does: with Active Directory it is the same host.
                (Phase::BindByKerberos { .. }, Failure::Kerberos { trouble, detail: _ })
                    if trouble.is_refusal() =>
                {
                    Admission::Refused { server: server.clone() }
                }
                (Phase::Bind { .. } | Phase::BindByCertificate { .. } | Phase::BindByKerberos { .. }, _) => {
                    Admission::Unknown
                }
                _ => Admission::LetIn,
            },
            Self::AllServers { failures } => {
                let told = failures.iter().map(Self::admission);
                told.fold(Admission::Unknown, |all, one| if all == Admission::Unknown { one } else { all })
            }
            Self::NoPeople { .. }
            | Self::SharedAnchor { .. }
            | Self::MissingGroups { .. }
            | Self::VanishedGroups { .. }
            | Self::OtherGroups { .. }
            | Self::AmbiguousGroup { .. }
            | Self::TooDeep { .. }
            | Self::NoMatchingRule { .. }
            | Self::MembersDisagree { .. } => Admission::LetIn,
            _ => Admission::Unknown,
        }
    }

    /// The error and its causes, in one line for logs.
    pub(crate) fn with_causes(&self) -> String {
        Chains(std::slice::from_ref(self)).to_string().trim_start().replace('\n', " ")
    }
}

/// A group of which the name leads to another entry than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherGroup {
    /// As the configuration names it.
    pub group: GroupRef,
    /// Where the entry stands that has the name.
    pub found: String,
    /// Where the one stood that had it.
    pub before: String,
    /// Where that one stands now; `None`: it is gone, or may not be read.
    pub now: Option<String>,
    /// The attribute by which it was known, where the entry does not show it: it may be the same one.
    pub hidden: Option<String>,
}

/// A group that matched a pattern when the directory was last read, and is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vanished {
    /// Its name.
    pub group: GroupRef,
    /// Where it stands now under another name; `None`: it is gone, or may not be read.
    pub now: Option<String>,
}

/// What a failed read tells about the account that reads: who counts refusals keeps it from being locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// A server refused its name, password or certificate.
    Refused {
        /// Which one.
        server: String,
    },
    /// A server let it in; what failed came later.
    LetIn,
    /// No server was asked, or none said.
    Unknown,
}

/// `invalidCredentials` (RFC 4511, appendix A), with which servers refuse a bind and count towards a lock-out.
const INVALID_CREDENTIALS: u32 = 49;

/// `the group x`, `the groups x, y`.
struct Listed<'a, T>(&'static str, &'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(what, names) = self;
        write!(f, "the {what}{}", if names.len() == 1 { "" } else { "s" })?;
        for (index, name) in names.iter().enumerate() {
            write!(f, "{} `{name}`", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

const GONE: &str =
    "the former one is gone or may not be read, or this server is no replica of the one that was read before";

/// What became of each group, and what to do about it.
struct Renewed<'a>(&'a [OtherGroup]);

impl fmt::Display for Renewed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, OtherGroup { group, found, before, now, hidden }) in self.0.iter().enumerate() {
            let next = if index == 0 { "" } else { "\n" };
            let name = group.as_str().replace('\'', "'\\''");
            if let (Some(hidden), None) = (hidden, now) {
                write!(
                    f,
                    "{next}the group `{group}` may be another one than before: `{found}` does not show the `{hidden}` by which it was known\nlet this account read that attribute of groups, or export it with them; if this group is meant, whichever it was: umsync groups forget '{name}'"
                )?;
                continue;
            }
            write!(f, "{next}the group `{group}` is another one than before: `{found}`; ")?;
            match now {
                Some(now) => write!(f, "the former one is `{now}`")?,
                None if before == found => f.write_str(GONE)?,
                None => write!(f, "{GONE}; it was `{before}`")?,
            }
            write!(
                f,
                "\nif the new one is meant: umsync groups forget '{name}'; if the former one is, name it by its DN"
            )?;
        }
        Ok(())
    }
}

struct Gone<'a>(&'a [Vanished]);

impl fmt::Display for Gone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Vanished { group, now }) in self.0.iter().enumerate() {
            let next = if index == 0 { "" } else { "\n" };
            write!(f, "{next}the group `{group}`, which matched a pattern of the mapping, ")?;
            match now {
                Some(now) => write!(f, "is `{now}` now")?,
                None => f.write_str("is gone, or may not be read any more")?,
            }
            let name = group.as_str().replace('\'', "'\\''");
            write!(
                f,
                "\nif that is meant: umsync groups forget '{name}'; what it gave at Adobe stays as it is then, until another mapping names it"
            )?;
        }
        Ok(())
    }
}

struct Lacking<'a>(&'a [GroupRef]);

impl fmt::Display for Lacking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "\nmissing: {}", Listed("group", self.0)) }
    }
}

struct Others(usize);

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, " and {} more", self.0) }
    }
}

struct Sharing(usize);

impl fmt::Display for Sharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            1 => f.write_str("; 1 more entry has it too"),
            others => write!(f, "; {others} more entries share theirs"),
        }
    }
}

/// Several errors, each on its line with its causes: an error has one source, and here are several.
struct Chains<'a>(&'a [Error]);

impl fmt::Display for Chains<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in self.0 {
            write!(f, "\n{error}")?;
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                write!(f, ": {inner}")?;
                cause = inner.source();
            }
        }
        Ok(())
    }
}
