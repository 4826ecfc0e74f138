//! Points in time as directories write them. What is no time, or one that no calendar has, is `None`.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A GeneralizedTime: `YYYYMMDDHH[MM[SS]]`, a fraction of the last of these, and `Z` or the offset from UTC as `±HH[MM]`
/// (RFC 4517, section 3.3.13). Unlike in ISO 8601 there is always a zone.
pub(crate) fn generalized(text: &str) -> Option<DateTime<Utc>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (clock, rest) = text.split_at(digits);
    let number = |from: usize, below: i64| {
        clock.get(from..from + 2)?.parse::<i64>().ok().filter(|number| *number < below)
    };
    let month_and_day = (clock.get(4..6)?.parse().ok()?, clock.get(6..8)?.parse().ok()?);
    let date = NaiveDate::from_ymd_opt(clock.get(..4)?.parse().ok()?, month_and_day.0, month_and_day.1)?;
    let hour = number(8, 24)? * 3600;
    let (seconds, unit) = match digits {
        10 => (hour, 3600),
        12 => (hour + number(10, 60)? * 60, 60),
        // 60 is a leap second; it counts as the first second of the next minute.
        14 => (hour + number(10, 60)? * 60 + number(12, 61)?, 1),
        _ => return None,
    };
    let (nanoseconds, zone) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => fraction(rest, unit)?,
        None => (0, rest),
    };
    date.and_time(NaiveTime::MIN)
        .checked_add_signed(TimeDelta::seconds(seconds - offset(zone)?))?
        .checked_add_signed(TimeDelta::nanoseconds(nanoseconds))
        .map(|time| time.and_utc())
}

/// The digits in front as nanoseconds, where `unit` seconds are 1, and what follows them.
fn fraction(text: &str, unit: i64) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    // Nine digits of an hour are a few microseconds exact, and fit.
    let kept = &digits[..digits.len().min(9)];
    let scale = 10_i64.pow(9 - u32::try_from(kept.len()).ok()?);
    Some((kept.parse::<i64>().ok()? * scale * unit, rest))
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let number = |text: &str, below: i64| text.parse::<i64>().ok().filter(|number| *number < below);
    Some(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60))
}

/// A Windows FILETIME: 100 ns since the year 1601 in UTC (Microsoft, "FILETIME structure"). It is never negative.
pub(crate) fn filetime(ticks: i64) -> Option<DateTime<Utc>> {
    const PER_SECOND: i64 = 10_000_000;
    const FROM_1601_TO_1970: i64 = 11_644_473_600;
    if ticks < 0 {
        return None;
    }
    let nanoseconds = u32::try_from(ticks % PER_SECOND * 100).ok()?;
    DateTime::from_timestamp(ticks / PER_SECOND - FROM_1601_TO_1970, nanoseconds)
}

/// The first moment of a day, counted from 1970-01-01 in UTC.
pub(crate) fn day(number: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(number.checked_mul(24 * 60 * 60)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn generalized_times_of_every_precision() {
        for (written, meant) in [
            ("20240229123456Z", "2024-02-29T12:34:56Z"),
            ("202402291234Z", "2024-02-29T12:34:00Z"),
            ("2024022912Z", "2024-02-29T12:00:00Z"),
            ("20240229123456.789Z", "2024-02-29T12:34:56.789Z"),
            ("20240229123456,5Z", "2024-02-29T12:34:56.5Z"),
            // A fraction is one of the last unit written.
            ("202402291234.25Z", "2024-02-29T12:34:15Z"),
            ("2024022912.75Z", "2024-02-29T12:45:00Z"),
            ("20240229123456.123456789999Z", "2024-02-29T12:34:56.123456789Z"),
            ("20240229233000-0130", "2024-03-01T01:00:00Z"),
            ("20240301003000+02", "2024-02-29T22:30:00Z"),
            ("2024022912.5+0530", "2024-02-29T07:00:00Z"),
            ("20161231235960Z", "2017-01-01T00:00:00Z"),
            ("99991231235959Z", "9999-12-31T23:59:59Z"),
            ("000001010000Z", "0000-01-01T00:00:00Z"),
            ("0000010100+2359", "-0001-12-31T00:01:00Z"),
        ] {
            assert_eq!(generalized(written), at(meant), "{written}");
        }
    }

    #[test]
    fn what_is_no_generalized_time() {
        for written in [
            "",
            "Z",
            "20240229Z",
            "20240229123456",
            "20240229123456z",
            "20240229123456 Z",
            "20240229123456.Z",
            "20240229123456.5",
            "20240229123456ZZ",
            "2024022912345Z",
            "20240229123456+",
            "20240229123456+1",
            "20240229123456+123",
            "20240229123456+1260",
            "20240229123456+2400",
            "20240229123456+0-1",
            "20240229123456Z+01",
            "20230229000000Z",
            "20241301000000Z",
            "20240001000000Z",
            "20240229240000Z",
            "20240229126000Z",
            "20240229123461Z",
            "-0240229123456Z",
            "240229123456Z",
            "2024-02-29T12:34:56Z",
            "２0240229123456Z",
            "20240229123456é",
        ] {
            assert_eq!(generalized(written), None, "{written}");
        }
    }

    #[test]
    fn file_times_and_days() {
        assert_eq!(filetime(0), at("1601-01-01T00:00:00Z"));
        assert_eq!(filetime(116_444_736_000_000_000), at("1970-01-01T00:00:00Z"));
        assert_eq!(filetime(133_536_474_123_456_789), at("2024-02-29T02:30:12.3456789Z"));
        assert_eq!(filetime(i64::MAX).map(|time| time.timestamp()), Some(910_692_730_085));
        assert_eq!((filetime(-1), filetime(i64::MIN)), (None, None));
        assert_eq!((day(0), day(19_782)), (at("1970-01-01T00:00:00Z"), at("2024-02-29T00:00:00Z")));
        assert_eq!(day(-1), at("1969-12-31T00:00:00Z"));
        assert_eq!((day(i64::MAX), day(i64::MIN), day(1_000_000_000)), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(second in -62_167_219_200_i64..253_402_300_800) {
            let time = DateTime::from_timestamp(second, 0).unwrap();
            prop_assert_eq!(generalized(&time.format("%Y%m%d%H%M%SZ").to_string()), Some(time));
            prop_assert_eq!(generalized(&time.format("%Y%m%d%H%M%S.0-0000").to_string()), Some(time));
        }

        #[test]
        fn anything_is_a_time_or_none(text in "[0-9]{0,16}[.,]?[0-9]{0,40}[-+Z]?[0-9é]{0,5}", other: String, number: i64) {
            let _ = (generalized(&text), generalized(&other), filetime(number), day(number));
        }
    }
}
