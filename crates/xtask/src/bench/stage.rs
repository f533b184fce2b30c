//! What the figures are measured on: a server on loopback, a unit in it, and phones that count their bytes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, anyhow};
use rundan_device::api::{Command, Intent};
use rundan_device::{FileKeys, Phone, PhoneConfig, SystemClock, SystemHttp, SystemRandom};
use rundan_model::plan::{Slot, When};
use rundan_model::{DocumentId, Kind, PersonId, Role, Timestamp, UnitId, Zone};
use rundan_server::scope::begin_unit;
use rundan_server::store::people;
use rundan_server::{Server, enrol, http, seams};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server with one unit.
pub(super) struct Stage {
    pub(super) server: Arc<Server>,
    pub(super) unit: UnitId,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

/// Bytes that went through a relay, both ways, and the requests among them.
#[derive(Debug, Default)]
pub(super) struct Meter {
    bytes: AtomicU64,
    requests: AtomicU64,
}

impl Meter {
    /// The bytes since the last call.
    pub(super) fn take(&self) -> usize {
        self.requests.store(0, Ordering::SeqCst);
        self.bytes.swap(0, Ordering::SeqCst) as usize
    }

    /// The requests since the last call of [`Meter::take`].
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Stage {
    pub(super) async fn open() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let server = Server::open(&directory.path().join("rundan.db"), seams::SystemClock, seams::SystemRandom).await?;
        let held = Arc::clone(&server);
        let unit = server
            .db
            .write(move |tx| {
                let own = rundan_server::server::own_session(tx, &*held.random)?;
                let plan = (0..20)
                    .map(|n| {
                        (
                            format!("catalogue/OMV{n:02}"),
                            json!({ "name": format!("Insats {n}"), "group": "personal_care" }),
                        )
                    })
                    .collect();
                Ok(begin_unit(tx, &own, held.clock.now(), &*held.random, "Mätenheten", plan)?.0)
            })
            .await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = http::router(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { server, unit, address, directory })
    }

    /// Where the files of a person's phone lie.
    pub(super) fn directory_of(&self, person: PersonId) -> PathBuf {
        self.directory.path().join(person.to_string())
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Makes people with a role and a staff document each.
    pub(super) async fn people(&self, count: usize, role: Role) -> Result<Vec<PersonId>> {
        let people = self
            .server
            .commit(self.unit, move |commit, own| {
                let mut people = Vec::new();
                for n in 0..count {
                    let name = format!("Namn {n}");
                    let person = people::create(commit.connection(), None, &name, &seams::SystemRandom)?;
                    commit.give_role(person, &role)?;
                    let plan = vec![
                        ("person".to_owned(), json!(person)),
                        ("name".to_owned(), json!({ "given": "Namn", "family": n.to_string() })),
                    ];
                    commit.begin(own, Timestamp(1), &seams::SystemRandom, Kind::Staff, plan)?;
                    people.push(person);
                }
                Ok(people)
            })
            .await?;
        Ok(people)
    }

    /// Plans documents as an import would; returns their ids.
    pub(super) async fn plan(&self, documents: Vec<(Kind, Vec<(String, Value)>)>) -> Result<Vec<DocumentId>> {
        let made = self
            .server
            .commit(self.unit, move |commit, own| {
                let mut ids = Vec::new();
                for (kind, plan) in documents {
                    ids.push(commit.begin(own, Timestamp(1), &seams::SystemRandom, kind, plan)?.0);
                }
                Ok(ids)
            })
            .await?;
        Ok(made)
    }

    /// A carer's window: `days` run sheets, `visits` visits a day, a recipient with a door code for every other visit.
    pub(super) async fn window(&self, carer: PersonId, days: i32, visits: i32) -> Result<Vec<DocumentId>> {
        let recipients = (0..visits * days / 2).map(recipient).collect();
        let recipients = self.plan(recipients).await?;
        let access = recipients.iter().map(|id| access(*id)).collect();
        self.plan(access).await?;
        let today = Zone.day(seams::Clock::now(&seams::SystemClock)).0;
        let mut planned = Vec::new();
        for day in 0..days {
            let midnight = Zone.midnight(rundan_model::Day(today - 1 + day).date());
            planned.push(run_sheet(carer, midnight));
            for n in 0..visits {
                let place = (day * visits + n) as usize / 2 % recipients.len().max(1);
                let recipient = recipients.get(place).copied().context("There are recipients")?;
                planned.push(visit(recipient, carer, midnight.plus_minutes(7 * 60 + n as u32 * 40)));
            }
        }
        self.plan(planned).await
    }

    /// A phone of this person, enrolled over a relay that counts bytes; not synced yet.
    pub(super) async fn phone(&self, person: PersonId) -> Result<(Phone, Arc<Meter>)> {
        let code = self
            .server
            .db
            .write(move |tx| enrol::make_code(tx, person, seams::Clock::now(&seams::SystemClock), &seams::SystemRandom))
            .await?;
        let meter = Arc::new(Meter::default());
        let relay = relay(self.address, Arc::clone(&meter)).await?;
        let directory = self.directory_of(person);
        let config = PhoneConfig {
            keys: Arc::new(FileKeys::new(directory.join("keys"))),
            downloads: directory.join("downloads"),
            directory,
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(SystemRandom),
            http: Arc::new(SystemHttp::new()?),
        };
        let phone = Phone::open(config).await?;
        ask(&phone, Command::Enrol { server: format!("http://{relay}"), code }).await?;
        meter.take();
        Ok((phone, meter))
    }
}

pub(super) async fn ask(phone: &Phone, command: Command) -> Result<Value> {
    phone.call(command).await.map_err(|error| anyhow!("the device answered {:?}", error.code))
}

pub(super) async fn act(phone: &Phone, intent: Value) -> Result<Value> {
    let intent: Intent = serde_json::from_value(intent)?;
    ask(phone, Command::Act { intent }).await
}

pub(super) async fn sync(phone: &Phone) -> Result<()> {
    phone.sync().await.map_err(|error| anyhow!("the device answered {:?}", error.code))
}

pub(super) fn recipient(n: i32) -> (Kind, Vec<(String, Value)>) {
    let name = json!({ "given": format!("Förnamn{n}"), "family": format!("Efternamn{n}") });
    let address = json!({ "street": "Skidvägen", "number": n.to_string(), "floor": "2 tr", "area": "Västertorp" });
    let plan = vec![
        ("name".to_owned(), name),
        ("address".to_owned(), address),
        ("telephone".to_owned(), json!(format!("070-174 06 {:02}", n % 100))),
        ("good-to-know".to_owned(), json!(["Hör dåligt på vänster öra.", format!("Hunden heter Sigge {n}.")])),
        (format!("key/V-{n}"), json!({ "kind": "home", "cabinet": "Skåp Västertorp" })),
    ];
    (Kind::Recipient, plan)
}

fn access(recipient: DocumentId) -> (Kind, Vec<(String, Value)>) {
    (Kind::Access, vec![("recipient".to_owned(), json!(recipient)), ("door-code".to_owned(), json!("7436"))])
}

pub(super) fn run_sheet(carer: PersonId, midnight: Timestamp) -> (Kind, Vec<(String, Value)>) {
    let shift = When { start: midnight.plus_minutes(7 * 60), minutes: 540 };
    let plan = vec![
        ("staff".to_owned(), json!(carer)),
        ("date".to_owned(), json!(Zone.date(midnight.plus_minutes(720)))),
        ("shift".to_owned(), json!(shift)),
    ];
    (Kind::RunSheet, plan)
}

pub(super) fn visit(recipient: DocumentId, carer: PersonId, start: Timestamp) -> (Kind, Vec<(String, Value)>) {
    let slot = Slot { staff: Some(carer), start: None, minutes: None };
    let mut plan = vec![
        ("recipient".to_owned(), json!(recipient)),
        ("when".to_owned(), json!(When { start, minutes: 30 })),
        ("slot/1".to_owned(), json!(slot)),
    ];
    for n in 0..13 {
        plan.push((format!("intervention/OMV{n:02}"), json!({ "order": n + 1 })));
    }
    (Kind::Visit, plan)
}

/// Passes bytes on and counts them.
async fn relay(to: SocketAddr, meter: Arc<Meter>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((from, _)) = listener.accept().await {
            let meter = Arc::clone(&meter);
            tokio::spawn(async move {
                if let Ok(to) = TcpStream::connect(to).await {
                    let (from_read, from_write) = from.into_split();
                    let (to_read, to_write) = to.into_split();
                    let up = tokio::spawn(pass(from_read, to_write, Arc::clone(&meter)));
                    pass(to_read, from_write, meter).await;
                    up.abort();
                }
            });
        }
    });
    Ok(address)
}

async fn pass(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, meter: Arc<Meter>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return };
        meter.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        // A request's first line comes with its headers, in one piece; nothing else begins so.
        meter.requests.fetch_add(u64::from(bytes.starts_with(b"POST ")), Ordering::SeqCst);
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
