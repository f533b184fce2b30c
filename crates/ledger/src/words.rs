//! The ledger's Swedish. It is part of the file's format: whoever changes a word gives the format a new name.

use rundan_model::plan::KeyPlace;
use rundan_model::{Borrower, FactBody, KeyKind, KeyUse, LostStep};
use serde_json::Value as Json;

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
        FactBody::Chosen { register, chosen, .. } => choice(register, chosen),
        FactBody::Unknown { fields, .. } => as_json(fields),
        _ => String::new(),
    }
}

/// The fields of a kind of fact that a newer version wrote, as they stand.
fn as_json(fields: &serde_json::Map<String, Json>) -> String {
    if fields.is_empty() { String::new() } else { Json::Object(fields.clone()).to_string() }
}

/// What was chosen for a register of a key. What this version does not know is told as it stands.
fn choice(register: &str, chosen: &Json) -> String {
    let told = match register {
        "place" => place(chosen).map(|place| format!("plats: {place}")),
        "kind" => chosen.as_str().map(|word| format!("typ: {}", opens(&KeyKind::from(word)))),
        "copies" => chosen.as_u64().map(|copies| format!("antal: {copies}")),
        "tag" => chosen.as_str().map(|code| format!("kod: {code}")),
        _ => None,
    };
    told.unwrap_or_else(|| format!("{register}: {chosen}"))
}

/// Where a key hangs; none where that has a field of a newer version.
fn place(chosen: &Json) -> Option<String> {
    let is_known = chosen.as_object()?.keys().all(|field| field == "cabinet" || field == "hook");
    let place: KeyPlace = serde_json::from_value(chosen.clone()).ok()?;
    let cabinet = if place.cabinet.is_empty() { "inget skåp" } else { &place.cabinet };
    let hook = if place.hook.is_empty() { String::new() } else { format!(", krok {}", place.hook) };
    is_known.then(|| format!("{cabinet}{hook}"))
}

/// What a key opens, as an import has the word.
fn opens(kind: &KeyKind) -> &str {
    match kind {
        KeyKind::Home => "bostad",
        KeyKind::Alarm => "larm",
        KeyKind::Entrance => "port",
        KeyKind::Cabinet => "skåp",
        KeyKind::Unknown(word) => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_office_chose_is_told_in_swedish_and_what_is_not_known_as_it_stands() {
        for (register, chosen, told) in [
            ("place", json!({ "cabinet": "Fruängen", "hook": "81" }), "plats: Fruängen, krok 81"),
            ("place", json!({ "cabinet": "Fruängen" }), "plats: Fruängen"),
            ("place", json!({ "cabinet": "", "hook": "" }), "plats: inget skåp"),
            ("kind", json!("home"), "typ: bostad"),
            ("kind", json!("alarm"), "typ: larm"),
            ("kind", json!("entrance"), "typ: port"),
            ("kind", json!("cabinet"), "typ: skåp"),
            ("kind", json!("garage"), "typ: garage"),
            ("copies", json!(2), "antal: 2"),
            ("tag", json!("V-1"), "kod: V-1"),
            ("place", json!({ "cabinet": "Fruängen", "shelf": 2 }), r#"place: {"cabinet":"Fruängen","shelf":2}"#),
            ("place", json!("Fruängen"), r#"place: "Fruängen""#),
            ("copies", json!("två"), r#"copies: "två""#),
            ("colour", json!("red"), r#"colour: "red""#),
        ] {
            let body = FactBody::Chosen { register: register.to_owned(), values: vec![], who: vec![], chosen };
            assert_eq!(detail(&body), told);
        }
    }
}
