//! The directory's side: every directory of the configuration, each read whole or not at all.

use crate::binds::Account;
use crate::config::{Place, Source};
use crate::failure::Failure;
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use umsync_directory::{Admission, csv, ldap, ldif};
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Directory, DirectoryName, GroupRef, SeenGroup, Wanted};
use umsync_engine::people::People;
use umsync_engine::rules::Rules;
use umsync_store::{DirectoryRead, StoredGroup};

/// The exit code of a directory that could not be read whole.
const INCOMPLETE: u8 = 6;

impl Program {
    /// Reads all directories. Of several, some may fail that were read whole before: it is known then whom they give. One
    /// that was never read could give anybody, so it stops the run.
    pub(crate) async fn read_directories(&self) -> Result<Directories, Failure> {
        let directories = self.read_all().await?;
        // What their groups cannot be mapped to is told before anybody asks Adobe.
        self.rules(&directories)?;
        Ok(directories)
    }

    /// Reads all directories, and makes people of their entries.
    pub(crate) async fn read_people(&self) -> Result<People, Failure> {
        let directories = self.read_all().await?;
        let rules = self.rules(&directories)?;
        Ok(People::of(directories, &rules, self.now()))
    }

    async fn read_all(&self) -> Result<Directories, Failure> {
        let before = self.store.directory_reads(self.organization()).await?;
        let (mut read, mut failed) = (BTreeMap::new(), BTreeMap::new());
        let mut never = Vec::new();
        for (name, place) in &self.config.directories {
            let before = before.get(name).filter(|read| read.meaning == place.meaning);
            match self.read_directory(name, place, before).await {
                Ok(directory) if name.is_only() => return Ok(Directories::only(directory)),
                Ok(directory) => {
                    read.insert(name.clone(), directory);
                }
                Err(failure) if name.is_only() || failure.code() != INCOMPLETE => return Err(failure),
                Err(failure) => {
                    let why = told(&failure);
                    tracing::warn!(directory = name.as_str(), "the directory could not be read: {why}");
                    if before.is_none() {
                        never.push(name.clone());
                    }
                    failed.insert(name.clone(), why);
                }
            }
        }
        let reasons = failed.clone();
        let directories =
            Directories::several(read, failed).ok_or(Failure::NoDirectory { reasons: reasons.clone() })?;
        if !never.is_empty() {
            return Err(Failure::NeverRead { never, reasons });
        }
        let missing = directories.missing(&self.config.rules);
        if !missing.is_empty() {
            return Err(Failure::MissingEverywhere { missing });
        }
        Ok(directories)
    }

    /// The rules, where the directories' groups are known that patterns name.
    pub(crate) fn rules(&self, directories: &Directories) -> Result<Rules, Failure> {
        Ok(self.config.rules.expanded(directories)?)
    }

    /// What is read of one directory, with what is remembered of its groups. `had`: those it had when it was last read whole.
    pub(crate) async fn wanted(
        &self,
        name: &DirectoryName,
        had: &BTreeSet<GroupRef>,
    ) -> Result<Wanted, Failure> {
        let (mut known, mut former) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for stored in self.store.group_anchors(self.organization()).await? {
            let StoredGroup { directory, group, anchor, dn, first_seen: _, last_seen: _ } = stored;
            let seen = SeenGroup { anchor, dn };
            if directory == name.as_str() {
                known.insert(group, seen);
            } else if !self.config.directories.contains_key(&DirectoryName::new(&directory)) {
                // Called otherwise before: the only one among several, one of several on its own, or renamed.
                former.entry(group).or_default().push(seen);
            }
        }
        let trace = self.trace.clone();
        Ok(Wanted { known, former, trace, ..self.config.rules.wanted(name, had) })
    }

    /// Reads one directory whole. What it had when it was last read whole must still be there.
    pub(crate) async fn read_directory(
        &self,
        name: &DirectoryName,
        place: &Place,
        before: Option<&DirectoryRead>,
    ) -> Result<Directory, Failure> {
        let nothing = BTreeSet::<GroupRef>::new();
        let wanted = self.wanted(name, before.map_or(&nothing, |read| &read.groups)).await?;
        self.bar.say(match name.is_only() {
            true => "reading the directory".to_owned(),
            false => format!("reading the directory {name}"),
        });
        let directory = tokio::select! {
            read = self.read_from(name, &place.source, wanted) => read?,
            () = self.cancel.cancelled() => return Err(Failure::Stopped),
        };
        let (entries, groups) = (directory.entries.len(), directory.groups.len());
        match name.is_only() {
            true => tracing::info!(source = directory.source, entries, groups, "directory read"),
            false => {
                let name = name.as_str();
                tracing::info!(
                    directory = name,
                    source = directory.source,
                    entries,
                    groups,
                    "directory read"
                );
            }
        }
        Ok(directory)
    }

    async fn read_from(
        &self,
        name: &DirectoryName,
        source: &Source,
        wanted: Wanted,
    ) -> Result<Directory, Failure> {
        match source {
            Source::Ldif(settings) => {
                let settings: ldif::Settings = (**settings).clone();
                let read = tokio::task::spawn_blocking(move || ldif::read(&settings, &wanted));
                Ok(read.await.expect("the reader does not panic")?)
            }
            Source::Csv(settings) => {
                let settings: csv::Settings = (**settings).clone();
                let read = tokio::task::spawn_blocking(move || csv::read(&settings, &wanted));
                Ok(read.await.expect("the reader does not panic")?)
            }
            Source::Ldap(ldap) => {
                let settings = ldap.settings().map_err(|(key, error)| Failure::secret(name, key, error))?;
                let account = Account::of(source);
                if let Some(account) = &account {
                    account.may_bind(&self.store, self.now()).await?;
                }
                let bar = self.bar.clone();
                let progress = move |progress: ldap::Progress| {
                    let ldap::Progress { server, listing, entries } = progress;
                    bar.say(format!("reading {listing} from {server}: {entries}"));
                };
                let read = ldap::read(&settings, &wanted, &progress).await;
                if let Some(account) = &account {
                    let told = read.as_ref().err().map_or(Admission::LetIn, |error| error.admission());
                    account.note(&self.store, &told, self.now()).await?;
                }
                Ok(read?)
            }
        }
    }
}

/// The failure without what the report says anyway.
fn told(failure: &Failure) -> String {
    let told = failure.told();
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    match (failure, told.split_once("because: ")) {
        (Failure::Directory(_), Some((_, why))) => why.to_owned(),
        _ => told.to_owned(),
    }
}
