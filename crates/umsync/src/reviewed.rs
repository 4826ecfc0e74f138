//! Leavers in files: every complete run writes who they are, somebody reviews them, and another run acts on those alone.

use crate::failure::Failure;
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use umsync_engine::adobe::{Snapshot, User, UserType};
use umsync_engine::change::Address;
use umsync_engine::diff::{Leaver, account_of};
use umsync_engine::key::{email_domain, fold, fold_email};
use umsync_engine::memory::Reviewed;
use umsync_engine::plan::Plan;
use umsync_engine::rules::LeaverAction;

/// The columns that are written. `type` and `email` are enough to be read, and so are `type`, `username` and `domain`.
const COLUMNS: [&str; 8] = ["type", "username", "domain", "email", "id", "since", "due", "action"];

/// Why a list of leavers cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewedError {
    #[error("cannot read the list of leavers")]
    Read(#[source] csv::Error),
    #[error(
        "it has no column `{0}`\n  write the columns as `leavers.write` does; `type` and `email` are enough"
    )]
    Column(&'static str),
    #[error("line {line} names nobody: it has no email, username or id")]
    Nobody { line: u64 },
}

/// What the configured list says, where there is one.
pub(crate) fn read(program: &Program, adobe: &Snapshot) -> Result<Option<Reviewed>, Failure> {
    let Some(path) = &program.config.leavers.list else { return Ok(None) };
    let rows = rows(path).map_err(|source| Failure::Reviewed { path: path.clone(), source })?;
    let mut reviewed = Reviewed::default();
    for row in rows {
        let found: BTreeSet<String> =
            adobe.users.iter().filter(|user| row.names(user)).map(account_of).collect();
        match found.into_iter().collect::<Vec<_>>().as_slice() {
            [one] => {
                reviewed.accounts.insert(one.clone(), row.who());
            }
            _ => {
                reviewed.unknown.insert(row.who());
            }
        }
    }
    Ok(Some(reviewed))
}

/// One line of a list.
#[derive(Debug, Default)]
struct Row {
    kind: String,
    email: String,
    username: String,
    domain: String,
    id: String,
}

impl Row {
    fn who(&self) -> String {
        let names = [&self.email, &self.username, &self.id];
        names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
    }

    /// Whether all that it says is so of a user.
    fn names(&self, user: &User) -> bool {
        let Self { kind, email, username, domain, id } = self;
        let is =
            |said: &str, has: Option<&str>| said.is_empty() || has.is_some_and(|has| fold(has) == fold(said));
        // The id alone tells who somebody is, whatever they are called by now.
        if !id.is_empty() {
            return user.id() == Some(id.as_str());
        }
        let Address { user: name, domain: own, adobe_id: _ } = Address::of(user);
        (email.is_empty() || fold_email(user.email()) == fold_email(email))
            && (kind.is_empty() || user.kind == UserType::parse(kind))
            && is(username, Some(&name))
            && is(domain, own.or_else(|| email_domain(user.email())).as_deref())
    }
}

fn rows(path: &Path) -> Result<Vec<Row>, ReviewedError> {
    let mut reader = csv::Reader::from_path(path).map_err(ReviewedError::Read)?;
    let head = reader.headers().map_err(ReviewedError::Read)?.clone();
    let head: BTreeMap<String, usize> =
        head.iter().enumerate().map(|(at, name)| (fold(name.trim_start_matches('\u{feff}')), at)).collect();
    let needed = [("type", &["type"][..]), ("email", &["email", "username", "id"])];
    if let Some((column, _)) = needed.iter().find(|(_, any)| !any.iter().any(|name| head.contains_key(*name)))
    {
        return Err(ReviewedError::Column(column));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(ReviewedError::Read)?;
        let cell = |column: &str| {
            let text = head.get(column).and_then(|at| record.get(*at)).unwrap_or_default().trim();
            text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text).to_owned()
        };
        let [kind, email, username, domain, id] = ["type", "email", "username", "domain", "id"].map(cell);
        let row = Row { kind, email, username, domain, id };
        if row.who().is_empty() {
            return Err(ReviewedError::Nobody { line: record.position().map_or(0, csv::Position::line) });
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Writes the leavers of a plan where the configuration says, whole or not at all, for nobody else to read.
pub(crate) fn write(program: &Program, plan: &Plan, adobe: &Snapshot) -> Result<(), Failure> {
    let Some(path) = &program.config.leavers.write else { return Ok(()) };
    let text = table(plan.leavers(), adobe, program.config.rules.leavers.action);
    let mut new = path.clone().into_os_string();
    new.push(".new");
    let put = || -> std::io::Result<()> {
        // A file that somebody left there may be open for others.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    put().map_err(|source| Failure::LeaversOut { path: path.clone(), source })
}

fn table(leavers: &[Leaver], adobe: &Snapshot, action: LeaverAction) -> Vec<u8> {
    let users: BTreeMap<String, &User> = adobe.users.iter().map(|user| (account_of(user), user)).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |cells: [String; COLUMNS.len()]| {
        writer.write_record(cells.map(safe)).expect("memory takes every row");
    };
    put(COLUMNS.map(str::to_owned));
    for leaver in leavers {
        let Some(user) = users.get(&leaver.account) else { continue };
        // By what commands name them: a username where people log in by one, and its domain.
        let Address { user: name, domain, adobe_id: _ } = Address::of(user);
        let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        put([
            user.kind.to_string(),
            name,
            domain.or_else(|| email_domain(user.email())).unwrap_or_default(),
            user.email().to_owned(),
            user.id().unwrap_or_default().to_owned(),
            time(leaver.since),
            leaver.acts_at.map(time).unwrap_or_default(),
            word(action).to_owned(),
        ]);
    }
    writer.into_inner().expect("memory takes every row")
}

fn word(action: LeaverAction) -> &'static str {
    match action {
        LeaverAction::Keep => "keep",
        LeaverAction::RemoveGroups => "remove-groups",
        LeaverAction::RemoveAllGroups => "remove-all-groups",
        LeaverAction::Remove => "remove",
        LeaverAction::Delete => "delete",
    }
}

/// Spreadsheets take such a text for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn safe(text: String) -> String {
    if is_formula(&text) { format!("'{text}") } else { text }
}
