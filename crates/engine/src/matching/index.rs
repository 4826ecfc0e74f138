//! Adobe's users by what names them.

use super::Positions;
use super::few::Few;
use crate::adobe::{Identity, User, UserTexts};
use crate::ahead::HANDFUL;
use crate::at_once::at_once;
use crate::key::{Ownership, folded, folded_email, is_same_email};
use crate::lookup::{Hashing, Places};
use crate::person::Person;
use std::cell::OnceCell;
use std::hash::{BuildHasher as _, Hash};

/// Users by a name of theirs. It holds nothing but their positions, so that it is small: whoever looks somebody up compares the
/// name.
struct ByName {
    hashing: Hashing,
    places: Places,
    /// Those who have a name that another has, too.
    together: Positions,
}

impl ByName {
    /// With room for so many who have one.
    fn of<'a, N: Hash + Eq>(users: &'a [User], room: usize, name: impl Fn(&'a User) -> Option<N>) -> Self {
        let (hashing, mut places) = (Hashing::default(), Places::with_capacity(room));
        let mut together = Positions::default();
        let hash = |user: &'a User| name(user).map(|name| hashing.hash_one(name));
        let mut at = 0;
        for handful in users.chunks(HANDFUL) {
            let hashes: Vec<Option<u64>> = handful.iter().map(hash).collect();
            // The table is far away: all of its places are fetched before anybody is put there.
            let fetch = |hash: &&u64| places.iter_hash(**hash).next().is_some();
            std::hint::black_box(hashes.iter().flatten().filter(fetch).count());
            for (user, own) in handful.iter().zip(hashes) {
                if let Some(own) = own {
                    // One is enough: whoever else has it is known from them.
                    let same = |other: &u32| name(&users[*other as usize]) == name(user);
                    if let Some(other) = places.find(own, same) {
                        together.replace(*other as usize);
                        together.replace(at);
                    }
                    let again = |at: &u32| hash(&users[*at as usize]).unwrap_or_default();
                    places.insert_unique(own, place(at), again);
                }
                at += 1;
            }
        }
        Self { hashing, places, together }
    }

    /// Those who may have this name, in no order.
    fn maybe(&self, name: impl Hash) -> impl Iterator<Item = usize> {
        self.places.iter_hash(self.hashing.hash_one(name)).map(|at| *at as usize)
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("no organization has so many users")
}

/// Whoever has the same name stands in an order of its own, so that Adobe's, which is undefined, decides nothing.
fn order(user: &User) -> impl Ord {
    (&user.kind, user.email(), user.id())
}

/// Users by all that names them.
pub(crate) struct Index<'a> {
    users: &'a [User],
    by_email: ByName,
    /// Only somebody without a link and an email at Adobe is looked up by it.
    by_login: OnceCell<ByName>,
    by_id: ByName,
}

type Login<'a> = (Ownership, std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

/// A username that is the email finds nobody whom the email does not.
fn login(user: &User) -> Option<Login<'_>> {
    let UserTexts { username, domain, email, .. } = user.texts();
    let username = username.filter(|username| *username != email || !username.contains('@'))?;
    let (identity, domain) = (user.kind.known()?, domain?);
    Some((Identity::ownership(identity), folded(username), crate::key::folded_domain(domain)))
}

impl<'a> Index<'a> {
    pub(super) fn of(users: &'a [User]) -> Self {
        let (by_id, by_email) = at_once(
            users.len(),
            || ByName::of(users, users.len(), User::id),
            || ByName::of(users, users.len(), |user| Some(folded_email(user.email()))),
        );
        Self { users, by_email, by_login: OnceCell::new(), by_id }
    }

    pub(crate) fn user(&self, at: usize) -> &'a User {
        &self.users[at]
    }

    /// For [`Index::maybe_id`].
    pub(crate) fn hash_of_id(&self, id: &str) -> u64 {
        self.by_id.hashing.hash_one(id)
    }

    /// Whoever may have the id of which this is the hash: it is not compared.
    pub(crate) fn maybe_id(&self, id: u64) -> Option<usize> {
        self.by_id.places.iter_hash(id).next().map(|at| *at as usize)
    }

    /// For [`Index::maybe_email`].
    pub(crate) fn hash_of_email(&self, email: &str) -> u64 {
        self.by_email.hashing.hash_one(folded_email(email))
    }

    /// Whoever may have the email of which this is the hash: it is not compared.
    pub(crate) fn maybe_email(&self, email: u64) -> Option<usize> {
        self.by_email.places.iter_hash(email).next().map(|at| *at as usize)
    }

    /// Whether a user has this email, and nobody else has it: nobody needs to be looked for by it.
    pub(crate) fn is_alone_with(&self, user: usize, email: &str) -> bool {
        !self.by_email.together.contains(&user) && is_same_email(self.users[user].email(), email)
    }

    /// The last of them, should Adobe give one id to several.
    pub(super) fn of_id(&self, id: &str) -> Option<usize> {
        let found = self.by_id.maybe(id).filter(|at| self.users[*at].id() == Some(id));
        found.max_by(|left, right| order(&self.users[*left]).cmp(&order(&self.users[*right])))
    }

    pub(super) fn of_email(&self, email: &str) -> Few {
        let same = |at: &usize| is_same_email(self.users[*at].email(), email);
        self.in_order(self.by_email.maybe(folded_email(email)).filter(same))
    }

    fn in_order(&self, found: impl Iterator<Item = usize>) -> Few {
        match found.collect::<Few>() {
            Few::Several(mut all) => {
                all.sort_by(|left, right| order(&self.users[*left]).cmp(&order(&self.users[*right])));
                Few::Several(all)
            }
            few => few,
        }
    }

    pub(super) fn of_login(&self, person: &Person) -> Few {
        let username = person.username().unwrap_or(person.email());
        let wanted: Login<'_> =
            (person.identity.ownership(), folded(username), crate::key::folded_domain(person.domain()));
        let by_login = self.by_login.get_or_init(|| ByName::of(self.users, 0, login));
        let same = |at: &usize| login(&self.users[*at]).as_ref() == Some(&wanted);
        self.in_order(by_login.maybe(&wanted).filter(same))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adobe::{Status, UserType};
    use crate::sorted::Sorted;
    use proptest::prelude::*;

    fn user(email: &str) -> User {
        let texts = UserTexts { email, ..UserTexts::default() };
        User::new(UserType::Known(Identity::Federated), Status::Active, Sorted::new(), texts)
    }

    proptest! {
        #[test]
        fn whoever_is_alone_with_an_email_is_the_only_one_who_is_found_by_it(emails in prop::collection::vec("[a-dA-D]{1,2}@(x|X)", 0..200)) {
            let users: Vec<User> = emails.iter().map(|email| user(email)).collect();
            let index = Index::of(&users);
            for (at, email) in (0..users.len()).flat_map(|at| emails.iter().map(move |email| (at, email))) {
                prop_assert_eq!(index.is_alone_with(at, email), index.of_email(email) == Few::One(at));
            }
        }
    }
}
