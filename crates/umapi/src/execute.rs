//! Executing: commands into requests, requests to Adobe, and for every command one outcome.
//!
//! One request after the other, so a phase is over before the next begins. What a request leaves open is cleared up
//! before the next leaves: see `clear_up`.

use crate::answer::Answer;
use crate::call::{Call, IfLost, Message, NotFound, Pragma};
use crate::error::Error;
use crate::gate::{MayExecute, MayGoOn, Stamping};
use crate::http::Failure;
use crate::judge::Reached;
use crate::ledger::Ledger;
use crate::patience::Patience;
use crate::progress::{Cancel, Listener, Progress, Watch};
use crate::room::Room;
use crate::session::Session;
use crate::steps;
use crate::verdict::{Made, Rehearsal, Reply, replies};
use crate::work::{Work, all, rest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use umsync_engine::breaker::Breaker;
use umsync_engine::codes::WHOLE_REQUEST;
use umsync_engine::command::{Command, Exception, Outcome, StepError, Verdict};
use umsync_engine::stamps::RequestClass;

/// What became of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// One per command, in order.
    pub outcomes: Vec<Outcome>,
    /// Why it stopped itself, where it has left something undone because hardly anything went well any more (see
    /// [`Breaker`]).
    pub gave_up: Option<String>,
}

/// So many requests in a row without a known outcome mean that Adobe is in trouble.
const MOST_UNANSWERED: usize = 3;

impl<L: Ledger> Session<L> {
    /// Sends the commands and tells what became of each, in order: one outcome per command, whatever happens.
    ///
    /// The stamp of the execution is written just before the first request, so that without commands there is none.
    /// When Adobe, the way there, the ledger or `cancel` stops it, or its own [`Breaker`] because hardly anything goes
    /// well any more, the rest is `NotSent` with the reason.
    pub async fn execute(
        &self,
        permit: MayExecute,
        commands: &[Command],
        progress: Listener<'_>,
        cancel: &Cancel,
    ) -> Executed {
        let watch = Watch { listener: Some(progress), cancel: Some(cancel) };
        let mode = Mode::Live(permit.stamping());
        let work = all(commands);
        Execution::new(self, commands, watch, mode).run(work, BTreeMap::new()).await
    }

    /// Goes on with an execution that was cut short and tells what became of each command, in order, as
    /// [`Session::execute`] does. `commands` is the whole plan and `so_far` what the ledger knows of each, by
    /// [`crate::so_far`]: what is done or refused stays so and is not touched; what is unknown is looked up, and sent
    /// once more only where it is not so; what was not sent is sent.
    ///
    /// A phase is over before the next begins: what of it is unknown is cleared up first, and where Adobe cannot tell,
    /// nothing more is sent.
    pub async fn go_on(
        &self,
        permit: MayGoOn,
        commands: &[Command],
        so_far: &[Verdict],
        progress: Listener<'_>,
        cancel: &Cancel,
    ) -> Executed {
        let watch = Watch { listener: Some(progress), cancel: Some(cancel) };
        let mode = Mode::Live(permit.stamping());
        let (work, known) = rest(commands, so_far);
        Execution::new(self, commands, watch, mode).run(work, known).await
    }

    /// Has Adobe check the commands (`testOnly=true`) and changes nothing. Needs no permit and leaves neither stamp
    /// nor journal. Adobe's test knows nothing of what earlier steps would have done; errors that only say so are no
    /// errors.
    pub async fn rehearse(&self, commands: &[Command], progress: Listener<'_>, cancel: &Cancel) -> Executed {
        let watch = Watch { listener: Some(progress), cancel: Some(cancel) };
        let mode = Mode::Test(Made::by(commands));
        Execution::new(self, commands, watch, mode).run(all(commands), BTreeMap::new()).await
    }
}

/// So many users of commands that were refused in part are looked at in one execution, 2.4 s each; the changes of the
/// others all count as refused.
const MOST_LOOKS: usize = 100;

/// For real or for a test.
#[derive(Debug)]
pub(crate) enum Mode {
    Live(Stamping),
    /// With what the plan would make.
    Test(Made),
}

/// One execution under way.
pub(crate) struct Execution<'a, L> {
    pub(crate) session: &'a Session<L>,
    pub(crate) commands: &'a [Command],
    pub(crate) watch: Watch<'a>,
    mode: Mode,
    /// Refusals of commands that count as done nevertheless.
    notes: BTreeMap<usize, Vec<StepError>>,
    /// Changes that ended otherwise than their commands.
    pub(crate) exceptions: BTreeMap<usize, Vec<Exception>>,
    /// Groups' commands that were sent, and whose groups have not been read back, with what was said of them.
    pub(crate) listed: BTreeMap<usize, Verdict>,
    /// Those whose groups have just been.
    read: BTreeSet<usize>,
    pub(crate) breaker: Breaker,
    /// It is the breaker that stopped it.
    pub(crate) gives_up: bool,
    pub(crate) room: Room,
    /// So many more users of commands that were refused in part are looked at.
    pub(crate) looks: usize,
    /// Another process has the execution now.
    is_lost: bool,
}

/// When the commands were sent that are to be cleared up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Just now.
    Now,
    /// Before the execution was cut short: a later phase waits until it is known what became of them.
    Before,
}

/// How a request ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) verdicts: BTreeMap<usize, Verdict>,
    /// Why nothing more may be sent.
    pub(crate) stop: Option<String>,
}

impl<'a, L: Ledger> Execution<'a, L> {
    fn new(session: &'a Session<L>, commands: &'a [Command], watch: Watch<'a>, mode: Mode) -> Self {
        Self {
            session,
            commands,
            watch,
            mode,
            notes: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            listed: BTreeMap::new(),
            read: BTreeSet::new(),
            breaker: Breaker::default(),
            gives_up: false,
            room: Room::new(),
            looks: MOST_LOOKS,
            is_lost: false,
        }
    }

    /// Does the work, piece by piece, and adds what became of it to what is known.
    async fn run(mut self, work: Vec<Work>, mut known: BTreeMap<usize, Verdict>) -> Executed {
        let mut work: VecDeque<Work> = work.into();
        let mut stop: Option<String> = None;
        self.breaker = Breaker::of(known.values());
        let (mut number, mut unanswered) = (0, 0);
        while let Some(mut piece) = work.pop_front() {
            if stop.is_none() && self.watch.is_cancelled() {
                stop = Some(Error::Cancelled.line());
            }
            // A test changes nothing, and whoever runs one wants to see every refusal.
            if let (None, Some(why), false) = (&stop, self.breaker.broken(), self.is_test()) {
                stop = Some(why.to_owned());
                self.gives_up = true;
            }
            if let Some(why) = &stop {
                known.extend(piece.left(why, &mut self.listed));
                continue;
            }
            if let Some(rest) = piece.cut(|positions| {
                self.room.takes(positions.iter().map(|position| self.commands[*position].size()))
            }) {
                work.push_front(rest);
            }
            let pragma = pragma(number, work.iter().any(Work::sends));
            number += 1;
            let ended = match piece {
                Work::Send(positions) => self.request(positions, pragma).await,
                Work::ClearUp(unknown) => self.look_up(unknown, pragma).await,
                Work::ReadBack { positions, lost } => {
                    let unknown = |(position, why)| (position, Verdict::Unknown { why });
                    self.listed.extend(lost.into_iter().map(unknown));
                    let ended = self.read_back(&positions, pragma).await;
                    self.read = ended.verdicts.keys().copied().collect();
                    ended
                }
            };
            stop = ended.stop;
            let is_unknown = |verdict: &Verdict| matches!(verdict, Verdict::Unknown { .. });
            unanswered = if ended.verdicts.values().any(is_unknown) { unanswered + 1 } else { 0 };
            if unanswered >= MOST_UNANSWERED {
                stop.get_or_insert(format!(
                    "{MOST_UNANSWERED} requests in a row ended without a known outcome"
                ));
            }
            let now_known = self.believed(ended.verdicts);
            now_known.values().for_each(|verdict| self.breaker.note(verdict));
            if let Err(error) = self.settle(&self.outcomes(now_known.clone())).await {
                stop.get_or_insert(error.line());
            }
            known.extend(now_known);
            self.watch.tell(Progress::Commands { done: known.len(), total: self.commands.len() });
        }
        if let Some(why) = &stop {
            tracing::warn!(why, "execution stopped");
        }
        let gave_up = stop.filter(|_| self.gives_up);
        Executed { outcomes: self.outcomes(known), gave_up }
    }

    /// What is known of commands now. Nothing is believed about members of groups before the group was read back.
    fn believed(&mut self, mut verdicts: BTreeMap<usize, Verdict>) -> BTreeMap<usize, Verdict> {
        if self.is_test() {
            return verdicts;
        }
        let read = std::mem::take(&mut self.read);
        verdicts.retain(|position, verdict| {
            let waits = self.commands[*position].is_of_members()
                && !read.contains(position)
                && !matches!(verdict, Verdict::NotSent { .. });
            if waits {
                self.listed.insert(*position, verdict.clone());
            }
            !waits
        });
        verdicts
    }

    fn outcomes(&self, verdicts: BTreeMap<usize, Verdict>) -> Vec<Outcome> {
        let outcome = |(command, verdict)| Outcome {
            command,
            verdict,
            notes: self.notes.get(&command).cloned().unwrap_or_default(),
            exceptions: self.exceptions.get(&command).cloned().unwrap_or_default(),
        };
        verdicts.into_iter().map(outcome).collect()
    }

    /// Sends the commands of one request and finds out what became of each.
    async fn request(&mut self, positions: Vec<usize>, pragma: Pragma) -> Ended {
        let (mut positions, mut verdicts) = self.can_be_said(positions);
        if self.knows_tens() {
            let (lists, others) = positions
                .into_iter()
                .partition::<Vec<_>, _>(|position| self.commands[*position].is_of_members());
            positions = others;
            if !lists.is_empty() {
                let Ended { verdicts: ends, stop } = self.in_tens(&lists, pragma).await;
                verdicts.extend(ends);
                if stop.is_some() {
                    let why = stop.clone().unwrap_or_default();
                    let not_sent = |position| (position, Verdict::NotSent { why: why.clone() });
                    verdicts.extend(positions.into_iter().map(not_sent));
                    return Ended { verdicts, stop };
                }
            }
        }
        let sent: Vec<(usize, Command)> =
            positions.into_iter().map(|position| (position, self.commands[position].clone())).collect();
        if sent.is_empty() {
            return Ended { verdicts, stop: None };
        }
        let mut ended = match self.post(&sent, pragma).await {
            Ok(replies) => {
                self.room.was_enough();
                let open = replies.into_iter().filter_map(|(position, reply)| {
                    open(reply)
                        .map_err(|verdict| verdicts.insert(position, verdict))
                        .ok()
                        .map(|open| (position, open))
                });
                let open = open.collect();
                self.clear_up(open, Sent::Now, pragma).await
            }
            Err(Failure { reached: Reached::No, error }) => {
                let why = error.line();
                let not_sent = |(position, _)| (position, Verdict::NotSent { why: why.clone() });
                Ended { verdicts: sent.into_iter().map(not_sent).collect(), stop: Some(error.line()) }
            }
            Err(Failure { reached: Reached::Refused, error }) => {
                let errors = vec![whole(&error)];
                let refused = |(position, _)| (position, Verdict::Refused { errors: errors.clone() });
                let stop = format!("Adobe refused a whole request: {}", error.line());
                Ended { verdicts: sent.into_iter().map(refused).collect(), stop: Some(stop) }
            }
            Err(Failure { reached: Reached::Perhaps, error }) => {
                self.room.was_too_much(&error);
                let why = error.line();
                let lost = |(position, _)| (position, Open::Lost { why: why.clone() });
                let open = sent.into_iter().map(lost).collect();
                match error {
                    // Nothing may be asked either.
                    Error::Shut(_) | Error::Ledger { .. } | Error::ClockOff { .. } => {
                        Ended { verdicts: leave_open(open), stop: Some(why) }
                    }
                    _ => self.clear_up(open, Sent::Now, pragma).await,
                }
            }
        };
        verdicts.append(&mut ended.verdicts);
        let too_long = self.too_long(&verdicts);
        if !too_long.is_empty() && ended.stop.is_none() {
            let again = self.in_tens(&too_long, pragma).await;
            verdicts.extend(again.verdicts);
            ended.stop = again.stop;
        }
        if ended.stop.is_none() {
            ended.stop = self.tell_apart(&verdicts).await;
        }
        Ended { verdicts, stop: ended.stop }
    }

    /// Finds out what became of commands that were sent before the execution was cut short.
    async fn look_up(&mut self, unknown: Vec<(usize, String)>, pragma: Pragma) -> Ended {
        let mut open: BTreeMap<usize, Open> =
            unknown.into_iter().map(|(position, why)| (position, Open::Lost { why })).collect();
        let (_, mut verdicts) = self.can_be_said(open.keys().copied().collect());
        open.retain(|position, _| !verdicts.contains_key(position));
        // What had to be sent once more was sent for the first time here, and its answer may be lost as any other's.
        let mut ended = self.clear_up(open, Sent::Now, pragma).await;
        let lost = |(position, verdict): (&usize, &Verdict)| match verdict {
            Verdict::Unknown { why } => Some((*position, Open::Lost { why: why.clone() })),
            _ => None,
        };
        let open: BTreeMap<usize, Open> = ended.verdicts.iter().filter_map(lost).collect();
        if ended.stop.is_none() && !open.is_empty() {
            let again = self.clear_up(open, Sent::Before, pragma).await;
            ended.verdicts.extend(again.verdicts);
            ended.stop = again.stop;
        }
        verdicts.extend(ended.verdicts);
        // What was sent once more may have been refused in part, as anything else.
        if ended.stop.is_none() {
            ended.stop = self.tell_apart(&verdicts).await;
        }
        Ended { verdicts, stop: ended.stop }
    }

    /// The commands that the API can express, and what is to be said of the others.
    fn can_be_said(&self, positions: Vec<usize>) -> (Vec<usize>, BTreeMap<usize, Verdict>) {
        let mut verdicts = BTreeMap::new();
        let says = |position: &usize| match steps::command(&self.commands[*position], "") {
            Ok(_) => true,
            Err(why) => {
                let why = format!("the plan asks for what the API cannot say: {why}");
                verdicts.insert(*position, Verdict::NotSent { why });
                false
            }
        };
        (positions.into_iter().filter(says).collect(), verdicts)
    }

    /// One action request. Replies come with the positions of their commands.
    pub(crate) async fn post(
        &mut self,
        sent: &[(usize, Command)],
        pragma: Pragma,
    ) -> Result<Vec<(usize, Reply)>, Failure> {
        let line = &self.session.line;
        let organization = &line.settings.organization;
        let ids: Vec<String> = sent.iter().map(|_| line.next_id()).collect();
        let body: Vec<Value> =
            sent.iter().zip(&ids).filter_map(|((_, command), id)| steps::command(command, id).ok()).collect();
        let commands: Vec<&Command> = sent.iter().map(|(_, command)| command).collect();
        let positions: Vec<usize> = sent.iter().map(|(position, _)| *position).collect();
        let mut url = line.api(&["action", organization]);
        let (stamping, intent, if_lost, rehearsal) = match &mut self.mode {
            Mode::Live(stamping) => (Some(stamping), Some(&*positions), IfLost::HandBack, Rehearsal::No),
            Mode::Test(made) => {
                url.query_pairs_mut().append_pair("testOnly", "true");
                (None, None, IfLost::Repeat, Rehearsal::Yes(made))
            }
        };
        let call = Call {
            doing: format!("sending {} commands to {organization}", sent.len()),
            class: Some(RequestClass::Action),
            url,
            message: Message::Post(Value::from(body).to_string().into_bytes()),
            pragma,
            patience: Patience::ACTION,
            if_lost,
            not_found: NotFound::Error,
            stamping,
            intent,
        };
        let read = |answer: &Answer| replies(answer, &commands, &ids, &rehearsal);
        let replies = line.send(call, self.watch, read).await;
        if let (Err(Failure { error: Error::Shut(shut), .. }), Mode::Live(stamping)) = (&replies, &self.mode)
        {
            self.is_lost |= stamping.was_lost(shut);
        }
        Ok(positions
            .into_iter()
            .zip(replies?)
            .map(|(position, reply)| (position, self.noted(position, reply)))
            .collect())
    }

    /// Keeps what is to be noted of a reply, and leaves what it says.
    fn noted(&mut self, position: usize, reply: Reply) -> Reply {
        match reply {
            Reply::Noted(notes) => {
                self.notes.insert(position, notes);
                Reply::Said(Verdict::Done)
            }
            reply => reply,
        }
    }

    async fn settle(&self, outcomes: &[Outcome]) -> Result<(), Error> {
        match self.mode {
            // The journal is another's now, who finds out for itself.
            Mode::Live(_) if self.is_lost => Ok(()),
            Mode::Live(_) => {
                let line = &self.session.line;
                let settled = line.ledger.settle(outcomes, line.clock.now()).await;
                settled.map_err(|source| Error::Ledger { doing: "note what became of commands", source })
            }
            Mode::Test(_) => Ok(()),
        }
    }

    pub(crate) fn is_test(&self) -> bool {
        matches!(self.mode, Mode::Test(_))
    }
}

/// What a request left open about one command.
#[derive(Debug)]
pub(crate) enum Open {
    /// No answer tells what became of it.
    Lost { why: String },
    /// It failed, or its user is gone already.
    PerhapsGone(Vec<StepError>),
    /// A list of several groups failed because of one of them.
    Splits(Vec<StepError>),
    /// It was throttled inside Adobe.
    Throttled(Vec<StepError>),
}

impl Open {
    /// The verdict, where nothing more can be found out.
    pub(crate) fn left(self) -> Verdict {
        match self {
            Self::Lost { why } => Verdict::Unknown { why },
            Self::PerhapsGone(errors) | Self::Splits(errors) | Self::Throttled(errors) => {
                Verdict::Refused { errors }
            }
        }
    }
}

pub(crate) fn leave_open(open: BTreeMap<usize, Open>) -> BTreeMap<usize, Verdict> {
    open.into_iter().map(|(position, open)| (position, open.left())).collect()
}

pub(crate) fn open(reply: Reply) -> Result<Open, Verdict> {
    match reply {
        Reply::Said(verdict) => Err(verdict),
        Reply::Noted(_) => Err(Verdict::Done),
        Reply::PerhapsGone(errors) => Ok(Open::PerhapsGone(errors)),
        Reply::Splits(errors) => Ok(Open::Splits(errors)),
        Reply::Throttled(errors) => Ok(Open::Throttled(errors)),
        Reply::Doubt(why) => Ok(Open::Lost { why }),
    }
}

/// The refusal of a whole request, as an error of each of its commands. Its code says so: it tells nothing about any of
/// them.
fn whole(error: &Error) -> StepError {
    let code =
        error.code().map_or_else(|| WHOLE_REQUEST.to_owned(), |code| format!("{WHOLE_REQUEST} {code}"));
    StepError { step: None, code, message: error.line() }
}

/// Adobe's own client marks the first and the last action request of a sync. A listing has begun the sync already, so
/// a single request is its end.
fn pragma(number: usize, more: bool) -> Pragma {
    match (number, more) {
        (_, false) => Pragma::End,
        (0, true) => Pragma::Start,
        (_, true) => Pragma::None,
    }
}
