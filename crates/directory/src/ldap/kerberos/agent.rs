//! The other end of the lines: the process that speaks with the system's Kerberos library, and with nobody else.

use super::Trouble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::{Error, MajorFlags};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_PRINCIPAL, OidSet};
use std::io::{BufRead, Write};

/// The layers of RFC 4752, section 3.3: none.
const NO_LAYER: u8 = 1;

/// Whose ticket is wanted, and for whom.
#[derive(Debug)]
pub struct Errand {
    /// `ldap/HOST`.
    pub service: String,
    /// The account, `name@REALM`. `None`: whose ticket is in the credential cache.
    pub principal: Option<String>,
    /// What ties the ticket to the TLS connection, in base64.
    pub binding: Option<String>,
}

/// Speaks for an account until the bind is over. `input` has what the server says, `output` takes what to tell it.
/// The keytab and the credential cache come from the environment, as for any program that uses Kerberos.
pub fn agent(errand: &Errand, input: &mut dyn BufRead, output: &mut dyn Write) -> std::io::Result<()> {
    match speak(errand, input, output) {
        Ok(()) => Ok(()),
        Err(End::Io(error)) => Err(error),
        Err(End::Trouble(trouble, detail)) => {
            let detail = detail.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(output, "no {} {detail}", trouble.name())?;
            output.flush()
        }
    }
}

/// Why the conversation ended early.
enum End {
    Io(std::io::Error),
    Trouble(Trouble, String),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Trouble(trouble(error), told(error))
    }
}

fn speak(errand: &Errand, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), End> {
    let Errand { service, principal, binding } = errand;
    let binding = binding.as_ref().map(|binding| STANDARD.decode(binding)).transpose();
    let binding = binding.map_err(|_| End::Trouble(Trouble::Other, "the binding is no base64".to_owned()))?;
    let name = principal.as_ref().map(|name| Name::new(name.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)));
    let name = name.transpose()?;
    let mechanisms = OidSet::singleton(GSS_MECH_KRB5)?;
    let account = Cred::acquire(name.as_ref(), None, CredUsage::Initiate, Some(&mechanisms))?;
    // The name as it was configured: a host-based name would be looked up, forwards and backwards, and DNS would decide
    // whom the ticket is for. Without a realm the account's own KDC says whose service it is.
    let server = Name::new(format!("{service}@").as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL))?;
    // Integrity protects the choice of the layer; the server has to prove itself, too.
    let wanted = CtxFlags::GSS_C_MUTUAL_FLAG | CtxFlags::GSS_C_INTEG_FLAG;
    let mut context = ClientCtx::new(Some(account), server, wanted, Some(GSS_MECH_KRB5));
    let mut heard: Option<Vec<u8>> = None;
    while !context.is_complete() {
        let token = context.step(heard.as_deref(), binding.as_deref());
        let token = token.map_err(|error| match (&heard, trouble(error)) {
            // By now it is about what the server said. It has no word on the account: only a KDC may refuse that.
            (Some(_), trouble) if !matches!(trouble, Trouble::Skew | Trouble::Expired) => {
                End::Trouble(Trouble::Unproven, told(error))
            }
            _ => End::from(error),
        })?;
        say(output, "say", token.as_deref().unwrap_or_default())?;
        heard = Some(hear(input)?);
    }
    if !context.flags()?.contains(wanted) {
        let why = "the mechanism protects less than was asked for".to_owned();
        return Err(End::Trouble(Trouble::Unproven, why));
    }
    let offer = context.unwrap(&heard.unwrap_or_default()).map_err(|error| {
        // Whoever has not the key of the session cannot have made this.
        End::Trouble(Trouble::Unproven, told(error))
    })?;
    let choice = choose(&offer).map_err(|why| End::Trouble(Trouble::NoPlainLayer, why.to_owned()))?;
    let choice = context.wrap(false, &choice)?;
    say(output, "done", &choice)?;
    Ok(())
}

/// Which of the layers that the server offers: none, since there is TLS. No other name follows: we are who the ticket says.
fn choose(offer: &[u8]) -> Result<[u8; 4], &'static str> {
    match offer {
        [layers, _, _, _] if layers & NO_LAYER != 0 => Ok([NO_LAYER, 0, 0, 0]),
        [_, _, _, _] => Err("it does not offer to do without"),
        _ => Err("its offer makes no sense"),
    }
}

fn say(output: &mut dyn Write, word: &str, token: &[u8]) -> std::io::Result<()> {
    writeln!(output, "{word} {}", STANDARD.encode(token))?;
    output.flush()
}

fn hear(input: &mut dyn BufRead) -> std::io::Result<Vec<u8>> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let line = line.strip_suffix('\n').ok_or(std::io::ErrorKind::UnexpectedEof)?;
    STANDARD.decode(line).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

/// The library's own text, without the sentence that says nothing.
fn told(error: Error) -> String {
    let text = error.to_string();
    let parts = text.split_once(" (").and_then(|(major, rest)| Some((major, rest.strip_suffix(')')?)));
    match parts {
        Some((major, _)) if error.minor == 0 => major.to_owned(),
        Some((_, minor)) => minor.to_owned(),
        None => text,
    }
}

/// The code that Kerberos gave (krb5.h, gssapi_err_krb5.et), or where it gave none the mechanism's.
fn trouble(error: Error) -> Trouble {
    /// Where the codes of Kerberos begin.
    const KRB5: i64 = -1_765_328_384;
    /// Where those of its GSSAPI mechanism begin.
    const GSS: i64 = 39_756_032;
    /// The part of a status that is an error of the routine; the values in it are no flags (RFC 2744, section 3.9.1).
    const ROUTINE: u32 = 0x00ff_0000;
    const CREDENTIALS_EXPIRED: u32 = MajorFlags::GSS_S_CREDENTIALS_EXPIRED.bits();
    // In the middle of the bind.
    const CONTEXT_EXPIRED: u32 = MajorFlags::GSS_S_CONTEXT_EXPIRED.bits();
    let code = i64::from(error.minor.cast_signed());
    match code - KRB5 {
        6 => return Trouble::UnknownPrincipal,
        7 | 26 | 35 => return Trouble::UnknownService,
        // Expired (1), revoked (18), not yet (21).
        1 | 18 | 21 => return Trouble::Revoked,
        23 => return Trouble::PasswordExpired,
        // The KDC's word (24), the library's (210), and an answer that our key does not open (31).
        24 | 31 | 210 => return Trouble::WrongKey,
        32 => return Trouble::Expired,
        // The server's word, and the library's of a KDC's answer (148).
        33 | 37 | 148 => return Trouble::Skew,
        // None reachable (156), no such realm (154, 220), no realm at all (224).
        154 | 156 | 220 | 224 => return Trouble::NoKdc,
        14 | 150 => return Trouble::NoEncryption,
        46 | 158 => return Trouble::Unproven,
        // None of this principal (181), none of this version (213, 230).
        181 | 213 | 230 => return Trouble::NoKey,
        // Not in the cache (141), no cache (195), or one that we may not read (194).
        141 | 194 | 195 => return Trouble::NoTicket,
        _ => {}
    }
    match code - GSS {
        // No cache of this name (0), no ticket in it (2), an empty one (12).
        0 | 2 | 12 => Trouble::NoTicket,
        1 => Trouble::NoKey,
        _ => match error.major.bits() & ROUTINE {
            CREDENTIALS_EXPIRED | CONTEXT_EXPIRED => Trouble::Expired,
            _ => Trouble::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_leaves_protection_to_tls_is_taken() {
        for layers in [1, 3, 7] {
            assert_eq!(choose(&[layers, 0, 0xff, 0xff]), Ok([1, 0, 0, 0]));
        }
        for offer in [&[6, 0, 0xff, 0xff][..], &[0, 0, 0, 0], &[1, 0, 0], &[], &[1, 0, 0, 0, 0]] {
            assert!(choose(offer).is_err(), "{offer:?}");
        }
    }
}
