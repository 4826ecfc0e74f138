//! The section `limits`: how many may leave or lose groups.

use super::import::Import;
use super::leavers::{Becomes, Reach};
use super::section::{Found, Section};

/// `limits.max_adobe_only_users`, as umsync writes it.
#[derive(Debug)]
pub(super) struct Most {
    found: Found<String>,
    limit: String,
    /// As a limit of memberships, where it is tighter than what holds anyhow: whoever is gone and loses groups loses one at
    /// least.
    memberships: Option<String>,
    /// Nobody passes it.
    pub(super) nobody: bool,
}

impl Most {
    pub(super) fn read(limits: &Section<'_>) -> Option<Self> {
        let Some(found) = limits.text("max_adobe_only_users") else {
            limits.missing("max_adobe_only_users", "the main file");
            return None;
        };
        match limit(found.value.trim()) {
            Ok(Limit { limit, memberships, nobody }) => Some(Self { found, limit, memberships, nobody }),
            Err(message) => {
                limits.mistake(&found.key, &message);
                None
            }
        }
    }
}

/// The section `limits`.
pub(super) fn convert(import: &mut Import<'_>, most: Most, reach: Reach) {
    let Most { found: Found { key, value }, limit, memberships, nobody: _ } = most;
    match reach.narrowed {
        acts @ (Becomes::Remove | Becomes::Delete) => {
            import.to.limits.put("leave", &*limit);
            let now = format!("limits.leave: {limit}");
            let why = "more than that, and every removal waits for an approval, of whatever kind, and the run ends with 3; a share is one of the managed users";
            match acts {
                Becomes::Delete => import.report.changed_from(
                    key,
                    now,
                    format!("{why}. Deletion always waits for an approval"),
                    format!("limits.delete: {limit}"),
                ),
                _ => import.report.changed(key, now, why),
            }
        }
        Becomes::RemoveGroups | Becomes::RemoveAllGroups => {
            let why = format!(
                "umsync counts memberships that are taken, of whomever, and not users ({value}); more than that, and every removal waits for an approval"
            );
            match memberships {
                Some(removals) => {
                    let now = format!("limits.removals: {removals}");
                    let before = "nothing does; where more memberships than that are taken in a usual run, write a larger limit";
                    import.report.changed_from(
                        key,
                        now,
                        format!("{why}. So no more of those who are gone lose groups than before"),
                        before,
                    );
                    import.to.limits.put("removals", removals);
                }
                None => {
                    let now = "limits.removals and limits.group_removals, by default 5% and 20%";
                    import.report.changed(key, now, why);
                }
            }
        }
        Becomes::Keep if reach.ends_at_limit() => {
            import.report.carried(key, format!("leavers.action: keep, for `{value}` lets nobody pass"));
        }
        Becomes::Keep => import.report.lost(
            key,
            "nothing is done about users whom the directory lacks",
            format!("when leavers.action is remove or delete, write limits.leave: {limit}"),
        ),
    }
}

/// `limits.group_removals_only`.
pub(super) fn group_removals_only(import: &mut Import<'_>, only: Found<bool>, reach: Reach) {
    let Found { key, value } = only;
    if value {
        let why = "umsync counts memberships that are taken and users that leave apart: limits.removals, limits.group_removals, limits.leave";
        import.report.changed(key, format!("leavers.action: {}", reach.narrowed.word()), why);
    } else {
        import.report.carried(key, "limits.leave counts users that leave");
    }
}

/// A number or a share.
struct Limit {
    limit: String,
    memberships: Option<String>,
    nobody: bool,
}

fn limit(value: &str) -> Result<Limit, String> {
    let wrong = || format!("`{value}` is neither a number nor a share such as 5%");
    let Some(share) = value.strip_suffix('%') else {
        let number = value.replace('_', "").parse::<i64>().map_err(|_| wrong())?;
        // umsync's own: 5%, at least 10, at most 1000.
        let memberships =
            (number < 1000).then(|| format!("{{share: 5%, floor: {}, most: {number}}}", number.min(10)));
        // A negative limit lets nobody pass.
        return Ok(Limit { limit: number.max(0).to_string(), memberships, nobody: number <= 0 });
    };
    let share = share.trim().parse::<f64>().map_err(|_| wrong())?;
    if !(0.0..=100.0).contains(&share) {
        return Err(format!("`{value}` is no share between 0% and 100%"));
    }
    // What is cut off makes the limit tighter.
    let hundredths = (share * 100.0 + 1e-6).floor();
    let written = |hundredths: f64, most: &str| {
        let (whole, rest) = ((hundredths / 100.0).floor(), hundredths % 100.0);
        let share = if rest == 0.0 { format!("{whole}") } else { format!("{whole}.{rest:02}") };
        format!("{{share: {share}%, floor: 0{most}}}")
    };
    let memberships = Some(written(hundredths.min(500.0), ", most: 1000"));
    Ok(Limit { limit: written(hundredths, ""), memberships, nobody: hundredths == 0.0 })
}
