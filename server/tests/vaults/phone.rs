//! A naive vault: documents in memory, every rule of the protocol in its simplest form.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use ed25519_dalek::SigningKey;
use rundan_documents::{Change, Document, Edit, Genesis};
use rundan_model::{
    ActionId, ActorId, ChangeHash, DocumentId, Fact, FactBody, FactId, Kind, PersonId, UnitId, VaultId,
};
use rundan_server::sync::pushed_pairs;
use rundan_server::{enrol, sync};
use rundan_sync::columns;
use rundan_sync::round::{self, Next};
use rundan_sync::statement::{self, Statement};
use rundan_sync::{
    Cursor, Digest, EnrolAnswer, EnrolRequest, HeadsHash, HeldDocument, Item, Problem, PublicKey, PushDocument,
    PushResult, StreamAnswer, StreamRequest, SyncAnswer, SyncRequest, wire,
};
use serde_bytes::ByteBuf;
use serde_json::Value as Json;
use tokio::sync::Notify;

use crate::world::World;

pub struct Phone {
    pub key: SigningKey,
    pub vault: VaultId,
    pub person: PersonId,
    pub unit: UnitId,
    pub counter: u64,
    pub cursor: Option<Cursor>,
    /// What was accepted.
    pub held: BTreeMap<DocumentId, Document>,
    /// What was not answered yet.
    pub outbox: Vec<(DocumentId, Change)>,
    actor: ActorId,
    facts: u32,
    patience: Option<Patience>,
}

/// Of a vault that comes again when it is told to come later, once somebody else was answered.
struct Patience {
    answered: Arc<Notify>,
    later_max: u32,
    put_off: u32,
}

pub fn enrolment(key: &SigningKey, code: &str) -> (String, Vec<u8>) {
    let request = EnrolRequest { version: 1, code: code.to_owned(), key: PublicKey(key.verifying_key().to_bytes()) };
    let body = wire::encode(&request).expect("a body");
    let statement = Statement {
        server: None,
        method: "POST".into(),
        path: enrol::PATH.into(),
        counter: 0,
        body: statement::body_hash(&body),
        pushed: None,
    };
    (statement::sign(key, None, &statement).expect("a signature"), body)
}

pub fn problem(body: &[u8]) -> Problem {
    wire::from_cbor(body).expect("every refusal is a problem")
}

impl Phone {
    pub async fn enrol(world: &World, code: &str) -> Self {
        let key = SigningKey::from_bytes(&world.random_bytes());
        let (header, body) = enrolment(&key, code);
        let (status, body) = world.post(enrol::PATH, &header, body).await;
        assert_eq!(status, StatusCode::OK);
        let answer: EnrolAnswer = wire::decode(&body, wire::ANSWER_BYTES_MAX).expect("an answer");
        Self {
            key,
            vault: answer.vault,
            person: answer.person,
            unit: answer.units[0].unit,
            counter: 0,
            cursor: None,
            held: BTreeMap::new(),
            outbox: Vec::new(),
            actor: ActorId::new(answer.vault, world.random_bytes()),
            facts: 0,
            patience: None,
        }
    }

    /// The same, which may be told to come later so often between two answers.
    pub fn patient(self, answered: &Arc<Notify>, later_max: u32) -> Self {
        Self { patience: Some(Patience { answered: Arc::clone(answered), later_max, put_off: 0 }), ..self }
    }

    /// How often it was told to come later.
    pub fn put_off(&self) -> u32 {
        self.patience.as_ref().map_or(0, |patience| patience.put_off)
    }

    pub fn stream(&self) -> StreamRequest {
        let mut stream = StreamRequest::new(self.unit, self.cursor);
        for (document, change) in &self.outbox {
            let bytes = ByteBuf::from(change.bytes.clone());
            match stream.push.iter_mut().find(|push| push.document == *document) {
                Some(push) => push.changes.push(bytes),
                None => stream.push.push(PushDocument { document: *document, changes: vec![bytes] }),
            }
        }
        stream
    }

    pub fn request(&self, stream: StreamRequest) -> SyncRequest {
        SyncRequest { version: 1, schema: 1, streams: vec![stream] }
    }

    pub fn sign(&self, world: &World, counter: u64, request: &SyncRequest) -> (String, Vec<u8>) {
        let body = wire::encode(request).expect("a body");
        let statement = Statement {
            server: Some(world.server.keys.server()),
            method: "POST".into(),
            path: sync::PATH.into(),
            counter,
            body: statement::body_hash(&body),
            pushed: statement::pushed(pushed_pairs(request)),
        };
        (statement::sign(&self.key, Some(self.vault), &statement).expect("a signature"), body)
    }

    pub async fn ask(&mut self, world: &World, request: &SyncRequest) -> SyncAnswer {
        let answered = self.patience.as_ref().map(|patience| Arc::clone(&patience.answered));
        let mut later = 0;
        let (status, body) = loop {
            let next = answered.as_ref().map(|answered| answered.notified());
            self.counter += 1;
            let (header, body) = self.sign(world, self.counter, request);
            let (status, body) = world.post(sync::PATH, &header, body).await;
            let (Some(next), Some(patience)) = (next, &mut self.patience) else { break (status, body) };
            if status != StatusCode::SERVICE_UNAVAILABLE {
                patience.answered.notify_waiters();
                break (status, body);
            }
            (later, patience.put_off) = (later + 1, patience.put_off + 1);
            assert!(later <= patience.later_max, "it is put off for ever");
            next.await;
        };
        assert_eq!(status, StatusCode::OK, "{:?}", problem(&body));
        wire::decode(&body, wire::ANSWER_BYTES_MAX).expect("an answer")
    }

    /// One whole round, all pages; returns the results of what was pushed, in the outbox's order by document.
    pub async fn sync(&mut self, world: &World) -> Vec<PushResult> {
        let mut stream = self.stream();
        let mut results = Vec::new();
        loop {
            let request = self.request(stream.clone());
            let answer = self.ask(world, &request).await;
            let next = round::check(&request, &answer).expect("the answer is one to this request")[0];
            let told = answer.streams.into_iter().next().expect("one stream");
            results.extend(self.take_results(&stream, &told));
            for item in &told.items {
                self.take(item);
            }
            match next {
                Next::Page(page) => {
                    stream = StreamRequest { page: Some(page), ..StreamRequest::new(self.unit, self.cursor) };
                }
                Next::Done(cursor) => {
                    self.cursor = Some(cursor);
                    if let Some(digest) = told.digest {
                        assert_eq!(self.digest(), digest, "the digest of what is held");
                    }
                    return results;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn take_results(&mut self, stream: &StreamRequest, told: &StreamAnswer) -> Vec<PushResult> {
        for (push, results) in stream.push.iter().zip(&told.results) {
            for (bytes, result) in push.changes.iter().zip(results) {
                let is_in_log = matches!(result, PushResult::Accepted(..) | PushResult::Already(..));
                if is_in_log {
                    self.apply(push.document, bytes);
                }
                if !matches!(result, PushResult::Later(_)) {
                    self.outbox.retain(|(_, change)| change.bytes != bytes.as_slice());
                }
            }
        }
        told.results.iter().flatten().cloned().collect()
    }

    fn apply(&mut self, document: DocumentId, bytes: &[u8]) {
        match self.held.get_mut(&document) {
            Some(held) => held.apply([bytes]).expect("an accepted change applies"),
            None => {
                if let Ok(begun) = Document::from_changes([bytes]) {
                    self.held.insert(document, begun);
                }
            }
        }
    }

    /// What it says that it holds.
    pub fn list(&self) -> Vec<HeldDocument> {
        self.held.iter().map(|(id, document)| HeldDocument(*id, HeadsHash::of(*id, &document.heads()))).collect()
    }

    pub fn take(&mut self, item: &Item) {
        match item {
            Item::Whole { receipt, document, columns } => {
                let whole = Document::load(document).expect("a document");
                assert_eq!(whole.id(), receipt.document);
                assert_eq!(whole.heads(), receipt.heads);
                assert_eq!(whole.changes().len(), columns::decode(columns).expect("columns").len());
                match self.held.get_mut(&receipt.document) {
                    Some(held) => held.merge(&whole).expect("the same document"),
                    None => drop(self.held.insert(receipt.document, whole)),
                }
            }
            Item::Changes { receipt, changes, .. } => {
                for bytes in changes {
                    self.apply(receipt.document, bytes);
                }
                assert_eq!(self.held[&receipt.document].heads(), receipt.heads);
            }
            Item::Leave(document) => drop(self.held.remove(document)),
        }
    }

    /// The sum over what is held, made anew.
    pub fn digest(&self) -> Digest {
        self.held.iter().map(|(id, document)| Digest::of(*id, &document.heads())).sum()
    }

    /// Begins a document here.
    pub fn begin(&mut self, world: &World, kind: Kind) -> DocumentId {
        let genesis = Genesis { kind, nonce: world.random_bytes(), plan: Vec::new() };
        let now = rundan_server::seams::Clock::now(&*world.clock);
        let (document, change) = Document::begin(self.actor, now, &genesis).expect("a genesis");
        self.outbox.push((document.id(), change));
        document.id()
    }

    /// The document with what waits in the outbox.
    pub fn present(&self, document: DocumentId) -> Document {
        let waiting: Vec<&[u8]> =
            self.outbox.iter().filter(|(id, _)| *id == document).map(|(_, change)| change.bytes.as_slice()).collect();
        match self.held.get(&document) {
            Some(held) => {
                let mut present = held.clone();
                present.apply(waiting).expect("own work applies");
                present
            }
            None => Document::from_changes(waiting).expect("own work begins it"),
        }
    }

    pub fn fact(&mut self, world: &World, body: FactBody) -> (FactId, Fact) {
        self.facts += 1;
        let now = rundan_server::seams::Clock::now(&*world.clock);
        let fact = Fact::stated(self.person, now, ActionId(world.random_bytes()), body);
        (FactId { actor: self.actor, n: self.facts }, fact)
    }

    /// States something about a document.
    pub fn state(&mut self, world: &World, document: DocumentId, body: FactBody) -> ChangeHash {
        let fact = self.fact(world, body);
        self.write(world, document, &Edit { facts: vec![fact], puts: Vec::new() })
    }

    /// Puts something into a plan.
    pub fn put(&mut self, world: &World, document: DocumentId, key: &str, json: Json) -> ChangeHash {
        self.write(world, document, &Edit { facts: Vec::new(), puts: vec![(key.to_owned(), json)] })
    }

    pub fn write(&mut self, world: &World, document: DocumentId, edit: &Edit) -> ChangeHash {
        let now = rundan_server::seams::Clock::now(&*world.clock);
        let change = self.present(document).write(self.actor, now, edit).expect("an edit");
        let hash = change.hash;
        self.outbox.push((document, change));
        hash
    }
}
