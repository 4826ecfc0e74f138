//! A directory on a server, told for people.

use super::super::finding::Finding;
use super::seen::{self, Attribute, Group, persons};
use super::{Directory, People, samples};
use crate::binds::Account;
use crate::config::{Ldap, Source};
use crate::failure::Failure;
use crate::program::Program;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::BTreeSet;
use umsync_directory::Error;
use umsync_directory::ldap::{
    self, Asking, AttributeLook, Bind, Mistake, PeopleLook, Phase, Progress, Reached, Report, Role,
    ServerLook, Settings,
};
use umsync_engine::directory::{DirectoryName, Schema, Tls};
use umsync_umapi::MOST_CLOCK_ERROR;

/// How long before its end somebody should think of a certificate.
const SOON: TimeDelta = TimeDelta::days(30);

/// One server, for machines.
#[derive(Debug, Serialize)]
pub(super) struct Server {
    place: String,
    /// `let_in`, `answers` or `no`.
    reached: &'static str,
    address: Option<String>,
    vendor: Option<String>,
    identity: Option<String>,
    latency_ms: Option<i64>,
    /// How far its clock is ahead of this machine's, where it tells the time.
    clock_ahead_s: Option<i64>,
    tls: Option<String>,
    certificate: Option<Certificate>,
}

#[derive(Debug, Serialize)]
struct Certificate {
    subject: String,
    issuer: String,
    names: Vec<String>,
    until: DateTime<Utc>,
    days_left: i64,
    sha256: String,
}

pub(super) async fn look(
    program: &Program,
    area: &str,
    name: &DirectoryName,
    source: &Source,
    ldap: &Ldap,
    findings: &mut Vec<Finding>,
) -> Directory {
    let mut directory = Directory { kind: "ldap", ..Directory::default() };
    let settings = match ldap.settings() {
        Ok(settings) => settings,
        Err((key, source)) => {
            findings.push(Finding::failed(area, "account", &Failure::secret(name, key, source)));
            return directory;
        }
    };
    program.bar.say("looking at the directory");
    let rules = &program.config.rules.alone(name);
    let wanted = match program.wanted(name, &BTreeSet::new()).await {
        Ok(wanted) => wanted,
        Err(failure) => {
            findings.push(Finding::failed(area, "groups", &failure));
            return directory;
        }
    };
    let made_of: BTreeSet<String> =
        rules.people.templates().into_iter().flat_map(|(_, template)| template.attributes()).collect();
    let bar = program.bar.clone();
    let progress = move |progress: Progress| {
        let Progress { server, listing, entries } = progress;
        bar.say(format!("counting {listing} at {server}: {entries}"));
    };
    let clock = || program.now();
    let asking = Asking { wanted: &wanted, made_of: &made_of, clock: &clock, progress: &progress };
    let mut report = match ldap::check(&settings, &asking).await {
        Ok(report) => report,
        Err(error) => {
            findings.push(Finding::mistaken(area, "settings", error.into()));
            return directory;
        }
    };
    // A person stands before it, so it tries even while the account rests; what it learns counts.
    if let Some(account) = Account::of(source)
        && let Err(failure) = account.note(&program.store, &report.admission(), program.now()).await
    {
        findings.push(Finding::failed(area, "account", &failure));
    }
    let secret = source.secret_place();
    let mut mistakes: Vec<Mistake> = std::mem::take(&mut report.mistakes);
    for server in &report.servers {
        let of_the_way = |mistake: &Mistake| is_about_the_way_to(&mistake.error, &server.place);
        servers(server, area, program.now(), findings);
        if let Some(at) = mistakes.iter().position(of_the_way) {
            findings.push(mistaken(area, mistakes.remove(at), secret.as_deref()));
        }
        directory.servers.push(machine(server, program.now()));
    }
    account(area, &report, &settings, findings);
    if let Some(Schema::Known { names }) = &report.schema
        && *names > 0
    {
        findings.push(Finding::good(
            area,
            "schema",
            format!("has all {names} names that the configuration uses"),
        ));
    }
    if let Some(Schema::Untold { why }) = &report.schema {
        let remedy = "let this account read it: a filter that names what the server does not know finds nobody, without an error";
        findings.push(Finding::warning(area, "schema", format!("cannot be compared: {why}"), remedy));
    }
    // What was not found goes before what was: the rest may follow from it.
    findings.extend(mistakes.into_iter().map(|mistake| mistaken(area, mistake, secret.as_deref())));
    if let Some(look) = &report.people {
        people(area, look, &settings, findings);
        seen::attributes(area, rules, &report.attributes, look.sampled, findings);
        states(area, &report, look.sampled, findings);
    }
    directory.people = report.people.map(|look| {
        let PeopleLook { found, listed, pages: _, page_size: _, limit, sampled, anchored, writable, limits } =
            look;
        let whole = limit.is_none();
        People {
            found,
            listed,
            whole,
            sampled,
            anchored,
            limit,
            limits,
            writable: writable.into_iter().collect(),
        }
    });
    directory.attributes = report.attributes.iter().map(Attribute::of).collect();
    directory.groups =
        report.groups.into_iter().map(|(name, look)| Group::of(name.to_string(), look, true)).collect();
    findings.extend(directory.groups.iter().map(|group| group.told(area)));
    directory.samples = samples(program, area, rules, report.samples, findings).await;
    directory
}

/// Whether it kept us from getting in.
fn is_about_the_way_to(error: &Error, place: &str) -> bool {
    match error {
        Error::Server { server, phase, source: _ } => {
            let way = matches!(
                phase,
                Phase::Connect
                    | Phase::StartTls
                    | Phase::Tls
                    | Phase::Bind { .. }
                    | Phase::BindByCertificate { .. }
                    | Phase::BindByKerberos { .. }
            );
            way && server == place
        }
        _ => false,
    }
}

/// A mistake, under the name of what it is about.
fn mistaken(area: &str, mistake: Mistake, secret: Option<&str>) -> Finding {
    let (what, advice) = match &mistake.error {
        Error::Server { server, phase, source } => match phase {
            Phase::Connect | Phase::StartTls | Phase::Tls => ("server".to_owned(), None),
            Phase::Bind { dn: _ } => {
                let place = secret.filter(|_| source.may_be_the_password());
                let advice = place
                    .map(|place| format!("its password is read from {place}: write the right one there"));
                ("account".to_owned(), advice)
            }
            Phase::BindByCertificate { certificate: _ } | Phase::BindByKerberos { principal: _ } => {
                ("account".to_owned(), None)
            }
            Phase::Base { dn: _ } => ("base".to_owned(), None),
            Phase::Page { page: _, of: ldap::Listing::People } => ("people".to_owned(), None),
            Phase::Page { .. } | Phase::Group { dn: _ } | Phase::Range { .. } => ("groups".to_owned(), None),
            _ => (server.clone(), None),
        },
        Error::UnknownNames { .. } => ("schema".to_owned(), None),
        Error::MissingGroups { .. }
        | Error::OtherGroups { .. }
        | Error::AmbiguousGroup { .. }
        | Error::TooDeep { .. } => ("groups".to_owned(), None),
        Error::MembersDisagree { .. } => ("memberOf".to_owned(), None),
        Error::NoPeople { .. } => ("people".to_owned(), None),
        _ => ("directory".to_owned(), None),
    };
    let advice = match (mistake.advice, advice) {
        (Some(first), Some(second)) => Some(format!("{first}\n{second}")),
        (first, second) => first.or(second),
    };
    Finding::mistaken(area, what, Mistake { error: mistake.error, advice })
}

fn servers(look: &ServerLook, area: &str, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
    let ServerLook { place, reached, address, tls, certificate, vendor, identity: _, latency, ahead } = look;
    let mut told = vec![place.clone()];
    told.extend(vendor.clone());
    told.extend(address.map(|address| format!("at {address}")));
    told.extend(latency.map(|latency| format!("answers in {} ms", latency.num_milliseconds().max(1))));
    let told = told.join(", ");
    match reached {
        // What keeps us from reaching it is told apart.
        Reached::No if address.is_none() => return,
        Reached::No => findings.push(Finding::good(area, "server", format!("{told}; it does not let us in"))),
        Reached::Answers => {
            let remedy = "the account was not shown to it, because another server refuses it and more refusals may lock it";
            findings.push(Finding::warning(area, "server", told, remedy));
        }
        Reached::LetIn => findings.push(Finding::good(area, "server", told)),
    }
    match (tls, certificate) {
        (Some(Tls { version, certificate_sha256 }), Some(certificate)) => {
            let left = certificate.until - now;
            let whose = match (certificate.subject.as_str(), certificate.names.as_slice()) {
                ("", []) => "nobody".to_owned(),
                (subject, []) => subject.to_owned(),
                (_, names) => names.join(", "),
            };
            let told = format!(
                "{version}; the certificate of {whose}, issued by {}, ends on {} (in {} days)\nsha256 {certificate_sha256}",
                certificate.issuer,
                certificate.until.format("%Y-%m-%d"),
                left.num_days(),
            );
            findings.push(match left < SOON {
                false => Finding::good(area, "TLS", told),
                true => Finding::warning(
                    area,
                    "TLS",
                    told,
                    "renew it on the server before it ends: then nothing is read any more",
                ),
            });
        }
        (Some(Tls { version, certificate_sha256 }), None) => {
            findings.push(Finding::good(area, "TLS", format!("{version}; sha256 {certificate_sha256}")));
        }
        (None, _) => {
            let remedy = "use ldaps://, or `starttls: true`";
            let told = "none: whoever listens reads everything, and the password";
            findings.push(Finding::warning(area, "TLS", told, remedy));
        }
    }
    let Some(ahead) = ahead else {
        findings.push(Finding::good(area, "clock", "this server does not tell the time to this account"));
        return;
    };
    let (seconds, direction) =
        (ahead.num_seconds().abs(), if *ahead < TimeDelta::zero() { "behind" } else { "ahead of" });
    let told = format!("the server's is {seconds} s {direction} this machine's");
    findings.push(match ahead.abs() > MOST_CLOCK_ERROR {
        false => Finding::good(area, "clock", told),
        true => {
            let remedy = "set this machine's clock and the server's by the same time service: Kerberos takes at most 5 min, and ends of accounts are compared with it";
            Finding::warning(area, "clock", told, remedy)
        }
    });
}

fn account(area: &str, report: &Report, settings: &Settings, findings: &mut Vec<Finding>) {
    if !report.servers.iter().any(|server| server.reached == Reached::LetIn) {
        return;
    }
    let who = match &settings.bind {
        Bind::Anonymous => "nobody in particular".to_owned(),
        Bind::Simple { dn, password: _ } => dn.clone(),
        Bind::Certificate { certificate, key: _ } => {
            format!("whose certificate is in {}", certificate.display())
        }
        Bind::Kerberos(kerberos) => match &kerberos.principal {
            Some(principal) => principal.clone(),
            None => "whose ticket is in the credential cache".to_owned(),
        },
    };
    let told: BTreeSet<&str> =
        report.servers.iter().filter_map(|server| server.identity.as_deref()).collect();
    let told = match told.into_iter().collect::<Vec<_>>().as_slice() {
        [] => format!("connected as {who}; no server tells whom it takes that for"),
        names => format!("connected as {}", names.join(" and as ")),
    };
    findings.push(Finding::good(area, "account", told));
}

fn people(area: &str, look: &PeopleLook, settings: &Settings, findings: &mut Vec<Finding>) {
    let PeopleLook { found, listed, pages, page_size, limit, sampled, anchored, writable, limits } = look;
    if limit.is_none() {
        let mut told = format!(
            "{} found by {} under {}\n{listed} of them are in groups that the configuration names\nin {} of at most {page_size}: no limit of the server was met",
            persons(*found),
            settings.users,
            settings.user_base.as_ref().unwrap_or(&settings.base),
            seen::some(*pages, "page"),
        );
        if !limits.is_empty() {
            told.push_str(&format!("\nlimits of the server: {}", limits.join(", ")));
        }
        findings.push(Finding::good(area, "people", told));
    }
    if anchored < sampled {
        let told = format!(
            "{} of {} looked at have nothing that never changes (entryUUID, objectGUID, …), or this account may not read it",
            sampled - anchored,
            persons(*sampled)
        );
        let remedy = "let this account read it, or name as `anchor` an attribute of the directory that never changes: whoever has none is known by email only, and a changed mail is then somebody else";
        findings.push(Finding::warning(area, "anchor", told, remedy));
    }
    if !writable.is_empty() {
        let some: Vec<&str> = writable.iter().take(5).map(String::as_str).collect();
        let told = format!(
            "this account may write {} of people: {}",
            seen::some(writable.len(), "attribute"),
            some.join(", ")
        );
        findings.push(Finding::warning(
            area,
            "rights",
            told,
            "take that right from it: reading is all that is needed",
        ));
    }
}

/// Which attributes tell whether accounts are open.
fn states(area: &str, report: &Report, sampled: usize, findings: &mut Vec<Finding>) {
    let states: Vec<&AttributeLook> = report
        .attributes
        .iter()
        .filter(|look| look.role == Role::State && look.known != Some(false))
        .collect();
    let came: Vec<String> = states
        .iter()
        .filter(|look| look.with > 0)
        .map(|look| format!("{} {}", look.name, look.with))
        .collect();
    let first = report.servers.iter().find(|server| server.reached == Reached::LetIn);
    let is_active_directory = first
        .and_then(|server| server.vendor.as_deref())
        .is_some_and(|vendor| vendor.starts_with("Active Directory"));
    let told = match came.as_slice() {
        [] => format!(
            "nothing about {} says that an account is closed or ends, so all count as open",
            persons(sampled)
        ),
        came => format!("told by: {}", came.join(", ")),
    };
    // There everybody has it.
    let hidden =
        is_active_directory && states.iter().any(|look| look.name == "useraccountcontrol" && look.with == 0);
    findings.push(match hidden && sampled > 0 {
        false => Finding::good(area, "open or closed", told),
        true => Finding::warning(
            area,
            "open or closed",
            told,
            "let this account read `userAccountControl`: without it nobody is seen to be disabled",
        ),
    });
}

fn machine(look: &ServerLook, now: DateTime<Utc>) -> Server {
    let ServerLook { place, reached, address, tls, certificate, vendor, identity, latency, ahead } =
        look.clone();
    let (version, sha256) = match tls {
        Some(Tls { version, certificate_sha256 }) => (Some(version), certificate_sha256),
        None => (None, String::new()),
    };
    Server {
        place,
        reached: match reached {
            Reached::LetIn => "let_in",
            Reached::Answers => "answers",
            Reached::No => "no",
        },
        address: address.map(|address| address.to_string()),
        vendor,
        identity,
        latency_ms: latency.map(|latency| latency.num_milliseconds()),
        clock_ahead_s: ahead.map(|ahead| ahead.num_seconds()),
        tls: version,
        certificate: certificate.map(|certificate| {
            let ldap::ServerCertificate { subject, issuer, names, until } = certificate;
            Certificate { subject, issuer, names, until, days_left: (until - now).num_days(), sha256 }
        }),
    }
}
