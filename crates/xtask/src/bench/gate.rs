//! What the gate costs: on a visit's honest work beside Automerge alone, and on the worst that a stolen phone sends.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use automerge::Automerge;
use rundan_documents::gate::{Author, Budget, CHANGE_BYTES_MAX, Outcome, Stored, judge};
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::policy::{Relation, Standing};
use rundan_model::{ActionId, ActorId, Fact, FactBody, FactId, Kind, PersonId, Role, Timestamp, VaultId};
use rundan_tests::chunks::{self, Forged, seal, signed};
use serde_json::json;

use super::{Figure, milliseconds, quantile};

const CARER: VaultId = VaultId([1; 8]);
/// The changes of a visit's work.
const CHANGES: u32 = 12;
const ASKED: usize = 300;
const REFUSED: usize = 20;
/// A number that a run-length code writes in a few bytes.
const MANY: i64 = 3_000_000;

pub(super) fn measure() -> Result<Vec<Figure>> {
    Ok(vec![honest()?, refused()?])
}

fn author() -> Author {
    let relation = Relation { in_scope: true, ..Relation::default() };
    let standing = Standing { roles: [Role::Carer].into(), relation, is_server: false };
    Author { vault: CARER, person: PersonId([1; 8]), standing, stored: Stored::default() }
}

fn visit() -> Result<Document> {
    let mut plan = vec![
        ("recipient".to_owned(), json!("22".repeat(16))),
        ("when".to_owned(), json!({ "start": 1_780_000_000, "minutes": 45 })),
        ("slot/1".to_owned(), json!({ "staff": "0101010101010101" })),
    ];
    plan.extend((0..10).map(|n| (format!("intervention/OMV{n:02}"), json!({ "order": n }))));
    let genesis = Genesis { kind: Kind::Visit, nonce: [7; 16], plan };
    Ok(Document::begin(ActorId::new(VaultId([9; 8]), [1; 8]), Timestamp(1), &genesis)?.0)
}

fn work(document: &Document) -> Result<Vec<Change>> {
    let actor = ActorId::new(CARER, [1; 8]);
    let mut document = document.clone();
    let mut changes = Vec::new();
    for n in 1..=CHANGES {
        let (body, about) = match n {
            1 => (FactBody::Started, None),
            CHANGES => (FactBody::Ended, None),
            n => (FactBody::Done, Some(format!("OMV{:02}", n - 2))),
        };
        let fact = Fact {
            about,
            ..Fact::stated(PersonId([1; 8]), Timestamp(1_780_000_000 + i64::from(n)), ActionId([n as u8; 8]), body)
        };
        let edit = Edit { facts: vec![(FactId { actor, n }, fact)], puts: Vec::new() };
        changes.push(document.write(actor, Timestamp(2), &edit)?);
    }
    Ok(changes)
}

fn honest() -> Result<Figure> {
    let (document, author) = (visit()?, author());
    let changes = work(&document)?;
    let pushed: Vec<&[u8]> = changes.iter().map(|change| change.bytes.as_slice()).collect();
    let bare = Automerge::load(&document.save()).context("Automerge reads the visit")?;
    let (mut gate, mut alone) = (Vec::with_capacity(ASKED), Vec::with_capacity(ASKED));
    for _ in 0..ASKED {
        let copy = document.clone();
        let from = Instant::now();
        let verdict = judge(document.id(), Some(copy), &pushed, &author, &mut Budget::default());
        gate.push(from.elapsed());
        ensure!(verdict.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "honest work passes");
        let mut copy = bare.clone();
        let from = Instant::now();
        let parsed: Result<Vec<_>, _> =
            pushed.iter().map(|bytes| automerge::Change::from_bytes(bytes.to_vec())).collect();
        copy.apply_changes(parsed.context("Automerge reads the changes")?).context("Automerge takes the changes")?;
        alone.push(from.elapsed());
        black_box(copy);
    }
    let (gate, alone) = (quantile(&mut gate, 0.5), quantile(&mut alone, 0.5));
    let value = format!("{} (Automerge alone {})", milliseconds(gate), milliseconds(alone));
    let what = "the gate on a visit with 12 changes";
    Ok(Figure::new(what, value, "under 0.35 ms", gate < Duration::from_micros(350)))
}

fn refused() -> Result<Figure> {
    let (document, author) = (visit()?, author());
    let (mut worst, mut most) = (Duration::ZERO, 0);
    for bytes in hostile(&document) {
        for _ in 0..REFUSED {
            let copy = document.clone();
            let before = forget_peak();
            let from = Instant::now();
            let verdict = judge(document.id(), Some(copy), &[&bytes], &author, &mut Budget::default());
            worst = worst.max(from.elapsed());
            most = most.max(status_kilobytes("VmHWM:").saturating_sub(before));
            ensure!(matches!(verdict.outcomes.as_slice(), [Outcome::Refused(_)]), "{:?}", verdict.outcomes);
        }
    }
    let value = format!("{}, {:.1} MB at most", milliseconds(worst), most as f64 / 1_024.0);
    let is_met = worst < Duration::from_millis(50) && most < 32 * 1_024;
    Ok(Figure::new("refusing any of the bombs", value, "under 50 ms and 32 MB", is_met))
}

/// The bombs of `tests/tests/hostile`, each of one class.
fn hostile(document: &Document) -> Vec<Vec<u8>> {
    let repeated = |times: i64, entry: &[u8]| {
        let mut column = Vec::new();
        signed(&mut column, if times == 1 { -1 } else { times });
        column.extend_from_slice(entry);
        column
    };
    let honest = Forged {
        deps: document.heads().iter().map(|hash| hash.0).collect(),
        actor: ActorId::new(CARER, [2; 8]).0.to_vec(),
        sequence: 1,
        start: 19,
        time: 2,
        message: Vec::new(),
        others: Vec::new(),
        columns: vec![(0x42, repeated(MANY, &[1])), (0x56, repeated(MANY, &[0])), (0x70, repeated(MANY, &[0]))],
        extra: Vec::new(),
    };
    let with = |alter: &dyn Fn(&mut Forged)| {
        let mut change = honest.clone();
        alter(&mut change);
        change.seal()
    };
    let deflated = {
        let mut body = Vec::new();
        // A stored block of deflate that says it is long, again and again.
        for _ in 0..3 {
            body.extend_from_slice(&[0, 0xff, 0xff, 0, 0]);
            body.resize(body.len() + 0xffff, 0);
        }
        seal(chunks::COMPRESSED, &body)
    };
    vec![
        honest.seal(),
        with(&|change| change.deps = vec![[1; 32]; 8_000]),
        with(&|change| change.actor = vec![9; 40_000]),
        with(&|change| change.others = vec![vec![9; 16]; 12_000]),
        with(&|change| change.message = vec![b'x'; 200_000]),
        with(&|change| change.extra = vec![b'x'; 200_000]),
        with(&|change| change.start = u64::from(u32::MAX) - 1),
        with(&|change| change.columns = vec![(0x42, vec![1]); 60_000]),
        deflated,
        seal(chunks::CHANGE, &vec![0xff; CHANGE_BYTES_MAX - 100]),
        vec![0; 10 * CHANGE_BYTES_MAX],
        document.save(),
    ]
}

/// Makes the kernel's record of the most memory begin anew; answers what is held now, kilobytes.
fn forget_peak() -> u64 {
    // Where that is not possible the figure is too high, never too low.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status_kilobytes("VmRSS:")
}

fn status_kilobytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
