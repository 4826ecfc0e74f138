//! Texts that somebody has reviewed: a test compares what is told now, and `BLESS=1` writes it anew.

use similar::TextDiff;
use std::fmt::Write as _;
use std::path::Path;

/// What differs from the reviewed texts.
#[derive(Debug, Default)]
pub(crate) struct Reviewed(String);

impl Reviewed {
    /// Compares a text with its file.
    pub(crate) fn compare(&mut self, file: &Path, told: &str) {
        let expected = std::fs::read_to_string(file).unwrap_or_default();
        if told == expected {
            return;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(file, told).expect("a writable folder");
            return;
        }
        let difference = TextDiff::from_lines(&expected, told);
        let (name, shown) =
            (file.display(), difference.unified_diff().header("expected", "told").to_string());
        let _ = writeln!(self.0, "{name}\n{shown}");
    }

    /// Panics with everything that differs.
    #[track_caller]
    pub(crate) fn end(self) {
        assert!(self.0.is_empty(), "{}\nBLESS=1 writes them anew", self.0);
    }
}

/// Moments of this run differ from run to run.
pub(crate) fn timeless(text: &str) -> String {
    let mut timeless = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(" UTC") {
        let moment = "2026-01-01 00:00".len();
        match end.checked_sub(moment).filter(|start| rest.is_char_boundary(*start)) {
            Some(start) if rest[start..end].starts_with("20") => {
                timeless.push_str(&rest[..start]);
                timeless.push_str("NOW");
            }
            _ => timeless.push_str(&rest[..end + 4]),
        }
        rest = &rest[end + 4..];
    }
    timeless + rest
}
