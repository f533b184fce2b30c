//! What an operator counts, in the words of Prometheus: no name, no content, no token.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use rundan_model::UnitId;
use rundan_sync::PushResult;
use rusqlite::Connection;
use tokio::time::Duration;

use crate::copies::Backlog;
use crate::error::{Error, Result};
use crate::store::{log, seq};

/// The format of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    path: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPath {
    path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfChange {
    result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRefusal {
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfUnit {
    unit: String,
}

/// The counters of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<OfRequest, Counter>,
    seconds: Family<OfPath, Histogram, fn() -> Histogram>,
    changes: Family<OfChange, Counter>,
    refusals: Family<OfRefusal, Counter>,
    stale: Counter,
    entries: Family<OfUnit, Gauge>,
    backed_up: Family<OfUnit, Gauge>,
    vaults: Gauge,
    uncopied_bytes: Gauge,
    uncopied_seconds: Gauge,
}

/// What is read from the database when the counters are asked for.
pub struct Standings {
    units: Vec<(UnitId, u64, u64)>,
    vaults: u64,
}

impl Standings {
    /// Reads them.
    pub fn read(tx: &Connection) -> Result<Self> {
        let mut units = Vec::new();
        for unit in log::units(tx)? {
            let state = log::unit_state(tx, unit)?.ok_or(Error::NoUnit(unit))?;
            units.push((unit, state.head.seq, state.backed_up));
        }
        let vaults = tx.query_row("SELECT count(*) FROM vault WHERE revoked_at IS NULL", [], |row| seq(row, 0))?;
        Ok(Self { units, vaults })
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            changes: Family::default(),
            refusals: Family::default(),
            stale: Counter::default(),
            entries: Family::default(),
            backed_up: Family::default(),
            vaults: Gauge::default(),
            uncopied_bytes: Gauge::default(),
            uncopied_seconds: Gauge::default(),
        };
        let mut all = Registry::with_prefix("rundan");
        all.register("requests", "Requests answered", metrics.requests.clone());
        all.register_with_unit("request", "How long answers took", Unit::Seconds, metrics.seconds.clone());
        all.register("pushed_changes", "Changes pushed, by what became of them", metrics.changes.clone());
        all.register("refused_attempts", "Requests of who could not show who asks", metrics.refusals.clone());
        all.register("stale_requests", "Requests of phones put back or copied, or come twice", metrics.stale.clone());
        all.register("log_entries", "Entries of a unit's log", metrics.entries.clone());
        all.register("backed_up_entries", "Entries in a backup that was read back", metrics.backed_up.clone());
        all.register("vaults", "Vaults that are not revoked", metrics.vaults.clone());
        let bytes = "What is remembered and a folder with backups lacks";
        all.register_with_unit("remembered_uncopied", bytes, Unit::Bytes, metrics.uncopied_bytes.clone());
        let seconds = "For how long a folder with backups has lacked it";
        all.register_with_unit("remembered_uncopied", seconds, Unit::Seconds, metrics.uncopied_seconds.clone());
        Self { registry: all, ..metrics }
    }
}

/// From a millisecond to half a minute.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    /// Counts an answer, by its path's template.
    pub fn answered(&self, path: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&OfRequest { path: path.to_owned(), status }).inc();
        self.seconds.get_or_create(&OfPath { path: path.to_owned() }).observe(took.as_secs_f64());
    }

    /// Counts what became of a pushed change.
    pub fn pushed(&self, result: &PushResult) {
        let result = match result {
            PushResult::Accepted(..) => "accepted",
            PushResult::Already(..) => "already",
            PushResult::Refused(reason) => reason,
            PushResult::Depends => "depends",
            PushResult::Later(_) => "later",
        };
        self.changes.get_or_create(&OfChange { result: result.to_owned() }).inc();
    }

    /// Counts a request that was refused for want of proof.
    pub fn refused(&self, reason: &str) {
        self.refusals.get_or_create(&OfRefusal { reason: reason.to_owned() }).inc();
    }

    /// Counts a request whose counter was not its vault's next.
    pub fn stale(&self) {
        self.stale.inc();
    }

    /// All counters as text.
    pub fn text(&self, standings: &Standings, backlog: Backlog) -> String {
        self.uncopied_bytes.set(i64::try_from(backlog.bytes).unwrap_or(i64::MAX));
        self.uncopied_seconds.set(i64::try_from(backlog.seconds).unwrap_or(i64::MAX));
        for (unit, entries, backed_up) in &standings.units {
            let unit = OfUnit { unit: unit.to_string() };
            self.entries.get_or_create(&unit).set(*entries as i64);
            self.backed_up.get_or_create(&unit).set(*backed_up as i64);
        }
        self.vaults.set(standings.vaults as i64);
        let mut text = String::new();
        if let Err(error) = prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            tracing::error!(error = %error, "the counters could not be written");
        }
        text
    }
}
