//! The search for a possible series of facts.
//!
//! What everything else follows or precedes divides the facts into stretches, which are searched one after the other:
//! a year of a key that one phone after the other has seen is a chain, and costs what reading it costs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Certainty, Custody, Place, Step, flags, step};
use crate::visit::Stated;
use crate::{Fact, FactId};

/// The most facts in a stretch that nothing orders as a whole; with more the office has to say what is so.
const STRETCH_MAX: usize = 128;
/// The most ways through one stretch that are tried; the same beyond it.
const TRIED_MAX: usize = 10_000;

/// Derives a copy's custody.
///
/// `facts` are all of the document, for their order; `of_copy` says which of them speak of where this copy is and
/// hold. It begins at `start`; `home` is its own cabinet.
pub fn custody(
    facts: &BTreeMap<FactId, Fact>,
    of_copy: impl Fn(&FactId, &Fact) -> bool,
    start: Place,
    home: Option<&str>,
) -> Custody {
    let graph = Graph::of(facts, of_copy);
    let last = graph.latest();
    let stretches: Vec<Stretch<'_>> = graph.stretches().into_iter().map(|facts| Stretch::of(&graph, facts)).collect();
    let mut reached = vec![BTreeSet::from([start.clone()])];
    let mut failed = None;
    for (n, stretch) in stretches.iter().enumerate() {
        let ends = reached.last().into_iter().flatten().map(|place| stretch.ends(place));
        let ends: Option<BTreeSet<Place>> =
            ends.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect());
        match ends {
            Some(ends) if !ends.is_empty() => reached.push(ends),
            _ => {
                failed = Some(n);
                break;
            }
        }
    }
    let possible = stretches.get(..failed.unwrap_or(stretches.len())).unwrap_or_default();
    let series = first_series(possible, &reached, start.clone(), home);
    let place = series.last().map_or(start, |step| step.place.clone());
    let since = since(&series);
    let certainty = match failed.and_then(|n| stretches.get(n)) {
        Some(stretch) => Certainty::Disputed(sides(stretch, since)),
        None if reached.last().is_some_and(|ends| ends.len() > 1) => Certainty::OrderUnclear,
        None => Certainty::Certain,
    };
    Custody { place, since, certainty, series, last }
}

/// The first possible series by the clocks, through stretches that are all possible.
fn first_series(stretches: &[Stretch<'_>], reached: &[BTreeSet<Place>], start: Place, home: Option<&str>) -> Vec<Step> {
    // From each place between two stretches, whether the rest is possible.
    let mut good: Vec<BTreeSet<Place>> = vec![reached.get(stretches.len()).cloned().unwrap_or_default()];
    for (stretch, from) in stretches.iter().zip(reached).rev() {
        let next = good.last().cloned().unwrap_or_default();
        let goes_on = |place: &&Place| stretch.ends(place).is_some_and(|ends| !ends.is_disjoint(&next));
        good.push(from.iter().filter(goes_on).cloned().collect());
    }
    good.reverse();
    let mut series = Vec::new();
    let mut place = start;
    for (stretch, good) in stretches.iter().zip(good.iter().skip(1)) {
        place = stretch.follow(place, good, home, &mut series);
    }
    series
}

/// The fact that brought the copy to where it is.
fn since(series: &[Step]) -> Option<Stated> {
    let place = &series.last()?.place;
    let stay = series.iter().rev().take_while(|step| step.place == *place);
    stay.last().map(|step| step.stated)
}

/// The facts that contradict each other: a stretch's, and where it is one fact alone, what it contradicts.
fn sides(stretch: &Stretch<'_>, since: Option<Stated>) -> Vec<Stated> {
    let own = stretch.facts.iter().map(|(id, fact, _)| stated(*id, fact));
    since.filter(|_| stretch.facts.len() == 1).into_iter().chain(own).collect()
}

fn stated(id: FactId, fact: &Fact) -> Stated {
    Stated { fact: id, by: fact.actor_person(), at: fact.at }
}

/// The facts of one copy, in an order that respects `after` and the clocks where `after` leaves it open.
struct Graph<'a> {
    facts: Vec<(FactId, &'a Fact)>,
    /// For each the places of those just before it.
    before: Vec<BTreeSet<usize>>,
}

impl<'a> Graph<'a> {
    fn of(facts: &'a BTreeMap<FactId, Fact>, of_copy: impl Fn(&FactId, &Fact) -> bool) -> Self {
        let mut graph = Self { facts: Vec::new(), before: Vec::new() };
        // What of this copy stands nearest before each fact of the document, itself if it is of the copy.
        let mut nearest: BTreeMap<FactId, BTreeSet<usize>> = BTreeMap::new();
        for (id, earlier) in in_order(facts) {
            let Some(fact) = facts.get(&id) else { continue };
            let before: BTreeSet<usize> = earlier.iter().filter_map(|id| nearest.get(id)).flatten().copied().collect();
            if of_copy(&id, fact) {
                nearest.insert(id, BTreeSet::from([graph.facts.len()]));
                graph.facts.push((id, fact));
                graph.before.push(before);
            } else {
                nearest.insert(id, before);
            }
        }
        graph
    }

    fn latest(&self) -> Vec<FactId> {
        let earlier: BTreeSet<usize> = self.before.iter().flatten().copied().collect();
        let is_last = |n: &usize| !earlier.contains(n);
        (0..self.facts.len()).filter(is_last).filter_map(|n| Some(self.facts.get(n)?.0)).collect()
    }

    /// Divides the facts at each that all others follow or precede.
    fn stretches(&self) -> Vec<Vec<usize>> {
        let mut stretches = Vec::new();
        let mut stretch: Vec<usize> = Vec::new();
        // Those of the stretch that nothing follows yet.
        let mut open: BTreeSet<usize> = BTreeSet::new();
        let all_follow = self.all_later_follow();
        for n in 0..self.facts.len() {
            let before = self.before.get(n).cloned().unwrap_or_default();
            let is_divide = all_follow.get(n).copied().unwrap_or(true) && self.is_after_all(n, &open, &stretch);
            if is_divide {
                if !stretch.is_empty() {
                    stretches.push(std::mem::take(&mut stretch));
                }
                stretches.push(vec![n]);
                open.clear();
            } else {
                open.retain(|earlier| !before.contains(earlier));
                open.insert(n);
                stretch.push(n);
            }
        }
        if !stretch.is_empty() {
            stretches.push(stretch);
        }
        stretches
    }

    /// For each fact whether all that stand later in the order follow it.
    fn all_later_follow(&self) -> Vec<bool> {
        // The lowest of what stands just before any later fact decides: a later fact follows `n` if each way back
        // from it leads through `n`, so one that has nothing before it from `n` on does not.
        let mut all_follow = vec![true; self.facts.len()];
        for (n, before) in self.before.iter().enumerate() {
            let nearest = before.last().copied();
            let from = nearest.map_or(0, |nearest| nearest + 1);
            for flag in all_follow.iter_mut().take(n).skip(from) {
                *flag = false;
            }
        }
        all_follow
    }

    fn is_after_all(&self, n: usize, open: &BTreeSet<usize>, stretch: &[usize]) -> bool {
        let Some(first) = stretch.first() else { return true };
        let mut left = open.clone();
        let mut waiting: Vec<usize> = vec![n];
        let mut seen = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            left.remove(&next);
            let earlier = self.before.get(next).into_iter().flatten().copied();
            waiting.extend(earlier.filter(|earlier| earlier >= first && seen.insert(*earlier)));
        }
        left.is_empty()
    }
}

/// All facts, each with those that it follows, in an order that respects that; what `after` leaves open goes by stated
/// time, then id. Facts that claim to follow each other are unordered.
fn in_order(facts: &BTreeMap<FactId, Fact>) -> Vec<(FactId, BTreeSet<FactId>)> {
    let mut all = earlier(facts);
    let mut earlier = all.clone();
    let mut order = Vec::with_capacity(facts.len());
    loop {
        sort(facts, &mut earlier, &mut order);
        if earlier.is_empty() {
            return order.into_iter().map(|id| (id, all.remove(&id).unwrap_or_default())).collect();
        }
        // Only rings are left, and what follows them: within a ring nothing orders.
        let rings = reach(&earlier);
        let follows = |a: &FactId, b: &FactId| rings.get(a).is_some_and(|reached| reached.contains(b));
        for left in [&mut earlier, &mut all] {
            for (id, before) in left {
                before.retain(|other| !(follows(id, other) && follows(other, id)));
            }
        }
    }
}

fn earlier(facts: &BTreeMap<FactId, Fact>) -> BTreeMap<FactId, BTreeSet<FactId>> {
    let known = |fact: &Fact, id: &FactId| -> BTreeSet<FactId> {
        fact.after.iter().filter(|earlier| *earlier != id && facts.contains_key(earlier)).copied().collect()
    };
    facts.iter().map(|(id, fact)| (*id, known(fact, id))).collect()
}

/// Takes what nothing stands before any more, again and again.
fn sort(facts: &BTreeMap<FactId, Fact>, earlier: &mut BTreeMap<FactId, BTreeSet<FactId>>, order: &mut Vec<FactId>) {
    let mut later: BTreeMap<FactId, Vec<FactId>> = BTreeMap::new();
    for (id, before) in earlier.iter() {
        before.iter().for_each(|other| later.entry(*other).or_default().push(*id));
    }
    let key = |id: FactId| (facts.get(&id).map(|fact| fact.at), id);
    let free = earlier.iter().filter(|(_, before)| before.is_empty());
    let mut ready: BTreeSet<_> = free.map(|(id, _)| key(*id)).collect();
    while let Some((_, id)) = ready.pop_first() {
        earlier.remove(&id);
        order.push(id);
        for next in later.remove(&id).unwrap_or_default() {
            let Some(before) = earlier.get_mut(&next) else { continue };
            before.remove(&id);
            if before.is_empty() {
                ready.insert(key(next));
            }
        }
    }
}

/// What each of these follows, closed transitively.
fn reach(earlier: &BTreeMap<FactId, BTreeSet<FactId>>) -> BTreeMap<FactId, BTreeSet<FactId>> {
    let all_before = |id: &FactId| {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![*id];
        while let Some(next) = waiting.pop() {
            waiting.extend(earlier.get(&next).into_iter().flatten().filter(|before| reached.insert(**before)));
        }
        reached
    };
    earlier.keys().map(|id| (*id, all_before(id))).collect()
}

/// Facts between two that divide.
struct Stretch<'a> {
    /// Each with those just before it within the stretch, as a set of bits.
    facts: Vec<(FactId, &'a Fact, u128)>,
}

/// From which place, after which facts of a stretch, what ends are possible.
type Tried = BTreeMap<(u128, Place), BTreeSet<Place>>;

impl<'a> Stretch<'a> {
    fn of(graph: &Graph<'a>, places: Vec<usize>) -> Self {
        let bit = |n: &usize| places.binary_search(n).ok().filter(|n| *n < STRETCH_MAX).map_or(0, |n| 1 << n);
        let before = |n: &usize| graph.before.get(*n).into_iter().flatten().map(bit).fold(0, |all, one| all | one);
        let facts = places.iter().filter_map(|n| graph.facts.get(*n).map(|(id, fact)| (*id, *fact, before(n))));
        Self { facts: facts.collect() }
    }

    /// Where the copy can be after all of them, from `place`; none where they are too many to say.
    fn ends(&self, place: &Place) -> Option<BTreeSet<Place>> {
        if let [(_, fact, _)] = self.facts.as_slice() {
            return Some(step(place, fact).into_iter().collect());
        }
        self.ends_from(0, place, &mut Tried::new())
    }

    fn ends_from(&self, done: u128, place: &Place, tried: &mut Tried) -> Option<BTreeSet<Place>> {
        if self.facts.len() > STRETCH_MAX || tried.len() > TRIED_MAX {
            return None;
        }
        if let Some(ends) = tried.get(&(done, place.clone())) {
            return Some(ends.clone());
        }
        let mut ends = BTreeSet::new();
        if done.count_ones() as usize == self.facts.len() {
            ends.insert(place.clone());
        }
        for (bit, _, fact) in self.ready(done) {
            if let Some(next) = step(place, fact) {
                ends.extend(self.ends_from(done | bit, &next, tried)?);
            }
        }
        tried.insert((done, place.clone()), ends.clone());
        Some(ends)
    }

    /// The facts that may come next, by the clocks.
    fn ready(&self, done: u128) -> impl Iterator<Item = (u128, FactId, &'a Fact)> {
        let is_ready = move |bit: u128, before: u128| done & bit == 0 && before & !done == 0;
        let facts = self.facts.iter().enumerate().map(|(n, (id, fact, before))| (1 << n, *id, *fact, *before));
        let mut ready: Vec<_> = facts.filter(|(bit, _, _, before)| is_ready(*bit, *before)).collect();
        ready.sort_by_key(|(_, id, fact, _)| (fact.at, *id));
        ready.into_iter().map(|(bit, id, fact, _)| (bit, id, fact))
    }

    /// Goes through the stretch from `place` to one of `good`, by the clocks wherever they can be right.
    fn follow(&self, place: Place, good: &BTreeSet<Place>, home: Option<&str>, series: &mut Vec<Step>) -> Place {
        let mut tried = Tried::new();
        let (mut place, mut done) = (place, 0_u128);
        while (done.count_ones() as usize) < self.facts.len() {
            let next = self.ready(done).find_map(|(bit, id, fact)| {
                let next = step(&place, fact)?;
                let ends = self.ends_from(done | bit, &next, &mut tried)?;
                (!ends.is_disjoint(good)).then_some((bit, id, fact, next))
            });
            let Some((bit, id, fact, next)) = next else { break };
            let flags = flags(&place, fact, &next, home);
            let what = fact.body.kind().to_owned();
            series.push(Step { stated: stated(id, fact), what, place: next.clone(), flags });
            place = next;
            done |= bit;
        }
        place
    }
}
