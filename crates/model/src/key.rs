//! A key with its copies, and which home it opens: two documents, so that who knows the tag does not know the home.

pub mod forecast;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::content::{Content, Value, taken_back};
use crate::custody::{Certainty, Custody, Flag, Place, Step, custody, is_of_custody, overruled};
use crate::plan::{KeyPlace, KeyReceipt};
use crate::visit::{Clash, Decision, Stated, clashes, decisions};
use crate::{DocumentId, Fact, FactBody, FactId, KeyKind, LostStep, PersonId};

/// The longest code of a tag, characters.
pub const TAG_CHARS_MAX: usize = 16;
/// The most copies of one key.
pub const COPIES_MAX: u32 = 20;
/// How many steps a lost key's case has, with that it is lost.
pub const LOST_STEPS: usize = 1 + LostStep::ALL.len();

/// Whether a text can be a tag's code: capital letters, digits and `-`.
pub fn is_tag(text: &str) -> bool {
    let is_allowed = |c: char| c.is_uppercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().count() <= TAG_CHARS_MAX && text.chars().all(is_allowed)
}

/// A tag's code and copy as someone typed or scanned it, in one spelling: `v-117/2` is copy 2 of `V-117`. Without a
/// number it is no copy in particular.
pub fn read_tag(text: &str) -> Option<(String, Option<u32>)> {
    let text = text.trim().to_uppercase();
    let (code, copy) = match text.split_once('/') {
        Some((code, copy)) => (code, Some(copy.parse().ok().filter(|copy| (1..=COPIES_MAX).contains(copy))?)),
        None => (text.as_str(), None),
    };
    is_tag(code).then(|| (code.to_owned(), copy))
}

/// What is written on a copy's tag: the code alone where there is one copy.
pub fn tag_text(code: &str, copy: u32, copies: usize) -> String {
    if copies > 1 { format!("{code}/{copy}") } else { code.to_owned() }
}

/// One copy of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCopy {
    /// From 1.
    pub number: u32,
    /// Where it is.
    pub custody: Custody,
    /// That it is damaged, as stated last, and how.
    pub damaged: Option<(Stated, String)>,
    /// What has been done about it since it was lost.
    pub lost_steps: Vec<(Stated, LostStep, String)>,
}

impl KeyCopy {
    /// How far the case of a lost copy has come, of [`LOST_STEPS`]; none if it is not lost.
    pub fn lost_step(&self) -> Option<usize> {
        let is_done = |step: &&LostStep| self.lost_steps.iter().any(|(_, done, _)| done == *step);
        (self.custody.place == Place::Lost).then(|| 1 + LostStep::ALL.iter().filter(is_done).count())
    }

    /// The facts since the one that brought it to where it is.
    pub fn recent(&self) -> &[Step] {
        let since = self.custody.since.map(|since| since.fact);
        let from = self.custody.series.iter().position(|step| Some(step.stated.fact) == since);
        from.and_then(|from| self.custody.series.get(from..)).unwrap_or_default()
    }

    /// What is odd in how it came to where it is.
    pub fn flags(&self) -> Vec<Flag> {
        let mut flags: Vec<Flag> = self.recent().iter().flat_map(|step| step.flags.iter().copied()).collect();
        flags.sort();
        flags.dedup();
        flags
    }
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Its tag's code, which names nobody.
    pub tag: String,
    /// What it opens.
    pub kind: KeyKind,
    /// Where it hangs when it is not out.
    pub place: KeyPlace,
    /// Its copies, by number.
    pub copies: Vec<KeyCopy>,
    /// That the lock was changed: no copy opens it any more.
    pub lock_changed: Option<Stated>,
    /// Registers that clash.
    pub clashes: Vec<Clash>,
    /// What the office chose or settled.
    pub decisions: Vec<Decision>,
    /// Whether it has a fact of a kind that this version does not know.
    pub is_newer: bool,
}

impl Key {
    /// A copy by its number.
    pub fn copy(&self, number: u32) -> Option<&KeyCopy> {
        self.copies.iter().find(|copy| copy.number == number)
    }

    /// What is written on a copy's tag.
    pub fn tag_of(&self, number: u32) -> String {
        tag_text(&self.tag, number, self.copies.len())
    }

    /// Whether no copy is in use any more: its code is never used again.
    pub fn is_retired(&self) -> bool {
        !self.copies.is_empty() && self.copies.iter().all(|copy| copy.custody.place == Place::Retired)
    }
}

/// Derives a key.
pub fn key(content: &Content) -> Key {
    let taken_back = taken_back(&content.facts);
    let place: KeyPlace = content.get::<Option<KeyPlace>>("place").flatten().unwrap_or_default();
    let holding: Vec<(FactId, &Fact)> =
        content.facts.iter().filter(|(id, _)| !taken_back.contains(id)).map(|(id, fact)| (*id, fact)).collect();
    let lock_changes = holding.iter().filter(|(_, fact)| matches!(fact.body, FactBody::LockChanged { .. }));
    let planned: u32 = content.get("copies").unwrap_or(1);
    let named = holding.iter().filter(|(_, fact)| is_of_custody(&fact.body)).filter_map(|(_, fact)| copy_of(fact));
    let count = named.chain([planned]).max().unwrap_or(1).min(COPIES_MAX);
    let copy = |number| {
        let custody = custody(
            &content.facts,
            is_of_copy(&taken_back, number),
            start(&content.facts, &holding, number, &place),
            Some(&place.cabinet),
        );
        let own = || holding.iter().filter(move |(_, fact)| is_about(fact, number));
        let lost_steps = lost_steps(&content.facts, own(), &custody);
        KeyCopy { number, damaged: damaged(own()), lost_steps, custody }
    };
    Key {
        tag: content.get("tag").unwrap_or_default(),
        kind: content.get("kind").unwrap_or(KeyKind::Home),
        copies: (1..=count).map(copy).collect(),
        place,
        lock_changed: lock_changes
            .map(|(id, fact)| Stated::of(*id, fact))
            .max_by_key(|stated| (stated.at, stated.fact)),
        clashes: clashes(content),
        decisions: decisions(content, &holding),
        is_newer: holding.iter().any(|(_, fact)| matches!(fact.body, FactBody::Unknown { .. })),
    }
}

/// What must not hold for one side of a copy's dispute to hold: the fewest facts; none where it cannot hold.
pub fn overruled_by(content: &Content, number: u32, right: FactId) -> Option<BTreeSet<FactId>> {
    let taken_back = taken_back(&content.facts);
    let place: KeyPlace = content.get::<Option<KeyPlace>>("place").flatten().unwrap_or_default();
    let holding: Vec<(FactId, &Fact)> =
        content.facts.iter().filter(|(id, _)| !taken_back.contains(id)).map(|(id, fact)| (*id, fact)).collect();
    let start = start(&content.facts, &holding, number, &place);
    overruled(&content.facts, is_of_copy(&taken_back, number), &start, right)
}

/// A copy that someone was handed by one whose taking this replica has not heard of, as she has it: nothing contradicts
/// her but that it hung in a cabinet before. None if that is not so.
pub fn told_alone(content: &Content, copy: &KeyCopy, receiver: PersonId) -> Option<KeyCopy> {
    let Certainty::Disputed(sides) = &copy.custody.certainty else { return None };
    let (own, others) = sides.split_last()?;
    let since = copy.custody.since.map(|since| since.fact);
    let is_alone = own.by == receiver && others.iter().all(|side| Some(side.fact) == since);
    if !is_alone || !matches!(copy.custody.place, Place::Cabinet { .. } | Place::Missing { .. }) {
        return None;
    }
    let FactBody::Received { from } = content.facts.get(&own.fact)?.body else { return None };
    let taken_back = taken_back(&content.facts);
    let is_of_copy = is_of_copy(&taken_back, copy.number);
    let follows = |id: &FactId| *id == own.fact || before(&content.facts, *id).contains(&own.fact);
    let is_of_hers = |id: &FactId, fact: &Fact| is_of_copy(id, fact) && follows(id);
    let hers = custody(&content.facts, is_of_hers, Place::With { person: from }, None);
    let series = copy.custody.series.iter().cloned().chain(hers.series).collect();
    let custody = Custody { series, ..hers };
    let about = content.facts.iter().filter(|(id, fact)| !taken_back.contains(id) && is_about(fact, copy.number));
    let about: Vec<(FactId, &Fact)> = about.map(|(id, fact)| (*id, fact)).collect();
    let lost_steps = lost_steps(&content.facts, about.iter(), &custody);
    (!custody.is_disputed()).then(|| KeyCopy { custody, lost_steps, ..copy.clone() })
}

/// Someone's latest fact about a copy that holds: of where it is, or that it is damaged. Also of a disputed copy; of
/// what she said apart on two devices, what she stated last.
pub fn latest_of(content: &Content, number: u32, person: PersonId) -> Option<FactId> {
    latest(content, number, person, |body| is_of_custody(body) || matches!(body, FactBody::Damaged { .. }))
}

fn latest(content: &Content, number: u32, person: PersonId, is_told: fn(&FactBody) -> bool) -> Option<FactId> {
    let taken_back = taken_back(&content.facts);
    let is_hers = |(id, fact): &(&FactId, &Fact)| {
        fact.by == person && is_about(fact, number) && is_told(&fact.body) && !taken_back.contains(id)
    };
    let hers: Vec<(&FactId, &Fact)> = content.facts.iter().filter(is_hers).collect();
    let followed = before_any(&content.facts, hers.iter().map(|(id, _)| **id).collect());
    let last = hers.iter().filter(|(id, _)| !followed.contains(id));
    last.max_by_key(|(id, fact)| (fact.at, **id)).map(|(id, _)| **id)
}

/// Whether someone has a copy by her own latest word, whatever others say.
pub fn says_she_has(content: &Content, number: u32, person: PersonId) -> bool {
    let latest = latest(content, number, person, is_of_custody).and_then(|id| content.facts.get(&id));
    let is_in_hand = |body: &FactBody| {
        matches!(body, FactBody::Taken { .. } | FactBody::Received { .. } | FactBody::Found { cabinet: None })
    };
    latest.is_some_and(|fact| is_in_hand(&fact.body))
}

fn is_of_copy(taken_back: &BTreeSet<FactId>, number: u32) -> impl Fn(&FactId, &Fact) -> bool {
    move |id, fact| is_about(fact, number) && is_of_custody(&fact.body) && !taken_back.contains(id)
}

/// Whether a fact speaks of a copy: of it alone, or of all.
fn is_about(fact: &Fact, number: u32) -> bool {
    fact.about.is_none() || copy_of(fact) == Some(number)
}

/// Where a copy hung before anything was stated of it. Its own cabinet may have been changed since: who missed it first
/// looked where it hung then.
fn start(facts: &BTreeMap<FactId, Fact>, holding: &[(FactId, &Fact)], number: u32, place: &KeyPlace) -> Place {
    let own = || holding.iter().filter(move |(_, fact)| is_about(fact, number) && is_of_custody(&fact.body));
    let missed = own().filter_map(|(id, fact)| match &fact.body {
        FactBody::NotThere { cabinet } | FactBody::Missing { cabinet } => Some((*id, cabinet)),
        _ => None,
    });
    let mut elsewhere = missed.filter(|(_, cabinet)| **cabinet != place.cabinet);
    let is_first = |(id, _): &(FactId, &String)| {
        let before = before(facts, *id);
        !own().any(|(other, _)| before.contains(other))
    };
    let cabinet = elsewhere.find(is_first).map_or(&place.cabinet, |(_, cabinet)| cabinet);
    Place::Cabinet { cabinet: cabinet.clone() }
}

/// Which copy a fact is about.
pub fn copy_of(fact: &Fact) -> Option<u32> {
    fact.about.as_deref()?.parse().ok()
}

fn damaged<'a>(facts: impl Iterator<Item = &'a (FactId, &'a Fact)>) -> Option<(Stated, String)> {
    let damages = facts.filter_map(|(id, fact)| match &fact.body {
        FactBody::Damaged { text } => Some((Stated::of(*id, fact), text.clone())),
        _ => None,
    });
    damages.max_by_key(|(stated, _)| (stated.at, stated.fact))
}

/// What was done about a copy since it was lost: nothing of an earlier loss counts, whatever the clocks say.
fn lost_steps<'a>(
    facts: &BTreeMap<FactId, Fact>,
    own: impl Iterator<Item = &'a (FactId, &'a Fact)>,
    custody: &Custody,
) -> Vec<(Stated, LostStep, String)> {
    // Two may report one loss.
    let losses = custody.series.iter().rev().take_while(|step| step.place == Place::Lost);
    let losses: BTreeSet<FactId> = losses.map(|step| step.stated.fact).collect();
    let mut steps: Vec<_> = own
        .filter_map(|(id, fact)| match &fact.body {
            FactBody::LostStep { step, text } => Some((Stated::of(*id, fact), step.clone(), text.clone())),
            _ => None,
        })
        .filter(|(stated, _, _)| !before(facts, stated.fact).is_disjoint(&losses))
        .collect();
    steps.sort_by_key(|(stated, _, _)| (stated.at, stated.fact));
    steps
}

/// What a fact follows, by `after` closed transitively.
fn before(facts: &BTreeMap<FactId, Fact>, id: FactId) -> BTreeSet<FactId> {
    before_any(facts, vec![id])
}

/// What any of some facts follows.
fn before_any(facts: &BTreeMap<FactId, Fact>, mut waiting: Vec<FactId>) -> BTreeSet<FactId> {
    let mut before = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        let earlier = facts.get(&next).map(|fact| fact.after.as_slice()).unwrap_or_default();
        waiting.extend(earlier.iter().filter(|earlier| before.insert(**earlier)));
    }
    before
}

/// Which home a key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHome {
    /// The key.
    pub key: Option<DocumentId>,
    /// Whose home; nobody's any more if none.
    pub recipient: Option<DocumentId>,
    /// What the recipient signed when she handed copies over or got them back, by number: several where two desktops
    /// wrote one at once.
    pub receipts: BTreeMap<u32, Vec<KeyReceipt>>,
}

/// Derives which home a key opens.
pub fn key_home(content: &Content) -> KeyHome {
    let read = |value: &Value| serde_json::from_value::<Option<KeyReceipt>>(value.json.clone()).ok().flatten();
    KeyHome {
        key: content.get::<Option<DocumentId>>("key").flatten(),
        recipient: content.get::<Option<DocumentId>>("recipient").flatten(),
        receipts: content
            .under("receipt")
            .filter_map(|(n, register)| Some((n.parse().ok()?, register.values.iter().filter_map(read).collect())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Register;
    use crate::{ActionId, ActorId, KeyUse, Kind, Timestamp};

    #[test]
    fn a_tag_reads_in_one_spelling() {
        assert_eq!(read_tag(" v-117 "), Some(("V-117".to_owned(), None)));
        assert_eq!(read_tag("å-1/2"), Some(("Å-1".to_owned(), Some(2))));
        for wrong in ["", "V-117/0", "V-117/x", "=V1", "V 117", "https://example.org", "V-117/21", &"1".repeat(17)] {
            assert_eq!(read_tag(wrong), None, "{wrong}");
        }
        assert_eq!((tag_text("V-1", 2, 3), tag_text("V-1", 1, 1)), ("V-1/2".to_owned(), "V-1".to_owned()));
    }

    const ANNA: PersonId = PersonId([1; 8]);
    const EVA: PersonId = PersonId([2; 8]);

    /// A key with one copy in a cabinet, and what was stated of it: by whom, when, after what, as places in the list.
    fn stated(cabinet: &str, facts: &[(PersonId, i64, &[usize], FactBody)]) -> Content {
        let mut content = Content::new(Kind::Key);
        let place = KeyPlace { cabinet: cabinet.to_owned(), hook: "17".to_owned() };
        let value = Value { json: serde_json::to_value(place).unwrap(), actor: fact(0).actor };
        content.plan.insert("place".to_owned(), Register { values: vec![value] });
        for (n, (by, at, after, body)) in facts.iter().enumerate() {
            let after = after.iter().map(|n| fact(*n)).collect();
            let stated = Fact::stated(*by, Timestamp(*at), ActionId([1; 8]), body.clone());
            content.facts.insert(fact(n), Fact { about: Some("1".to_owned()), after, ..stated });
        }
        content
    }

    fn fact(n: usize) -> FactId {
        FactId { actor: ActorId([1; 16]), n: n as u32 }
    }

    fn taken() -> FactBody {
        FactBody::Taken { cabinet: "Väster".to_owned(), what_for: KeyUse::Round, text: String::new() }
    }

    #[test]
    fn steps_for_a_lost_key_count_from_its_loss_whatever_the_clocks_say() {
        let lost = || FactBody::Lost { text: String::new() };
        let step = |step| FactBody::LostStep { step, text: String::new() };
        let found = FactBody::Found { cabinet: Some("Väster".to_owned()) };
        let content = stated(
            "Väster",
            &[
                (ANNA, 10, &[], taken()),
                (ANNA, 86_400, &[0], lost()),
                (EVA, 20, &[1], step(LostStep::Told)),
                (EVA, 30, &[1], found),
                (ANNA, 0, &[3], taken()),
                (ANNA, 5, &[4], lost()),
                (EVA, 40, &[5], step(LostStep::Searched)),
            ],
        );
        let copy = key(&content).copies.remove(0);
        let done: Vec<_> = copy.lost_steps.iter().map(|(_, step, _)| step.clone()).collect();
        assert_eq!((done, copy.lost_step()), (vec![LostStep::Searched], Some(2)), "the first loss was another case");
    }

    #[test]
    fn a_key_that_was_missing_before_its_place_was_changed_is_missing_still() {
        let missing = || FactBody::Missing { cabinet: "Väster".to_owned() };
        let lost = FactBody::Lost { text: String::new() };
        let of = |facts: &[(PersonId, i64, &[usize], FactBody)]| key(&stated("Norr", facts)).copies.remove(0).custody;
        assert_eq!(of(&[(EVA, 1, &[], missing())]).place, Place::Missing { cabinet: "Väster".to_owned() });
        let gone = of(&[(EVA, 1, &[], missing()), (ANNA, 2, &[0], lost)]);
        assert_eq!((gone.place, gone.certainty), (Place::Lost, Certainty::Certain));
        let after = of(&[(ANNA, 1, &[], taken()), (EVA, 2, &[0], missing())]);
        assert_eq!(after.place, Place::With { person: ANNA }, "she had it, wherever someone looked");
    }

    #[test]
    fn a_side_of_a_dispute_overrules_what_cannot_be_with_it_and_no_more() {
        let jonas = PersonId([3; 8]);
        let content = stated(
            "Väster",
            &[
                (ANNA, 1, &[], taken()),
                (jonas, 2, &[], taken()),
                (jonas, 3, &[1], FactBody::Given { to: EVA }),
                (EVA, 4, &[2], FactBody::Received { from: jonas }),
            ],
        );
        assert!(key(&content).copies[0].custody.is_disputed());
        let overruled = |n| overruled_by(&content, 1, fact(n)).map(|facts| facts.into_iter().collect::<Vec<_>>());
        assert_eq!(overruled(0), Some(vec![fact(1), fact(2), fact(3)]));
        assert_eq!([overruled(1), overruled(2), overruled(3)], [(); 3].map(|()| Some(vec![fact(0)])));

        let content = stated("Väster", &[(ANNA, 1, &[], taken()), (jonas, 2, &[0], FactBody::Found { cabinet: None })]);
        let right = |n| overruled_by(&content, 1, fact(n));
        assert_eq!((right(0), right(1)), (Some([fact(1)].into()), None), "what hung in its cabinet nobody found");
    }
}
