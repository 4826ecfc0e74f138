//! What somebody may have meant.

use crate::dn::fold_text;

/// The word that is spelled most alike, if any is so alike that it may have been meant: a slip or two, more in a long word.
/// Of several the first in their order.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold_text(word);
    // A third of a word may be wrong, and one letter of a short one.
    let most = (folded.chars().count() / 3).max(1);
    let distances =
        known.into_iter().map(|known| (strsim::damerau_levenshtein(&folded, &fold_text(known)), known));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_none() {
        let known = ["Design", "Désign Team", "Video", "mail", "sn"];
        assert_eq!(nearest("Desing", known), Some("Design"));
        assert_eq!(nearest("design", known), Some("Design"));
        assert_eq!(nearest("desgin team", known), Some("Désign Team"));
        assert_eq!(nearest("mial", known), Some("mail"));
        assert_eq!(nearest("Accounting", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
