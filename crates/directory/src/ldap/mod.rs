//! People and groups from an LDAP server: Active Directory, OpenLDAP, 389-ds, FreeIPA and others.
//!
//! A read happens on one server from beginning to end. A server that is away or breaks off is left, and the read begins
//! anew on the next one; nothing is ever put together from two, because two servers need not hold the same at the same
//! moment. A server that refuses, a wrong password first of all, ends the read.
//!
//! The client library asks the questions and understands how they end. The entries in between are nearly everything that a
//! server says, and do not go through it: the guard checks each message and puts entries aside, as bytes; whoever has asked
//! takes them when the library tells that the answer has ended well, and reads the values where they lie.
//!
//! `socket` is the connection and wakes nobody who does not wait, `sasl` and `kerberos` bind by a ticket, `guard` and
//! `message` stand before the client library, `shelf` has what the guard puts aside, `bounds` says how much is too much,
//! `search` proves each answer whole, `entry` knows bytes, `members` and `chain` know groups, `unselected` looks at
//! members who are neither people nor groups, `together` asks over several connections at once, `root` and `schema` know
//! what a server says of itself, `read` tells the story; `check` looks at all of it, and says how to repair what would
//! stop a read.

mod active_directory;
mod ber;
mod bounds;
mod certificate;
mod chain;
mod check;
mod connect;
mod entry;
mod failure;
mod guard;
mod kerberos;
mod members;
mod message;
mod read;
mod reference;
mod root;
mod sasl;
mod schema;
mod search;
mod server;
mod settings;
mod shelf;
mod socket;
#[cfg(test)]
mod tests;
mod tls;
mod together;
mod unselected;

pub use certificate::ServerCertificate;
pub use check::{
    Asking, AttributeLook, GroupLook, Mistake, PeopleLook, Reached, Report, Role, ServerLook, check,
};
pub use failure::{Answered, Distrust, Failure, Listing, Phase};
pub use kerberos::Trouble;
#[cfg(feature = "kerberos")]
pub use kerberos::agent::{Errand, agent};
pub use read::{Progress, read};
pub use settings::{Bind, Certificates, Encryption, Kerberos, Members, Nested, Settings, Timeouts};
