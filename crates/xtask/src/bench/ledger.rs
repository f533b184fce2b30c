//! A year's ledger of one cabinet: 180 keys with some 60,000 facts, as the office shows and exports it.

use anyhow::{Context, Result, ensure};
use rundan_device::api::{Command, LedgerFormat, LedgerQuery};
use rundan_documents::Edit;
use rundan_model::{DocumentId, Kind, Role, Timestamp, VaultId};
use rundan_server::scope::AcceptedChange;
use rundan_server::store::documents::{self, Bringer, Signer};

use super::keys::{CABINET, plan, series};
use super::stage::{Stage, ask, sync};
use super::{Figure, milliseconds, timed};

const KEYS: u32 = 180;
const FACTS_OF_KEY: u32 = 334;
const SECONDS_MAX: f64 = 5.0;

pub(super) async fn measure() -> Result<Vec<Figure>> {
    let stage = Stage::open().await?;
    let planner = stage.people(1, Role::Planner).await?.first().copied().context("There is a planner")?;
    let keys = (0..KEYS).map(|n| (Kind::Key, plan(n)));
    for key in stage.plan(keys.collect()).await? {
        a_year(&stage, key).await?;
    }
    let (office, _) = stage.phone(planner).await?;
    sync(&office).await?;
    let query = LedgerQuery { cabinet: Some(CABINET.to_owned()), ..LedgerQuery::default() };
    let facts = KEYS * FACTS_OF_KEY;
    let mut figures = Vec::new();
    for (format, what) in [(LedgerFormat::Csv, "CSV"), (LedgerFormat::Pdf, "PDF")] {
        let export = Command::ExportLedger { query: query.clone(), format };
        let (file, took) = timed(ask(&office, export)).await?;
        ensure!(file.get("lines").is_some_and(|lines| *lines == facts), "the ledger has every fact");
        let size =
            std::fs::metadata(file.get("path").and_then(|path| path.as_str()).context("A path")?)?.len() / 1_000_000;
        let what = format!("a cabinet's year, {facts} facts, exported as {what}");
        let value = format!("{}, {size} MB", milliseconds(took));
        figures.push(Figure::new(&what, value, "under 5 s", took.as_secs_f64() < SECONDS_MAX));
    }
    let (_, took) = timed(ask(&office, Command::Ledger { query })).await?;
    let is_met = took.as_secs_f64() < SECONDS_MAX;
    figures.push(Figure::new("the same ledger on the screen", milliseconds(took), "under 5 s", is_met));
    Ok(figures)
}

/// A year of one key: taken in the morning, put back in the evening.
async fn a_year(stage: &Stage, key: DocumentId) -> Result<()> {
    let work = move |commit: &mut rundan_server::scope::Commit<'_>, own: &rundan_server::scope::OwnSession| {
        let (tx, unit) = (commit.connection(), commit.state().unit);
        let known = documents::row(tx, unit, key)?;
        let missing = || rundan_server::Error::NoDocument(key);
        let mut document = documents::load(tx, unit, key)?.ok_or_else(missing)?;
        let vault: VaultId = own.actor.vault();
        let mut accepted = Vec::new();
        for (id, fact) in
            series(FACTS_OF_KEY, Timestamp(1_781_700_000), 47_000, |_| (own.actor, own.person, own.person))
        {
            let at = fact.at;
            let change = document.write(own.actor, at, &Edit { facts: vec![(id, fact)], puts: Vec::new() })?;
            accepted.push(AcceptedChange {
                hash: change.hash,
                actor: own.actor,
                actor_seq: u64::from(id.n),
                payload: change.bytes,
                signer: Signer { vault, person: own.person, by: Bringer::Server, at },
                touches_plan: false,
                states_facts: true,
            });
        }
        commit.accept(known.as_ref(), &document, &accepted, None)?;
        Ok(())
    };
    Ok(stage.server.commit(stage.unit, work).await?)
}
