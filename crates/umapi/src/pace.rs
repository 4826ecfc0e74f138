//! Pace: so many requests of each class in any 61 seconds. The ledger keeps the starts, so that several processes
//! keep one pace.

use crate::settings::Pace;
use std::time::Duration;
use umsync_engine::stamps::RequestClass;

/// Adobe counts per minute; the second is for clocks that do not count alike.
pub(crate) const WINDOW: Duration = Duration::from_secs(61);

/// Requests per minute and client (UMAPI documentation, API limits). Members: revisions of the documentation say 5
/// and 25; the careful reading.
fn documented(class: RequestClass) -> usize {
    match class {
        RequestClass::Action => 10,
        RequestClass::Users | RequestClass::User => 25,
        RequestClass::Members | RequestClass::Groups => 5,
    }
}

/// How many requests of this class may start in [`WINDOW`]; `None`: as many as one likes.
pub(crate) fn limit(pace: Pace, class: RequestClass) -> Option<usize> {
    match pace {
        Pace::Off => None,
        Pace::Share(percent) => Some((documented(class) * usize::from(percent) / 100).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_but_never_to_nothing() {
        assert_eq!(limit(Pace::Share(100), RequestClass::Action), Some(10));
        assert_eq!(limit(Pace::Share(90), RequestClass::Users), Some(22));
        assert_eq!(limit(Pace::Share(1), RequestClass::Groups), Some(1));
        assert_eq!(limit(Pace::Off, RequestClass::Groups), None);
    }
}
