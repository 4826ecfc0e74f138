//! Why Active Directory refuses a bind: always with code 49, and the reason hidden in the diagnostic text as `data 52e`.
//!
//! The numbers are those of Windows in hexadecimal (Microsoft, "System Error Codes": ERROR_NO_SUCH_USER and those that
//! follow). There is no other way to learn them: the text has been the same since Windows 2000.

/// The reason in plain words, and what to do. `None`: the text is not Active Directory's, or names another reason.
pub(super) fn refusal(text: &str) -> Option<&'static str> {
    Some(match reason(text)? {
        0x525 => {
            "Active Directory has no such account\ncorrect its name under `bind`: a DN, user@domain or DOMAIN\\user"
        }
        0x52e => {
            "the password is wrong\ncorrect it where `bind` says that it is kept; no further attempt was made, because more of them lock the account"
        }
        0x530 => {
            "the account may not log in at this time\nallow it every hour in the account's \"Logon Hours\", or run within them"
        }
        0x531 => {
            "the account may not log in from this computer\nallow it in the account's \"Log On To\": the name that counts is that of the domain controller"
        }
        0x532 => "the account's password has expired\ngive it a new one, best one that never expires",
        0x533 => "the account is disabled\nenable it",
        0x534 => {
            "the account lacks the kind of logon that this needs\ngrant it \"Access this computer from the network\" on the domain controllers, and look for a \"Deny\" of it"
        }
        0x701 => "the account has expired\nraise its \"Account expires\", best to \"Never\"",
        0x773 => {
            "the account must change its password before it may log in, which umsync cannot do for it\nset its password and clear \"User must change password at next logon\""
        }
        0x775 => {
            "the account is locked after too many wrong passwords\nunlock it, and find out first who else uses it: an old password somewhere locks it again"
        }
        _ => return None,
    })
}

/// Whether the reason is, or may well be, a wrong password.
pub(super) fn may_be_the_password(text: &str) -> bool {
    reason(text).is_none_or(|reason| reason == 0x52e)
}

fn reason(text: &str) -> Option<u32> {
    let (_, reason) = text.split_once("LdapErr: DSID-")?.1.split_once(", data ")?;
    u32::from_str_radix(reason.split(',').next()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_words() {
        let told = |data: &str| {
            refusal(&format!(
                "80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data {data}, v4563"
            ))
        };
        for (data, words) in [
            ("525", "no such account"),
            ("52e", "the password is wrong"),
            ("52E", "the password is wrong"),
            ("530", "at this time"),
            ("531", "from this computer"),
            ("532", "password has expired"),
            ("533", "is disabled"),
            ("534", "kind of logon"),
            ("701", "the account has expired"),
            ("773", "must change its password"),
            ("775", "is locked"),
        ] {
            let told = told(data).unwrap();
            assert!(told.contains(words), "{data}: {told}");
            assert_eq!(told.lines().count(), 2, "what it is, then what to do: {told}");
        }
        assert_eq!(told("57"), None);
        let may_be = |data: &str| {
            may_be_the_password(&format!("80090308: LdapErr: DSID-0C090569, data {data}, v4563"))
        };
        assert!(may_be("52e") && !may_be("533") && may_be_the_password("Invalid Credentials"));
        assert_eq!(told("x"), None);
    }

    #[test]
    fn other_servers_texts_are_left_alone() {
        for text in
            ["", "Invalid Credentials", "invalid, data 52e, in the entry", "80090308: LdapErr: DSID-0C090569"]
        {
            assert_eq!(refusal(text), None, "{text}");
        }
    }
}
