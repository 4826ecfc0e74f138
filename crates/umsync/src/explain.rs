//! `explain`: why somebody has, lacks, gains or loses what. It reads the directory and the stored snapshot, and never lists.

use crate::approvals::{Approvals, baseline};
use crate::bar::Bar;
use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::person;
use crate::program::{FirstTime, Program};
use crate::reading::{self, Reading};
use crate::remembering;
use crate::reviewed;
use crate::run::Mode;
use chrono::{DateTime, Utc};
use umsync_engine::adobe::Snapshot;
use umsync_engine::directories::Directories;
use umsync_engine::explain::{Case, Explanation, explain as tell};
use umsync_engine::key::GroupName;
use umsync_engine::memory::Memory;
use umsync_engine::people::People;
use umsync_engine::plan::{Plan, plan};
use umsync_engine::rules::{Rules, Strategy};

/// Explains what a run would do about somebody, and why.
pub(crate) async fn explain(
    cli: &Cli,
    who: &str,
    why_not: Option<&str>,
    as_json: bool,
) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let mut program = Program::open(config, FirstTime::Refused, Bar::new(cli.quiet)).await?;
    program.trace = Some(who.to_owned());
    let explained = explained(&program, who, why_not).await;
    program.close().await;
    let explanation = explained?;
    match as_json {
        true => output::json(&explanation)?,
        false => output::lines(&explanation.lines())?,
    }
    Ok(0)
}

async fn explained(program: &Program, who: &str, why_not: Option<&str>) -> Result<Explanation, Failure> {
    let directories = program.read_directories().await?;
    let people = People::of(directories.clone(), &program.rules(&directories)?, program.now());
    let (adobe, person) = adobe(program, &people, who).await?;
    let planned = Planned::now(program, &people, &adobe, person.as_deref()).await?;
    program.bar.finish();
    Ok(tell(planned.case(&directories, &people, &adobe), who, why_not.map(GroupName::from).as_ref())?)
}

/// What a run would decide now, with what it rests on beside both sides.
pub(crate) struct Planned {
    rules: Rules,
    memory: Memory,
    pub(crate) plan: Plan,
    now: DateTime<Utc>,
}

impl Planned {
    pub(crate) async fn now(
        program: &Program,
        people: &People,
        adobe: &Snapshot,
        person: Option<&str>,
    ) -> Result<Self, Failure> {
        let approvals = Approvals::recall(program).await?;
        let reviewed = reviewed::read(program, adobe)?;
        let memory = Memory {
            approved: approvals.lifted(),
            reviewed,
            ..remembering::recall(program, &people.directories).await?
        };
        let rules = Rules { baseline: baseline(program).await?, ..program.rules(&people.directories)? };
        let occasion = program.occasion(person);
        let now = occasion.now;
        let (plan, _) = plan(people, adobe, &rules, &memory, occasion)?;
        Ok(Self { rules, memory, plan, now })
    }

    pub(crate) fn case<'a>(
        &'a self,
        directories: &'a Directories,
        people: &'a People,
        adobe: &'a Snapshot,
    ) -> Case<'a> {
        let Self { rules, memory, plan, now } = self;
        Case { directories, people, adobe, rules, memory, plan, now: *now }
    }
}

/// Adobe's side as it was last listed, unless it is none of a run's business; if it never was, the mapped groups and this one user, asked for singly, and then
/// nobody else can be told of: the place of their entry.
async fn adobe(program: &Program, people: &People, who: &str) -> Result<(Snapshot, Option<String>), Failure> {
    if program.config.rules.strategy == Strategy::Push {
        return Ok((Snapshot::not_listed(program.organization(), program.now()), None));
    }
    if let Some(snapshot) = reading::stored_of_any_age(program).await? {
        return Ok((snapshot, None));
    }
    let session = program.session(None).await?;
    let Reading { snapshot, lock: _, person, waited: _ } =
        person::read(program, &session, people, Mode::Plan, who, "explain").await?;
    Ok((snapshot, person))
}
