//! What can go wrong before the first request.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why an emulator does not start, or a file of its own cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A seed describes no possible organization; all mistakes are listed.
    #[error("the seed has mistakes:\n  {}", mistakes.join("\n  "))]
    Seed {
        /// One line each, with the place in the file.
        mistakes: Vec<String>,
    },
    /// The state file was not written by this program.
    #[error("{} does not hold an organization; remove it to start from the seed again", path.display())]
    State {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The state file holds another organization than the one asked for.
    #[error("{} holds {found}, not {wanted}; remove it or use another state file", path.display())]
    OtherOrganization {
        /// Which file.
        path: PathBuf,
        /// The organization in the file.
        found: String,
        /// The organization asked for.
        wanted: String,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Certificate or key are not usable PEM.
    #[error("cannot use the certificate and key given for TLS: {0}")]
    Tls(String),
}
