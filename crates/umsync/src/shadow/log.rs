//! The log of one run of the User Sync Tool (2.4 to 2.11): what it would do about whom, line by line. What is not about
//! users is passed over; what is, and cannot be read, is an error with its line.

use super::python::{Value, leading, whole};
use super::run::{Action, Did, Groups, Key, LogError, Run, Skip};
use umsync_engine::change::Field;

/// One line that begins with time, process, level and logger.
struct Header<'a> {
    at: &'a str,
    process: &'a str,
    level: &'a str,
    logger: &'a str,
    message: &'a str,
}

impl<'a> Header<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let at = text.get(..19).filter(|at| {
            at.bytes().zip(*b"0000-00-00 00:00:00").all(|(is, like)| match like {
                b'0' => is.is_ascii_digit(),
                like => is == like,
            })
        })?;
        let (process, rest) = text[19..].strip_prefix(' ')?.split_once(' ')?;
        let (level, rest) = rest.split_once(' ')?;
        let (logger, message) = rest.split_once(" - ")?;
        process.bytes().all(|byte| byte.is_ascii_digit()).then_some(Self {
            at,
            process,
            level,
            logger,
            message,
        })
    }

    fn begins(&self) -> bool {
        self.message.starts_with("=====") && self.message.contains(" Start Run ")
    }

    fn ends(&self) -> bool {
        self.message.starts_with("=====") && self.message.contains(" End Run ")
    }
}

/// The last run of a log.
pub(super) fn last_run(log: &[u8]) -> Result<Run, LogError> {
    let log = log.strip_prefix(b"\xef\xbb\xbf").unwrap_or(log);
    let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    let begins = |line: &&[u8]| {
        std::str::from_utf8(line).ok().and_then(Header::read).is_some_and(|header| header.begins())
    };
    let starts: Vec<usize> = (0..lines.len()).filter(|at| begins(&lines[*at])).collect();
    let Some(start) = starts.last().copied() else {
        // After PowerShell's `>` no line is anything that could be read.
        return Err(match log.starts_with(b"\xff\xfe") {
            true => LogError::Encoding { line: 1 },
            false => LogError::NoRun,
        });
    };
    let mut reader =
        Reader { run: Run { line: start + 1, runs: starts.len(), ..Run::default() }, ..Reader::default() };
    for (at, line) in lines.iter().enumerate().skip(start) {
        let text = std::str::from_utf8(line).map_err(|_| LogError::Encoding { line: at + 1 })?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let over = reader.take(at + 1, text).map_err(|why| LogError::Line {
            line: at + 1,
            why,
            text: text.to_owned(),
        })?;
        if over {
            break;
        }
    }
    reader.end()
}

#[derive(Default)]
struct Reader {
    run: Run,
    process: String,
    is_test: bool,
    is_push: bool,
    has_summary: bool,
    /// The line after this one has the options.
    options_follow: bool,
    /// The last error or worse.
    last: Option<String>,
}

/// What a line that is about users has in it.
const ABOUT_USERS: [&str; 3] = ["user key: ", "Adobe-only user: ", "Adobe-only user from "];

impl Reader {
    /// Takes one line; whether the run is over.
    fn take(&mut self, line: usize, text: &str) -> Result<bool, String> {
        let is_about_users = ABOUT_USERS.iter().any(|words| text.contains(words));
        let Some(header) = Header::read(text) else {
            return match is_about_users {
                true => {
                    Err("it is about users, and does not begin with time, process, level and logger"
                        .to_owned())
                }
                false => Ok(false),
            };
        };
        if header.begins() {
            self.process = header.process.to_owned();
            self.run.at = header.at.to_owned();
        }
        // A second one that found the lock taken may write into the same file.
        if header.process != self.process {
            return Ok(false);
        }
        if ["ERROR", "CRITICAL"].contains(&header.level) {
            self.last = Some(header.message.to_owned());
        }
        self.frame(&header);
        let known = self.about_somebody(line, &header)? || self.about_groups(line, &header)?;
        if is_about_users && !known {
            return Err("it is about users, and says nothing that is known".to_owned());
        }
        Ok(header.ends())
    }

    /// What frames a run: its options, its mode, its summary.
    fn frame(&mut self, header: &Header<'_>) {
        let message = header.message;
        self.is_test |=
            message.contains("(TEST MODE)") && (header.begins() || message.contains("Action Summary"));
        self.is_push |= message.contains(" Start Push to U");
        self.has_summary |= message.contains("- Action Summary");
        if std::mem::take(&mut self.options_follow) {
            self.run.options = Some(message.to_owned());
        }
        self.options_follow = message.contains("- Command line arguments -");
        if let Some((name, value)) = message.strip_prefix("  ").and_then(|setting| setting.split_once(": "))
            && let Some(value) = [("True", true), ("False", false)].iter().find(|(word, _)| *word == value)
        {
            self.run.settings.insert(name.to_owned(), value.1);
        }
        let counted = message.trim_start().strip_prefix("Number of ");
        if let Some((action, _)) =
            counted.and_then(|rest| rest.strip_prefix("Adobe-only users ")?.split_once(": "))
        {
            self.run.leavers = Some(action.to_owned());
        }
        self.run.several |= counted.is_some_and(|rest| rest.starts_with("primary UMAPI actions"));
    }

    /// Whether a line is about one user.
    fn about_somebody(&mut self, line: usize, header: &Header<'_>) -> Result<bool, String> {
        let message = header.message;
        for (words, did) in [
            ("Queuing new user with user key: ", Did::Make),
            ("Queuing new user for umapi None with user key: ", Did::Make),
            ("Creating user with user key: ", Did::Make),
            ("Removing all adobe groups for Adobe-only user: ", Did::LoseAll),
            ("Removing mapped groups from Adobe-only user: ", Did::LoseMapped),
            ("Removing Adobe-only user: ", Did::Leave),
            ("Deleting Adobe-only user: ", Did::Delete),
            ("Excluding adobe user (due to type): ", Did::Excluded("exclude_identity_types")),
            ("Excluding adobe user (due to group): ", Did::Excluded("exclude_adobe_groups")),
            ("Excluding adobe user (due to name): ", Did::Excluded("exclude_users")),
            ("Excluding Adobe-only user: ", Did::Excluded("--adobe-only-user-action exclude")),
        ] {
            if let Some(key) = message.strip_prefix(words) {
                self.run.did.push((line, Key::read(key)?, did));
                return Ok(true);
            }
        }
        if let Some(rest) = message.strip_prefix("Updating info for user key: ") {
            let (key, changes) = rest.split_once(" changes: ").ok_or("it does not say what changes")?;
            self.run.did.push((line, Key::read(key)?, Did::Update(changed(&whole(changes)?)?)));
            return Ok(true);
        }
        let managing =
            message.strip_prefix("Managing groups ").and_then(|rest| rest.split_once("for user key: "));
        if let Some((organization, rest)) = managing {
            let (key, groups) =
                rest.split_once(" added: ").ok_or("it does not say which groups are added")?;
            let (added, groups) = leading(groups)?;
            let removed =
                groups.strip_prefix(" removed: ").ok_or("it does not say which groups are removed")?;
            let (key, added, removed) = (Key::read(key)?, names(added)?, names(whole(removed)?)?);
            match organization {
                "" => self.run.did.push((line, key, Did::Groups { added, removed })),
                _ => self.run.elsewhere += 1,
            }
            return Ok(true);
        }
        if let Some(rest) = message.strip_prefix("Skipping user creation for: ") {
            let (_, email) =
                rest.split_once(" - AdobeID already exists with ").ok_or("it does not say why")?;
            self.run.skipped.insert(email.to_lowercase(), (line, Skip::AdobeId));
            return Ok(true);
        }
        for (words, skip) in [
            ("User cannot be added without a specified country code: ", Skip::NoCountry),
            ("Ignoring directory user with empty user key: ", Skip::NoKey),
            ("Ignoring umapi user with empty user key: ", Skip::NoKeyAtAdobe),
        ] {
            if let Some(record) = message.strip_prefix(words) {
                let record = whole(record)?;
                let email = record.get("email").ok_or("the record has no email")?;
                self.run.skipped.insert(email.trim().to_lowercase(), (line, skip));
                return Ok(true);
            }
        }
        if let Some(key) = message.strip_prefix("Found Adobe-only user: ") {
            return Key::read(key).map(|_| true);
        }
        self.of_others(message)
    }

    /// Whether a line is about a user in another organization.
    fn of_others(&mut self, message: &str) -> Result<bool, String> {
        for (before, after) in [
            ("Queuing new user for umapi ", " with user key: "),
            ("Adding user to umapi ", " with user key: "),
            ("Removing all adobe groups in ", " for Adobe-only user: "),
            ("Removing mapped groups in ", " from Adobe-only user: "),
            ("Removing Adobe-only user from ", ": "),
        ] {
            if let Some((_, key)) = message.strip_prefix(before).and_then(|rest| rest.split_once(after)) {
                self.run.elsewhere += 1;
                return Key::read(key).map(|_| true);
            }
        }
        Ok(false)
    }

    /// Whether a line is about groups, limits or commands.
    fn about_groups(&mut self, line: usize, header: &Header<'_>) -> Result<bool, String> {
        let message = header.message;
        if let Some(rest) = message.strip_prefix("Auto create user-group enabled: Creating '") {
            let (group, organization) = rest.rsplit_once("' on '").ok_or("it does not say where")?;
            match organization {
                "primary org'" => self.run.groups_made.push((line, group.to_owned())),
                _ => self.run.elsewhere += 1,
            }
        } else if let Some(group) = message.strip_prefix("No group found for: ") {
            self.run.groups_not_found.insert(group.to_owned());
        } else if let Some((_, rest)) =
            message.split_once("Unable to process Adobe-only users, as their count (")
        {
            let numbers = rest.replace(") is larger than the max_adobe_only_users setting (", " of at most ");
            self.run.over_limit = Some((line, numbers.trim_end_matches(')').to_owned()));
        } else if message.starts_with("Error in requestID: ") {
            self.run.refused += 1;
        } else if let Some(action) = message.strip_prefix("Added action: ")
            && !header.logger.contains("secondary")
        {
            self.action(action)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn action(&mut self, text: &str) -> Result<(), String> {
        let action: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("the command is no JSON: {error}"))?;
        let name = |key: &str| action[key].as_str().unwrap_or_default().to_lowercase();
        let steps = action["do"].as_array().ok_or("the command has no steps")?;
        let groups = |step: &str| -> Groups {
            let of_step = steps.iter().filter_map(|steps| steps[step].as_object());
            let lists = of_step.flat_map(|kinds| kinds.values().filter_map(serde_json::Value::as_array));
            lists.flatten().map(|group| group.as_str().map(str::to_owned)).collect()
        };
        let read = Action { added: groups("add"), removed: groups("remove") };
        self.run.actions.insert((name("user"), name("domain")), read);
        Ok(())
    }

    fn end(self) -> Result<Run, LogError> {
        let Self { mut run, is_test, is_push, has_summary, last, process: _, options_follow: _ } = self;
        let line = run.line;
        match (has_summary, is_test) {
            (false, _) => return Err(LogError::CutShort { line, last }),
            (true, false) => return Err(LogError::NoTest { line }),
            (true, true) if is_push => return Err(LogError::Push { line }),
            (true, true) => {}
        }
        if run.is_of_several() {
            // Nobody knows to which of the organizations a command goes.
            run.actions.clear();
        }
        Ok(run)
    }
}

fn names(value: Value) -> Result<Groups, String> {
    let items = match value {
        Value::Many(items) => items,
        Value::None => Vec::new(),
        _ => return Err("the groups are no set".to_owned()),
    };
    let name = |item| match item {
        Value::Text(name) => Ok(Some(name)),
        Value::None => Ok(None),
        _ => Err("a group has no name".to_owned()),
    };
    items.into_iter().map(name).collect()
}

fn changed(value: &Value) -> Result<Vec<(Field, Option<String>)>, String> {
    let Value::Dict(entries) = value else { return Err("the changes are no dictionary".to_owned()) };
    let read = |(key, to): &(Value, Value)| {
        let field = match key {
            Value::Text(key) => match key.as_str() {
                "email" => Field::Email,
                "username" => Field::Username,
                "firstname" => Field::FirstName,
                "lastname" => Field::LastName,
                key => return Err(format!("`{key}` is no attribute that it changes")),
            },
            _ => return Err("an attribute has no name".to_owned()),
        };
        match to {
            Value::Text(to) => Ok((field, Some(to.clone()))),
            Value::None => Ok((field, None)),
            _ => Err(format!("the {} is no text", field.word())),
        }
    };
    entries.iter().map(read).collect()
}
