//! A table instead of a directory: what Adobe holds after it, and what a table that is not whole says.

use crate::support::{Ended, World, seed, user};

const HEADER: &str = "firstname,lastname,email,country,groups,type,username,domain\n";
const RULES: &str = "groups:\n  - {directory: Design, adobe: [Design]}\n  - {directory: Video, adobe: [Premiere]}\nlimits: {identity: off, update: off, removals: off, group_removals: off}\nbaseline: accept\n";

/// One row as Adobe's User Sync Tool reads it.
fn row(name: &str, groups: &str) -> String {
    format!("{name},Doe,{name}@example.com,US,\"{groups}\",federatedID,,\n")
}

/// An organization with Design, Premiere and one user, and this table with these lines in `directory.csv`.
fn world(table: &[u8], lines: &[&str]) -> World {
    let world = World::new(&seed(&["Design", "Premiere"], &[user("anna", &["Design"])]), "");
    write(&world, table);
    configure(&world, lines, RULES);
    world
}

fn write(world: &World, table: &[u8]) {
    std::fs::write(world.path("people.csv"), table).unwrap();
}

fn configure(world: &World, lines: &[&str], rules: &str) {
    let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    let adobe = world.adobe_section(&["every: 0s", "pace: off"]);
    let directory = format!("directory:\n  csv:\n    file: people.csv\n{lines}");
    world.write("umsync.yaml", &format!("{adobe}{directory}{rules}state: sqlite:state/umsync.db\n"));
}

/// The table is refused, and Adobe was neither listed nor changed.
#[track_caller]
fn refused(world: &World, words: &[&str]) -> Ended {
    let before = (world.listings(), world.actions());
    let ended = world.run(&["sync"]).with(6).says(words);
    assert_eq!((world.listings(), world.actions()), before);
    ended
}

fn mails(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}@example.com")).collect()
}

#[test]
fn a_table_of_the_user_sync_tool_is_a_directory_as_it_is() {
    let table = HEADER.to_owned()
        + &row("anna", "Video")
        + &row("bob", " Design , video")
        + "Zoë,\"O'Hara, Jr.\",zoe@example.com,DE,design,,,\n,,,,,,,\n"
        + &row("quit", "");
    let world = world(table.as_bytes(), &[]);
    world.run(&["check"]).with(0).shows(&["people.csv: 4 people, 2 mapped groups"]);
    world.run(&["sync"]).with(0).shows(&["2 accounts created", "1 membership taken"]);
    assert_eq!(world.members("Design"), mails(&["bob", "zoe"]));
    assert_eq!(world.members("Premiere"), mails(&["anna", "bob"]));
    let zoe = world.adobe.user("zoe@example.com").unwrap();
    assert_eq!((zoe.firstname.as_deref(), zoe.lastname.as_deref()), (Some("Zoë"), Some("O'Hara, Jr.")));
    assert!(world.adobe.user("quit@example.com").is_none(), "nobody selects them");
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
}

#[test]
fn every_bad_row_is_named_and_nothing_is_sent() {
    let table = HEADER.to_owned()
        + &row("anna", "Design,Video")
        + "bob,Doe,bob@example.com\n"
        + &row("cid", "Design").replace(",Doe", ",\"Doe")
        + &row("dora", "Design").replace("Doe", "D\"oe");
    let world = world(table.as_bytes(), &[]);
    refused(
        &world,
        &[
            "people.csv: 3 rows cannot be read",
            "line 3: 3 cells, and there are 8 columns",
            "line 4: a quote in the middle of a cell",
            "line 5: a quote in the middle of a cell",
            "put cells that hold the delimiter into double quotes",
        ],
    );
    write(&world, &table.as_bytes()[..table.len() - 8]);
    refused(&world, &["line 5: ", "write the file again"]);
    write(&world, HEADER.as_bytes());
    refused(&world, &["people.csv has no people"]);
    write(&world, HEADER.replace("email", "mail").as_bytes());
    refused(
        &world,
        &["lacks the column `email`; its header names the columns `firstname`, `lastname`, `mail`"],
    );
}

#[test]
fn a_mapped_group_that_nobody_lists_is_missing_unless_it_may_be_empty() {
    let table = HEADER.to_owned() + &row("anna", "Video") + &row("bob", "");
    let world = world(table.as_bytes(), &[]);
    refused(
        &world,
        &["no row of", "lists the group `Design` in the column `groups`", "directory.csv.groups"],
    );
    assert_eq!(world.members("Design"), mails(&["anna"]));
    configure(&world, &["groups: [design]"], RULES);
    world.run(&["sync"]).with(0);
    assert!(world.members("Design").is_empty());
    assert_eq!(world.members("Premiere"), mails(&["anna"]));
}

#[test]
fn the_encoding_is_stated_or_told_by_the_mark() {
    let text = HEADER.replace(',', ";") + "Zoë;Müller–Roe;zoe@example.com;DE;Design,Video;;;\n";
    let utf16 = |unit: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect();
    let windows: Vec<u8> = text
        .chars()
        .map(|c| match c {
            '–' => 0x96,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let delimiter = "delimiter: \";\"";
    let stated = [delimiter, "encoding: windows-1252"];
    let files: [(Vec<u8>, &[&str]); 4] = [
        (format!("\u{feff}{text}").into_bytes(), &[delimiter]),
        (utf16(u16::to_le_bytes), &[delimiter]),
        (utf16(u16::to_be_bytes), &[delimiter]),
        (windows.clone(), &stated),
    ];
    for (file, lines) in files {
        let world = world(&file, lines);
        world.run(&["sync"]).with(0).shows(&["1 account created"]);
        let zoe = world.adobe.user("zoe@example.com").unwrap();
        assert_eq!(
            (zoe.firstname.as_deref(), zoe.lastname.as_deref()),
            (Some("Zoë"), Some("Müller–Roe")),
            "{lines:?}"
        );
    }
    let world = world(&windows, &[delimiter]);
    refused(&world, &["line 2: bytes that are no UTF-8", "state the `encoding`"]);
    write(&world, &utf16(u16::to_le_bytes));
    configure(&world, &stated, RULES);
    refused(&world, &["byte-order mark of UTF-16LE, and the configuration says Windows-1252"]);
}

#[test]
fn a_column_as_anchor_makes_a_new_mail_one_update() {
    let table = |bob: &str| {
        format!(
            "Employee ID,First Name,Last Name,Mail,Groups\n7,anna,Doe,anna@example.com,\"Design,Video\"\nB8,bob,Doe,{bob},Video\n"
        )
    };
    let people = "people:\n  country: US\n  attributes: {email: \"{mail}\", first_name: \"{first_name}\", last_name: \"{last_name}\"}\n";
    let rules = format!("{people}leavers: {{action: remove, grace: 0s}}\n{RULES}");
    let world = world(table("bob@example.com").as_bytes(), &[]);
    configure(&world, &["anchor: employee_id"], &rules);
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 2 people"]);
    let id = |mail: &str| world.adobe.user(mail).map(|user| user.id);
    let before = id("bob@example.com");
    // They marry, and a colleague is written above them.
    write(
        &world,
        table("bob.roe@example.com").replace("\n7,", "\n9,cid,Doe,cid@example.com,Video\n7,").as_bytes(),
    );
    world.run(&["sync"]).with(0).shows(&["Done: 1 account created, 1 account updated, 1 membership given"]);
    assert_eq!((id("bob.roe@example.com"), id("bob@example.com")), (before, None));
    // Two people with one number are nobody.
    write(&world, table("bob@example.com").replace("\nB8,", "\n7,").as_bytes());
    refused(&world, &["`people.csv line 2` and `people.csv line 3` have one anchor, `employee_id=7`"]);
}

#[test]
fn two_rows_with_one_mail_are_held_and_nobody_loses_anything() {
    let table = HEADER.to_owned() + &row("anna", "Design") + &row("anna", "Video") + &row("bob", "Design");
    let world = world(table.as_bytes(), &[]);
    world.run(&["sync"]).shows(&[
        "anna@example.com",
        "people.csv line 2",
        "people.csv line 3",
        "1 account created",
    ]);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
    assert!(world.members("Premiere").is_empty());
}

#[test]
fn every_key_of_the_section_means_something() {
    let table = "Mail;Teams;Locked;Contract End;Number\nanna@example.com;Design|Video;yes;;1\nbob@example.com;Design|Video;no;2019-12-31;2\ncid@example.com;Design;;2999-12-31;3\n";
    let users = ["anna", "bob", "cid"].map(|name| user(name, &["Design", "Premiere"]));
    let world = World::new(&seed(&["Design", "Premiere"], &users), "");
    write(&world, table.as_bytes());
    let lines = [
        "encoding: utf-8",
        "delimiter: \";\"",
        "columns: {groups: teams, disabled: Locked, expires: contract end}",
        "separator: \"|\"",
        "anchor: Number",
        "groups: [Interns]",
        "disabled: leave",
    ];
    let people = "people: {country: US, attributes: {email: \"{mail}\"}}\nleavers: {action: remove-groups}\n";
    let rules = RULES.replacen("groups:\n", "groups:\n  - {directory: interns, adobe: [Design]}\n", 1);
    configure(&world, &lines, &format!("{people}{rules}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["cid"]), "one is disabled, the other's time is over");
    assert!(world.members("Premiere").is_empty());
    let meaning = |lines: &[&str]| {
        configure(&world, lines, RULES);
        world.run(&["check", "--offline"]).with(0).stdout
    };
    let whole = meaning(&lines);
    // How the bytes are read is no matter of meaning, who is meant is.
    assert_eq!(whole, meaning(&lines[2..]));
    for left_out in 2..6 {
        let others: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect();
        assert_ne!(whole, meaning(&others), "{}", lines[left_out]);
    }
}

#[test]
fn what_cannot_be_meant_is_a_mistake_of_the_configuration() {
    let world = world(b"", &[]);
    let lines = [
        "encoding: latin1",
        "delimiter: tabs",
        "separator: and",
        "anker: x",
        "columns: {group: Teams}",
        "users: (mail=*)",
    ];
    configure(&world, &lines, RULES);
    world.run(&["plan"]).with(78).says(&[
        "directory.csv.encoding: `latin1` is none of `utf-8`, `utf-16le`",
        "directory.csv.delimiter: `tabs` is none of `,`, `;`, `tab`",
        "directory.csv.separator: `and` separates nothing",
        "directory.csv.anker: unknown key; did you mean `anchor`?",
        "directory.csv.columns.group: unknown key; did you mean `groups`?",
        "directory.csv.users: unknown key",
    ]);
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &yaml.replace("  csv:\n", "  ldif: {file: x, users: (cn=*)}\n  csv:\n"));
    world.run(&["plan"]).with(78).says(&["directory: exactly one of ldap, ldif and csv belongs here"]);
}
