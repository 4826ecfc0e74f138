//! Connectors that umsync has nothing for, and those that a call does not use.

use super::files::File;
use super::import::Import;
use super::report::Key;
use super::section::Section;
use super::written::Block;

/// A source that umsync cannot read: what it writes waits for a table.
pub(super) fn unknown_source(import: &mut Import<'_>, key: Key, prefix: &str, file: Option<&File>) {
    let what = if prefix == "okta" { "Okta" } else { "another organization at Adobe" };
    let instead = "put the people into the table people.csv beside the configuration, or name an LDAP directory that has them (directory.ldap)";
    let mut csv = Block::default();
    csv.comment(format!("Instead of {what}: to be written by a program of yours, see the report"));
    csv.put("file", "people.csv");
    import.to.directory.block("csv", csv);
    import.report.lost(key, format!("umsync does not read {what}"), instead);
    import.report.to_do.push(format!(
        "write the people of {what} into people.csv, beside the configuration; nothing runs without it. Its first row is `email,firstname,lastname,country,groups`, and each further row is a person: country in two letters, groups as `groups` has them, with commas between them and the cell in double quotes. Or name an LDAP directory that has the same people, as directory.ldap instead of directory.csv"
    ));
    if let Some(file) = file {
        let root = Section::new(&format!("{prefix}: "), &file.map, import.mistakes);
        root.leave(&mut import.report, &format!("umsync does not read {what}"), instead);
    }
}

/// A connector that is configured and not used.
pub(super) fn unused(import: &mut Import<'_>, prefix: &str, file: &File, used: &Key) {
    let root = Section::new(&format!("{prefix}: "), &file.map, import.mistakes);
    let why = format!("this call reads something else ({}, {})", used.key, used.place);
    root.leave(&mut import.report, &why, "nothing; convert the call that reads it, with its --options");
}
