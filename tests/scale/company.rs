//! A made-up company, as LDIF.

use std::io::{self, Write};

/// Where the directory begins.
pub(crate) const BASE: &str = "dc=example,dc=com";

/// In how many groups everybody is.
const GROUPS_EACH: usize = 3;

/// How many people and groups there are, and who is in which.
pub(crate) struct Company {
    pub(crate) people: usize,
    /// Groups that a mapping names: `g0`, `g1`, …
    pub(crate) groups: usize,
    pub(crate) shape: Shape,
}

/// How groups list people.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Everybody is in three groups.
    Flat,
    /// Everybody is in three groups, by way of one of so many groups inside each of them.
    Nested { inside: usize },
    /// One group lists everybody.
    Everybody,
}

impl Shape {
    pub(crate) fn told(self, groups: usize) -> String {
        match self {
            Self::Flat => format!("{groups}, everybody in {GROUPS_EACH}"),
            Self::Nested { inside } => {
                format!("{groups} with {inside} groups inside each, everybody in {GROUPS_EACH}")
            }
            Self::Everybody => "one of everybody".to_owned(),
        }
    }
}

impl Company {
    /// Everybody is in three of these groups.
    pub(crate) fn flat(people: usize, groups: usize) -> Self {
        Self { people, groups, shape: Shape::Flat }
    }

    /// The groups that one of them is in.
    pub(crate) fn groups_of(&self, at: usize) -> impl Iterator<Item = usize> {
        let each = if self.shape == Shape::Everybody { 1 } else { GROUPS_EACH };
        let groups = self.groups;
        (0..each).map(move |nth| (at + nth * 61) % groups)
    }

    /// Everything below [`BASE`], for slapadd.
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(
            to,
            "dn: {BASE}\nobjectClass: organization\nobjectClass: dcObject\no: example\ndc: example\n"
        )?;
        for name in ["people", "groups"] {
            writeln!(to, "dn: ou={name},{BASE}\nobjectClass: organizationalUnit\nou: {name}\n")?;
        }
        for at in 0..self.people {
            writeln!(
                to,
                "dn: uid=person{at},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: person{at}\ncn: Given{at} Family{at}\n\
                 givenName: Given{at}\nsn: Family{at}\nmail: given{at}.family{at}@example.com\nemployeeNumber: {at}\n\
                 telephoneNumber: +1 555 {at:07}\ntitle: Designer\ndepartmentNumber: {}\nl: San Jose\n",
                at % 400
            )?;
        }
        let lists = self.lists();
        for (name, people, groups) in lists {
            writeln!(to, "dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}")?;
            for person in people {
                writeln!(to, "member: uid=person{person},ou=people,{BASE}")?;
            }
            for group in groups {
                writeln!(to, "member: cn={group},ou=groups,{BASE}")?;
            }
            writeln!(to)?;
        }
        Ok(())
    }

    /// Every group with the people and the groups that it lists.
    fn lists(&self) -> Vec<(String, Vec<usize>, Vec<String>)> {
        let mut members = vec![Vec::new(); self.groups];
        for at in 0..self.people {
            self.groups_of(at).for_each(|group| members[group].push(at));
        }
        let mut lists = Vec::new();
        for (at, people) in members.into_iter().enumerate() {
            match self.shape {
                Shape::Flat | Shape::Everybody => lists.push((format!("g{at}"), people, Vec::new())),
                Shape::Nested { inside } => {
                    let names: Vec<String> = (0..inside).map(|nth| format!("g{at}-{nth}")).collect();
                    for (nth, name) in names.iter().enumerate() {
                        let mine = people.iter().copied().skip(nth).step_by(inside).collect();
                        lists.push((name.clone(), mine, Vec::new()));
                    }
                    lists.push((format!("g{at}"), Vec::new(), names));
                }
            }
        }
        lists
    }
}
