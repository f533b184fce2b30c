//! Where a thing is that passes from hand to hand (design §1, custody): one copy of a key.
//!
//! There is a dispute exactly when no series of its facts that respects `after` is physically possible. Where several
//! are, and end in different places, the clocks' order is shown and marked as unclear. [`step`] says what is possible.

mod series;

use serde::{Deserialize, Serialize};

use crate::visit::Stated;
use crate::{Borrower, Fact, FactBody, FactId, KeyUse, PersonId, Timestamp};

pub use series::{custody, overruled};

/// Whose word there is for a hand-over until the other's comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// The giver's.
    Giver,
    /// The receiver's.
    Receiver,
}

/// Where a copy is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// In a cabinet.
    Cabinet {
        /// Which.
        cabinet: String,
    },
    /// With a person.
    With {
        /// Who has it.
        person: PersonId,
    },
    /// Being handed over: one of two persons has it.
    HandingOver {
        /// Who gives it.
        from: PersonId,
        /// Who receives it.
        to: PersonId,
        /// Who has confirmed it so far.
        confirmed: Side,
    },
    /// Not where it should hang.
    Missing {
        /// The cabinet where it should.
        cabinet: String,
    },
    /// Lost.
    Lost,
    /// Lent out of the unit.
    Lent {
        /// What they are.
        borrower: Borrower,
        /// To whom.
        to: String,
    },
    /// Its tag is used no more.
    Retired,
}

impl Place {
    /// Who has it, or the two of whom one has it.
    pub fn holders(&self) -> Vec<PersonId> {
        match self {
            Self::With { person } => vec![*person],
            Self::HandingOver { from, to, .. } => vec![*from, *to],
            _ => Vec::new(),
        }
    }

    /// Whether the person has it, or is one of two of whom one has it.
    pub fn may_be_with(&self, person: PersonId) -> bool {
        self.holders().contains(&person)
    }
}

/// What is odd in how a copy came to where it is. Flagged, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Flag {
    /// Put back by another than who had it.
    ReturnedByAnother,
    /// In another cabinet than its own.
    InAnotherCabinet,
    /// Taken for something else than the round or an alarm.
    TakenWithoutNeed,
    /// It went on before the other side of a hand-over had confirmed it.
    Unconfirmed,
}

/// One fact in a copy's series, with where the copy was after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The fact.
    pub stated: Stated,
    /// Its kind.
    pub what: String,
    /// Where the copy was then.
    pub place: Place,
    /// What was odd in it.
    pub flags: Vec<Flag>,
}

/// How sure a place is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Certainty {
    /// Every possible series ends there.
    Certain,
    /// Only the clocks say which of the possible series it was.
    OrderUnclear,
    /// No series is possible: these facts contradict each other, and the place is where the copy was before them.
    Disputed(Vec<Claim>),
}

/// One of the facts that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The fact.
    pub fact: FactId,
    /// Whose act.
    pub by: PersonId,
    /// When, as stated.
    pub at: Timestamp,
    /// Its kind; rows of a version before did not have it.
    #[serde(default)]
    pub what: String,
}

impl Claim {
    /// A fact that contradicts others.
    pub fn of(Stated { fact, by, at }: Stated, what: &str) -> Self {
        Self { fact, by, at, what: what.to_owned() }
    }
}

/// Where a copy is, since when, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// Where it is; in a dispute where it was before.
    pub place: Place,
    /// The fact that brought it there; none while it hangs where the office entered it.
    pub since: Option<Stated>,
    /// How sure that is.
    pub certainty: Certainty,
    /// The facts in the first possible series by the clocks; in a dispute those before it.
    pub series: Vec<Step>,
    /// What the next fact follows.
    pub last: Vec<FactId>,
}

impl Custody {
    /// Whether facts contradict each other.
    pub fn is_disputed(&self) -> bool {
        matches!(self.certainty, Certainty::Disputed(_))
    }
}

/// Whether a fact speaks of where a copy is.
pub fn is_of_custody(body: &FactBody) -> bool {
    matches!(
        body,
        FactBody::Taken { .. }
            | FactBody::Returned { .. }
            | FactBody::Given { .. }
            | FactBody::Received { .. }
            | FactBody::NotThere { .. }
            | FactBody::Counted { .. }
            | FactBody::Missing { .. }
            | FactBody::Lost { .. }
            | FactBody::Found { .. }
            | FactBody::Lent { .. }
            | FactBody::TagRetired { .. }
    )
}

/// Where a copy is after a fact, if it was at `place` before; none if that is not possible.
///
/// A person who states twice what is so already states nothing impossible: her phone may have been restored, or the
/// office may have entered it for her meanwhile.
pub fn step(place: &Place, fact: &Fact) -> Option<Place> {
    let who = fact.actor_person();
    let holds = place.may_be_with(who);
    let in_cabinet = |cabinet: &String| Some(Place::Cabinet { cabinet: cabinet.clone() });
    match (&fact.body, place) {
        (FactBody::Taken { .. }, Place::Cabinet { .. } | Place::Missing { .. }) => Some(Place::With { person: who }),
        (FactBody::Taken { .. }, Place::With { person }) if *person == who => Some(place.clone()),

        (FactBody::Returned { cabinet }, Place::Cabinet { cabinet: there }) => {
            (cabinet == there).then(|| place.clone())
        }
        // Anyone may bring back what someone carried, had been lent, or was looked for.
        (FactBody::Returned { cabinet }, place) if *place != Place::Retired => in_cabinet(cabinet),

        (FactBody::Given { to }, Place::HandingOver { from, to: receiver, confirmed: Side::Receiver })
            if *from == who && receiver == to =>
        {
            Some(Place::With { person: *to })
        }
        // What only the receiver has confirmed the giver cannot give to a third.
        (FactBody::Given { .. }, Place::HandingOver { from, confirmed: Side::Receiver, .. }) if *from == who => None,
        (FactBody::Given { to }, _) if holds && *to != who => {
            Some(Place::HandingOver { from: who, to: *to, confirmed: Side::Giver })
        }

        (FactBody::Received { from }, Place::HandingOver { from: giver, to, confirmed: Side::Giver })
            if giver == from && *to == who =>
        {
            Some(Place::With { person: who })
        }
        (FactBody::Received { from }, place) if *from != who && place.may_be_with(*from) => {
            Some(Place::HandingOver { from: *from, to: who, confirmed: Side::Receiver })
        }

        (FactBody::NotThere { cabinet } | FactBody::Missing { cabinet }, Place::Cabinet { cabinet: there }) => {
            let place = if cabinet == there { Place::Missing { cabinet: cabinet.clone() } } else { place.clone() };
            Some(place)
        }
        // She took all keys of her round with one press, and this one did not hang there.
        (FactBody::NotThere { cabinet }, Place::With { person }) if *person == who => {
            Some(Place::Missing { cabinet: cabinet.clone() })
        }
        (FactBody::NotThere { .. } | FactBody::Missing { .. }, place) => Some(place.clone()),

        (FactBody::Counted { cabinet }, Place::Cabinet { .. } | Place::Missing { .. } | Place::Lost) => {
            in_cabinet(cabinet)
        }

        (FactBody::Lost { .. }, Place::Missing { .. } | Place::Lost) => Some(Place::Lost),
        (FactBody::Lost { .. }, _) if holds => Some(Place::Lost),
        (FactBody::Lost { .. }, Place::Cabinet { .. } | Place::Lent { .. }) if fact.as_office => Some(Place::Lost),

        (FactBody::Found { cabinet: Some(cabinet) }, Place::Cabinet { cabinet: there }) if cabinet == there => {
            Some(place.clone())
        }
        (FactBody::Found { cabinet }, Place::Lost | Place::Missing { .. } | Place::Lent { .. }) => match cabinet {
            Some(cabinet) => in_cabinet(cabinet),
            None => Some(Place::With { person: who }),
        },

        (FactBody::Lent { borrower, to }, place) if holds || matches!(place, Place::Cabinet { .. }) => {
            Some(Place::Lent { borrower: borrower.clone(), to: to.clone() })
        }

        (FactBody::TagRetired { .. }, place) if holds || !is_in_hand(place) => Some(Place::Retired),
        _ => None,
    }
}

fn is_in_hand(place: &Place) -> bool {
    matches!(place, Place::With { .. } | Place::HandingOver { .. })
}

/// What is odd in a step that is possible. `home` is the copy's own cabinet.
fn flags(before: &Place, fact: &Fact, after: &Place, home: Option<&str>) -> Vec<Flag> {
    let who = fact.actor_person();
    let is_return = matches!(fact.body, FactBody::Returned { .. });
    let is_in_another =
        |place: &Place| matches!(place, Place::Cabinet { cabinet } if home.is_some_and(|home| home != cabinet));
    let confirms =
        matches!(fact.body, FactBody::Given { .. } | FactBody::Received { .. }) && matches!(after, Place::With { .. });
    let is_handing_over = matches!(before, Place::HandingOver { .. });
    let found = [
        (is_return && is_in_hand(before) && !before.may_be_with(who), Flag::ReturnedByAnother),
        (is_in_another(after), Flag::InAnotherCabinet),
        (matches!(fact.body, FactBody::Taken { what_for: KeyUse::Other, .. }), Flag::TakenWithoutNeed),
        (is_handing_over && after != before && !confirms, Flag::Unconfirmed),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag).collect()
}
#[cfg(test)]
mod tests;
