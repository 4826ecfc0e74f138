//! How the User Sync Tool is started: words as a shell or `cmd` sees them, and the options in them.

use super::error::ImportError;

/// One option and the words that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// With its hyphens, by its long name.
    pub(super) option: &'static str,
    /// Up to the next option.
    pub(super) words: Vec<String>,
}

/// Short names and how many words belong to an option: none, or all up to the next one.
const OPTIONS: [(&str, &str, bool); 17] = [
    ("--config-file-encoding", "", true),
    ("--config-filename", "-c", true),
    ("--connector", "", true),
    ("--users", "", true),
    ("--user-filter", "", true),
    ("--adobe-users", "", true),
    ("--adobe-only-user-action", "", true),
    ("--adobe-only-user-list", "", true),
    ("--strategy", "", true),
    ("--exclude-unmapped-users", "", false),
    ("--include-unmapped-users", "", false),
    ("--process-groups", "", false),
    ("--no-process-groups", "", false),
    ("--update-user-info", "", false),
    ("--no-update-user-info", "", false),
    ("--test-mode", "-t", false),
    ("--no-test-mode", "-T", false),
];

/// The options in a command line, with or without the program before them.
pub(super) fn options(line: &str) -> Result<Vec<Given>, ImportError> {
    let words = words(line).map_err(ImportError::Options)?;
    let mut given: Vec<Given> = Vec::new();
    let mut open = false;
    for word in words {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let known =
            OPTIONS.iter().find(|(long, short, _)| *long == name || (!short.is_empty() && *short == name));
        match known {
            Some((long, _, takes)) => {
                if value.is_some() && !takes {
                    return Err(ImportError::Options(format!("{long} takes no value")));
                }
                open = *takes && value.is_none();
                let words = value.map(str::to_owned).into_iter().collect();
                given.push(Given { option: long, words });
            }
            None if word.starts_with('-') && word.len() > 1 && !open => {
                return Err(ImportError::Options(format!("`{word}` is none of them")));
            }
            None if word.starts_with("--") => {
                return Err(ImportError::Options(format!("`{word}` is none of them")));
            }
            None if open => given.last_mut().expect("an option is open").words.push(word),
            // The program and its command come before the options.
            None if given.is_empty() => {}
            None => {
                let before = given.last().map_or("", |given| given.option);
                return Err(ImportError::Options(format!("`{word}` after {before} belongs to no option")));
            }
        }
    }
    Ok(given)
}

/// The words of a line: quotes keep spaces together.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // A path of Windows has backslashes that escape nothing.
            (Some('"') | None, '\\') if characters.peek().is_some_and(|next| "\"'\\ $".contains(*next)) => {
                word.get_or_insert_default().extend(characters.next());
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote does not end".to_owned());
    }
    words.extend(word);
    Ok(words)
}

/// The line of a script that starts the User Sync Tool, without the program and without what a shell does with its output.
pub(super) fn in_script(script: &str) -> Option<String> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ").replace("^\r\n", " ").replace("^\n", " ");
    joined.lines().find_map(|line| {
        let line = line.trim();
        let lower = line.to_ascii_lowercase();
        let is_comment =
            ["#", "rem ", "::", "@rem ", "echo ", "@echo "].iter().any(|mark| lower.starts_with(mark));
        if is_comment {
            return None;
        }
        let at = lower.find("user-sync")?;
        let rest = &line[at..];
        // The name goes on to a space or a quote: user-sync.exe", user-sync.pex.
        let end = rest.find(|c: char| c.is_whitespace() || c == '"' || c == '\'').unwrap_or(rest.len());
        let rest = rest[end..].trim_start_matches(['"', '\'']);
        Some(until_shell(rest).trim().to_owned())
    })
}

/// Up to a redirection, a pipe or another command that is in no quotes.
fn until_shell(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if "|>&;".contains(c) => {
                // 2> and 1> belong to the redirection.
                let end = if c == '>' && (before == '1' || before == '2') { at - 1 } else { at };
                return &text[..end];
            }
            None => {}
        }
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Vec<(&'static str, Vec<String>)> {
        options(line).unwrap().into_iter().map(|Given { option, words }| (option, words)).collect()
    }

    #[test]
    fn options_take_the_words_up_to_the_next_one() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            given(
                r#"./user-sync sync -t --users group "A, B" --adobe-only-user-action write-file out\of.csv"#
            ),
            [
                ("--test-mode", words(&[])),
                ("--users", words(&["group", "A, B"])),
                ("--adobe-only-user-action", words(&["write-file", r"out\of.csv"])),
            ]
        );
        assert_eq!(given("--users=mapped -c 'x y.yml'")[1], ("--config-filename", words(&["x y.yml"])));
        assert_eq!(given(""), []);
    }

    #[test]
    fn what_is_no_option_is_an_error() {
        for line in ["--proces-groups", "-x", "--process-groups mapped", "--users 'a", "--test-mode=yes"] {
            assert!(options(line).is_err(), "{line}");
        }
    }

    #[test]
    fn scripts_start_it_somewhere() {
        for (script, line) in [
            (
                "#!/bin/sh\ncd /opt/ust\n./user-sync --process-groups --users mapped\n",
                "--process-groups --users mapped",
            ),
            (
                "@echo off\r\nREM user-sync -t\r\ncd /D \"%~dp0\"\r\n\"C:\\ust\\user-sync.exe\" --users ^\r\n mapped > log.txt 2>&1\r\npause\r\n",
                "--users   mapped",
            ),
            ("python user-sync.pex -t 2>> err.log", "-t"),
            ("user-sync --user-filter '(a|b)@x.com' | tee log", "--user-filter '(a|b)@x.com'"),
        ] {
            assert_eq!(in_script(script).as_deref(), Some(line), "{script}");
        }
        assert_eq!(in_script("echo nothing\n"), None);
    }
}
