//! Adobe's users by what names them.

use super::few::Few;
use crate::adobe::{Identity, User};
use crate::key::{Ownership, folded, folded_email};
use crate::lookup::{Hashing, Lookup};
use crate::person::Person;
use std::cell::OnceCell;
use std::hash::{BuildHasher as _, Hash};

/// Positions among the users. Whoever has the same name stands in an order of its own, so that Adobe's, which is undefined,
/// decides nothing.
#[derive(Debug)]
enum Places {
    One([usize; 1]),
    Several(Vec<usize>),
}

impl Places {
    fn as_slice(&self) -> &[usize] {
        match self {
            Self::One(place) => place,
            Self::Several(places) => places,
        }
    }
}

/// Users by the hash of a name: nearly everybody's is their own, and a million names would be a copy of the listing.
/// Whoever looks somebody up compares the name.
struct ByName {
    state: Hashing,
    places: Lookup<u64, Places>,
}

impl ByName {
    fn of<'a, N: Hash>(users: &'a [User], name: impl Fn(&'a User) -> Option<N>) -> Self {
        let state = Hashing::default();
        let mut places: Lookup<u64, Places> = Lookup::with_capacity(users.len());
        for (at, user) in users.iter().enumerate() {
            let Some(name) = name(user) else { continue };
            places
                .entry(state.hash_one(name))
                .and_modify(|places| *places = Places::Several([places.as_slice(), &[at]].concat()))
                .or_insert(Places::One([at]));
        }
        for places in places.values_mut() {
            if let Places::Several(places) = places {
                places.sort_by(|left, right| order(&users[*left]).cmp(&order(&users[*right])));
            }
        }
        Self { state, places }
    }

    fn get(&self, name: impl Hash) -> &[usize] {
        self.places.get(&self.state.hash_one(name)).map_or(&[], Places::as_slice)
    }
}

fn order(user: &User) -> impl Ord {
    (&user.kind, user.email(), user.id())
}

/// Users by all that names them.
pub(super) struct Index<'a> {
    users: &'a [User],
    by_email: ByName,
    /// Only somebody without a link and an email at Adobe is looked up by it.
    by_login: OnceCell<ByName>,
    by_id: Lookup<&'a str, usize>,
}

type Login<'a> = (Ownership, std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

fn login(user: &User) -> Option<Login<'_>> {
    let (identity, username, domain) = (user.kind.known()?, user.username()?, user.domain()?);
    Some((Identity::ownership(identity), folded(username), crate::key::folded_domain(domain)))
}

impl<'a> Index<'a> {
    pub(super) fn of(users: &'a [User]) -> Self {
        let mut by_id: Lookup<&str, usize> = Lookup::with_capacity(users.len());
        for (at, user) in users.iter().enumerate() {
            let Some(id) = user.id() else { continue };
            let place = by_id.entry(id).or_insert(at);
            if order(&users[*place]) < order(user) {
                *place = at;
            }
        }
        let by_email = ByName::of(users, |user| Some(folded_email(user.email())));
        Self { users, by_email, by_login: OnceCell::new(), by_id }
    }

    pub(super) fn of_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn of_email(&self, email: &str) -> Few {
        let folded = folded_email(email);
        let same = |at: &usize| {
            let other = self.users[*at].email();
            other == email || folded_email(other) == folded
        };
        self.by_email.get(&folded).iter().copied().filter(same).collect()
    }

    pub(super) fn of_login(&self, person: &Person) -> Vec<usize> {
        let username = person.username().unwrap_or(person.email());
        let wanted: Login<'_> =
            (person.identity.ownership(), folded(username), crate::key::folded_domain(person.domain()));
        let by_login = self.by_login.get_or_init(|| ByName::of(self.users, login));
        let same = |at: &usize| login(&self.users[*at]).as_ref() == Some(&wanted);
        by_login.get(&wanted).iter().copied().filter(same).collect()
    }
}
