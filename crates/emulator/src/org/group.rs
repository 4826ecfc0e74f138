//! User groups, product profiles, and the administrator groups that exist only while somebody is in them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{NOBODY, Org, Quota, fold};

/// The kinds of groups (`type` of the groups page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are Adobe's, one per kind, and say all there is to say")]
pub enum GroupKind {
    #[default]
    UserGroup,
    ProductProfile,
    SysadminGroup,
    DeploymentAdminGroup,
    SupportAdminGroup,
    ProductAdminGroup,
    ProfileAdminGroup,
    UserAdminGroup,
    DeveloperGroup,
    ContractAdminGroup,
}

impl GroupKind {
    /// As Adobe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserGroup => "USER_GROUP",
            Self::ProductProfile => "PRODUCT_PROFILE",
            Self::SysadminGroup => "SYSADMIN_GROUP",
            Self::DeploymentAdminGroup => "DEPLOYMENT_ADMIN_GROUP",
            Self::SupportAdminGroup => "SUPPORT_ADMIN_GROUP",
            Self::ProductAdminGroup => "PRODUCT_ADMIN_GROUP",
            Self::ProfileAdminGroup => "PROFILE_ADMIN_GROUP",
            Self::UserAdminGroup => "USER_ADMIN_GROUP",
            Self::DeveloperGroup => "DEVELOPER_GROUP",
            Self::ContractAdminGroup => "CONTRACT_ADMIN_GROUP",
        }
    }

    /// Whether the group is there only while it has members.
    pub(crate) fn fleeting(self) -> bool {
        !matches!(self, Self::UserGroup | Self::ProductProfile)
    }
}

/// Administrator groups that the API neither grants nor takes ("system admin", Action API).
const UNTOUCHABLE: [&str; 3] = ["_org_admin", "_compartment_admin", "_compartment_viewer"];

/// One group. Members stand in their accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRecord {
    pub(crate) name: String,
    pub(crate) kind: GroupKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Shared from another organization.
    #[serde(default)]
    pub(crate) read_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quota: Option<Quota>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) product: Option<String>,
    /// The group whose administrators or developers these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<u64>,
    /// The profiles that the members of a user group get with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) profiles: BTreeSet<u64>,
    /// Members of a profile without a seat, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<u64>,
}

impl GroupRecord {
    /// A group with a name and nothing else.
    pub(crate) fn named(name: impl Into<String>, kind: GroupKind) -> Self {
        Self {
            name: name.into(),
            kind,
            description: None,
            read_only: false,
            quota: None,
            product: None,
            base: None,
            profiles: BTreeSet::new(),
            waiting: Vec::new(),
        }
    }
}

/// What a group name leads to.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// A group on record.
    Group(u64),
    /// An administrator group nobody was ever in; the first member makes it.
    Dormant { name: String, kind: GroupKind, base: Option<u64>, product: Option<String> },
}

impl Found {
    /// Whether the API neither grants nor takes it. System administrators are told by kind too: a sample calls their
    /// group `Administrators`.
    pub(crate) fn untouchable(&self, org: &Org) -> bool {
        let (name, kind) = match self {
            Self::Group(number) => {
                let group = org.group_record(*number);
                (&group.name, group.kind)
            }
            Self::Dormant { name, kind, .. } => (name, *kind),
        };
        kind == GroupKind::SysadminGroup || UNTOUCHABLE.contains(&fold(name).as_str())
    }
}

impl Org {
    pub(crate) fn group_records(&self) -> impl Iterator<Item = (u64, &GroupRecord)> {
        self.groups.iter().map(|(number, group)| (*number, group))
    }

    pub(crate) fn group_record(&self, number: u64) -> &GroupRecord {
        &self.groups[&number]
    }

    /// Finds a group by name, letter case aside; names of administrator groups are made from what they administer.
    pub(crate) fn find_group(&self, name: &str) -> Option<Found> {
        let folded = fold(name);
        if let Some(number) = self.index.groups.get(&folded) {
            return Some(Found::Group(*number));
        }
        let fixed = |kind| Found::Dormant { name: folded.clone(), kind, base: None, product: None };
        match folded.as_str() {
            "_org_admin" => return Some(fixed(GroupKind::SysadminGroup)),
            "_support_admin" => return Some(fixed(GroupKind::SupportAdminGroup)),
            "_deployment_admin" => return Some(fixed(GroupKind::DeploymentAdminGroup)),
            _ => {}
        }
        if let Some(product) = folded.strip_prefix("_product_admin_") {
            let product =
                self.groups.values().filter_map(|g| g.product.as_ref()).find(|p| fold(p) == product)?;
            let name = format!("_product_admin_{product}");
            let kind = GroupKind::ProductAdminGroup;
            return Some(Found::Dormant { name, kind, base: None, product: Some(product.clone()) });
        }
        let (prefix, base) = if let Some(base) = folded.strip_prefix("_admin_") {
            ("_admin_", base)
        } else {
            ("_developer_", folded.strip_prefix("_developer_")?)
        };
        let base = *self.index.groups.get(base)?;
        let record = &self.groups[&base];
        let kind = match (prefix, record.kind) {
            ("_admin_", GroupKind::UserGroup) => GroupKind::UserAdminGroup,
            ("_admin_", GroupKind::ProductProfile) => GroupKind::ProfileAdminGroup,
            ("_developer_", GroupKind::ProductProfile) => GroupKind::DeveloperGroup,
            _ => return None,
        };
        let name = format!("{prefix}{}", record.name);
        Some(Found::Dormant { name, kind, base: Some(base), product: None })
    }

    /// The number of a group that was found, made if nobody was in it so far.
    pub(crate) fn awaken(&mut self, found: Found) -> u64 {
        match found {
            Found::Group(number) => number,
            Found::Dormant { name, kind, base, product } => {
                // A second command of the same request may have come first.
                if let Some(number) = self.index.groups.get(&fold(&name)) {
                    return *number;
                }
                self.found(GroupRecord { product, base, ..GroupRecord::named(name, kind) })
            }
        }
    }

    /// Founds a group; its name must be free.
    pub(crate) fn found(&mut self, record: GroupRecord) -> u64 {
        let number = self.number();
        self.touched.group(number);
        self.index.groups.insert(fold(&record.name), number);
        self.groups.insert(number, record);
        number
    }

    pub(crate) fn describe(&mut self, number: u64, description: String) {
        if let Some(group) = self.groups.get_mut(&number) {
            self.touched.group(number);
            group.description = Some(description);
        }
    }

    /// Renames a group and the administrator groups named after it.
    pub(crate) fn rename(&mut self, number: u64, name: &str) {
        let led: Vec<(u64, &str)> = self
            .groups
            .iter()
            .filter(|(_, group)| group.base == Some(number))
            .map(|(led, group)| {
                (*led, if group.kind == GroupKind::DeveloperGroup { "_developer_" } else { "_admin_" })
            })
            .collect();
        for (number, prefix) in led {
            self.rename(number, &format!("{prefix}{name}"));
        }
        if let Some(group) = self.groups.get_mut(&number) {
            self.touched.group(number);
            self.index.groups.remove(&fold(&group.name));
            group.name = name.to_owned();
            self.index.groups.insert(fold(name), number);
        }
    }

    /// Dissolves a group: its members stay in the organization, its administrator groups go with it.
    pub(crate) fn dissolve(&mut self, number: u64) {
        for member in self.direct(number).clone() {
            self.leave(member, number);
        }
        let led: Vec<u64> =
            self.groups.iter().filter(|(_, g)| g.base == Some(number)).map(|(n, _)| *n).collect();
        for led in led {
            self.dissolve(led);
        }
        for (holder, group) in &mut self.groups {
            if group.profiles.remove(&number) {
                self.touched.group(*holder);
            }
        }
        self.index.reached.remove(&number);
        if let Some(group) = self.groups.remove(&number) {
            self.touched.group(number);
            self.index.groups.remove(&fold(&group.name));
        }
    }

    pub(crate) fn attach(&mut self, group: u64, profile: u64) {
        if let Some(record) = self.groups.get_mut(&group)
            && record.profiles.insert(profile)
        {
            self.touched.group(group);
            for member in self.direct(group).clone() {
                self.enters(member, profile);
            }
        }
    }

    pub(crate) fn detach(&mut self, group: u64, profile: u64) {
        if let Some(record) = self.groups.get_mut(&group)
            && record.profiles.remove(&profile)
        {
            self.touched.group(group);
            for member in self.direct(group).clone() {
                self.exits(member, profile);
            }
        }
    }

    /// A group and the profiles that come with it.
    pub(super) fn leads_to(&self, group: u64) -> Vec<u64> {
        let with = self.groups.get(&group).into_iter().flat_map(|record| &record.profiles).copied();
        std::iter::once(group).chain(with).collect()
    }

    /// Who was added to the group itself.
    pub(crate) fn direct(&self, group: u64) -> &BTreeSet<u64> {
        self.index.members.get(&group).unwrap_or(&NOBODY)
    }

    /// Who is in the group, directly or, for a profile, through a user group it is attached to.
    pub(crate) fn all_members(&self, group: u64) -> Cow<'_, BTreeSet<u64>> {
        let mut members = Cow::Borrowed(self.direct(group));
        for (number, other) in &self.groups {
            // Nothing is copied for the many groups that no other one leads to.
            if other.profiles.contains(&group) {
                members.to_mut().extend(self.direct(*number));
            }
        }
        members
    }

    /// Removes a group as an administrator would in the console; says whether there was one.
    pub fn remove_group(&mut self, name: &str) -> bool {
        match self.index.groups.get(&fold(name)) {
            Some(number) => {
                self.dissolve(*number);
                true
            }
            None => false,
        }
    }

    /// Renames a group as an administrator would in the console; says whether there was one.
    pub fn rename_group(&mut self, name: &str, to: &str) -> bool {
        match self.index.groups.get(&fold(name)).copied() {
            Some(number) => {
                self.rename(number, to);
                true
            }
            None => false,
        }
    }
}
