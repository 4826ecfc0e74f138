//! Whether an account may log in, and until when, in the words of every kind of server.
//!
//! An entry may use several of them. What one clearly says is not undone by another: an account is disabled when any of
//! them says so, and expires at the earliest of its ends. A value that cannot be understood, or two that disagree, makes
//! the account neither enabled nor disabled; it is [`AccountState::Unreadable`].
//!
//! An attribute that the reader may not see looks like one that is not set. (RFC 4511, section 4.5.2)

use crate::record::Record;
use crate::time;
use chrono::{DateTime, Utc};
use umsync_engine::directory::AccountState;

/// An attribute and the meaning of its values; `None` is a value without one.
type Word<T> = (&'static str, fn(&str) -> Option<T>);

/// Who may log in at all: Active Directory; 389-ds and FreeIPA; OpenLDAP (ppolicy) and others.
const STATES: [Word<AccountState>; 3] = [
    ("useraccountcontrol", user_account_control),
    ("nsaccountlock", ns_account_lock),
    ("pwdaccountlockedtime", pwd_account_locked_time),
];

/// Until when: Active Directory; RFC 2307; FreeIPA and MIT Kerberos; OpenLDAP (ppolicy).
const ENDS: [Word<End>; 4] = [
    ("accountexpires", account_expires),
    ("shadowexpire", shadow_expire),
    ("krbprincipalexpiration", krb_principal_expiration),
    ("pwdendtime", pwd_end_time),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Never,
    At(DateTime<Utc>),
}

/// The attributes that tell, in lower case. Most are operational: a server gives them only to who asks for them by name.
pub(crate) fn attributes() -> impl Iterator<Item = &'static str> {
    STATES.iter().map(|(name, _)| *name).chain(ENDS.iter().map(|(name, _)| *name))
}

/// The state of the account, and the earliest of its ends that can be read.
pub(crate) fn read(record: &Record) -> (AccountState, Option<DateTime<Utc>>) {
    let (mut disabled, mut unreadable, mut expires) = (false, None, None);
    for word in &STATES {
        match said(record, word) {
            Ok(state) => disabled |= state == Some(AccountState::Disabled),
            Err(attribute) => unreadable = unreadable.or(Some(attribute)),
        }
    }
    for word in &ENDS {
        match said(record, word) {
            Ok(Some(End::At(end))) => {
                expires = Some(expires.map_or(end, |earliest: DateTime<Utc>| earliest.min(end)));
            }
            Ok(Some(End::Never) | None) => {}
            Err(attribute) => unreadable = unreadable.or(Some(attribute)),
        }
    }
    let state = match (disabled, unreadable) {
        (true, _) => AccountState::Disabled,
        (false, Some(attribute)) => AccountState::Unreadable { attribute },
        (false, None) => AccountState::Enabled,
    };
    (state, expires)
}

/// What all values of an attribute say. The error is its name.
fn said<T: PartialEq + Copy>(record: &Record, (name, meaning): &Word<T>) -> Result<Option<T>, &'static str> {
    let mut said = None;
    for value in record.values(name) {
        let text = std::str::from_utf8(value).map_err(|_| *name)?;
        let this = meaning(text.trim()).ok_or(*name)?;
        if said.replace(this).is_some_and(|before| before != this) {
            return Err(name);
        }
    }
    Ok(said)
}

/// ACCOUNTDISABLE is 0x2 of 32 bits, written as a signed number (Microsoft, "UserAccountControl property flags"). The bit
/// for a lock-out, 0x10, is not maintained there, and a lock-out passes.
fn user_account_control(text: &str) -> Option<AccountState> {
    let bits: i32 = text.parse().ok()?;
    Some(if bits & 2 == 0 { AccountState::Enabled } else { AccountState::Disabled })
}

fn ns_account_lock(text: &str) -> Option<AccountState> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(AccountState::Disabled),
        "false" => Some(AccountState::Enabled),
        _ => None,
    }
}

/// `000001010000Z` is an administrator's lock without end; any other time is that of too many failed logins, which passes
/// (draft-behera-ldap-password-policy, section 5.3.3). Servers may write the same moment with seconds.
fn pwd_account_locked_time(text: &str) -> Option<AccountState> {
    let locked = time::generalized(text)?;
    let for_good = time::generalized("000001010000Z");
    Some(if for_good == Some(locked) { AccountState::Disabled } else { AccountState::Enabled })
}

/// 0 and the greatest number mean never (Microsoft, "Account-Expires attribute").
fn account_expires(text: &str) -> Option<End> {
    match text.parse().ok()? {
        0 | i64::MAX => Some(End::Never),
        ticks => time::filetime(ticks).map(End::At),
    }
}

/// Days. 0 "should not be used": to some programs it means never and to others 1970 (shadow(5)), so nobody is taken for
/// expired by it, nor for the contrary.
fn shadow_expire(text: &str) -> Option<End> {
    match text.parse().ok()? {
        -1 => Some(End::Never),
        days @ 1.. => time::day(days).map(End::At),
        _ => None,
    }
}

/// The beginning of 1970 is how MIT's `kadmin` writes never, and to who takes it literally it is long ago: as unclear as
/// a `shadowExpire` of 0. (krb5, plugins/kdb/ldap/libkdb_ldap/ldap_principal2.c)
fn krb_principal_expiration(text: &str) -> Option<End> {
    time::generalized(text).filter(|end| *end != DateTime::UNIX_EPOCH).map(End::At)
}

/// When the password, and with it the login, ends (draft-behera-ldap-password-policy, section 5.3.10).
fn pwd_end_time(text: &str) -> Option<End> {
    time::generalized(text).map(End::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(lines: &[(&str, &[u8])]) -> (AccountState, Option<DateTime<Utc>>) {
        let mut record = Record::new(b"cn=a,dc=x".to_vec());
        for (name, value) in lines {
            record.add(name, value);
        }
        read(&record)
    }

    fn enabled_until(text: &str) -> (AccountState, Option<DateTime<Utc>>) {
        (AccountState::Enabled, Some(text.parse().unwrap()))
    }

    const ENABLED: (AccountState, Option<DateTime<Utc>>) = (AccountState::Enabled, None);

    fn unreadable(attribute: &'static str) -> (AccountState, Option<DateTime<Utc>>) {
        (AccountState::Unreadable { attribute }, None)
    }

    #[test]
    fn disabled_in_every_dialect() {
        for (name, value) in [
            ("userAccountControl", "514"),
            ("userAccountControl", "-2147483646"),
            ("userAccountControl", " 66050 "),
            ("nsAccountLock", "TRUE"),
            ("nsAccountLock", "true"),
            ("pwdAccountLockedTime", "000001010000Z"),
            ("pwdAccountLockedTime", "00000101000000Z"),
        ] {
            assert_eq!(
                account(&[(name, value.as_bytes())]),
                (AccountState::Disabled, None),
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn enabled_in_every_dialect() {
        assert_eq!(account(&[]), ENABLED);
        for (name, value) in [
            ("userAccountControl", "512"),
            // Locked out after failed logins.
            ("userAccountControl", "528"),
            ("nsAccountLock", "False"),
            ("pwdAccountLockedTime", "20240229123456Z"),
            ("pwdAccountLockedTime", "000101010000Z"),
            ("accountExpires", "0"),
            ("accountExpires", "9223372036854775807"),
            ("shadowExpire", "-1"),
        ] {
            assert_eq!(account(&[(name, value.as_bytes())]), ENABLED, "{name}: {value}");
        }
    }

    #[test]
    fn ends_in_every_dialect() {
        for (name, value, end) in [
            ("accountExpires", "133536474123456789", "2024-02-29T02:30:12.3456789Z"),
            ("accountExpires", "1", "1601-01-01T00:00:00.0000001Z"),
            ("shadowExpire", "19782", "2024-02-29T00:00:00Z"),
            ("krbPrincipalExpiration", "20240229123456Z", "2024-02-29T12:34:56Z"),
            ("pwdEndTime", "202402291234+0100", "2024-02-29T11:34:00Z"),
        ] {
            assert_eq!(account(&[(name, value.as_bytes())]), enabled_until(end), "{name}: {value}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_neither() {
        for (name, value) in [
            ("userAccountControl", b"".as_slice()),
            ("userAccountControl", b"0x202"),
            ("userAccountControl", b"99999999999"),
            ("userAccountControl", b"51\xb2"),
            ("nsAccountLock", b"yes"),
            ("nsAccountLock", b"\xff"),
            ("pwdAccountLockedTime", b"TRUE"),
            ("pwdAccountLockedTime", b"000000000000Z"),
            ("accountExpires", b"never"),
            ("accountExpires", b"-1"),
            ("accountExpires", b"9223372036854775808"),
            ("shadowExpire", b"0"),
            ("shadowExpire", b"-2"),
            ("shadowExpire", b"9223372036854775807"),
            ("krbPrincipalExpiration", b"2024-02-29"),
            ("krbPrincipalExpiration", b"19700101000000Z"),
            ("pwdEndTime", b"20230229000000Z"),
        ] {
            let expected = attributes().find(|attribute| name.eq_ignore_ascii_case(attribute)).unwrap();
            assert_eq!(account(&[(name, value)]), unreadable(expected), "{name}: {value:?}");
        }
    }

    #[test]
    fn values_that_disagree_are_unreadable_and_values_that_agree_are_one() {
        assert_eq!(
            account(&[("nsAccountLock", b"TRUE"), ("nsAccountLock", b"true")]).0,
            AccountState::Disabled
        );
        assert_eq!(
            account(&[("nsAccountLock", b"TRUE"), ("nsAccountLock", b"false")]),
            unreadable("nsaccountlock")
        );
        assert_eq!(
            account(&[("pwdEndTime", b"20240229000000Z"), ("pwdEndTime", b"20250228000000Z")]),
            unreadable("pwdendtime")
        );
    }

    #[test]
    fn one_clear_word_is_not_undone_by_another() {
        assert_eq!(
            account(&[("userAccountControl", b"?"), ("nsAccountLock", b"TRUE")]),
            (AccountState::Disabled, None)
        );
        assert_eq!(
            account(&[("userAccountControl", b"512"), ("accountExpires", b"soon")]),
            unreadable("accountexpires")
        );
        let (state, expires) = account(&[
            ("krbPrincipalExpiration", b"20250101000000Z"),
            ("pwdEndTime", b"20240101000000Z"),
            ("shadowExpire", b"x"),
            ("accountExpires", b"0"),
        ]);
        assert_eq!(state, AccountState::Unreadable { attribute: "shadowexpire" });
        assert_eq!(expires, Some("2024-01-01T00:00:00Z".parse().unwrap()));
    }
}
