//! The ledger's Swedish. It is part of the file's format: whoever changes a word gives the format a new name.

use rundan_model::{Borrower, FactBody, KeyUse, LostStep};

/// What happened.
pub(crate) fn happened(body: &FactBody) -> &str {
    match body {
        FactBody::Taken { .. } => "Uttagen",
        FactBody::Returned { .. } => "Återlämnad",
        FactBody::Given { .. } => "Överlämnad",
        FactBody::Received { .. } => "Mottagen av kollega",
        FactBody::NotThere { .. } => "Fanns inte",
        FactBody::Counted { .. } => "Fanns vid inventering",
        FactBody::Missing { .. } => "Saknades vid inventering",
        FactBody::Lost { .. } => "Förlorad",
        FactBody::LostStep { .. } => "Åtgärd efter förlust",
        FactBody::Found { .. } => "Återfunnen",
        FactBody::Damaged { .. } => "Skadad",
        FactBody::Lent { .. } => "Utlånad",
        FactBody::LockChanged { .. } => "Låset bytt",
        FactBody::TagRetired { .. } => "Brickan avförd",
        FactBody::Withdrawn { .. } => "Återtog uppgifter",
        FactBody::Settled { .. } => "Kontoret avgjorde",
        FactBody::Chosen { .. } => "Kontoret valde ett värde",
        FactBody::Note { .. } => "Anteckning",
        other => other.kind(),
    }
}

/// What more a fact says, but for persons, cabinets and words of its author's own.
pub(crate) fn detail(body: &FactBody) -> String {
    match body {
        FactBody::Taken { what_for, .. } => match what_for {
            KeyUse::Round => "för rundan".to_owned(),
            KeyUse::Alarm => "för ett larm".to_owned(),
            KeyUse::Other => "för annat".to_owned(),
            KeyUse::Unknown(word) => word.clone(),
        },
        FactBody::Lent { borrower, .. } => match borrower {
            Borrower::Subcontractor => "till underleverantör".to_owned(),
            Borrower::Locksmith => "till låssmed".to_owned(),
            Borrower::Other => "till annan".to_owned(),
            Borrower::Unknown(word) => word.clone(),
        },
        FactBody::LostStep { step, .. } => match step {
            LostStep::Told => "brukaren och enhetschefen har fått besked".to_owned(),
            LostStep::Searched => "den har eftersökts".to_owned(),
            LostStep::Reported => "polisanmälan är gjord eller inte aktuell".to_owned(),
            LostStep::Decided => "låsbyte och kostnad är beslutade".to_owned(),
            LostStep::Replaced => "ny nyckel med ny bricka finns eller behövs inte".to_owned(),
            LostStep::Closed => "ärendet är avslutat".to_owned(),
            LostStep::Unknown(word) => word.clone(),
        },
        FactBody::Withdrawn { facts } | FactBody::Settled { facts, .. } => {
            facts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        FactBody::Chosen { register, chosen, .. } => format!("{register}: {chosen}"),
        FactBody::Unknown { fields, .. } => as_json(fields),
        _ => String::new(),
    }
}

/// The fields of a kind of fact that a newer version wrote, as they stand.
fn as_json(fields: &serde_json::Map<String, serde_json::Value>) -> String {
    if fields.is_empty() { String::new() } else { serde_json::Value::Object(fields.clone()).to_string() }
}
