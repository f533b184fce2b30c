//! A fact as JSON text or as CBOR bytes: what each costs on the wire and in time (ADR 0001).

use std::time::Instant;

use anyhow::{Context, Result};
use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT, ScalarValue};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, NotDoneReason, PersonId, Timestamp, VaultId};

use super::{Figure, kilobytes};

/// The facts of a shift: 12 visits of 15 facts.
const VISITS: u32 = 12;
const FACTS: u32 = 15;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let json = weigh(|fact| Ok(ScalarValue::Str(fact.to_text().into())))?;
    let cbor = weigh(|fact| {
        let value: serde_json::Value = serde_json::from_str(&fact.to_text())?;
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes)?;
        Ok(ScalarValue::Bytes(bytes))
    })?;
    let (read_json, read_cbor) = (read_json()?, read_cbor()?);
    let value = format!(
        "JSON {} ({} zstd), CBOR {} ({} zstd)",
        kilobytes(json.0),
        kilobytes(json.1),
        kilobytes(cbor.0),
        kilobytes(cbor.1)
    );
    let time = format!("JSON {read_json:.2} µs, CBOR {read_cbor:.2} µs");
    Ok(vec![
        Figure::new(
            "180 facts as changes",
            value,
            "JSON within 1.15x of CBOR, compressed",
            json.1 * 100 <= cbor.1 * 115,
        ),
        Figure::new("reading one fact", time, "JSON within 1.5x of CBOR", read_json <= read_cbor * 1.5),
    ])
}

fn fact(visit: u32, n: u32) -> (FactId, Fact) {
    let actor = ActorId::new(VaultId([7; 8]), [9; 8]);
    let id = |n: u32| FactId { actor, n: visit * FACTS + n + 1 };
    let body = match n {
        0 => FactBody::Started,
        14 => FactBody::Ended,
        13 => FactBody::Note { text: "Åt hela frukosten och var på gott humör.".into() },
        7 => FactBody::NotDone { reason: NotDoneReason::Declined, text: String::new() },
        _ => FactBody::Done,
    };
    let about = matches!(body, FactBody::Done | FactBody::NotDone { .. }).then(|| format!("OMV{n:02}"));
    let fact = Fact {
        about,
        after: if n == 14 { vec![id(0)] } else { Vec::new() },
        ..Fact::stated(
            PersonId([3; 8]),
            Timestamp(1_795_420_800 + i64::from(visit * 2_400 + n * 97)),
            ActionId((visit * 100 + n).to_be_bytes().repeat(2).try_into().unwrap_or_default()),
            body,
        )
    };
    (id(n), fact)
}

/// The changes of a shift, raw and compressed together.
fn weigh(encode: impl Fn(&Fact) -> Result<ScalarValue>) -> Result<(usize, usize)> {
    let mut all = Vec::new();
    for visit in 0..VISITS {
        let actor = ActorId::new(VaultId([7; 8]), [9; 8]);
        let mut document = Automerge::new().with_actor(actor.0.into());
        for n in 0..FACTS {
            let (id, fact) = fact(visit, n);
            let mut tx = document.transaction();
            tx.put(ROOT, id.to_string(), encode(&fact)?)?;
            tx.commit();
            let change = document.get_last_local_change().context("A change was made")?;
            all.extend_from_slice(change.raw_bytes());
        }
    }
    let packed = zstd::bulk::compress(&all, 3)?;
    Ok((all.len(), packed.len()))
}

const READS: u32 = 20_000;

fn read_json() -> Result<f64> {
    let text = fact(1, 7).1.to_text();
    let from = Instant::now();
    for _ in 0..READS {
        std::hint::black_box(serde_json::from_str::<serde_json::Value>(&text)?);
    }
    Ok(from.elapsed().as_secs_f64() * 1e6 / f64::from(READS))
}

fn read_cbor() -> Result<f64> {
    let value: serde_json::Value = serde_json::from_str(&fact(1, 7).1.to_text())?;
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes)?;
    let from = Instant::now();
    for _ in 0..READS {
        std::hint::black_box(ciborium::from_reader::<serde_json::Value, _>(bytes.as_slice())?);
    }
    Ok(from.elapsed().as_secs_f64() * 1e6 / f64::from(READS))
}
