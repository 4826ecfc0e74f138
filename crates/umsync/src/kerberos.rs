//! Kerberos, where this umsync is built with it: the program is its own agent.

use std::ffi::OsString;

/// Whether the system's Kerberos library is built in.
pub(crate) const BUILT_IN: bool = cfg!(feature = "kerberos");

/// This very program, even when its file has been replaced since, as the one that speaks with the Kerberos library.
pub(crate) fn agent() -> Vec<OsString> {
    ["/proc/self/exe", "kerberos-agent"].map(OsString::from).to_vec()
}

/// Is the agent: for the umsync at the other end of stdin and stdout.
#[cfg(feature = "kerberos")]
pub(crate) fn speak(errand: &umsync_directory::ldap::Errand) -> Result<u8, crate::failure::Failure> {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    umsync_directory::ldap::agent(errand, &mut input, &mut output)?;
    Ok(0)
}
