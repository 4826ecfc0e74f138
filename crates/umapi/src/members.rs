//! Groups' own commands: a hundred memberships with one, and nobody is told whom it left out.
//!
//! So nothing about them is believed before the group was read back, once, when the phase is over. Whoever is missing is
//! sent by their own command, which the plan carries.

use crate::call::Pragma;
use crate::error::Error;
use crate::execute::{Ended, Execution};
use crate::http::Failure;
use crate::judge::Reached;
use crate::ledger::Ledger;
use crate::read::Members;
use crate::verdict::Reply;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use umsync_engine::adobe::Identity;
use umsync_engine::change::Target;
use umsync_engine::command::{Command, Exception, Member, Step, Verdict};
use umsync_engine::key::{GroupName, fold_email};
use umsync_engine::pack;

/// What Adobe says where a list, or all lists of a command together, take fewer entries than these.
const TOO_LONG: &str = "error.command.add_remove.list_too_long";

impl<L: Ledger> Execution<'_, L> {
    /// Sends groups' commands whose lists Adobe has called too long once more, ten entries in each direction a command.
    /// Gives what is to be said of each command.
    pub(crate) async fn in_tens(&mut self, positions: &[usize], pragma: Pragma) -> Ended {
        let parts: Vec<(usize, Command)> = positions
            .iter()
            .flat_map(|position| tens(&self.commands[*position]).into_iter().map(|part| (*position, part)))
            .collect();
        let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
        for request in parts.chunks(pack::COMMANDS_PER_REQUEST) {
            let why = match self.post(request, pragma).await {
                Ok(replies) => {
                    for (position, reply) in replies {
                        let verdict = said(reply);
                        if verdicts.get(&position).is_none_or(|known| *known == Verdict::Done) {
                            verdicts.insert(position, verdict);
                        }
                    }
                    continue;
                }
                Err(Failure { reached: Reached::No, error }) => {
                    let why = error.line();
                    return self.ended_in_tens(positions, verdicts, &why);
                }
                Err(Failure { reached: _, error }) => error.line(),
            };
            verdicts.extend(
                request.iter().map(|(position, _)| (*position, Verdict::Unknown { why: why.clone() })),
            );
        }
        Ended { verdicts, stop: None }
    }

    fn ended_in_tens(&self, positions: &[usize], mut verdicts: BTreeMap<usize, Verdict>, why: &str) -> Ended {
        for position in positions {
            // Some of its lists may have left.
            let partly = verdicts.contains_key(position);
            let why = why.to_owned();
            let verdict = if partly { Verdict::Unknown { why } } else { Verdict::NotSent { why } };
            verdicts.insert(*position, verdict);
        }
        Ended { verdicts, stop: Some(why.to_owned()) }
    }

    /// Whether Adobe has said in this session that ten entries are all that a group's command takes in each direction.
    pub(crate) fn knows_tens(&self) -> bool {
        self.session.line.lists_are_short.load(Ordering::Relaxed)
    }

    /// Which of these groups' commands were refused because of the length of their lists. Whoever asks remembers it.
    pub(crate) fn too_long(&self, verdicts: &BTreeMap<usize, Verdict>) -> Vec<usize> {
        let is_too_long = |(position, verdict): (&usize, &Verdict)| {
            let of_members = self.commands[*position].is_of_members();
            let refused = matches!(verdict, Verdict::Refused { errors } if errors.iter().any(|error| error.code == TOO_LONG));
            (of_members && refused && tens(&self.commands[*position]).len() > 1).then_some(*position)
        };
        let found: Vec<usize> = verdicts.iter().filter_map(is_too_long).collect();
        if !found.is_empty() {
            tracing::warn!(
                "Adobe takes ten entries for each of a group's commands in each direction; this is remembered"
            );
            self.session.line.lists_are_short.store(true, Ordering::Relaxed);
        }
        found
    }

    /// Reads the groups of these commands back, sends what is missing by the users' own commands, and tells what became of
    /// each.
    pub(crate) async fn read_back(&mut self, positions: &[usize], pragma: Pragma) -> Ended {
        let sent: BTreeMap<usize, Verdict> =
            positions.iter().filter_map(|at| Some((*at, self.listed.remove(at)?))).collect();
        let mut by_group: BTreeMap<&GroupName, Vec<usize>> = BTreeMap::new();
        for position in sent.keys() {
            if let Target::Group(name) = &self.commands[*position].target {
                by_group.entry(name).or_default().push(*position);
            }
        }
        let (mut verdicts, mut missing) = (BTreeMap::new(), Vec::new());
        let mut stop = None;
        for (group, positions) in by_group {
            let found = match &stop {
                Some(why) => Err(String::clone(why)),
                None => self.session.members(group).await.map_err(|error| {
                    if matches!(
                        error,
                        Error::Shut(_) | Error::Ledger { .. } | Error::ClockOff { .. } | Error::Cancelled
                    ) {
                        stop = Some(error.line());
                    }
                    error.line()
                }),
            };
            match found {
                Ok(members) => {
                    let there = There::of(members.as_ref());
                    for position in positions {
                        let lacks = lacking(&self.commands[position], &there);
                        verdicts.insert(position, Verdict::Done);
                        missing.extend(self.stand_ins(position, &lacks));
                    }
                }
                // The next listing tells.
                Err(why) => verdicts.extend(positions.into_iter().map(|position| {
                    let why = format!("the members of {group} could not be read back: {why}");
                    (position, Verdict::Unknown { why })
                })),
            }
        }
        let stop = self.stand_in(missing, &mut verdicts, stop, pragma).await;
        Ended { verdicts, stop }
    }

    /// Their own commands for changes that a group's command did not carry out.
    fn stand_ins(&self, position: usize, lacks: &BTreeSet<usize>) -> Vec<(usize, Command)> {
        let fallback = self.commands[position].fallback.iter();
        let needed = fallback.filter(|command| command.changes.iter().any(|change| lacks.contains(change)));
        needed.map(|command| (position, command.clone())).collect()
    }

    /// Sends these, as they may travel together. What does not end well is an exception of its group's command.
    async fn stand_in(
        &mut self,
        missing: Vec<(usize, Command)>,
        verdicts: &mut BTreeMap<usize, Verdict>,
        mut stop: Option<String>,
        pragma: Pragma,
    ) -> Option<String> {
        if !missing.is_empty() {
            tracing::info!(
                missing = missing.len(),
                "groups' commands left members out: they are sent one by one"
            );
        }
        let commands: Vec<Command> = missing.iter().map(|(_, command)| command.clone()).collect();
        for range in pack::requests(&commands) {
            let request = &missing[range];
            if stop.is_none() && self.watch.is_cancelled() {
                stop = Some(Error::Cancelled.line());
            }
            if let (None, Some(why)) = (&stop, self.breaker.broken()) {
                stop = Some(why.to_owned());
                self.gives_up = true;
            }
            let ends: Vec<Verdict> = match &stop {
                // Their group's command was sent and did not do it: so it stands, and the next run plans them anew.
                Some(why) => request.iter().map(|_| Verdict::NotSent { why: why.clone() }).collect(),
                None => match self.post(request, pragma).await {
                    Ok(replies) => replies.into_iter().map(|(_, reply)| said(reply)).collect(),
                    Err(Failure { reached: Reached::No, error }) => {
                        let why = error.line();
                        stop = Some(why.clone());
                        request.iter().map(|_| Verdict::NotSent { why: why.clone() }).collect()
                    }
                    Err(Failure { error, .. }) => {
                        let why = error.line();
                        request.iter().map(|_| Verdict::Unknown { why: why.clone() }).collect()
                    }
                },
            };
            for ((position, command), verdict) in request.iter().zip(ends) {
                self.breaker.note(&verdict);
                if verdict == Verdict::Done {
                    continue;
                }
                let exceptions = self.exceptions.entry(*position).or_default();
                let of = |change: &usize| Exception { change: *change, verdict: verdict.clone() };
                exceptions.extend(command.changes.iter().map(of));
            }
        }
        // Where nothing at all was done, that is what became of the command.
        for (position, verdict) in verdicts.iter_mut() {
            let Some(exceptions) = self.exceptions.get(position) else { continue };
            if exceptions.len() == self.commands[*position].changes.len() {
                *verdict = exceptions[0].verdict.clone();
            }
        }
        stop
    }
}

/// What a reply means where nothing is looked up or tried again because of it.
fn said(reply: Reply) -> Verdict {
    match reply {
        Reply::Said(verdict) => verdict,
        Reply::Noted(_) => Verdict::Done,
        Reply::PerhapsGone(errors) | Reply::Splits(errors) | Reply::Throttled(errors) => {
            Verdict::Refused { errors }
        }
        Reply::Doubt(why) => Verdict::Unknown { why },
    }
}

/// Who is in a group.
struct There {
    /// Their emails, folded; Adobe IDs apart, whom no list means where the organization has such an account.
    emails: BTreeSet<String>,
    /// Some of them cannot be understood: it could be anybody.
    anybody: bool,
}

impl There {
    fn of(members: Option<&Members>) -> Self {
        let users = members.into_iter().flat_map(|members| &members.users);
        let ours = users.filter(|user| user.kind.known() != Some(Identity::Adobe));
        Self {
            emails: ours.map(|user| fold_email(user.email())).collect(),
            anybody: members.is_some_and(|members| !members.unreadable.is_empty()),
        }
    }
}

/// The changes of a group's command that are not so, as far as anybody can tell: what a user's own command says once more
/// does no harm.
fn lacking(command: &Command, there: &There) -> BTreeSet<usize> {
    let has = |users: &[Member]| users.iter().all(|member| there.emails.contains(&fold_email(&member.user)));
    let lacks = |(change, part): (usize, Step)| {
        let holds = match &part {
            Step::AddUsers(users) => has(users),
            Step::RemoveUsers(users) => !has(users) && !there.anybody,
            _ => true,
        };
        (!holds).then_some(change)
    };
    command.parts().into_iter().filter_map(lacks).collect()
}

/// A group's command in parts that take ten entries in each direction at most.
fn tens(command: &Command) -> Vec<Command> {
    let mut changes = command.changes.iter().copied();
    let (mut removes, mut adds) = (Vec::new(), Vec::new());
    for step in &command.steps {
        match step {
            Step::RemoveUsers(users) => {
                removes.push((step, changes.by_ref().take(users.len()).collect::<Vec<_>>()))
            }
            Step::AddUsers(users) => adds.push((step, changes.by_ref().take(users.len()).collect())),
            _ => {}
        }
    }
    let part = |at: usize| {
        let lists = removes.get(at).into_iter().chain(adds.get(at));
        let (steps, changes): (Vec<Step>, Vec<Vec<usize>>) =
            lists.map(|(step, changes)| (Step::clone(step), changes.clone())).unzip();
        Command { steps, changes: changes.concat(), fallback: Vec::new(), ..command.clone() }
    };
    (0..removes.len().max(adds.len())).map(part).collect()
}
