//! The section `limits`: how much may change in one run.

use super::file::Section;
use serde_yaml::Value;
use umsync_engine::limits::{Limit, Limits};

pub(super) fn read(section: Option<Section<'_>>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = section else { return limits };
    for (key, limit) in [
        ("create", &mut limits.create),
        ("update", &mut limits.update),
        ("identity", &mut limits.identity),
        ("group_removals", &mut limits.group_removals),
        ("removals", &mut limits.removals),
        ("leave", &mut limits.leave),
        ("delete", &mut limits.delete),
        ("set_aside", &mut limits.set_aside),
        ("fall", &mut limits.fall),
        ("group_fall", &mut limits.group_fall),
    ] {
        if let Some(given) = read_limit(&section, key) {
            *limit = given;
        }
    }
    for (key, percent) in [("day", &mut limits.day), ("week", &mut limits.week)] {
        if let Some(given) = section.parsed(key, multiple) {
            *percent = given;
        }
    }
    section.finish();
    limits
}

/// How much of what one run may do all runs of a window may: at least as much, or `off`.
fn multiple(text: &str) -> Result<Option<u32>, String> {
    if text == "off" || text == "false" {
        return Ok(None);
    }
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
    match percent {
        Some(percent @ 100..=10_000) => Ok(Some(percent)),
        Some(_) => Err(format!("`{text}`: a day allows no less than one run; write 100% or more, or off")),
        None => Err(format!("`{text}` is no multiple of what one run may do; write 150% or off")),
    }
}

/// A count, a share, both, or `off`; it replaces the whole default.
fn read_limit(section: &Section<'_>, key: &'static str) -> Option<Limit> {
    if !matches!(section.get::<Value>(key), Some(Value::Mapping(_))) {
        return section.parsed(key, scalar);
    }
    let both = section.section(key)?;
    let basis_points = both.parsed("share", share);
    let floor = both.get::<usize>("floor");
    let most = both.get::<usize>("most");
    both.missing("share", "a share such as 3%; `floor` and `most` bound it");
    both.finish();
    Some(Limit::Share { basis_points: basis_points?, floor: floor.unwrap_or(FLOOR), most })
}

/// Below this a share never falls, so that a small organization is not stopped by two people.
const FLOOR: usize = 3;

fn scalar(text: &str) -> Result<Limit, String> {
    if text == "off" || text == "false" {
        return Ok(Limit::Off);
    }
    if let Ok(count) = text.parse() {
        return Ok(Limit::Count(count));
    }
    share(text).map(|basis_points| Limit::Share { basis_points, floor: FLOOR, most: None })
}

fn share(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is neither a number nor a share; write `20`, `5%` or `off`");
    let number = text.strip_suffix('%').ok_or_else(wrong)?.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return Err(wrong());
    }
    let hundredths: u32 = format!("{whole}{fraction:0<2}").parse().map_err(|_| wrong())?;
    if hundredths > 10_000 { Err(format!("`{text}` is more than all")) } else { Ok(hundredths) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_counts_shares_or_off() {
        assert_eq!(scalar("20"), Ok(Limit::Count(20)));
        assert_eq!(scalar("off"), Ok(Limit::Off));
        assert_eq!(scalar("2.5%"), Ok(Limit::Share { basis_points: 250, floor: 3, most: None }));
        assert_eq!(scalar("5 %"), Ok(Limit::Share { basis_points: 500, floor: 3, most: None }));
        for wrong in ["5 procent", "-1", "", "%", "101%", "1.234%", "0x5%"] {
            assert!(scalar(wrong).is_err(), "{wrong}");
        }
    }
}
