//! Secrets: references in the configuration, text only in memory.

use super::file::Section;
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where a secret is kept. It is read when it is needed, so that commands which need none run without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
    /// A systemd credential (`LoadCredential=`), by name.
    Credential(String),
    /// The output of a program.
    Command(Vec<String>),
}

/// Why a secret cannot be read. Its text never contains what was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the environment variable {0} is not set\n  set it where umsync is started, or use {{file: …}}")]
    NoVariable(String),
    #[error("cannot read the secret file {path}", path = path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no systemd credential {name}: CREDENTIALS_DIRECTORY is {}\n  credentials exist only inside a unit with LoadCredential={name}:…; by hand use the unit umsync-run@.service", directory.as_deref().unwrap_or("not set"))]
    NoCredential { name: String, directory: Option<String> },
    #[error("cannot run {program} for a secret")]
    Command {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{program}, which should print a secret, ended with {status}")]
    CommandFailed { program: String, status: std::process::ExitStatus },
    #[error("the secret from {0} is empty")]
    Empty(String),
    #[error("the secret from {0} is not UTF-8 text")]
    NotText(String),
}

impl SecretError {
    /// The error and its cause in one text, for the list of a file's mistakes.
    pub(crate) fn told(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string().replace("\n  ", "; "),
        }
    }
}

impl SecretRef {
    /// Reads a reference: exactly one of `env`, `file`, `credential`, `command`.
    pub(crate) fn read(section: &Section<'_>, key: &'static str, folder: &Path) -> Option<Self> {
        if !section.has(key) {
            return None;
        }
        if section.is_scalar(key) {
            section.mistake(key, "secrets do not stand in this file; write {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}");
            return None;
        }
        let reference = section.section(key)?;
        let env = reference.get("env").map(Self::Env);
        let file = reference.get::<PathBuf>("file").map(|path| Self::File(folder.join(path)));
        let credential = reference.get("credential").map(Self::Credential);
        let command = reference.get::<Vec<String>>("command").map(Self::Command);
        reference.finish();
        let mut found: Vec<Self> = [env, file, credential, command].into_iter().flatten().collect();
        match (found.pop(), found.is_empty()) {
            (Some(Self::Command(words)), true) if words.is_empty() => {
                section.mistake(key, "command: a program belongs here");
                None
            }
            (Some(secret), true) => {
                section.secret(key, &secret);
                Some(secret)
            }
            _ => {
                section.mistake(key, "exactly one of env, file, credential, command belongs here");
                None
            }
        }
    }

    /// Where it is kept, for people.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Credential(name) => format!("the file that systemd is given as the credential {name}"),
            Self::Command(words) => format!("what {} prints", words.first().map_or("", String::as_str)),
        }
    }

    /// The environment variable, if it is one.
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name),
            Self::File(_) | Self::Credential(_) | Self::Command(_) => None,
        }
    }

    /// Whether the secret is where the reference says, without reading it. What a program would print is not known.
    pub(crate) fn look(&self) -> Result<(), SecretError> {
        match self {
            Self::Env(name) => match std::env::var_os(name) {
                Some(_) => Ok(()),
                None => Err(SecretError::NoVariable(name.clone())),
            },
            Self::File(path) => match std::fs::File::open(path) {
                Ok(_) => Ok(()),
                Err(source) => Err(SecretError::File { path: path.clone(), source }),
            },
            Self::Credential(name) => credential(name).map(|_| ()),
            Self::Command(_) => Ok(()),
        }
    }

    /// The file that it is kept in, for whoever reads it by its name. `None`: it is in none.
    pub(crate) fn path(&self) -> Option<Result<PathBuf, SecretError>> {
        match self {
            Self::File(path) => Some(Ok(path.clone())),
            Self::Credential(name) => Some(credential(name)),
            Self::Env(_) | Self::Command(_) => None,
        }
    }

    /// Reads the secret. One line break at its end is not part of it.
    pub(crate) fn reveal(&self) -> Result<SecretString, SecretError> {
        let (bytes, from) = match self {
            Self::Env(name) => {
                let value = std::env::var_os(name).ok_or_else(|| SecretError::NoVariable(name.clone()))?;
                (value.into_encoded_bytes(), format!("the environment variable {name}"))
            }
            Self::File(path) => (read_file(path)?, path.display().to_string()),
            Self::Credential(name) => {
                let path = credential(name)?;
                (read_file(&path)?, format!("the credential {name}"))
            }
            Self::Command(words) => (run(words)?, words[0].clone()),
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText(from.clone()))?;
        let text =
            text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if text.is_empty() { Err(SecretError::Empty(from)) } else { Ok(SecretString::from(text)) }
    }
}

/// Where systemd has put a credential.
fn credential(name: &str) -> Result<PathBuf, SecretError> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let path = directory.as_ref().map(|directory| directory.join(name)).filter(|path| path.exists());
    path.ok_or_else(|| SecretError::NoCredential {
        name: name.to_owned(),
        directory: directory.map(|directory| directory.display().to_string()),
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>, SecretError> {
    std::fs::read(path).map_err(|source| SecretError::File { path: path.to_owned(), source })
}

fn run(words: &[String]) -> Result<Vec<u8>, SecretError> {
    let program = words[0].clone();
    let output = std::process::Command::new(&program)
        .args(&words[1..])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|source| SecretError::Command { program: program.clone(), source })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(SecretError::CommandFailed { program, status: output.status })
    }
}
