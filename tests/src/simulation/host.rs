//! The server on its files: opened, dropped, opened again; and HTTP to its real router over a connection in memory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, client, server};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rundan_device::seams::{HttpAnswer, HttpError, HttpRequest};
use rundan_model::{DocumentId, PersonId, UnitId};
use rundan_server::keys::Keys;
use rundan_server::remembered::Remembered;
use rundan_server::store::{Db, log, open_file};
use rundan_server::{Server, backup, http};
use rusqlite::{Connection, OpenFlags, params};
use tokio::task::JoinSet;

use super::pipe::{Cut, Meter, Spoken, connection};
use super::seams::{WorldClock, WorldRandom};

/// Where phones find the server.
pub(crate) const ADDRESS: &str = "https://rundan.test";
/// As `rundan-server` limits headers.
const HEADER_SECONDS_MAX: u64 = 15;
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A server that runs, with what inspects its file from outside.
struct Running {
    server: Arc<Server>,
    router: Router,
    connections: JoinSet<()>,
}

/// The server's machine.
pub(crate) struct Host {
    directory: PathBuf,
    clock: Arc<WorldClock>,
    random: Arc<WorldRandom>,
    running: Mutex<Option<Running>>,
}

/// An answer with what went over the wire for it.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The answer, or why there was none.
    pub(crate) answer: Result<HttpAnswer, HttpError>,
    /// The bytes that went through.
    pub(crate) spoken: Spoken,
    /// Whether it was long enough to be cut.
    pub(crate) is_cut: bool,
}

impl Host {
    /// A machine with its server running.
    pub(crate) async fn open(
        directory: PathBuf,
        clock: &Arc<WorldClock>,
        random: &Arc<WorldRandom>,
    ) -> Result<Arc<Self>> {
        std::fs::create_dir_all(&directory)?;
        let (clock, random) = (Arc::clone(clock), Arc::clone(random));
        let host = Arc::new(Self { directory, clock, random, running: Mutex::new(None) });
        host.start().await?;
        Ok(host)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join("rundan.db")
    }

    /// Starts the server over whatever its files hold.
    pub(crate) async fn start(&self) -> Result<()> {
        let keys = Keys::open(&self.database(), &*self.random)?;
        let db = Db::inline(open_file(&self.database())?);
        let remembered = Remembered::beside(&self.database())?;
        let server = Server::remembering(db, keys, remembered, self.clock.clone(), self.random.clone()).await?;
        let router = http::router(Arc::clone(&server));
        let running = Running { server, router, connections: JoinSet::new() };
        *self.running.lock().unwrap() = Some(running);
        Ok(())
    }

    /// Ends the process: connections break, what was not committed is gone.
    pub(crate) async fn stop(&self) {
        let running = self.running.lock().unwrap().take();
        if let Some(mut running) = running {
            running.connections.shutdown().await;
        }
    }

    /// Takes a backup into the folder of backups; its file.
    pub(crate) async fn back_up(&self) -> Result<PathBuf> {
        Ok(backup::take(&self.server(), &self.directory.join("backups")).await?.file)
    }

    /// Puts a backup in the place of what the server has.
    pub(crate) async fn restore(&self, from: &Path) -> Result<()> {
        self.stop().await;
        backup::restore(&self.database(), from, self.clock.time())?;
        self.start().await
    }

    /// Lets the database grow by no more than so many pages, as a disk with that much room would; none for all it
    /// wants.
    pub(crate) async fn leave_room(&self, pages: Option<i64>) -> Result<()> {
        let limit = move |tx: &Connection| -> rundan_server::Result<()> {
            let used: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let most = pages.map_or(i64::from(i32::MAX), |pages| used + pages);
            Ok(tx.pragma_update(None, "max_page_count", most)?)
        };
        Ok(self.server().db.write(limit).await?)
    }

    /// The server, which runs.
    pub(crate) fn server(&self) -> Arc<Server> {
        Arc::clone(&self.running.lock().unwrap().as_ref().expect("the server runs").server)
    }

    /// A connection of our own to the server's file, which only reads.
    pub(crate) fn look(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(self.database(), flags)?)
    }

    /// The place of the unit's last entry.
    pub(crate) fn head(&self, unit: UnitId) -> Result<u64> {
        let looking = self.look()?;
        Ok(log::unit_state(&looking, unit)?.context("the unit is there")?.head.seq)
    }

    /// Sends a request over a connection of its own, which may be cut.
    pub(crate) async fn exchange(&self, request: HttpRequest, cut: Option<Cut>) -> Exchange {
        let (near, far, meter) = connection(cut);
        {
            let mut running = self.running.lock().unwrap();
            let Some(running) = running.as_mut() else {
                return Exchange { answer: Err(HttpError::Unreachable), spoken: Spoken::default(), is_cut: false };
            };
            let service = TowerToHyperService::new(running.router.clone());
            while running.connections.try_join_next().is_some() {}
            running.connections.spawn(async move {
                let mut http = server::conn::http1::Builder::new();
                http.timer(TokioTimer::new()).max_buf_size(HEADER_BYTES_MAX);
                http.header_read_timeout(Duration::from_secs(HEADER_SECONDS_MAX));
                // A connection that broke is the phone's to notice.
                let _ = http.serve_connection(TokioIo::new(far), service).await;
            });
        }
        let time = Duration::from_millis(request.timeout_ms);
        let answer = tokio::time::timeout(time, ask(near, request)).await;
        let answer = answer.unwrap_or(Err(HttpError::Unreachable));
        let Meter { spoken, is_cut, .. } = &mut *meter.lock().unwrap();
        Exchange { answer, spoken: std::mem::take(spoken), is_cut: *is_cut }
    }
}

/// Whether a document was in a person's own scope at any time that the server's log knows of.
pub(crate) fn was_in_scope(server: &Connection, person: PersonId, document: DocumentId) -> Result<bool> {
    let mut query = server.prepare_cached("SELECT 1 FROM audience_document WHERE document = ?1 AND audience = ?2")?;
    Ok(query.exists(params![document.as_bytes(), format!("person/{person}")])?)
}

/// What a person reads now by the tables that the server answers from.
pub(crate) fn in_scope(server: &Connection, unit: UnitId, person: PersonId) -> Result<BTreeSet<DocumentId>> {
    let mut query = server.prepare_cached(
        "SELECT d.document FROM audience_member m
         JOIN audience_document d ON d.unit = m.unit AND d.audience = m.audience AND d.removed_seq IS NULL
         WHERE m.unit = ?1 AND m.person = ?2 AND m.removed_seq IS NULL",
    )?;
    let rows = query.query_map(params![unit.as_bytes(), person.as_bytes()], |row| Ok(DocumentId(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The phone's side of one exchange.
async fn ask(near: super::pipe::Pipe, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
    let unreachable = |_| HttpError::Unreachable;
    let path = request.url.strip_prefix(ADDRESS).ok_or(HttpError::Unreachable)?;
    let mut builder = Request::builder().method(request.method).uri(path).header("host", "rundan.test");
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let outgoing = builder.body(Full::new(Bytes::from(request.body))).map_err(|_| HttpError::Unreachable)?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(near)).await.map_err(unreachable)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let answer = sender.send_request(outgoing).await.map_err(unreachable)?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), request.answer_bytes_max).collect().await.map_err(|error| {
        let is_too_long = error.is::<http_body_util::LengthLimitError>();
        if is_too_long { HttpError::TooLong } else { HttpError::Unreachable }
    })?;
    Ok(HttpAnswer { status, body: body.to_bytes().to_vec() })
}
