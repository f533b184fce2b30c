//! The ledger of keys: shown from what this vault holds, and kept as the file that the server signs.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use rundan_ledger::file::FILE_BYTES_MAX;
use rundan_ledger::{Ledger, pdf, query};
use rundan_model::{Day, ServerId, Timestamp, UnitId, Zone};
use rundan_sync::message::PROTOCOL;
use rundan_sync::statement::{HEADER, Statement, body_hash, sign};
use rundan_sync::{LedgerRequest, Problem, ProblemCode, wire};
use tokio::sync::broadcast;

use crate::answer::{bad, parse_date};
use crate::api::{ApiError, ErrorCode, Event, LedgerFile, LedgerFormat, LedgerQuery, LedgerView};
use crate::seams::{HttpAnswer, HttpError, HttpRequest};
use crate::store::StoreError;
use crate::sync::{RoundEnd, next_counter};
use crate::vault::Vault;
use crate::views;

/// The path of a ledger.
const LEDGER_PATH: &str = "/v1/ledger";
/// How long it may take to make a large one and bring it here.
const LEDGER_TIMEOUT_MS: u64 = 180_000;
/// The most files of one minute.
const NAMES_MAX: u32 = 1_000;

impl Vault {
    /// The ledger as far as it is here.
    pub(crate) async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerView, ApiError> {
        let unit = self.ledger_unit(query).await?;
        let query = read_query(query)?;
        self.read(move |tx, ctx| Ok(Some(views::ledger(tx, ctx, unit, &query)?))).await
    }

    /// Has the server issue the ledger, and writes it among the person's downloads. What waits here is sent first.
    pub(crate) async fn export_ledger(
        &self,
        query: &LedgerQuery,
        format: LedgerFormat,
        events: &broadcast::Sender<Event>,
    ) -> Result<LedgerFile, ApiError> {
        let unit = self.ledger_unit(query).await?;
        let query = read_query(query)?;
        match self.sync(events).await? {
            RoundEnd::Failed("unreachable") => return Err(ApiError::new(ErrorCode::Offline)),
            RoundEnd::Failed(_) | RoundEnd::Stopped(_) => return Err(ApiError::new(ErrorCode::ServerTrouble)),
            RoundEnd::Done { .. } | RoundEnd::More { .. } | RoundEnd::Stale => {}
        }
        let request = LedgerRequest { version: PROTOCOL, unit, query };
        let file = read_answer(self.ask_for_ledger(&request).await?)?;
        let (downloads, now, server) = (self.config.downloads.clone(), self.now(), self.identity.server);
        // Pages take some time to make: the thread of the tasks is not held up by it.
        let kept = tokio::task::spawn_blocking(move || keep(&file, &request, server, format, &downloads, now)).await;
        kept.map_err(|_| ApiError::new(ErrorCode::Internal))?
    }

    /// The unit whose keys are meant, of those whose office she works at.
    async fn ledger_unit(&self, query: &LedgerQuery) -> Result<UnitId, ApiError> {
        let (unit, key) = (query.unit, query.key);
        let unit = self.read(move |tx, ctx| Ok(Some(views::ledger_unit(tx, ctx, unit, key)?))).await?;
        unit.ok_or_else(|| ApiError::new(ErrorCode::NotAllowed))
    }

    async fn ask_for_ledger(&self, request: &LedgerRequest) -> Result<HttpAnswer, ApiError> {
        let internal = |_| ApiError::new(ErrorCode::Internal);
        // Counters come in order: no round asks meanwhile.
        let _one = self.one_round.lock().await;
        let counter = self.store.write(|tx| -> Result<u64, StoreError> { next_counter(tx) }).await?;
        let body = wire::encode(request).map_err(internal)?;
        let statement = Statement {
            server: Some(self.identity.server),
            method: "POST".to_owned(),
            path: LEDGER_PATH.to_owned(),
            counter,
            body: body_hash(&body),
            pushed: None,
        };
        let statement = sign(&self.identity.key, Some(self.identity.vault), &statement).map_err(internal)?;
        let request = HttpRequest {
            method: "POST",
            url: format!("{}{LEDGER_PATH}", self.identity.address),
            headers: vec![("content-type", wire::CONTENT_TYPE.to_owned()), (HEADER, statement)],
            body,
            timeout_ms: LEDGER_TIMEOUT_MS,
            answer_bytes_max: FILE_BYTES_MAX,
        };
        self.config.http.send(request).await.map_err(|error| match error {
            HttpError::Unreachable => ApiError::new(ErrorCode::Offline),
            HttpError::TooLong => ApiError::new(ErrorCode::ServerTrouble),
        })
    }
}

fn read_query(query: &LedgerQuery) -> Result<rundan_sync::LedgerQuery, ApiError> {
    let LedgerQuery { unit: _, key, person, cabinet, from, to } = query.clone();
    let (from, to) = (parse_date(from)?.map(Day::of), parse_date(to)?.map(Day::of));
    let query = rundan_sync::LedgerQuery { key, person, cabinet, from, to };
    if query::is_sound(&query) { Ok(query) } else { Err(bad("query")) }
}

fn read_answer(answer: HttpAnswer) -> Result<Vec<u8>, ApiError> {
    if answer.status == 200 {
        return Ok(answer.body);
    }
    Err(match wire::from_cbor::<Problem>(&answer.body).map(|problem| problem.code) {
        Ok(ProblemCode::TooLong) => bad("too_many_lines"),
        Ok(ProblemCode::NotFound) => ApiError::new(ErrorCode::NotAllowed),
        // An older server has no such path.
        Err(_) if answer.status == 404 => ApiError::new(ErrorCode::ServerOlder),
        _ => ApiError::new(ErrorCode::ServerTrouble),
    })
}

/// Checks that the file is the server's own answer to the question, and writes it in the form that is wanted.
fn keep(
    file: &[u8],
    request: &LedgerRequest,
    server: ServerId,
    format: LedgerFormat,
    downloads: &Path,
    now: Timestamp,
) -> Result<LedgerFile, ApiError> {
    let trouble = |error: rundan_ledger::LedgerError| {
        tracing::warn!(error = &error as &dyn std::error::Error, "a ledger was not taken");
        ApiError::new(ErrorCode::ServerTrouble)
    };
    let ledger = Ledger::open(file).map_err(trouble)?;
    ledger.prove(None).map_err(trouble)?;
    let head = &ledger.head;
    if head.key.server() != server || head.unit != request.unit || head.query != request.query {
        return Err(ApiError::new(ErrorCode::ServerTrouble));
    }
    let path = match format {
        LedgerFormat::Csv => write_new(downloads, now, "csv", file)?,
        LedgerFormat::Pdf => write_new(downloads, now, "pdf", &pdf::pages(&ledger).map_err(trouble)?)?,
    };
    Ok(LedgerFile {
        path: path.to_string_lossy().into_owned(),
        lines: u32::try_from(head.count).unwrap_or(u32::MAX),
        digest: hex::encode(head.digest),
    })
}

/// Writes a file that was not there, named by the minute; none of those that are there is touched.
fn write_new(folder: &Path, now: Timestamp, ending: &str, bytes: &[u8]) -> Result<PathBuf, ApiError> {
    let failed = |error: std::io::Error| ApiError::from_io(&error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let minute = Zone.local(now).format("%Y-%m-%d-%H%M");
    for n in 1..=NAMES_MAX {
        let again = if n == 1 { String::new() } else { format!("-{n}") };
        let path = folder.join(format!("nyckellogg-{minute}{again}.{ending}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // It names people: nobody else on this machine reads it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            opened => opened.map_err(failed)?,
        };
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            // Half a ledger is none.
            let _ = std::fs::remove_file(&path);
            return Err(failed(error));
        }
        return Ok(path);
    }
    Err(ApiError::new(ErrorCode::Directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp(1_795_334_820);
        let write = |text: &str| write_new(&folder.path().join("new"), now, "csv", text.as_bytes()).unwrap();
        let (first, second) = (write("first"), write("second"));
        assert!(first.ends_with("new/nyckellogg-2026-11-22-0907.csv"), "{}", first.display());
        assert!(second.ends_with("new/nyckellogg-2026-11-22-0907-2.csv"), "{}", second.display());
        assert_eq!(std::fs::read_to_string(first).unwrap(), "first");
    }

    #[test]
    fn a_query_without_sense_is_refused() {
        let query = |from: &str, to: &str, cabinet: &str| LedgerQuery {
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            cabinet: Some(cabinet.to_owned()),
            ..LedgerQuery::default()
        };
        assert!(read_query(&query("2026-11-01", "2026-11-22", "Skåp A")).is_ok());
        for wrong in [
            query("2026-11-23", "2026-11-22", "Skåp A"),
            query("i går", "2026-11-22", "Skåp A"),
            query("2026-11-01", "2026-11-22", ""),
            query("2026-11-01", "2026-11-22", &"x".repeat(201)),
        ] {
            assert_eq!(read_query(&wrong).unwrap_err().code, ErrorCode::BadInput);
        }
    }
}
