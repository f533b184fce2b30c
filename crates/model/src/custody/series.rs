//! The search for a possible series of facts.
//!
//! What everything else follows or precedes divides the facts into stretches, which are searched one after the other:
//! a year of a key that one phone after the other has seen is a chain, and costs what reading it costs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Certainty, Claim, Custody, Place, Step, flags, step};
use crate::visit::Stated;
use crate::{Fact, FactId};

/// The most facts in a stretch that nothing orders as a whole; with more the office has to say what is so.
const STRETCH_MAX: usize = 128;
/// The most ways through one stretch that are tried; the same beyond it.
const TRIED_MAX: usize = 10_000;
/// The most facts of which any may not hold where a dispute is settled: all ways are tried.
const DOUBTED_MAX: usize = 8;

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
    let mut walk = Walk { home, place: start, series: Vec::new(), open: Vec::new(), reached: BTreeSet::new() };
    let failed = graph.stretches().into_iter().find(|stretch| !walk.go(&graph, stretch.clone()));
    let is_unclear = !walk.open.is_empty();
    walk.settle();
    let came = came(&walk.series);
    let since = came.map(|step| step.stated);
    let certainty = match failed {
        Some(stretch) => Certainty::Disputed(sides(graph.facts.get(stretch).unwrap_or_default(), &walk.place, came)),
        None if is_unclear => Certainty::OrderUnclear,
        None => Certainty::Certain,
    };
    Custody { place: walk.place, since, certainty, series: walk.series, last: graph.latest() }
}

/// The fewest facts that must not hold for `right` to hold in a dispute; none where it cannot hold in any series, or
/// where too many contradict each other to try.
///
/// What came before the dispute stays, but for what took the copy out of a cabinet last and whatever followed that; what
/// came after the dispute stays where that is too much to try. The rest is as in [`custody`].
pub fn overruled(
    facts: &BTreeMap<FactId, Fact>,
    of_copy: impl Fn(&FactId, &Fact) -> bool,
    start: &Place,
    right: FactId,
) -> Option<BTreeSet<FactId>> {
    let before = custody(facts, &of_copy, start.clone(), None);
    let Certainty::Disputed(sides) = &before.certainty else { return None };
    let hung = before.series.iter().rposition(|step| matches!(step.place, Place::Cabinet { .. }));
    let brought = before.since.map(|since| since.fact);
    let sure: BTreeSet<FactId> = hung
        .map_or(&[][..], |hung| before.series.get(..=hung).unwrap_or_default())
        .iter()
        .map(|step| step.stated.fact)
        .collect();
    let is_sure = |id: &FactId| Some(*id) != brought && sure.contains(id);
    let doubted = facts.iter().filter(|(id, fact)| **id != right && of_copy(id, fact) && !is_sure(id));
    let mut doubted: Vec<FactId> = doubted.map(|(id, _)| *id).collect();
    if doubted.len() > DOUBTED_MAX {
        doubted = sides.iter().map(|side| side.fact).filter(|id| *id != right).collect();
    }
    if doubted.len() > DOUBTED_MAX {
        return None;
    }
    let mut ways: Vec<u32> = (1..1 << doubted.len()).collect();
    ways.sort_by_key(|way| (way.count_ones(), *way));
    let chosen = |way: u32| {
        let is_in = |(n, id): (usize, &FactId)| (way >> n & 1 == 1).then_some(*id);
        doubted.iter().enumerate().filter_map(is_in).collect::<BTreeSet<_>>()
    };
    let settles = |chosen: &BTreeSet<FactId>| {
        let holds = |id: &FactId, fact: &Fact| of_copy(id, fact) && !chosen.contains(id);
        !custody(facts, holds, start.clone(), None).is_disputed()
    };
    ways.into_iter().map(chosen).find(settles)
}

/// The way of a copy from stretch to stretch.
struct Walk<'a, 'h> {
    home: Option<&'h str>,
    /// Where it was when that was last certain.
    place: Place,
    /// How it came there.
    series: Vec<Step>,
    /// The stretches since then, each with the places that it can begin at.
    open: Vec<(Stretch<'a>, BTreeSet<Place>)>,
    /// Where it can be after those.
    reached: BTreeSet<Place>,
}

impl<'a> Walk<'a, '_> {
    /// Goes through a stretch; stays before it and tells so where that is not possible.
    fn go(&mut self, graph: &Graph<'a>, stretch: Range<usize>) -> bool {
        if self.open.is_empty()
            && let Some([(id, fact)]) = graph.facts.get(stretch.clone())
        {
            let Some(next) = step(&self.place, fact) else { return false };
            self.push(*id, fact, next);
            return true;
        }
        let stretch = Stretch::of(graph, stretch);
        let from = if self.open.is_empty() { BTreeSet::from([self.place.clone()]) } else { self.reached.clone() };
        let Some(ends) = stretch.ends_of_all(&from).filter(|ends| !ends.is_empty()) else { return false };
        self.open.push((stretch, from));
        self.reached = ends;
        if self.reached.len() == 1 {
            self.settle();
        }
        true
    }

    /// Goes the first possible way by the clocks through what is open.
    fn settle(&mut self) {
        // From each place between two stretches, whether the rest is possible.
        let mut good = vec![std::mem::take(&mut self.reached)];
        for (stretch, from) in self.open.iter().rev() {
            let next = good.last().cloned().unwrap_or_default();
            let goes_on = |place: &&Place| stretch.ends(place).is_some_and(|ends| !ends.is_disjoint(&next));
            good.push(from.iter().filter(goes_on).cloned().collect());
        }
        for ((stretch, _), good) in std::mem::take(&mut self.open).into_iter().zip(good.iter().rev().skip(1)) {
            self.follow(&stretch, good);
        }
    }

    /// Goes through a stretch to one of `good`, by the clocks wherever they can be right.
    fn follow(&mut self, stretch: &Stretch<'a>, good: &BTreeSet<Place>) {
        let mut tried = Tried::new();
        let mut done = 0_u128;
        while (done.count_ones() as usize) < stretch.facts.len() {
            let next = stretch.ready(done).find_map(|(bit, id, fact)| {
                let next = step(&self.place, fact)?;
                let ends = stretch.ends_from(done | bit, &next, &mut tried)?;
                (!ends.is_disjoint(good)).then_some((bit, id, fact, next))
            });
            let Some((bit, id, fact, next)) = next else { break };
            self.push(id, fact, next);
            done |= bit;
        }
    }

    fn push(&mut self, id: FactId, fact: &Fact, next: Place) {
        let flags = flags(&self.place, fact, &next, self.home);
        let what = fact.body.kind().to_owned();
        self.series.push(Step { stated: Stated::of(id, fact), what, place: next.clone(), flags });
        self.place = next;
    }
}

/// The step that brought the copy to where it is.
fn came(series: &[Step]) -> Option<&Step> {
    let place = &series.last()?.place;
    series.iter().rev().take_while(|step| step.place == *place).last()
}

/// The facts that contradict each other: a stretch's, and what brought the copy to where it was before, if that is one
/// fact's contradiction or someone had it in her hand and may have it still.
fn sides(stretch: &[(FactId, &Fact)], place: &Place, came: Option<&Step>) -> Vec<Claim> {
    let own = stretch.iter().map(|(id, fact)| Claim::of(Stated::of(*id, fact), fact.body.kind()));
    let before = came.filter(|_| stretch.len() == 1 || !place.holders().is_empty());
    before.map(|step| Claim::of(step.stated, &step.what)).into_iter().chain(own).collect()
}

/// The facts of one copy, in an order that respects `after` and the clocks where `after` leaves it open.
struct Graph<'a> {
    facts: Vec<(FactId, &'a Fact)>,
    /// For each the places of those just before it, ascending.
    before: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    fn of(facts: &'a BTreeMap<FactId, Fact>, of_copy: impl Fn(&FactId, &Fact) -> bool) -> Self {
        let all: Vec<(FactId, &Fact)> = facts.iter().map(|(id, fact)| (*id, fact)).collect();
        let mut graph = Self { facts: Vec::new(), before: Vec::new() };
        // What of this copy stands nearest before each fact of the document, itself if it is of the copy.
        let mut nearest: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
        for (n, earlier) in in_order(&all) {
            let Some((id, fact)) = all.get(n) else { continue };
            let mut before: Vec<usize> = earlier.iter().filter_map(|n| nearest.get(*n)).flatten().copied().collect();
            before.sort_unstable();
            before.dedup();
            let Some(own) = nearest.get_mut(n) else { continue };
            if of_copy(id, fact) {
                *own = vec![graph.facts.len()];
                graph.facts.push((*id, fact));
                graph.before.push(before);
            } else {
                *own = before;
            }
        }
        graph
    }

    fn latest(&self) -> Vec<FactId> {
        let mut is_last = vec![true; self.facts.len()];
        for n in self.before.iter().flatten() {
            is_last.get_mut(*n).into_iter().for_each(|is_last| *is_last = false);
        }
        self.facts.iter().zip(is_last).filter(|(_, is_last)| *is_last).map(|((id, _), _)| *id).collect()
    }

    /// Divides the facts at each that all others follow or precede.
    fn stretches(&self) -> Vec<Range<usize>> {
        let mut stretches = Vec::new();
        let mut from = 0;
        // Those of the stretch from there that nothing follows yet.
        let mut open: BTreeSet<usize> = BTreeSet::new();
        for ((n, before), all_follow) in self.before.iter().enumerate().zip(self.all_later_follow()) {
            if all_follow && self.is_after_all(n, &open, from) {
                stretches.extend(Some(from..n).filter(|stretch| !stretch.is_empty()));
                stretches.push(n..n + 1);
                from = n + 1;
                open.clear();
            } else {
                open.retain(|earlier| !before.contains(earlier));
                open.insert(n);
            }
        }
        stretches.extend(Some(from..self.facts.len()).filter(|stretch| !stretch.is_empty()));
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

    /// Whether a fact follows all that stand before it in the stretch that begins there.
    fn is_after_all(&self, n: usize, open: &BTreeSet<usize>, from: usize) -> bool {
        let mut left = open.clone();
        let mut waiting: Vec<usize> = vec![n];
        let mut seen = BTreeSet::new();
        while let Some(next) = waiting.pop().filter(|_| !left.is_empty()) {
            left.remove(&next);
            let earlier = self.before.get(next).into_iter().flatten().copied();
            waiting.extend(earlier.filter(|earlier| *earlier >= from && seen.insert(*earlier)));
        }
        left.is_empty()
    }
}

/// The places of all facts, each with the places of those that it follows, in an order that respects that; what `after`
/// leaves open goes by stated time, then id. Facts that claim to follow each other are unordered.
fn in_order(facts: &[(FactId, &Fact)]) -> Vec<(usize, Vec<usize>)> {
    let mut earlier: Vec<Vec<usize>> = (0..facts.len()).map(|n| earlier(facts, n)).collect();
    let mut order = Vec::with_capacity(facts.len());
    let mut is_done = vec![false; facts.len()];
    loop {
        sort(facts, &earlier, &mut is_done, &mut order);
        if order.len() == facts.len() {
            return order
                .into_iter()
                .map(|n| (n, earlier.get_mut(n).map(std::mem::take).unwrap_or_default()))
                .collect();
        }
        // Only rings are left, and what follows them: within a ring nothing orders.
        let rings: BTreeMap<usize, BTreeSet<usize>> = (0..facts.len())
            .filter(|n| !is_done.get(*n).is_some_and(|done| *done))
            .map(|n| (n, reach(&earlier, n)))
            .collect();
        let follows = |a: usize, b: usize| rings.get(&a).is_some_and(|reached| reached.contains(&b));
        for (n, before) in earlier.iter_mut().enumerate() {
            before.retain(|other| !(follows(n, *other) && follows(*other, n)));
        }
    }
}

/// The places of the facts that one says it follows, ascending.
fn earlier(facts: &[(FactId, &Fact)], n: usize) -> Vec<usize> {
    let place = |id: &FactId| facts.binary_search_by_key(id, |(id, _)| *id).ok();
    let after = facts.get(n).map(|(_, fact)| fact.after.as_slice()).unwrap_or_default();
    let mut before: Vec<usize> = after.iter().filter_map(place).filter(|earlier| *earlier != n).collect();
    before.sort_unstable();
    before.dedup();
    before
}

/// Takes what nothing stands before any more, again and again.
fn sort(facts: &[(FactId, &Fact)], earlier: &[Vec<usize>], is_done: &mut [bool], order: &mut Vec<usize>) {
    let is_left = |is_done: &[bool], n: usize| !is_done.get(n).copied().unwrap_or(true);
    let mut later: Vec<Vec<usize>> = vec![Vec::new(); facts.len()];
    let mut waits_for = vec![0_usize; facts.len()];
    for ((n, before), count) in earlier.iter().enumerate().zip(&mut waits_for) {
        for other in before.iter().filter(|other| is_left(is_done, n) && is_left(is_done, **other)) {
            *count += 1;
            later.get_mut(*other).into_iter().for_each(|later| later.push(n));
        }
    }
    // The facts stand by id.
    let key = |n: usize| (facts.get(n).map(|(_, fact)| fact.at), n);
    let free = waits_for.iter().enumerate().filter(|(n, count)| **count == 0 && is_left(is_done, *n));
    let mut ready: BTreeSet<_> = free.map(|(n, _)| key(n)).collect();
    while let Some((_, n)) = ready.pop_first() {
        is_done.get_mut(n).into_iter().for_each(|is_done| *is_done = true);
        order.push(n);
        for next in later.get_mut(n).map(std::mem::take).unwrap_or_default() {
            let Some(count) = waits_for.get_mut(next) else { continue };
            *count -= 1;
            if *count == 0 {
                ready.insert(key(next));
            }
        }
    }
}

/// What one follows, closed transitively.
fn reach(earlier: &[Vec<usize>], n: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![n];
    while let Some(next) = waiting.pop() {
        waiting.extend(earlier.get(next).into_iter().flatten().filter(|before| reached.insert(**before)));
    }
    reached
}

/// Facts between two that divide.
struct Stretch<'a> {
    /// Each with those just before it within the stretch, as a set of bits.
    facts: Vec<(FactId, &'a Fact, u128)>,
}

/// From which place, after which facts of a stretch, what ends are possible.
type Tried = BTreeMap<(u128, Place), BTreeSet<Place>>;

impl<'a> Stretch<'a> {
    fn of(graph: &Graph<'a>, places: Range<usize>) -> Self {
        let bit = |n: &usize| n.checked_sub(places.start).filter(|n| *n < STRETCH_MAX).map_or(0, |n| 1 << n);
        let before = |before: &Vec<usize>| before.iter().map(bit).fold(0, |all, one| all | one);
        let facts = graph.facts.iter().zip(&graph.before).take(places.end).skip(places.start);
        Self { facts: facts.map(|((id, fact), all)| (*id, *fact, before(all))).collect() }
    }

    /// Where the copy can be after all of them, from one of these places; none where they are too many to say.
    fn ends_of_all(&self, from: &BTreeSet<Place>) -> Option<BTreeSet<Place>> {
        let mut ends = BTreeSet::new();
        for place in from {
            ends.append(&mut self.ends(place)?);
        }
        Some(ends)
    }

    /// Where the copy can be after all of them, from `place`; none where they are too many to say.
    fn ends(&self, place: &Place) -> Option<BTreeSet<Place>> {
        self.ends_from(0, place, &mut Tried::new())
    }

    fn ends_from(&self, done: u128, place: &Place, tried: &mut Tried) -> Option<BTreeSet<Place>> {
        if self.facts.len() > STRETCH_MAX || tried.len() > TRIED_MAX {
            return None;
        }
        if done.count_ones() as usize == self.facts.len() {
            return Some(BTreeSet::from([place.clone()]));
        }
        if let Some(ends) = tried.get(&(done, place.clone())) {
            return Some(ends.clone());
        }
        let mut ends = BTreeSet::new();
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
}
