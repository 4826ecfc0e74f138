//! Countries: the two-letter codes of ISO 3166-1, which Adobe demands of new accounts and refuses to change.

/// All of them, and Adobe's own `UD` for "undefined", sorted.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
                     BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
                     ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
                     HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
                     LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
                     NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
                     SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UD \
                     UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Adobe's word for no country.
pub const UNDEFINED: &str = "UD";

/// Two letters that are often taken for a country's, with the right ones.
const MISTAKEN: [(&str, &str); 3] = [("UK", "GB"), ("EL", "GR"), ("SW", "SE")];

/// The code of a country as somebody writes it, in upper case; the error says what it is instead.
pub fn code(text: &str) -> Result<&'static str, String> {
    let code = text.trim().to_ascii_uppercase();
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("`{text}` is no country: Adobe demands a two-letter code (ISO 3166)"));
    }
    // Each has two letters and a space, and a million people have one.
    if let Some(known) = CODES.as_bytes().chunks(3).position(|known| known[..2] == *code.as_bytes()) {
        return Ok(&CODES[3 * known..3 * known + 2]);
    }
    let meant = MISTAKEN.iter().find(|(mistaken, _)| *mistaken == code);
    let hint = meant.map(|(_, meant)| format!("; the code is {meant}")).unwrap_or_default();
    Err(format!("`{text}` is no country of ISO 3166{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_one_of_iso_3166() {
        for good in ["US", "us", " de ", "GB", "UD", "AX"] {
            assert_eq!(code(good), Ok(good.trim().to_ascii_uppercase().as_str()));
        }
        for (bad, word) in [
            ("UK", "the code is GB"),
            ("ZZ", "no country"),
            ("USA", "two-letter"),
            ("", "two-letter"),
            ("Ü", "two-letter"),
        ] {
            let why = code(bad).unwrap_err();
            assert!(why.contains(word), "{bad}: {why}");
        }
    }
}
