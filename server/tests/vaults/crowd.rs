//! Many vaults at the same moment: all are served, each push has one effect, nobody starves, and memory stays bounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use rundan_model::{ChangeHash, DocumentId, FactBody, Kind, Role, VaultId};
use rundan_server::store::Db;
use rundan_sync::round::{self, Next};
use rundan_sync::{PushResult, StreamRequest};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::phone::Phone;
use crate::world::{MONDAY, World, at};

/// How many people there are, and how many vaults each has.
const PEOPLE: usize = 50;
const VAULTS_OF_EACH: usize = 10;
/// So much of names that nothing compresses makes a first sync of two pages.
const LONG_NAMES: usize = 40;
const LONG_NAME_BYTES: usize = 6_000;
/// How much memory five hundred questions at once may take, some times what they took: each answer is a quarter of a
/// megabyte before it is packed.
const MEMORY_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// How often a vault may be told to come later in one round.
const LATER_MAX: u32 = 100;

/// The most memory that this process ever had.
fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Everyone syncs, and nobody before all others do.
async fn sync_at_once(world: &Arc<World>, phones: Vec<Phone>) -> Vec<(Phone, Vec<PushResult>)> {
    let mut syncing = JoinSet::new();
    for mut phone in phones {
        let world = Arc::clone(world);
        syncing.spawn(async move {
            let results = phone.sync(&world).await;
            (phone, results)
        });
    }
    syncing.join_all().await
}

fn state(phone: &Phone) -> BTreeMap<DocumentId, Vec<ChangeHash>> {
    phone.held.iter().map(|(id, document)| (*id, document.heads())).collect()
}

/// How many changes of each vault are in the log.
async fn in_log(world: &World) -> BTreeMap<VaultId, u64> {
    let count = |tx: &rusqlite::Connection| {
        let mut query = tx.prepare("SELECT vault, count(*) FROM change GROUP BY vault")?;
        let rows = query.query_map([], |row| Ok((VaultId(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    world.server.db.read(count).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_vaults_at_once_are_all_served_and_each_push_happens_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::with(Db::threads(&folder.path().join("rundan.db")).unwrap()).await);
    let recipient = world.plan_recipient().await;
    for _ in 0..LONG_NAMES {
        let name = hex::encode(world.random_bytes::<LONG_NAME_BYTES>());
        world.plan(Kind::Staff, vec![("name", json!({ "given": name, "family": "Exempel" }))]).await;
    }
    let (mut phones, mut visits, answered) = (Vec::new(), BTreeMap::new(), Arc::new(Notify::new()));
    for n in 0..PEOPLE {
        let person = world.person(&format!("Carer{n}"), Role::Carer).await;
        visits.insert(person, world.plan_visit(recipient, at(MONDAY, "08:00"), person).await);
        for _ in 0..VAULTS_OF_EACH {
            let code = world.code(person).await;
            phones.push(Phone::enrol(&world, &code).await.patient(&answered, LATER_MAX));
        }
    }
    // All of them ask, and keep nothing: what memory it takes is the server's.
    let before = memory_bytes();
    let mut asking = JoinSet::new();
    for mut phone in phones {
        let world = Arc::clone(&world);
        asking.spawn(async move {
            let request = phone.request(phone.stream());
            assert!(phone.ask(&world, &request).await.streams[0].more.is_some(), "there is a second page");
            phone
        });
    }
    let mut phones = asking.join_all().await;
    let took = memory_bytes() - before;
    println!("{took} bytes");
    assert!(took < MEMORY_BYTES_MAX, "{took} bytes");

    // All of them for the first time, with something to bring.
    for phone in &mut phones {
        phone.begin(&world, Kind::Draft);
    }
    let mut phones = Vec::from_iter(sync_at_once(&world, phones).await.into_iter().map(|(phone, results)| {
        // Who was put off after her work was taken brings it again.
        assert!(matches!(results[..], [PushResult::Accepted(..) | PushResult::Already(..)]), "{results:?}");
        phone
    }));
    // All of them again, ten on the same document.
    for phone in &mut phones {
        phone.state(&world, visits[&phone.person], FactBody::Note { text: phone.vault.to_string() });
    }
    let mut phones = Vec::from_iter(sync_at_once(&world, phones).await.into_iter().map(|(phone, results)| {
        // Who was put off after her work was taken brings it again.
        assert!(matches!(results[..], [PushResult::Accepted(..) | PushResult::Already(..)]), "{results:?}");
        phone
    }));
    // The others' work, and the sum over everything, which each holds against its own.
    phones = sync_at_once(&world, phones).await.into_iter().map(|(phone, _)| phone).collect();

    let in_log = in_log(&world).await;
    assert!(phones.iter().all(|phone| in_log[&phone.vault] == 2), "{in_log:?}");
    let mut of_person = BTreeMap::new();
    for phone in &phones {
        assert!(phone.outbox.is_empty());
        let first = of_person.entry(phone.person).or_insert_with(|| state(phone));
        assert_eq!(state(phone), *first, "two vaults of one person differ");
        let notes = phone.held[&visits[&phone.person]].content().facts.len();
        assert_eq!(notes, VAULTS_OF_EACH);
    }
    println!("put off {} times", phones.iter().map(Phone::put_off).sum::<u32>());
}

#[tokio::test]
async fn a_server_that_forgot_which_pages_were_under_way_goes_on_with_them() {
    let mut world = World::new().await;
    for _ in 0..24 {
        let name = hex::encode(world.random_bytes::<60_000>());
        world.plan(Kind::Staff, vec![("name", json!({ "given": name, "family": "Exempel" }))]).await;
    }
    for compares in [false, true] {
        let mut eva = world.phone("Eva", Role::Planner).await;
        let mut stream = StreamRequest::new(world.unit, None);
        let mut pages = 1;
        let told = loop {
            stream.held = compares.then(|| eva.list());
            let request = eva.request(stream.clone());
            let answer = eva.ask(&world, &request).await;
            let told = &answer.streams[0];
            told.items.iter().for_each(|item| eva.take(item));
            match round::check(&request, &answer).unwrap()[0] {
                Next::Page(page) => stream.page = Some(page),
                _ => break told.clone(),
            }
            pages += 1;
            world.restart().await;
        };
        assert!(pages >= 3, "{pages} pages");
        assert_eq!(told.digest, Some(eva.digest()), "compares: {compares}");
        assert!(told.documents >= 24);
    }
}
