//! `apply`: exactly the changes of a plan that somebody has reviewed, as far as they still hold.

use crate::adobe;
use crate::approve::stored;
use crate::bar::Bar;
use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::plan_file;
use crate::program::{FirstTime, Program};
use crate::run::Mode;
use crate::scope::Scope;
use crate::sync::{Wish, recorded};
use std::path::Path;
use std::time::Duration;
use umsync_engine::saved::SavedPlan;

/// Executes a plan, named by file or by id.
pub(crate) async fn apply(cli: &Cli, plan: &str, wait: Option<Duration>, json: bool) -> Result<u8, Failure> {
    let mut config = Config::load(&cli.config)?;
    if let Some(wait) = wait {
        config.adobe.wait = wait;
    }
    let from_file = Path::new(plan).exists().then(|| plan_file::read(Path::new(plan))).transpose()?;
    if let Some(saved) = &from_file {
        // Before anything is opened: the wrong file is the likeliest mistake.
        fits(saved, &adobe::organization(&config.adobe)?, &config.meaning)?;
    }
    let program = Program::open(config, FirstTime::Refused, Bar::new(cli.quiet)).await?;
    let ended = execute(&program, plan, from_file, json).await;
    program.close().await;
    ended
}

async fn execute(
    program: &Program,
    plan: &str,
    from_file: Option<SavedPlan>,
    json: bool,
) -> Result<u8, Failure> {
    let saved = match from_file {
        Some(saved) => saved,
        None => stored(&program.store, plan).await?,
    };
    fits(&saved, program.organization(), &program.config.meaning)?;
    let mut wish = Wish::new("apply", Mode::Apply, json);
    wish.scope = Scope::Exactly(&saved);
    recorded(program, wish).await
}

/// Whether a plan is about this organization, under what the configuration means now.
pub(crate) fn fits(saved: &SavedPlan, organization: &str, meaning: &str) -> Result<(), Failure> {
    let id = saved.id().to_owned();
    if saved.organization() != organization {
        let (plan, organization) = (saved.organization().to_owned(), organization.to_owned());
        return Err(Failure::OtherOrganization { id, plan, organization });
    }
    if saved.configuration() != meaning {
        return Err(Failure::OtherConfiguration { id });
    }
    Ok(())
}
