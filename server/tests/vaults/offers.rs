//! Changes that are offered back: a receipt replaces the checks of signer, scope and policy, never those of shape.

use rundan_documents::{Document, Edit, Genesis};
use rundan_model::{ActorId, ChangeHash, DocumentId, FactBody, Kind, Role, Timestamp, VaultId};
use rundan_sync::columns::{self, ChangeRecord};
use rundan_sync::{Offer, PushResult, Receipt, ReceiptMac, StreamRequest, change};
use serde_bytes::ByteBuf;
use serde_json::json;

use crate::phone::Phone;
use crate::world::World;

/// An offer of these changes with a receipt that the world's server would have made.
fn sealed(world: &World, document: DocumentId, changes: &[(Vec<u8>, ChangeRecord)]) -> Offer {
    let hashes: Vec<ChangeHash> = changes.iter().map(|(bytes, _)| change::change_hash(bytes).unwrap()).collect();
    let columns = columns::encode(&changes.iter().map(|(_, record)| *record).collect::<Vec<_>>());
    let heads = hashes.last().copied().into_iter().collect();
    let mut receipt = Receipt { document, seq: 900, heads, mac: ReceiptMac([0; 16]) };
    receipt.mac = world.server.keys.receipts.seal(world.unit, &receipt, &hashes, &columns);
    let changes = changes.iter().map(|(bytes, _)| ByteBuf::from(bytes.clone())).collect();
    Offer { receipt, columns: ByteBuf::from(columns), changes }
}

async fn offer(world: &World, phone: &mut Phone, offers: Vec<Offer>) -> Vec<Vec<PushResult>> {
    let stream = StreamRequest { offers, ..StreamRequest::new(phone.unit, None) };
    let request = phone.request(stream);
    phone.ask(world, &request).await.streams[0].offered.clone()
}

/// A visit planned by a lost session of the server, and a fact of a vault that this server does not know.
fn lost(plan: serde_json::Value) -> (DocumentId, Vec<(Vec<u8>, ChangeRecord)>) {
    let (office, carer) = (VaultId([7; 8]), VaultId([8; 8]));
    let record = |seq, vault, person| ChangeRecord { seq, received_at: Timestamp(77), vault, person };
    let genesis = Genesis { kind: Kind::Visit, nonce: [1; 16], plan: vec![("when".to_owned(), plan)] };
    let (mut document, begun) = Document::begin(ActorId::new(office, [1; 8]), Timestamp(5), &genesis).unwrap();
    let (actor, person) = (ActorId::new(carer, [2; 8]), rundan_model::PersonId([8; 8]));
    let fact = rundan_model::Fact::stated(person, Timestamp(6), rundan_model::ActionId([1; 8]), FactBody::Started);
    let edit = Edit { facts: vec![(rundan_model::FactId { actor, n: 1 }, fact)], puts: Vec::new() };
    let stated = document.write(actor, Timestamp(6), &edit).unwrap();
    let records = [record(11, office, rundan_model::PersonId([7; 8])), record(12, carer, person)];
    (document.id(), vec![(begun.bytes, records[0]), (stated.bytes, records[1])])
}

fn when() -> serde_json::Value {
    json!({ "start": 1_800_000_000, "minutes": 30 })
}

#[tokio::test]
async fn a_receipt_lets_back_in_what_its_bearer_may_not_write_with_its_first_signer_and_time() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let mut eva = world.phone("Eva", Role::Planner).await;
    let (id, changes) = lost(when());
    let told = offer(&world, &mut anna, vec![sealed(&world, id, &changes)]).await;
    assert!(
        matches!(told[0][..], [PushResult::Accepted(first, Timestamp(77)), PushResult::Accepted(second, Timestamp(77))] if second == first + 1)
    );
    eva.sync(&world).await;
    assert_eq!(eva.held[&id].content().facts.len(), 1);
    let again = offer(&world, &mut eva, vec![sealed(&world, id, &changes)]).await;
    assert!(matches!(again[0][..], [PushResult::Already(..), PushResult::Already(..)]));
}

#[tokio::test]
async fn a_forged_or_altered_receipt_lets_nothing_in() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let (id, changes) = lost(when());
    let good = sealed(&world, id, &changes);
    let mut forged = good.clone();
    forged.receipt.mac.0[0] ^= 1;
    let mut of_other = good.clone();
    of_other.receipt.document = DocumentId([9; 16]);
    let mut fewer = good.clone();
    fewer.changes.pop();
    let mut swapped = good.clone();
    swapped.changes.swap(0, 1);
    let mut retimed = good.clone();
    let mut record = changes[1].1;
    record.person = anna.person;
    retimed.columns = ByteBuf::from(columns::encode(&[changes[0].1, record]));
    let offers = vec![forged, of_other, fewer, swapped, retimed];
    for results in offer(&world, &mut anna, offers).await {
        assert!(!results.is_empty() && results.iter().all(|it| *it == PushResult::Refused("receipt".into())));
    }
    let mut eva = world.phone("Eva", Role::Planner).await;
    eva.sync(&world).await;
    assert!(!eva.held.contains_key(&id));
}

#[tokio::test]
async fn a_receipt_replaces_no_check_of_shape_signer_in_the_fact_or_history() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let (shapeless, bad) = lost(json!({ "start": "soon", "minutes": -3 }));
    let (id, good) = lost(when());
    let mut of_another = good.clone();
    of_another[1].1.person = rundan_model::PersonId([5; 8]);
    let mut of_another_vault = good.clone();
    of_another_vault[1].1.vault = VaultId([5; 8]);
    let offers = vec![sealed(&world, shapeless, &bad), sealed(&world, id, &of_another)];
    let told = offer(&world, &mut anna, offers).await;
    assert_eq!(told[0], [PushResult::Refused("shape".into()), PushResult::Later("dependency".into())]);
    assert!(matches!(&told[1][..], [PushResult::Accepted(..), PushResult::Refused(code)] if code == "not_allowed"));
    let told = offer(&world, &mut anna, vec![sealed(&world, id, &of_another_vault)]).await;
    assert!(matches!(&told[0][..], [PushResult::Already(..), PushResult::Refused(code)] if code == "actor"));
}

#[tokio::test]
async fn what_came_apart_is_put_in_order_and_what_is_missing_waits() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let (id, changes) = lost(when());
    let later = sealed(&world, id, &changes[1..]);
    let told = offer(&world, &mut anna, vec![later.clone()]).await;
    assert_eq!(told, [[PushResult::Later("dependency".into())]]);
    // In the log of another time the places may say the opposite of the history.
    let mut first = changes[..1].to_vec();
    first[0].1.seq = 40;
    let told = offer(&world, &mut anna, vec![later, sealed(&world, id, &first)]).await;
    assert!(told.iter().flatten().all(|it| matches!(it, PushResult::Accepted(..))), "{told:?}");
}

#[tokio::test]
async fn own_work_that_was_accepted_comes_with_a_seal_that_brings_it_back() {
    let world = World::new().await;
    let mut anna = world.phone("Anna", Role::Carer).await;
    let recipient = world.plan_recipient().await;
    let visit = world.plan_visit(recipient, crate::world::at(crate::world::MONDAY, "09:00"), anna.person).await;
    anna.sync(&world).await;
    let hash = anna.state(&world, visit, FactBody::Started);
    let request = anna.request(anna.stream());
    let told = anna.ask(&world, &request).await.streams.remove(0);
    let PushResult::Accepted(seq, at) = told.results[0][0] else { panic!("{:?}", told.results) };
    let record = ChangeRecord { seq, received_at: at, vault: anna.vault, person: anna.person };
    let mac = told.seals[0].expect("a seal");
    assert!(world.server.keys.receipts.holds(
        world.unit,
        &Receipt::of_own(visit, &[record], mac),
        &[hash],
        &columns::encode(&[record])
    ));
}
