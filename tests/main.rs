//! End-to-end tests of the program: what Adobe holds afterwards, what people read, how it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod adobe;
mod approval;
mod check;
mod completeness;
mod configuration;
mod connections;
mod continuing;
mod csv;
mod daemon;
mod deploy;
mod directories;
mod disasters;
mod explain;
mod failures;
mod gate;
mod grace;
mod identities;
mod import_ust;
#[cfg(feature = "kerberos")]
mod kerberos;
mod ldap;
mod matrix;
mod modes;
mod nothing_lost;
mod notify;
mod openldap;
mod packing;
mod page;
mod parity;
mod refusals;
mod report;
mod rules;
mod sandbox;
mod scenarios;
mod shadow;
mod support;
mod sync_ldap;
mod unlisted;
mod windows;
