use super::*;
use umsync_engine::directory::{AccountState, Anchor};

const UST: &str = "firstname,lastname,email,country,groups,type,username,domain
Jane,Doe,jane@example.com,US,\"Design, Video\",federatedID,jane,example.com
Joe,\"Doe, Jr.\", joe@example.com ,,design  team,,,
,,,,,,,
Zoë,Roe,zoe@example.com,DE,,,,
";

fn settings(bytes: &[u8]) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, bytes).unwrap();
    let settings = Settings {
        file,
        encoding: None,
        delimiter: ',',
        groups: "groups".to_owned(),
        separator: ',',
        disabled: None,
        expires: None,
        anchor: None,
        may_be_empty: BTreeSet::new(),
        needed: BTreeSet::from(["email".to_owned()]),
    };
    (folder, settings)
}

fn wanted(groups: &[&str]) -> Wanted {
    Wanted {
        attributes: ["email", "firstname", "lastname", "country", "type"].map(str::to_owned).into(),
        groups: groups.iter().map(|name| GroupRef::new(name)).collect(),
        ..Wanted::default()
    }
}

/// Reads a file after `change`, for these groups, and shows errors without the folder.
fn read_with(text: &str, groups: &[&str], change: impl Fn(&mut Settings)) -> Result<Directory, String> {
    let (folder, mut settings) = settings(text.as_bytes());
    change(&mut settings);
    let folder = format!("{}/", folder.path().display());
    read(&settings, &wanted(groups)).map_err(|error| error.to_string().replace(&folder, ""))
}

fn refused(text: &str, change: impl Fn(&mut Settings)) -> String {
    read_with(text, &[], change).unwrap_err()
}

#[test]
fn the_table_of_adobes_user_sync_tool() {
    let groups = ["Design", "video", " Design TEAM", "design"];
    let directory = read_with(UST, &groups, |_| {}).unwrap();
    let [jane, joe, zoe] = directory.entries.as_slice() else { panic!("three people: {directory:?}") };
    assert_eq!(jane.dn, "people.csv line 2");
    assert_eq!((jane.first("email"), jane.first("type")), (Some("jane@example.com"), Some("federatedID")));
    assert_eq!((joe.first("lastname"), joe.first("email")), (Some("Doe, Jr."), Some("joe@example.com")));
    assert_eq!((joe.first("country"), zoe.first("firstname")), (None, Some("Zoë")));
    assert_eq!(zoe.dn, "people.csv line 5");
    // In either spelling, since two mappings may name one group.
    assert_eq!(jane.groups, ["Design", "design", "video"].map(GroupRef::new).into());
    assert_eq!(joe.groups, [GroupRef::new("Design TEAM")].into());
    assert!(zoe.groups.is_empty());
    assert_eq!(directory.groups[&GroupRef::new("design")].members, 1);
    assert_eq!(directory.groups.len(), 4);
}

#[test]
fn a_group_that_nobody_lists_is_missing_unless_it_may_be_empty() {
    let error = read_with(UST, &["Design", "Vidoe", "Interns"], |_| {}).unwrap_err();
    assert_eq!(
        error,
        "no row of people.csv lists the groups `Interns`, `Vidoe` in the column `groups`\n\
         correct the names in the mapping, or name groups that may have no member in `directory.csv.groups`"
    );
    let may_be_empty = |settings: &mut Settings| {
        settings.may_be_empty = ["INTERNS", "Design"].map(GroupRef::new).into();
    };
    let directory = read_with(UST, &["Design", "Interns"], may_be_empty).unwrap();
    assert_eq!(directory.groups[&GroupRef::new("Interns")].members, 0);
    assert_eq!(directory.groups[&GroupRef::new("Design")].members, 1);
}

#[test]
fn groups_by_dn_and_other_separators() {
    let text = "email;Member Of;Groups\na@x;CN=Video,OU=Groups, DC=x| Design |;\n";
    let directory = read_with(text, &["cn=video,ou=groups,dc=x", "design"], |settings| {
        settings.delimiter = ';';
        settings.separator = '|';
        settings.groups = "Member Of".to_owned();
    });
    assert_eq!(directory.unwrap().entries[0].groups.len(), 2);
}

#[test]
fn columns_that_are_missing_or_there_twice_are_named() {
    let text = "E-Mail Address;Groups\na@x;b\n";
    let error = read_with(text, &["b"], |settings| {
        settings.anchor = Some("Employee ID".to_owned());
    });
    assert_eq!(
        error.unwrap_err(),
        "people.csv lacks the columns `email`, `employee_id`, `groups`; its header names the column `E-Mail Address;Groups`\n\
         correct the names in the configuration or in the header, and the `delimiter` if these are not its columns"
    );
    let error = refused("email,groups,Email\na@x,,b@x\n", |_| {});
    assert!(error.starts_with("people.csv has two columns named `email`"), "{error}");
    // Nobody asks for these, nor for groups where none is mapped.
    assert!(read_with("email\na@x\n", &[], |_| {}).is_ok());
    assert!(read_with("email,groups,Telefon,Telefon,,\na@x,,1,2,,\n", &[], |_| {}).is_ok());
}

#[test]
fn a_file_without_people_is_refused() {
    for text in ["", "\n", "email,groups\n", "email,groups\n,\n\n"] {
        assert!(refused(text, |_| {}).starts_with("people.csv has no people"), "{text:?}");
    }
    let error = refused(UST, |settings| settings.file = "/nowhere/people.csv".into());
    assert_eq!(error, "cannot read /nowhere/people.csv");
}

#[test]
fn every_bad_row_is_named_with_its_remedy() {
    let text = UST.replace("Jane,", "").replace("\"Doe, Jr.\"", "Doe \"Jr.\"");
    assert_eq!(
        refused(&text, |_| {}),
        "people.csv: 2 rows cannot be read\n  line 2: 7 cells, and there are 8 columns\n  line 3: a quote in the middle of a cell\n\
         put cells that hold the delimiter into double quotes, and give every row as many cells as the header has\n\
         quote a cell from its beginning to its end, and write a quote inside it twice"
    );
    let error = refused(UST, |settings| settings.encoding = Some(Encoding::Utf16Le));
    assert!(error.contains("UTF-16LE"), "{error}");
    let error =
        refused(&format!("\u{feff}{UST}"), |settings| settings.encoding = Some(Encoding::Windows1252));
    assert!(
        error.starts_with(
            "people.csv begins with the byte-order mark of UTF-8, and the configuration says Windows-1252"
        ),
        "{error}"
    );
}

#[test]
fn anchors_tell_people_apart_and_name_them() {
    let text = "email,groups,Employee ID,entryUUID\na@x,,A7,1\nb@x,,,2\na@x,,8,3\n";
    let anchor = |settings: &mut Settings| settings.anchor = Some("employee id".to_owned());
    let anchors = |directory: Directory| {
        let anchor =
            |entry: Entry| (entry.dn, entry.anchor.as_ref().map(|anchor| anchor.as_str().to_owned()));
        directory.entries.into_iter().map(anchor).collect::<Vec<_>>()
    };
    let named = |dn: &str, anchor: Option<&str>| (dn.to_owned(), anchor.map(str::to_owned));
    assert_eq!(
        anchors(read_with(text, &[], anchor).unwrap()),
        [
            named("people.csv employee_id=a7", Some("employee_id=a7")),
            named("people.csv line 3", None),
            named("people.csv employee_id=8", Some("employee_id=8")),
        ]
    );
    // As in LDIF, the usual attributes count where none is named.
    assert_eq!(
        anchors(read_with(text, &[], |_| {}).unwrap())[1],
        named("people.csv entryuuid=2", Some("entryuuid=2"))
    );
    let error = read_with(&text.replace(",8,", ",a7,"), &[], anchor).unwrap_err();
    assert!(
        error.starts_with(
            "people.csv: `people.csv line 2` and `people.csv line 4` have one anchor, `employee_id=a7`"
        ),
        "{error}"
    );
}

#[test]
fn the_state_of_an_account_where_columns_tell() {
    let text = "email,groups,Locked,Until,userAccountControl\na,,,,\nb,,Yes,,\nc,,no,2024-02-29,\nd,,,2024-02-29T12:00:00+01:00,514\ne,,maybe,,\nf,,1,soon,\ng,,,29.2.2024,\n";
    let states = |directory: Directory| -> Vec<_> {
        directory.entries.iter().map(|entry| (entry.state, entry.expires)).collect()
    };
    let told = read_with(text, &[], |settings| {
        settings.disabled = Some("Locked".to_owned());
        settings.expires = Some("until".to_owned());
    });
    let end = |text: &str| Some(text.parse().unwrap());
    assert_eq!(
        states(told.unwrap()),
        [
            (AccountState::Enabled, None),
            (AccountState::Disabled, None),
            (AccountState::Enabled, end("2024-02-29T00:00:00Z")),
            (AccountState::Disabled, end("2024-02-29T11:00:00Z")),
            (AccountState::Unreadable { attribute: "disabled" }, None),
            (AccountState::Disabled, None),
            (AccountState::Unreadable { attribute: "expires" }, None),
        ]
    );
    let untold = states(read_with(text, &[], |_| {}).unwrap());
    assert!(untold.iter().enumerate().all(|(at, state)| (state.0 == AccountState::Disabled) == (at == 3)));
}

#[test]
fn two_rows_of_one_person_are_both_handed_over() {
    let directory = read_with("email,groups\na@x,b\na@x,b\n", &["b"], |_| {}).unwrap();
    assert_eq!((directory.entries.len(), directory.groups[&GroupRef::new("b")].members), (2, 2));
    assert_eq!(directory.entries[0].anchor, None::<Anchor>);
}
