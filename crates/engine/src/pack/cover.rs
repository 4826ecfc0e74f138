//! Who carries a membership change: its user's command or its group's. Fewest commands are a minimum vertex cover of the
//! bipartite graph of changes (König; users on the left, groups on the right).
//!
//! A group whose changes do not fit into one command weighs as many commands as they take, so the matching gives each group
//! as many partners (Hopcroft and Karp, with capacities). That is exact for fixed weights; a group that ends up with less
//! than all of its changes may weigh less, which a few passes of local improvement look for.

use std::collections::VecDeque;

/// What one command of a group takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Users in one list.
    pub entries: usize,
    /// Lists in one command; additions and removals share them.
    pub lists: usize,
    /// Whether the limit on entries is one of the whole command in each direction, and not of each list.
    pub per_command: bool,
}

impl Capacity {
    /// How many commands so many additions and removals take.
    pub fn commands(&self, adds: usize, removes: usize) -> usize {
        let Self { entries, lists, per_command } = *self;
        let (adds, removes) = (adds.div_ceil(entries), removes.div_ceil(entries));
        if per_command { adds.max(removes) } else { (adds + removes).div_ceil(lists) }
    }

    /// How many changes one command takes at most.
    fn most(&self) -> usize {
        let Self { entries, lists, per_command } = *self;
        if per_command { 2 * entries } else { entries * lists }
    }
}

/// One membership change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Whose, by position among the users.
    pub user: usize,
    /// In which group, by position among the groups.
    pub group: usize,
    /// Whether it is given, and not taken.
    pub adds: bool,
}

/// Changes that either side may carry.
#[derive(Debug)]
pub struct Graph<'a> {
    edges: &'a [Edge],
    /// Positions of the edges of each user, and of each group.
    of_user: Lists,
    of_group: Lists,
    capacity: Capacity,
}

/// Lists in one piece.
#[derive(Debug)]
struct Lists {
    starts: Vec<usize>,
    all: Vec<usize>,
}

impl Lists {
    fn new(count: usize, owners: impl Iterator<Item = usize> + Clone) -> Self {
        let mut starts = vec![0; count + 1];
        owners.clone().for_each(|owner| starts[owner + 1] += 1);
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut all = vec![0; starts[count]];
        for (edge, owner) in owners.enumerate() {
            all[next[owner]] = edge;
            next[owner] += 1;
        }
        Self { starts, all }
    }

    fn of(&self, owner: usize) -> &[usize] {
        &self.all[self.starts[owner]..self.starts[owner + 1]]
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Who has a command of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// By position.
    pub users: Vec<bool>,
    /// By position.
    pub groups: Vec<bool>,
}

impl Cover {
    /// Whether a change is carried by its group's command. Where both have one, its user's takes it.
    pub fn by_group(&self, edge: &Edge) -> bool {
        !self.users[edge.user]
    }
}

impl<'a> Graph<'a> {
    /// Of so many users and groups.
    pub fn new(users: usize, groups: usize, edges: &'a [Edge], capacity: Capacity) -> Self {
        let of_user = Lists::new(users, edges.iter().map(|edge| edge.user));
        let of_group = Lists::new(groups, edges.iter().map(|edge| edge.group));
        Self { edges, of_user, of_group, capacity }
    }

    /// A cover with about as few commands as there can be. `may` tells which groups may have commands at all.
    pub fn cover(&self, may: &[bool]) -> Cover {
        let mut cover = self.least(may);
        for _ in 0..8 {
            if !self.improve(&mut cover, may) {
                break;
            }
        }
        cover
    }

    /// How many commands a cover takes.
    pub fn commands(&self, cover: &Cover) -> usize {
        let users = cover.users.iter().filter(|has| **has).count();
        users + (0..self.of_group.count()).map(|group| self.load(cover, group)).sum::<usize>()
    }

    /// No packing takes fewer commands: partners in a matching are covered by different commands, and no command carries
    /// more changes than it takes.
    pub fn bound(&self) -> usize {
        let one_each = vec![1; self.of_group.count()];
        let matched = Matching::of(self, &one_each).partner.iter().flatten().count();
        let most = self.capacity.most();
        let share = |user: usize| self.of_user.of(user).len().min(most);
        let filled = (0..self.of_user.count()).map(share).sum::<usize>().div_ceil(most);
        matched.max(filled).max(self.of_groups_alone(most))
    }

    /// The commands of all groups, less what commands of users could spare: one of them takes a change from each of the
    /// user's groups, and a group needs a command less once all beyond its full ones are taken.
    fn of_groups_alone(&self, most: usize) -> usize {
        let sizes =
            || (0..self.of_group.count()).map(|group| self.of_group.of(group).len()).filter(|size| *size > 0);
        let all: usize = sizes().map(|size| size.div_ceil(most)).sum();
        let widest =
            (0..self.of_user.count()).map(|user| self.of_user.of(user).len()).max().unwrap_or_default();
        let mut beyond: Vec<usize> = sizes().map(|size| (size - 1) % most + 1).collect();
        beyond.sort_unstable();
        let (mut taken, mut spared) = (0, 0);
        for (groups, size) in beyond.into_iter().enumerate() {
            taken += size;
            spared = spared.max((groups + 1).saturating_sub(taken.div_ceil(widest.max(1))));
        }
        // Where users are in so many groups that taking full commands of theirs pays, this says nothing.
        if widest >= most { 0 } else { all - spared }
    }

    /// The commands that a group takes for what is left to it.
    pub fn load(&self, cover: &Cover, group: usize) -> usize {
        let left =
            self.of_group.of(group).iter().map(|at| &self.edges[*at]).filter(|edge| cover.by_group(edge));
        let (adds, removes): (Vec<&Edge>, Vec<&Edge>) = left.partition(|edge| edge.adds);
        self.capacity.commands(adds.len(), removes.len())
    }

    /// The users whom only this group's command spares a command.
    pub fn spared(&self, cover: &Cover, group: usize) -> usize {
        self.of_group.of(group).iter().filter(|at| cover.by_group(&self.edges[**at])).count()
    }

    fn least(&self, may: &[bool]) -> Cover {
        let weight = |group: usize| {
            let edges = self.of_group.of(group).iter().map(|at| &self.edges[*at]);
            let adds = edges.clone().filter(|edge| edge.adds).count();
            match may[group] {
                true => self.capacity.commands(adds, edges.count() - adds),
                // Dearer than a command for each of its users.
                false => self.of_group.of(group).len() + 1,
            }
        };
        let weights: Vec<usize> = (0..self.of_group.count()).map(weight).collect();
        let matching = Matching::of(self, &weights);
        // What alternating paths from users without a partner reach.
        let mut users = vec![true; self.of_user.count()];
        let mut groups = vec![false; self.of_group.count()];
        let mut open: Vec<usize> = Vec::new();
        for (user, has) in users.iter_mut().enumerate() {
            let nothing = self.of_user.of(user).is_empty();
            *has = !nothing && matching.partner[user].is_some();
            if !nothing && !*has {
                open.push(user);
            }
        }
        while let Some(user) = open.pop() {
            for at in self.of_user.of(user) {
                let group = self.edges[*at].group;
                if std::mem::replace(&mut groups[group], true) {
                    continue;
                }
                for other in &matching.partners[group] {
                    if std::mem::replace(&mut users[*other], false) {
                        open.push(*other);
                    }
                }
            }
        }
        Cover { users, groups }
    }

    /// Drops what costs more than what it spares. Whether anything was.
    fn improve(&self, cover: &mut Cover, may: &[bool]) -> bool {
        let mut better = false;
        for group in 0..self.of_group.count() {
            let load = self.load(cover, group);
            if cover.groups[group] && self.spared(cover, group) < load.max(1) {
                for at in self.of_group.of(group) {
                    cover.users[self.edges[*at].user] = true;
                }
                cover.groups[group] = false;
                better = true;
            }
        }
        let mut loads: Vec<(usize, usize)> = vec![(0, 0); self.of_group.count()];
        for edge in self.edges.iter().filter(|edge| cover.by_group(edge)) {
            let (adds, removes) = &mut loads[edge.group];
            *if edge.adds { adds } else { removes } += 1;
        }
        for user in 0..self.of_user.count() {
            let edges = || self.of_user.of(user).iter().map(|at| &self.edges[*at]);
            let commands = |(adds, removes)| self.capacity.commands(adds, removes);
            let has = cover.users[user];
            let changed = |edge: &Edge| {
                let (adds, removes) = loads[edge.group];
                match (has, edge.adds) {
                    (true, true) => (adds + 1, removes),
                    (true, false) => (adds, removes + 1),
                    (false, true) => (adds - 1, removes),
                    (false, false) => (adds, removes - 1),
                }
            };
            let moves = match has {
                // Their groups have room for them.
                true => {
                    let may_go = edges().all(|edge| may[edge.group] && cover.groups[edge.group]);
                    may_go && edges().all(|edge| commands(changed(edge)) == commands(loads[edge.group]))
                }
                // Without them several groups need a command less.
                false => {
                    let fewer = |edge: &Edge| commands(loads[edge.group]) - commands(changed(edge));
                    edges().map(fewer).sum::<usize>() > 1
                }
            };
            if moves {
                cover.users[user] = !has;
                better = true;
                let after: Vec<(usize, (usize, usize))> =
                    edges().map(|edge| (edge.group, changed(edge))).collect();
                after.into_iter().for_each(|(group, load)| loads[group] = load);
            }
        }
        better
    }
}

/// Partners: at most one for each user, at most its weight for each group.
struct Matching {
    partner: Vec<Option<usize>>,
    partners: Vec<Vec<usize>>,
}

impl Matching {
    /// As many as can be.
    fn of(graph: &Graph<'_>, weights: &[usize]) -> Self {
        let mut matching = Self {
            partner: vec![None; graph.of_user.count()],
            partners: vec![Vec::new(); graph.of_group.count()],
        };
        for user in 0..matching.partner.len() {
            let mut groups = graph.of_user.of(user).iter().map(|at| graph.edges[*at].group);
            if let Some(group) = groups.find(|group| matching.partners[*group].len() < weights[*group]) {
                matching.join(user, group);
            }
        }
        while let Some(levels) = matching.levels(graph, weights) {
            let mut next = vec![0; matching.partner.len()];
            let mut tried = vec![0; matching.partners.len()];
            for user in 0..matching.partner.len() {
                if matching.partner[user].is_none() {
                    matching.augment(graph, weights, &levels, &mut next, &mut tried, user);
                }
            }
        }
        matching
    }

    fn join(&mut self, user: usize, group: usize) {
        self.partner[user] = Some(group);
        self.partners[group].push(user);
    }

    /// How far each user is from one without a partner; `None` once no path ends at a group with room.
    fn levels(&self, graph: &Graph<'_>, weights: &[usize]) -> Option<Vec<usize>> {
        let mut levels = vec![usize::MAX; self.partner.len()];
        let mut seen = vec![false; self.partners.len()];
        let free = |user: &usize| self.partner[*user].is_none() && !graph.of_user.of(*user).is_empty();
        let mut open: VecDeque<usize> = (0..levels.len()).filter(free).collect();
        open.iter().for_each(|user| levels[*user] = 0);
        let mut found = false;
        while let Some(user) = open.pop_front() {
            for at in graph.of_user.of(user) {
                let group = graph.edges[*at].group;
                if std::mem::replace(&mut seen[group], true) {
                    continue;
                }
                found |= self.partners[group].len() < weights[group];
                for other in &self.partners[group] {
                    if levels[*other] == usize::MAX {
                        levels[*other] = levels[user] + 1;
                        open.push_back(*other);
                    }
                }
            }
        }
        found.then_some(levels)
    }

    /// Follows one path from a user without a partner to a group with room, and turns it round. `next` and `tried` say how
    /// far the groups of each user, and the partners of each group, have been looked at in this round.
    fn augment(
        &mut self,
        graph: &Graph<'_>,
        weights: &[usize],
        levels: &[usize],
        next: &mut [usize],
        tried: &mut [usize],
        user: usize,
    ) {
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut at = user;
        loop {
            let Some(edge) = graph.of_user.of(at).get(next[at]) else {
                // Nothing behind this user: their group's next partner is tried.
                let Some((before, _)) = path.pop() else { return };
                at = before;
                continue;
            };
            let group = graph.edges[*edge].group;
            if self.partners[group].len() < weights[group] {
                path.push((at, group));
                break;
            }
            let partners = &self.partners[group];
            match partners[tried[group].min(partners.len())..]
                .iter()
                .position(|other| levels[*other] == levels[at] + 1)
            {
                Some(further) if self.partner[at] != Some(group) => {
                    let other = partners[tried[group] + further];
                    tried[group] += further + 1;
                    path.push((at, group));
                    at = other;
                }
                _ => next[at] += 1,
            }
        }
        // From the end: each user of the path leaves their group for the next one.
        while let Some((user, group)) = path.pop() {
            if let Some(former) = self.partner[user] {
                let place = self.partners[former].iter().position(|other| *other == user);
                if let Some(place) = place {
                    self.partners[former].swap_remove(place);
                }
            }
            self.join(user, group);
        }
    }
}
