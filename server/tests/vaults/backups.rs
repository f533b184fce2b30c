//! Backups: read back whole before they are believed, and put back without losing what was there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rundan_model::Role;
use rundan_server::store::{Db, open_file};
use rundan_server::{Error, backup};
use rusqlite::Connection;

use crate::phone::Phone;
use crate::world::{MONDAY, World, at};

/// How far the server's word on backups goes.
async fn backed_up(world: &World, phone: &mut Phone) -> u64 {
    let request = phone.request(phone.stream());
    phone.ask(world, &request).await.streams[0].backed_up
}

/// A unit with a visit, on a database of its own.
async fn worked(folder: &Path) -> World {
    let world = World::with(Db::threads(&folder.join("rundan.db")).unwrap()).await;
    let anna = world.person("Anna", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    world.plan_visit(recipient, at(MONDAY, "09:00"), anna).await;
    world
}

#[tokio::test]
async fn a_backup_is_read_back_and_moves_the_watermark() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    assert_eq!(backed_up(&world, &mut eva).await, 0);
    let taken = backup::take(&world.server, &folder.path().join("backups")).await.unwrap();
    let head = taken.proof.units[0].head.seq;
    assert!(head > 0 && taken.proof.units[0].documents > 3);
    assert_eq!(backed_up(&world, &mut eva).await, head);
    assert_eq!(backup::prove(&taken.file).unwrap(), taken.proof);
    let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&taken.file), 0o600, "only its owner reads a backup");
}

#[tokio::test]
async fn what_does_not_fit_in_a_backup_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let taken = backup::take(&world.server, folder.path()).await.unwrap();
    let damages = [
        ("UPDATE change SET payload = x'00' WHERE seq = (SELECT max(seq) FROM change)", "the change of"),
        ("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)", "the change of"),
        ("UPDATE log SET payload = zeroblob(32) WHERE seq = 4", "entry 4"),
        ("DELETE FROM log WHERE seq = 4", "entry 5"),
        ("UPDATE unit SET head_seq = head_seq + 1", "ends at"),
        ("UPDATE document SET saved = x'00' WHERE kind = 'visit'", "document"),
        ("DELETE FROM change WHERE document = (SELECT document FROM document WHERE kind = 'visit')", "document"),
        ("UPDATE document SET heads = zeroblob(32) WHERE kind = 'visit'", "document"),
    ];
    for (damage, named) in damages {
        let file = folder.path().join("damaged.db");
        std::fs::copy(&taken.file, &file).unwrap();
        let changed = open_file(&file).unwrap().execute(damage, []).unwrap();
        assert!(changed > 0, "{damage}");
        let Err(Error::Ask(told)) = backup::prove(&file) else { panic!("{damage} went unseen") };
        assert!(told.contains(named), "{damage}: {told}");
        std::fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_torn_page_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let taken = backup::take(&world.server, folder.path()).await.unwrap();
    let whole = std::fs::read(&taken.file).unwrap();
    let torn = folder.path().join("torn.db");
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0);
        std::fs::write(&torn, &bytes).unwrap();
        assert!(backup::prove(&torn).is_err(), "page {page}");
    }
    std::fs::write(&torn, &whole[..whole.len() - 4096]).unwrap();
    assert!(backup::prove(&torn).is_err());
}

#[tokio::test]
async fn a_backup_that_cannot_be_written_moves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    assert!(backup::take(&world.server, &file).await.is_err());
    let mut eva = world.phone("Eva", Role::Planner).await;
    assert_eq!(backed_up(&world, &mut eva).await, 0);
}

#[tokio::test]
async fn a_restored_server_is_sound_and_keeps_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let taken = backup::take(&world.server, &folder.path().join("backups")).await.unwrap();
    let mut eva = world.phone("Eva", Role::Planner).await;
    eva.sync(&world).await;
    drop(world);
    // As a copy from another disk may come.
    std::fs::set_permissions(&taken.file, std::fs::Permissions::from_mode(0o644)).unwrap();

    let database = folder.path().join("rundan.db");
    let proof = backup::restore(&database, &taken.file, at(MONDAY, "12:00")).unwrap();
    assert_eq!(proof, taken.proof);
    let kept = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    let kept: Vec<_> = kept.filter(|file| file.file_name().to_string_lossy().contains(".db.replaced-")).collect();
    assert!(!kept.is_empty(), "what was there is kept");
    assert_eq!(backup::prove(&database).unwrap(), taken.proof);
    assert_eq!(std::fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
    // Reading it back left nothing beside it that a server would trip over.
    let connection: Connection = open_file(&database).unwrap();
    assert_eq!(connection.query_row("SELECT count(*) FROM unit", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[tokio::test]
async fn a_broken_backup_is_not_put_in_the_databases_place() {
    let folder = tempfile::tempdir().unwrap();
    let world = worked(folder.path()).await;
    let taken = backup::take(&world.server, &folder.path().join("backups")).await.unwrap();
    drop(world);
    let damage = "UPDATE change SET payload = x'00'";
    assert!(open_file(&taken.file).unwrap().execute(damage, []).unwrap() > 0);
    let database = folder.path().join("rundan.db");
    let before = std::fs::read(&database).unwrap();
    assert!(backup::restore(&database, &taken.file, at(MONDAY, "12:00")).is_err());
    assert_eq!(std::fs::read(&database).unwrap(), before);
}
