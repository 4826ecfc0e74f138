//! Groups: user groups, product profiles and the administrator groups that have somebody in them.

use serde_json::{Map, Value, json};

use super::paging::{Cut, bad_page, beyond};
use super::season;
use crate::answer::Answer;
use crate::fault::Effect;
use crate::org::{Found, GroupKind, GroupRecord, group_id};
use crate::world::World;

impl World {
    /// `GET /groups/{org}/{page}`
    pub(crate) fn groups_page(&self, page: &str, effects: &[Effect]) -> Answer {
        let Ok(number) = page.parse() else {
            return bad_page(page);
        };
        let knobs = &self.knobs;
        let mut groups: Vec<(u64, &GroupRecord)> = self
            .org
            .group_records()
            .filter(|(number, group)| !group.kind.fleeting() || !self.org.direct(*number).is_empty())
            .collect();
        self.shuffle(&mut groups);
        let Some(cut) = Cut::of(groups.len(), 0, knobs.page_size_groups, number, knobs) else {
            return beyond(knobs);
        };
        let cut = cut.shifted(groups.len(), effects);
        let rows = groups[cut.rows.clone()]
            .iter()
            .map(|(number, group)| Value::Object(self.group_row(*number, group)))
            .collect();
        cut.page("groups", rows, Map::new(), knobs)
    }

    fn group_row(&self, number: u64, group: &GroupRecord) -> Map<String, Value> {
        let mut row = Map::new();
        row.insert("groupId".into(), json!(group_id(number)));
        row.insert("groupName".into(), json!(group.name));
        row.insert("type".into(), json!(group.kind.name()));
        let members = self.org.all_members(number).len();
        let members =
            if self.knobs.member_count_as_text { json!(members.to_string()) } else { json!(members) };
        row.insert("memberCount".into(), members);
        if !group.kind.fleeting() {
            let admins = format!("_admin_{}", group.name);
            if let Some(Found::Group(led)) = self.org.find_group(&admins)
                && !self.org.direct(led).is_empty()
            {
                row.insert("adminGroupName".into(), json!(admins));
            }
        }
        if let Some(base) = group.base {
            let key =
                if group.kind == GroupKind::UserAdminGroup { "userGroupName" } else { "productProfileName" };
            row.insert(key.into(), json!(self.org.group_record(base).name));
        }
        if let Some(product) = &group.product {
            let key = match group.kind {
                GroupKind::ContractAdminGroup => "contractName",
                // "productProfileName": "Adobe Document Cloud for business" (example of the groups page).
                GroupKind::ProductAdminGroup => "productProfileName",
                _ => "productName",
            };
            row.insert(key.into(), json!(product));
        }
        if let Some(quota) = &group.quota {
            // "licenseQuota": "8": a string on the groups page, even where it is a number.
            let quota = if self.knobs.quota_as_number { json!(quota) } else { json!(quota.to_string()) };
            row.insert("licenseQuota".into(), quota);
        }
        season(row, &self.knobs.omit_group_fields, &self.knobs)
    }
}
