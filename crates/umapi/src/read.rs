//! Reading: all of Adobe's side under a permit, or one user, or the members of one group.

use crate::answer::{Answer, Unreadable};
use crate::call::{Call, NotFound, Pragma};
use crate::error::Error;
use crate::gate::{MayList, Stamping};
use crate::ledger::Ledger;
use crate::page::{self, Mark, Marked, Page};
use crate::patience::Patience;
use crate::progress::{Listener, Progress, Watch};
use crate::session::Session;
use crate::wire::{self, Listed};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use serde::de::DeserializeSeed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::marker::PhantomData;
use umsync_engine::adobe::{Group, GroupKind, Snapshot, UnreadableUser, User};
use umsync_engine::key::{GroupName, fold};
use umsync_engine::stamps::RequestClass;
use url::Url;

/// The members of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Those that could be understood, without repeats.
    pub users: Vec<User>,
    /// Those that could not.
    pub unreadable: Vec<UnreadableUser>,
}

/// So many pages in a row may bring nothing new before a listing is called endless.
const MOST_STALE_PAGES: u32 = 20;

impl<L: Ledger> Session<L> {
    /// Reads every group, then every user. All of it or an error: never a part.
    ///
    /// The permit is used up, whatever happens; a failure proven to lie before page 0 restores the former stamp.
    pub async fn snapshot(&self, permit: MayList, progress: Listener<'_>) -> Result<Snapshot, Error> {
        let watch = Watch { listener: Some(progress), cancel: None };
        let read_at = self.line.clock.now();
        let (mut stamping, users_permit) = Stamping::groups(permit);
        let groups = self.all_groups(&mut stamping, watch).await?;
        let (Members { users, unreadable }, total_count) =
            self.all_users(&mut users_permit.stamping(), watch).await?;
        tracing::info!(
            users = users.len(),
            unreadable = unreadable.len(),
            groups = groups.len(),
            "adobe read"
        );
        let organization = self.line.settings.organization.clone();
        Ok(Snapshot { organization, read_at, users, groups, unreadable, total_count })
    }

    async fn all_groups(
        &self,
        stamping: &mut Stamping,
        watch: Watch<'_>,
    ) -> Result<BTreeMap<GroupName, Group>, Error> {
        let organization = &self.line.settings.organization;
        let mut groups = BTreeMap::new();
        let mut listing = Listing::new();
        while let Some(number) = listing.next() {
            let url = self.line.api(&["groups", organization, &number.to_string()]);
            let doing = format!("reading page {number} of the groups of {organization}");
            let mut call = Call::get(doing, RequestClass::Groups, url, patience(number));
            if number == 0 {
                call.stamping = Some(stamping);
                call.pragma = Pragma::Start;
            }
            let entry = PhantomData::<Value>;
            let Some(page) = self.page(call, watch, "groups", entry, &listing).await? else { break };
            let before = groups.len();
            let mut nameless = 0;
            for entry in &page.entries {
                match wire::group(entry) {
                    Some(group) => keep(&mut groups, group),
                    None => nameless += 1,
                }
            }
            if nameless > 0 {
                tracing::warn!(page = number, nameless, "groups without a name are ignored");
            }
            if nameless > 0 && nameless == page.entries.len() {
                let doing = format!("reading page {number} of the groups of {organization}");
                return Err(Error::Unreadable { doing, problem: "no group on it has a name".to_owned() });
            }
            watch.tell(Progress::Groups { read: groups.len(), total: page.total });
            listing.took(&Turned::of(&page), groups.len() > before, organization, "groups")?;
        }
        Ok(groups)
    }

    async fn all_users(
        &self,
        stamping: &mut Stamping,
        watch: Watch<'_>,
    ) -> Result<(Members, Option<u64>), Error> {
        let organization = &self.line.settings.organization;
        let (mut users, names) = (Users::new(), wire::Names::default());
        let mut total = None;
        let mut listing = Listing::new();
        while let Some(number) = listing.next() {
            let mut url = self.line.api(&["users", organization, &number.to_string()]);
            // The default, said nevertheless: memberships inherited through a user group are not ours to change.
            url.query_pairs_mut().append_pair("directOnly", "true");
            let doing = format!("reading page {number} of the users of {organization}");
            let mut call = Call::get(doing, RequestClass::Users, url, patience(number));
            if number == 0 {
                call.stamping = Some(stamping);
            } else if listing.is_last_by_count() {
                call.pragma = Pragma::End;
            }
            let entry = wire::users(&names);
            let Some(page) = self.page(call, watch, "users", entry, &listing).await? else { break };
            // Pages may disagree: the highest count leaves most open.
            total = total.max(page.total);
            users.expect(total);
            let turned = Turned::of(&page);
            let news = users.take(page.entries);
            watch.tell(Progress::Users { read: users.len(), total });
            listing.took(&turned, news, organization, "users")?;
        }
        let members = users.into_members();
        // Somebody has made the credential: no organization has technical accounts alone.
        if let Some(total @ 1..) = total
            && members.users.is_empty()
            && members.unreadable.is_empty()
        {
            return Err(Error::Unreadable {
                doing: format!("reading the users of {organization}"),
                problem: format!("it lists nobody, and Adobe counts {total}"),
            });
        }
        Ok((members, total))
    }

    /// Whether this group exists. Reads one page of its members, without their memberships.
    pub async fn group_exists(&self, group: &GroupName) -> Result<bool, Error> {
        let mut url = self.group_url(group, 0)?;
        url.query_pairs_mut().append_pair("excludeGroups", "true");
        Ok(self.members_page(group, url, &wire::Names::default(), &Listing::new()).await?.is_some())
    }

    /// Everybody who is a direct member of this group; `None` where there is no such group.
    pub async fn members(&self, group: &GroupName) -> Result<Option<Members>, Error> {
        let organization = &self.line.settings.organization;
        let (mut users, names) = (Users::new(), wire::Names::default());
        let mut listing = Listing::new();
        while let Some(number) = listing.next() {
            let mut url = self.group_url(group, number)?;
            url.query_pairs_mut().append_pair("directOnly", "true");
            let Some(page) = self.members_page(group, url, &names, &listing).await? else {
                if number == 0 {
                    return Ok(None);
                }
                break;
            };
            let turned = Turned::of(&page);
            let news = users.take(page.entries);
            listing.took(&turned, news, organization, "members")?;
        }
        Ok(Some(users.into_members()))
    }

    fn group_url(&self, group: &GroupName, number: u64) -> Result<Url, Error> {
        let name = group.spelling();
        // A slash is taken for a separator even when encoded, and dots are resolved away: the answer would be about
        // something else (UMAPI documentation names no way to write them).
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\']) {
            return Err(Error::Unaddressable { what: "group", name: name.to_owned() });
        }
        Ok(self.line.api(&["users", &self.line.settings.organization, &number.to_string(), name]))
    }

    /// One page; `None` for page 0 of a group that is not there, and where a page was only tried for.
    async fn members_page(
        &self,
        group: &GroupName,
        url: Url,
        names: &wire::Names,
        listing: &Listing,
    ) -> Result<Option<Page<Listed>>, Error> {
        let (number, beyond) = (listing.next.unwrap_or_default(), listing.is_beyond);
        let doing = format!("reading page {number} of the members of {group}");
        let mut call = Call::get(doing, RequestClass::Members, url, Patience::READ);
        if number == 0 || beyond {
            call.not_found = NotFound::Answer;
        }
        let read = |answer: &Answer| {
            if beyond {
                return page::page_beyond(answer, "users", number, wire::users(names));
            }
            if answer.status != 404 {
                return page::page(answer, "users", number, wire::users(names)).map(Some);
            }
            match answer.code() {
                Some(code) if code == "error.group.not_found" => Ok(None),
                Some(code) => Err(Unreadable(format!("it is a 404 with `{code}`"))),
                None => Err(Unreadable("it is a 404 that names no group".to_owned())),
            }
        };
        self.line.send(call, Watch::NOBODY, read).await.map_err(|failure| failure.error)
    }

    /// One page; `None` where a page was only tried for, and there is none.
    async fn page<E: Send>(
        &self,
        mut call: Call<'_>,
        watch: Watch<'_>,
        list: &str,
        entry: impl for<'de> DeserializeSeed<'de, Value = E> + Copy + Send + Sync,
        listing: &Listing,
    ) -> Result<Option<Page<E>>, Error> {
        let number = listing.next.unwrap_or_default();
        let beyond = listing.is_beyond;
        if beyond {
            call.not_found = NotFound::Answer;
        }
        let read = |answer: &Answer| match beyond {
            true => page::page_beyond(answer, list, number, entry),
            false => page::page(answer, list, number, entry).map(Some),
        };
        self.line.send(call, watch, read).await.map_err(|failure| failure.error)
    }
}

fn patience(number: u64) -> Patience {
    if number == 0 { Patience::PAGE_ZERO } else { Patience::LATER_PAGE }
}

/// Adds a group. One that was listed already, because pages shifted, stays; one name for two kinds leaves the kind
/// open, so that nothing is done from that group's side.
fn keep(groups: &mut BTreeMap<GroupName, Group>, group: Group) {
    match groups.get_mut(&group.name) {
        Some(known) if known.id != group.id && known.kind != group.kind => {
            tracing::warn!(group = group.name.spelling(), "two groups have this name");
            known.kind = GroupKind::Unknown(None);
        }
        Some(_) => {}
        None => {
            groups.insert(group.name.clone(), group);
        }
    }
}

/// The pages of one listing: from 0 until one says that it is the last, and never for ever.
///
/// The last page is the one that says so. Where the count of pages says that there are more, the next one is tried for: the
/// word may have come too early (a listing that ended so at 2000 users has cost an organization the other 6000), or the
/// count may include technical accounts, which are never listed.
struct Listing {
    next: Option<u64>,
    /// The next page comes after one that said that it was the last.
    is_beyond: bool,
    pages: Option<u64>,
    stale: u32,
    /// The marks of the page before.
    former: Vec<Mark>,
}

/// What a page says beside its entries.
struct Turned {
    is_last: bool,
    pages: Option<u64>,
    marks: Vec<Mark>,
}

impl Turned {
    fn of<E: Marked>(page: &Page<E>) -> Self {
        Self { is_last: page.is_last, pages: page.pages, marks: page.marks() }
    }
}

impl Listing {
    fn new() -> Self {
        Self { next: Some(0), is_beyond: false, pages: None, stale: 0, former: Vec::new() }
    }

    fn next(&self) -> Option<u64> {
        self.next
    }

    fn is_last_by_count(&self) -> bool {
        matches!((self.next, self.pages), (Some(next), Some(pages)) if next + 1 == pages)
    }

    fn took(&mut self, page: &Turned, news: bool, organization: &str, what: &str) -> Result<(), Error> {
        self.pages = page.pages.or(self.pages);
        if self.is_beyond && news {
            tracing::warn!(
                "page {} of the {what} came after one that called itself the last",
                self.next.unwrap_or_default()
            );
        }
        // Pages shift by a few when somebody joins meanwhile. A whole page that comes again stands in place of another.
        if !self.is_beyond && page.marks.len() > 1 && page.marks == self.former {
            return Err(Error::Unreadable {
                doing: format!("reading the {what} of {organization}"),
                problem: format!("page {} is the one before it once more", self.next.unwrap_or_default()),
            });
        }
        self.former.clone_from(&page.marks);
        self.stale = if news { 0 } else { self.stale + 1 };
        if !page.is_last && self.stale >= MOST_STALE_PAGES {
            return Err(Error::Unreadable {
                doing: format!("reading the {what} of {organization}"),
                problem: format!("{MOST_STALE_PAGES} pages in a row bring nothing new and none is the last"),
            });
        }
        let next = self.next.map(|number| number + 1);
        let more = next < self.pages && (news || !self.is_beyond);
        self.is_beyond = page.is_last;
        self.next = next.filter(|_| !page.is_last || more);
        Ok(())
    }
}

/// So many users are made room for at most, whatever Adobe counts: what comes beyond finds its room when it comes.
const MOST_EXPECTED: usize = 4_000_000;

/// Users in Adobe's order. Pages may shift while they are read, so one may come twice; what came later was read later, and
/// stands.
struct Users {
    members: Members,
    /// The places of users, found by what tells them apart.
    seen: HashTable<u32>,
    hasher: DefaultHashBuilder,
    entries: usize,
}

/// What tells two entries of a listing apart.
#[derive(PartialEq, Eq, Hash)]
enum Identifier<'a> {
    Id(&'a str),
    Name { kind: String, username: String, domain: String },
}

impl Users {
    fn new() -> Self {
        let members = Members { users: Vec::new(), unreadable: Vec::new() };
        Self { members, seen: HashTable::new(), hasher: DefaultHashBuilder::default(), entries: 0 }
    }

    fn len(&self) -> usize {
        self.members.users.len()
    }

    fn into_members(self) -> Members {
        self.members
    }

    /// Makes room at once: a list that grows by copying holds twice what it has, for a moment.
    fn expect(&mut self, total: Option<u64>) {
        let total = total.and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
        let more = total.min(MOST_EXPECTED).saturating_sub(self.len());
        self.members.users.reserve_exact(more);
    }

    /// Whether there was anything new among them.
    fn take(&mut self, entries: Vec<Listed>) -> bool {
        let mut news = false;
        for entry in entries {
            let position = self.entries;
            self.entries += 1;
            match entry.user(position) {
                Ok(user) => news |= self.put(user),
                Err(unreadable) => {
                    // One that has a name of its own may have come twice too.
                    if !self.members.unreadable.contains(&unreadable) {
                        news = true;
                        self.members.unreadable.push(unreadable);
                    }
                }
            }
        }
        news
    }

    /// Whether it is new.
    fn put(&mut self, user: User) -> bool {
        let Self { members: Members { users, unreadable: _ }, seen, hasher, entries: _ } = self;
        let own = identifier(&user);
        let is_it = |at: &u32| identifier(&users[*at as usize]) == own;
        let hash = |at: &u32| hasher.hash_one(identifier(&users[*at as usize]));
        match seen.entry(hasher.hash_one(&own), is_it, hash) {
            Entry::Occupied(at) => {
                let at = *at.get() as usize;
                users[at] = user;
                false
            }
            Entry::Vacant(place) => {
                place.insert(u32::try_from(users.len()).expect("no organization has four billion users"));
                users.push(user);
                true
            }
        }
    }
}

fn identifier(user: &User) -> Identifier<'_> {
    match user.id() {
        Some(id) => Identifier::Id(id),
        None => Identifier::Name {
            kind: fold(&user.kind.to_string()),
            username: fold(user.username().unwrap_or(user.email())),
            domain: fold(user.domain().unwrap_or(user.email())),
        },
    }
}
