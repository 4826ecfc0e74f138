//! Adobe's side: a token, and the groups that the configuration names. Nothing is listed.

use super::finding::Finding;
use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use umsync_directory::nearest;
use umsync_engine::adobe::Snapshot;
use umsync_engine::key::GroupName;
use umsync_umapi::Session;

const AREA: &str = "adobe";

pub(super) async fn look(program: &Program, findings: &mut Vec<Finding>) {
    program.bar.say("asking Adobe");
    let session = match program.session(None).await {
        Ok(session) => session,
        Err(failure) => {
            findings.push(Finding::failed(AREA, "token", &failure));
            return;
        }
    };
    let told = format!("{} gives one for {}", program.side.place(), program.organization());
    findings.push(Finding::good(AREA, "token", told));
    if let Some(warning) = program.credential_warning() {
        findings.push(Finding::warning(AREA, "credential", warning, ""));
    }
    let known = program.store.snapshot(program.organization()).await.unwrap_or_default();
    let rules = &program.config.rules;
    let creatable = rules.creatable_groups();
    let mut groups = rules.managed_groups();
    groups.extend(rules.protect.groups.iter().cloned());
    groups.extend(rules.new_profiles().into_iter().cloned());
    for group in groups {
        let what = format!("group {group}");
        program.bar.say(format!("asking Adobe about the group {group}"));
        findings.push(match exists(&session, known.as_ref(), &group).await {
            Ok(true) => Finding::good(AREA, what, "there"),
            Ok(false) if creatable.contains(&group) => {
                Finding::good(AREA, what, "not there; it will be made")
            }
            Ok(false) => missing(what, &group, known.as_ref()),
            Err(failure) => Finding::failed(AREA, what, &failure),
        });
    }
}

fn missing(what: String, group: &GroupName, known: Option<&Snapshot>) -> Finding {
    let names = known.iter().flat_map(|snapshot| snapshot.groups.keys()).map(GroupName::spelling);
    let near = nearest(group.spelling(), names);
    let near =
        near.map(|near| format!("write `{near}` for `{group}`, if that is meant\n")).unwrap_or_default();
    let usual =
        "correct the spelling, create it in the Admin Console, or write `create: true` on the mapping";
    Finding::wrong(AREA, what, "Adobe has no such group", format!("{near}{usual}"))
}

/// From the stored snapshot where it has the group, else asked for singly: Adobe counts five such questions a minute.
async fn exists(
    session: &Session<StoreLedger>,
    known: Option<&Snapshot>,
    group: &GroupName,
) -> Result<bool, Failure> {
    if known.is_some_and(|snapshot| snapshot.groups.contains_key(group)) {
        return Ok(true);
    }
    Ok(session.group_exists(group).await?)
}
