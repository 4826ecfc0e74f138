//! What a call of the User Sync Tool means: the command line before `invocation_defaults`, and those before its defaults.

use super::command_line::Given;
use super::report::{Key, Report};
use super::section::{Found, Mistakes, Section};

/// What a call means.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) connector: Found<Connector>,
    pub(super) users: Found<Users>,
    pub(super) user_filter: Option<Found<String>>,
    pub(super) adobe_users: Found<AdobeUsers>,
    pub(super) action: Found<Action>,
    pub(super) list: Option<Found<String>>,
    pub(super) exclude_unmapped: Found<bool>,
    pub(super) process_groups: Found<bool>,
    pub(super) update: Found<bool>,
    pub(super) push: Found<bool>,
    pub(super) test_mode: Found<bool>,
    pub(super) verify: Found<bool>,
}

/// Where people are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Connector {
    Ldap,
    Okta,
    Csv(Option<String>),
    Console,
}

/// Who of them is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Users {
    All,
    Mapped,
    /// As written, with spaces.
    Groups(Vec<String>),
    File(String),
}

/// Which users of Adobe's are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AdobeUsers {
    All,
    Mapped,
    Groups,
}

/// What becomes of users whom the directory lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Preserve,
    Exclude,
    WriteFile(String),
    RemoveAdobeGroups,
    Remove,
    Delete,
}

/// Reads them. `place` says where the command line stands.
pub(super) fn read(
    given: &[Given],
    place: &str,
    defaults: Option<&Section<'_>>,
    mistakes: &Mistakes,
    report: &mut Report,
) -> Options {
    let source = Source { given, place, defaults, mistakes };
    let options = Options {
        connector: source.words("--connector", "connector", connector, Connector::Ldap, report),
        users: source.words("--users", "users", users, Users::All, report),
        user_filter: source.one("--user-filter", "user_filter", report),
        adobe_users: source.words("--adobe-users", "adobe_users", adobe_users, AdobeUsers::All, report),
        action: source.words(
            "--adobe-only-user-action",
            "adobe_only_user_action",
            action,
            Action::Preserve,
            report,
        ),
        list: source.one("--adobe-only-user-list", "adobe_only_user_list", report),
        exclude_unmapped: source.flag(
            ["--exclude-unmapped-users", "--include-unmapped-users"],
            "exclude_unmapped_users",
            report,
        ),
        process_groups: source.flag(["--process-groups", "--no-process-groups"], "process_groups", report),
        update: source.flag(["--update-user-info", "--no-update-user-info"], "update_user_info", report),
        push: source.strategy(report),
        test_mode: source.flag(["--test-mode", "--no-test-mode"], "test_mode", report),
        verify: source.verify(),
    };
    if let (Users::File(_), Connector::Csv(_)) = (&options.users.value, &options.connector.value) {
        mistakes.note(&options.users.key, "`file` does not go together with the connector csv");
    }
    if let (Users::All, Connector::Okta) = (&options.users.value, &options.connector.value) {
        mistakes.note(&options.users.key, "`all` does not go together with the connector okta");
    }
    if let (Some(list), Action::WriteFile(_)) = (&options.list, &options.action.value) {
        mistakes.note(&list.key, "a list does not go together with the action write-file");
    }
    if let (Some(list), true) = (&options.list, options.push.value) {
        mistakes.note(&list.key, "a list does not go together with the strategy push");
    }
    options
}

struct Source<'a> {
    given: &'a [Given],
    place: &'a str,
    defaults: Option<&'a Section<'a>>,
    mistakes: &'a Mistakes,
}

impl Source<'_> {
    /// The last one counts, as in the User Sync Tool.
    fn option(&self, options: &[&str]) -> Option<Found<&Given>> {
        let given = self.given.iter().rev().find(|given| options.contains(&given.option))?;
        let key = Key { key: given.option.to_owned(), place: self.place.to_owned() };
        Some(Found { key, value: given })
    }

    fn overridden(by: &Key, key: Key, report: &mut Report) {
        report.lost(
            key,
            format!("{} on the command line goes before it", by.key),
            "nothing; another call needs a configuration of its own",
        );
    }

    fn words<T>(
        &self,
        option: &str,
        name: &str,
        read: fn(&[String]) -> Result<T, String>,
        default: T,
        report: &mut Report,
    ) -> Found<T> {
        let inner = self.defaults.and_then(|defaults| defaults.texts(name));
        let found = match (self.option(&[option]), inner) {
            (Some(Found { key, value }), inner) => {
                if let Some(inner) = inner {
                    Self::overridden(&key, inner.key, report);
                }
                Found { key, value: value.words.clone() }
            }
            (None, Some(inner)) => inner,
            (None, None) => return Found { key: unsaid(option), value: default },
        };
        match read(&found.value) {
            Ok(value) => Found { key: found.key, value },
            Err(message) => {
                self.mistakes.note(&found.key, &message);
                Found { key: found.key, value: default }
            }
        }
    }

    fn one(&self, option: &str, name: &str, report: &mut Report) -> Option<Found<String>> {
        let one = |words: &[String]| match words {
            [one] => Ok(Some(one.clone())),
            [] => Err("a value belongs here".to_owned()),
            _ => Err("a single value belongs here; put it in quotes".to_owned()),
        };
        let Found { key, value } = self.words(option, name, one, None, report);
        value.map(|value| Found { key, value })
    }

    fn flag(&self, [yes, no]: [&str; 2], name: &str, report: &mut Report) -> Found<bool> {
        let inner = self.defaults.and_then(|defaults| defaults.flag(name));
        match (self.option(&[yes, no]), inner) {
            (Some(Found { key, value }), inner) => {
                if let Some(inner) = inner {
                    Self::overridden(&key, inner.key, report);
                }
                Found { key, value: value.option == yes }
            }
            (None, Some(inner)) => inner,
            (None, None) => Found { key: unsaid(yes), value: false },
        }
    }

    fn strategy(&self, report: &mut Report) -> Found<bool> {
        let one = |words: &[String]| words.first().cloned().ok_or_else(|| "a word belongs here".to_owned());
        let default = "sync".to_owned();
        let Found { key, value } = self.words("--strategy", "strategy", one, default, report);
        let push = value == "push";
        if key.place != UNSAID && !push {
            match value.as_str() {
                "sync" => report.carried(key.clone(), "what umsync does"),
                other => report.changed(
                    key.clone(),
                    "what umsync does",
                    format!(
                        "`{other}` is no strategy, and the User Sync Tool took it silently for `sync` (B19)"
                    ),
                ),
            }
        }
        Found { key, value: push }
    }

    fn verify(&self) -> Found<bool> {
        let inner = self.defaults.and_then(|defaults| defaults.flag("ssl_cert_verify"));
        inner.unwrap_or_else(|| Found { key: unsaid("ssl_cert_verify"), value: true })
    }
}

/// Where something stands that nobody has written.
pub(super) const UNSAID: &str = "not given, so by default";

fn unsaid(option: &str) -> Key {
    Key { key: option.to_owned(), place: UNSAID.to_owned() }
}

fn connector(words: &[String]) -> Result<Connector, String> {
    let kind = words.first().map(|word| word.trim().to_lowercase()).unwrap_or_default();
    match (kind.as_str(), words.get(1..).unwrap_or_default()) {
        ("ldap", []) => Ok(Connector::Ldap),
        ("okta", []) => Ok(Connector::Okta),
        ("adobe_console", []) => Ok(Connector::Console),
        ("csv", [file]) => Ok(Connector::Csv(Some(file.clone()))),
        ("csv", []) => Ok(Connector::Csv(None)),
        ("ldap" | "okta" | "adobe_console", _) => Err(format!("{kind} takes no file")),
        ("csv", _) => Err("csv takes one file".to_owned()),
        _ => Err(format!("`{kind}` is none of ldap, okta, csv, adobe_console")),
    }
}

fn users(words: &[String]) -> Result<Users, String> {
    match words {
        [all] if all == "all" => Ok(Users::All),
        [mapped] if mapped == "mapped" => Ok(Users::Mapped),
        [file, path] if file == "file" => Ok(Users::File(path.clone())),
        [group, names] if group == "group" => {
            Ok(Users::Groups(names.split(',').map(str::to_owned).collect()))
        }
        [group, _, ..] if group == "group" => {
            Err("`group` takes one list with commas; put it in quotes".to_owned())
        }
        _ => Err("this is none of `all`, `mapped`, `file CSV`, `group A,B`".to_owned()),
    }
}

fn adobe_users(words: &[String]) -> Result<AdobeUsers, String> {
    match words {
        [all] if all == "all" => Ok(AdobeUsers::All),
        [mapped] if mapped == "mapped" => Ok(AdobeUsers::Mapped),
        [group, _] if group == "group" => Ok(AdobeUsers::Groups),
        _ => Err("this is none of `all`, `mapped`, `group A,B`".to_owned()),
    }
}

fn action(words: &[String]) -> Result<Action, String> {
    let kind = words.first().map(String::as_str).unwrap_or_default();
    match (kind, words.get(1..).unwrap_or_default()) {
        ("preserve", []) => Ok(Action::Preserve),
        ("exclude", []) => Ok(Action::Exclude),
        ("write-file", [file]) => Ok(Action::WriteFile(file.clone())),
        ("write-file", _) => Err("write-file takes one file".to_owned()),
        ("remove-adobe-groups", []) => Ok(Action::RemoveAdobeGroups),
        ("remove", []) => Ok(Action::Remove),
        ("delete", []) => Ok(Action::Delete),
        _ => Err(format!(
            "`{}` is none of preserve, exclude, write-file FILE, remove-adobe-groups, remove, delete",
            words.join(" ")
        )),
    }
}
