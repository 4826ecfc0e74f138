//! Why nothing was converted. Nothing has been written then.

use std::path::PathBuf;

/// Why a configuration of the User Sync Tool cannot be converted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error("{path} is no folder\n  name the folder in which the User Sync Tool runs: umsync import-ust DIR", path = path.display())]
    NoFolder { path: PathBuf },
    #[error("cannot read {path}{}", .named_by.as_ref().map(|key| format!(", which {key} names")).unwrap_or_default(), path = path.display())]
    Unreadable {
        path: PathBuf,
        /// The key that names it.
        named_by: Option<String>,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is no file", path = path.display())]
    NoFile { path: PathBuf },
    #[error("{path} is larger than any configuration ({bytes} bytes)\n  name the folder that the User Sync Tool runs in", path = path.display())]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("{path} is no {encoding}\n  say how it is written: --options \"--config-file-encoding windows-1252\" (utf-8, utf-16, windows-1252, iso-8859-1, ascii)", path = path.display())]
    Encoding { path: PathBuf, encoding: String },
    #[error("{path}{}: {reason}", if *line > 0 { format!(", line {line}") } else { String::new() }, path = path.display())]
    Yaml { path: PathBuf, line: usize, reason: String },
    #[error("the options of the User Sync Tool: {0}")]
    Options(String),
    #[error("the configuration of the User Sync Tool: {}", told(.0))]
    Mistakes(Vec<String>),
    #[error("what comes out does not load, so it is not written: {}\n  correct these values in the files of the User Sync Tool", told(.0))]
    Unusable(Vec<String>),
    #[error("{path} is already there, and nothing is overwritten\n  name another file", path = path.display())]
    Exists { path: PathBuf },
    #[error("--out and --report name the same file\n  name another one for the report")]
    SameFile,
    #[error("cannot write {path}", path = path.display())]
    Out {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl ImportError {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::NoFolder { .. } | Self::Options(_) | Self::Exists { .. } | Self::SameFile => 64,
            Self::Unreadable { .. }
            | Self::NoFile { .. }
            | Self::TooLarge { .. }
            | Self::Encoding { .. }
            | Self::Yaml { .. }
            | Self::Mistakes(_)
            | Self::Unusable(_) => 78,
            Self::Out { .. } => 1,
        }
    }
}

fn told(mistakes: &[String]) -> String {
    let count =
        if mistakes.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", mistakes.len()) };
    mistakes.iter().fold(count, |text, mistake| format!("{text}\n  {mistake}"))
}
