//! From the files and options of the User Sync Tool to umsync's configuration and the report.

use super::command_line::{self, Given};
use super::error::ImportError;
use super::files::{self, File, Reader};
use super::groups::{self, Manner};
use super::import::{Import, Paths};
use super::leavers::{Becomes, Reach};
use super::limits::Most;
use super::options::{self, Connector, Options, Users};
use super::report::{Key, Report};
use super::section::{Found, Mistakes, Section};
use super::umapi::Organizations;
use super::written::Written;
use super::{csv, elsewhere, hook, ldap, leavers, limits, person, rest, secrets, selection, umapi};
use std::cell::RefCell;
use std::path::Path;

/// The configuration, and what became of each key.
pub(super) struct Converted {
    pub(super) yaml: String,
    pub(super) report: Report,
}

/// How it is started, and where that is written.
struct Call {
    given: Vec<Given>,
    place: String,
    windows: bool,
}

/// The scripts that the User Sync Tool writes for itself, which people then change.
const SCRIPTS: [(&str, bool); 2] = [("ust_live.sh", false), ("Run_UST_Live.bat", true)];

/// Converts what is in a folder.
pub(super) fn convert(folder: &Path, options: Option<&str>, paths: Paths) -> Result<Converted, ImportError> {
    let mistakes = Mistakes::default();
    let call = call(folder, options)?;
    let last = |option: &str| call.given.iter().rev().find(|given| given.option == option);
    let encoding = last("--config-file-encoding").and_then(|given| given.words.first());
    let encoding = encoding.map_or("utf-8", String::as_str);
    let written = files::Written::new(encoding).ok_or_else(|| {
        ImportError::Options(format!(
            "--config-file-encoding: `{encoding}` is none that umsync reads\n  write the files in UTF-8 first, and leave the option out"
        ))
    })?;
    let main = last("--config-filename").and_then(|given| given.words.first());
    let main = main.map_or("user-sync-config.yml", String::as_str);
    if main.trim_start().starts_with("$(") {
        let told =
            "--config-filename: a command is no file; the User Sync Tool does not run it either (since 2.6)";
        return Err(ImportError::Options(told.to_owned()));
    }
    let reader = Reader { written, mistakes: &mistakes, secrets: RefCell::default() };
    let file = reader.main(&folder.join(main))?;
    let mut import = Import {
        mistakes: &mistakes,
        report: Report::default(),
        to: Written::default(),
        paths,
        windows: call.windows,
        identity_said: false,
        scope_unknown: false,
        protection_unknown: false,
    };
    for (option, now) in [
        ("--config-filename", format!("{main} was read")),
        ("--config-file-encoding", format!("the files were read as {encoding}; umsync's is UTF-8")),
    ] {
        if last(option).is_some() {
            import.report.carried(Key { key: option.to_owned(), place: call.place.clone() }, now);
        }
    }
    whole(&mut import, &reader, folder, &file, &call)?;
    let found = mistakes.take();
    if !found.is_empty() {
        return Err(ImportError::Mistakes(found));
    }
    let Import { mut report, mut to, scope_unknown, protection_unknown, .. } = import;
    to.held = scope_unknown || protection_unknown;
    secrets::hide(&mut report, &reader.secrets.take());
    Ok(Converted { yaml: to.yaml(), report })
}

fn call(folder: &Path, options: Option<&str>) -> Result<Call, ImportError> {
    if let Some(options) = options {
        let given = command_line::options(options)?;
        return Ok(Call { given, place: "--options".to_owned(), windows: false });
    }
    for (name, windows) in SCRIPTS {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        let script = String::from_utf8_lossy(&files::bytes(&path, None)?).into_owned();
        let line = command_line::in_script(&script).ok_or_else(|| {
            ImportError::Options(format!(
                "{name} does not start user-sync in any line\n  give them yourself: --options \"--process-groups --users mapped\""
            ))
        })?;
        let given = command_line::options(&line)?;
        return Ok(Call { given, place: name.to_owned(), windows });
    }
    Ok(Call { given: Vec::new(), place: String::new(), windows: false })
}

fn whole(
    import: &mut Import<'_>,
    reader: &Reader<'_>,
    folder: &Path,
    file: &File,
    call: &Call,
) -> Result<(), ImportError> {
    let mistakes = import.mistakes;
    let root = Section::new("", &file.map, mistakes);
    let defaults = root.section("invocation_defaults");
    let options = options::read(&call.given, &call.place, defaults.as_ref(), mistakes, &mut import.report);
    if let Some(defaults) = defaults {
        defaults.finish(&mut import.report);
    }
    for name in ["adobe_users", "directory_users", "limits"] {
        if !root.has(name) {
            root.missing(name, "the main file");
        }
    }
    selection::filter(import, &options);
    let adobe_users = root.section("adobe_users");
    if let Some(adobe_users) = &adobe_users {
        if let Some(connectors) = adobe_users.section("connectors") {
            match Organizations::read(&connectors) {
                Some(organizations) if !organizations.first.value.is_empty() => {
                    let first = &organizations.first;
                    let files = reader.connector(&file.folder, first)?;
                    umapi::convert(import, &files, first);
                    import
                        .report
                        .carried(first.key.clone(), format!("adobe, from {}", first.value.join(", ")));
                    organizations.leave_others(reader, &file.folder, import)?;
                }
                _ => connectors.missing("umapi", "the main file"),
            }
            connectors.finish(&mut import.report);
        } else {
            adobe_users.missing("connectors.umapi", "the main file");
        }
        leavers::protect(import, adobe_users, &options);
    }
    if let Some(users) = root.section("directory_users") {
        people(import, reader, folder, file, &users, &options)?;
        users.finish(&mut import.report);
    }
    if let Some(adobe_users) = adobe_users {
        selection::update(import, &adobe_users, &options);
        adobe_users.finish(&mut import.report);
    }
    selection::convert(import, &options);
    let section = root.section("limits");
    let most = section.as_ref().and_then(Most::read);
    let only = section.as_ref().and_then(|limits| limits.flag("group_removals_only"));
    let reach = Reach::of(&options, only.as_ref().is_some_and(|found| found.value), most.as_ref());
    leavers::convert(import, &options, reach);
    if let Some(most) = most {
        limits::convert(import, most, reach);
    }
    if let Some(only) = only {
        limits::group_removals_only(import, only, reach);
    }
    if let Some(section) = section {
        section.finish(&mut import.report);
    }
    rest::logging(import, &root);
    rest::call(import, &options);
    rest::old(import, &root);
    rest::flags(import, folder)?;
    root.finish(&mut import.report);
    Ok(())
}

/// `directory_users`: where people are, and what they get.
fn people(
    import: &mut Import<'_>,
    reader: &Reader<'_>,
    folder: &Path,
    file: &File,
    users: &Section<'_>,
    options: &Options,
) -> Result<(), ImportError> {
    source(import, reader, folder, file, users, options)?;
    person::defaults(import, users);
    let mut hooked = false;
    if let Some(named) = users.texts("extension") {
        let extension = reader.connector(&file.folder, &named)?;
        import
            .report
            .carried(named.key.clone(), format!("{} was read, see `extension:`", named.value.join(", ")));
        hooked = hook::leave(import, &extension);
    }
    let create = groups::auto_create(import, users, options);
    // `memberships: keep` would keep leavers' too.
    let changes_none = !options.process_groups.value || options.list.is_some();
    let acts = Becomes::of(options) == Becomes::RemoveAllGroups && !import.scope_unknown;
    // A push takes nobody out of anything.
    let only_adds = options.push.value && !selection::pushes(import, options);
    let additive = only_adds || hooked || import.protection_unknown;
    let manner = Manner { only_select: changes_none && acts, additive, create };
    let only_select = manner.only_select;
    groups::named(import, users, manner);
    groups::patterns(import, users, manner);
    selection::memberships(import, options, only_select);
    Ok(())
}

fn source(
    import: &mut Import<'_>,
    reader: &Reader<'_>,
    folder: &Path,
    file: &File,
    users: &Section<'_>,
    options: &Options,
) -> Result<(), ImportError> {
    let connectors = users.section("connectors");
    let by_file = matches!(options.users.value, Users::File(_));
    let used = match &options.connector.value {
        _ if by_file => "csv",
        Connector::Ldap => "ldap",
        Connector::Okta => "okta",
        Connector::Csv(_) => "csv",
        Connector::Console => "adobe_console",
    };
    let mut mine = None;
    for name in ["ldap", "okta", "csv", "adobe_console"] {
        let Some(named) = connectors.as_ref().and_then(|connectors| connectors.texts(name)) else { continue };
        let read = reader.connector(&file.folder, &named)?;
        if name == used {
            import.report.carried(named.key.clone(), format!("{} was read", named.value.join(", ")));
            mine = Some((named, read));
        } else {
            let by = if by_file { &options.users.key } else { &options.connector.key };
            import.report.lost(
                named.key.clone(),
                format!("this call reads {used}"),
                "nothing; convert the call that reads it, with its --options",
            );
            elsewhere::unused(import, if name == "adobe_console" { "console" } else { name }, &read, by);
        }
    }
    let said = options.connector.key.clone();
    let (named, read) = mine.map_or((None, None), |(named, read)| (Some(named), Some(read)));
    match (used, &read) {
        ("ldap", Some(read)) => {
            let named =
                named.map_or(said.clone(), |named| Key { place: named.value.join(", "), ..named.key });
            ldap::convert(import, read, &named);
        }
        ("csv", read) => {
            let given = match (&options.users, &options.connector) {
                (Found { key, value: Users::File(path) }, _)
                | (Found { key: _, value: _ }, Found { key, value: Connector::Csv(Some(path)) }) => {
                    Some(Found { key: key.clone(), value: path.clone() })
                }
                _ => None,
            };
            let given = given.map(|path| csv::Table { path, folder: Path::new("").to_owned() });
            csv::convert(import, read.as_ref(), given, folder);
        }
        ("okta", read) => elsewhere::unknown_source(import, said.clone(), "okta", read.as_ref()),
        ("adobe_console", read) => {
            elsewhere::unknown_source(import, said.clone(), "console", read.as_ref());
        }
        (used, _) => users.missing(&format!("connectors.{used}"), "the main file"),
    }
    if said.place != options::UNSAID && matches!(used, "ldap") {
        import.report.carried(said, "directory.ldap");
    }
    if let Some(connectors) = connectors {
        // Names that the User Sync Tool does not know it only warns about.
        connectors.finish(&mut import.report);
    }
    Ok(())
}
