//! A server that answers as it should not, over real connections on loopback.

use std::convert::Infallible;
use std::io::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use rundan_device::SystemHttp;
use rundan_device::api::ErrorCode;
use rundan_device::seams::{Http, HttpAnswer, HttpError, HttpRequest};
use rundan_model::{DocumentId, PersonId, Role};
use rundan_server::http;
use rundan_sync::{Item, Problem, ProblemCode, SyncAnswer, SyncRequest, wire};
use serde_json::json;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::world::{Device, SERVER, Wire, World, at, each};

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Good,
    Fails,
    Garbage,
    EmptyBody,
    CaptivePortal,
    ForeignFrame,
    Endless,
    Redirects,
    /// Takes what is pushed, and breaks off in the middle of its answer.
    BreaksOff,
    /// Takes what is pushed, and its answer trickles and never ends.
    Trickles,
    /// Never answers at all.
    Silent,
    /// Says that it knows a higher counter, whatever it is told.
    AlwaysStale,
    /// Speaks another version of the protocol.
    OtherVersion,
    /// Takes what is pushed, and has always one more page.
    AlwaysMore,
    /// Answers well, but for the half of the bytes of one document.
    Spoils(DocumentId),
}

impl Mood {
    /// The clock of timeouts is the real one again.
    fn let_time_be(self) {
        if matches!(self, Self::Trickles | Self::Silent) {
            tokio::time::resume();
        }
    }
}

/// A listener on loopback that passes requests on to the server, or does not.
struct Place {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
}

impl Place {
    async fn of(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mood = Arc::new(Mutex::new(Mood::Good));
        let (server, now) = (http::router(Arc::clone(&world.server)), Arc::clone(&mood));
        let answer = move |request: Request| {
            let (server, mood) = (server.clone(), *now.lock().unwrap());
            async move { Ok::<_, Infallible>(answer(server, mood, request).await) }
        };
        tokio::spawn(
            async move { axum::serve(listener, Router::new().fallback_service(tower::service_fn(answer))).await },
        );
        Self { address, mood }
    }

    fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A phone that has enrolled and synced over the network.
    async fn phone(&self, world: &World, person: PersonId) -> Device {
        let device = world.phone_over(person, Arc::new(SystemHttp::new().unwrap())).await;
        device.enrol(&self.url(), world.code(person).await).await.expect("the code is good");
        device.sync().await;
        device
    }
}

async fn answer(server: Router, mood: Mood, request: Request) -> Response {
    let html = "<!doctype html><title>Gratis wifi</title><p>Godkänn villkoren för att komma ut på nätet.";
    match mood {
        Mood::Good => server.oneshot(request).await.unwrap(),
        Mood::Fails => (StatusCode::INTERNAL_SERVER_ERROR, "worker process died").into_response(),
        Mood::Garbage => vec![0xf5; 70_000].into_response(),
        Mood::EmptyBody => StatusCode::OK.into_response(),
        Mood::CaptivePortal => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Mood::ForeignFrame => wire::encode(&json!({ "hello": [1, 2, 3] })).unwrap().into_response(),
        Mood::Redirects => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")], html).into_response(),
        Mood::AlwaysStale => {
            let problem = Problem { code: ProblemCode::Stale, counter: Some(u64::MAX) };
            (StatusCode::CONFLICT, wire::to_cbor(&problem).unwrap()).into_response()
        }
        Mood::OtherVersion => {
            let problem = Problem { code: ProblemCode::Version, counter: None };
            (StatusCode::UPGRADE_REQUIRED, wire::to_cbor(&problem).unwrap()).into_response()
        }
        Mood::Endless => {
            let (mut sender, body) = channel();
            tokio::spawn(async move { while sender.send_data(Bytes::from(vec![0; 65_536])).await.is_ok() {} });
            body
        }
        Mood::BreaksOff => {
            let half = half_an_answer(server, request).await;
            let (mut sender, body) = channel();
            tokio::spawn(async move {
                let _ = sender.send_data(half).await;
                sender.abort(Error::other("broken off"));
            });
            body
        }
        Mood::Trickles => {
            let half = half_an_answer(server, request).await;
            let (mut sender, body) = channel();
            tokio::spawn(async move {
                for byte in half {
                    let _ = sender.send_data(Bytes::from(vec![byte])).await;
                }
                let_time_pass().await;
                drop(sender);
            });
            body
        }
        Mood::Spoils(document) => {
            let answer = server.oneshot(request).await.unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), wire::ANSWER_BYTES_MAX).await.unwrap();
            let body = wire::decode(&body, wire::ANSWER_BYTES_MAX).map_or(body, |told| spoiled(told, document));
            (status, body).into_response()
        }
        Mood::AlwaysMore => {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, wire::REQUEST_BYTES_MAX).await.unwrap();
            let asked: SyncRequest = wire::decode(&body, wire::REQUEST_BYTES_MAX).unwrap();
            let answer = server.oneshot(Request::from_parts(parts, Body::from(body))).await.unwrap();
            let body = to_bytes(answer.into_body(), wire::ANSWER_BYTES_MAX).await.unwrap();
            let mut told: SyncAnswer = wire::decode(&body, wire::ANSWER_BYTES_MAX).unwrap();
            for (asked, told) in asked.streams.iter().zip(&mut told.streams) {
                let position = asked.page.map_or(1, |page| page.position + 1);
                (told.more, told.documents, told.digest) = (Some(position), u64::MAX, None);
            }
            wire::encode(&told).unwrap().into_response()
        }
        Mood::Silent => {
            let_time_pass().await;
            StatusCode::OK.into_response()
        }
    }
}

/// From here on the clock of timeouts runs ahead whenever nothing else happens; this never returns.
async fn let_time_pass() {
    tokio::time::pause();
    std::future::pending().await
}

async fn half_an_answer(server: Router, request: Request) -> Bytes {
    let whole = to_bytes(server.oneshot(request).await.unwrap().into_body(), wire::ANSWER_BYTES_MAX).await.unwrap();
    whole.slice(..whole.len() / 2)
}

fn spoiled(mut told: SyncAnswer, document: DocumentId) -> Bytes {
    let items = told.streams.iter_mut().flat_map(|stream| &mut stream.items);
    for item in items.filter(|item| item.document() == document) {
        match item {
            Item::Whole { document, .. } => halve(document),
            Item::Changes { changes, .. } => changes.iter_mut().for_each(|change| halve(change)),
            Item::Leave(_) => {}
        }
    }
    wire::encode(&told).unwrap().into()
}

fn halve(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

fn channel() -> (Sender<Bytes, Error>, Response) {
    let (sender, body) = Channel::new(1);
    (sender, Body::new(body).into_response())
}

struct Scene {
    world: World,
    anna: PersonId,
    place: Place,
    handheld: Device,
    office: Device,
    visit: DocumentId,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (anna, eva) = (world.person("Anna", Role::Carer).await, world.person("Eva", Role::Planner).await);
        let maj = world.recipient("Maj-Britt").await;
        let visit = world.visit(maj, "09:00", &[anna]).await;
        let place = Place::of(&world).await;
        let (handheld, office) = (place.phone(&world, anna).await, world.phone(eva).await);
        Self { world, anna, place, handheld, office, visit }
    }

    /// She works while the server is in this mood; then all is well, and everything is there once.
    async fn plays(mood: Mood, word: &str) {
        let scene = Self::new().await;
        let (handheld, office, visit) = (&scene.handheld, &scene.office, scene.visit);
        handheld.start(visit).await;
        scene.place.turn(mood);
        handheld.sync().await;
        mood.let_time_be();
        assert_eq!(handheld.problem().await, word, "{mood:?}");
        assert_eq!(handheld.unsent().await, 1, "{mood:?}");
        assert_eq!(handheld.visit(visit).await["card"]["state"], "running", "{mood:?}");
        handheld.done(visit, "OMV01").await;

        scene.place.turn(Mood::Good);
        handheld.sync().await;
        assert_eq!(handheld.problem().await, json!(null), "{mood:?}");
        assert_eq!(handheld.unsent().await, 0, "{mood:?}");
        office.sync().await;
        let facts = office.facts(visit).await["facts"].clone();
        let mut kinds = each(&facts, "kind");
        kinds.sort_unstable();
        assert_eq!(kinds, ["done", "started"], "{mood:?}");
    }
}

#[tokio::test]
async fn a_server_of_another_version_is_said_and_work_goes_on_and_waits() {
    Scene::plays(Mood::OtherVersion, "version").await;
}

#[tokio::test]
async fn an_answer_that_is_not_the_servers_is_said_and_loses_nothing() {
    for mood in [
        Mood::Fails,
        Mood::Garbage,
        Mood::EmptyBody,
        Mood::CaptivePortal,
        Mood::ForeignFrame,
        Mood::Endless,
        Mood::Redirects,
    ] {
        Scene::plays(mood, "server_trouble").await;
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_to_its_end_counts_as_no_answer() {
    for mood in [Mood::BreaksOff, Mood::Trickles, Mood::Silent] {
        Scene::plays(mood, "unreachable").await;
    }
}

#[tokio::test]
async fn a_server_that_calls_every_request_stale_is_asked_again_later_and_locks_nobody_out() {
    Scene::plays(Mood::AlwaysStale, "server_trouble").await;
}

#[tokio::test]
async fn a_server_that_always_has_one_more_page_is_asked_again_later() {
    let Scene { place, handheld, office, visit, .. } = Scene::new().await;
    handheld.start(visit).await;
    place.turn(Mood::AlwaysMore);
    handheld.sync().await;
    assert_eq!(handheld.problem().await, "server_trouble");
    handheld.done(visit, "OMV01").await;
    place.turn(Mood::Good);
    handheld.sync().await;
    assert_eq!((handheld.problem().await, handheld.unsent().await), (json!(null), 0));
    office.sync().await;
    assert_eq!(each(&office.facts(visit).await["facts"], "kind"), ["done", "started"]);
}

/// A server whose held requests break off, as where it stops or something on the way cuts them.
struct HintsBreak {
    wire: Arc<Wire>,
    rounds: watch::Sender<u32>,
}

impl Http for HintsBreak {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(async move {
            if request.url.contains("/v1/hint/") {
                return Err(HttpError::Unreachable);
            }
            self.rounds.send_modify(|rounds| *rounds += 1);
            self.wire.send(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_server_that_breaks_off_asks_again_within_a_quarter_of_a_minute_and_not_at_once() {
    let world = World::new().await;
    let eva = world.person("Eva", Role::Planner).await;
    let (rounds, mut asked) = watch::channel(0);
    let office = world.phone_over(eva, Arc::new(HintsBreak { wire: Wire::to(&world), rounds })).await;
    office.enrol(SERVER, world.code(eva).await).await.unwrap();
    let (before, began) = (*asked.borrow(), tokio::time::Instant::now());
    tokio::select! {
        () = office.phone.run() => unreachable!("it runs until it is dropped"),
        told = asked.wait_for(|rounds| *rounds == before + 5) => drop(told.unwrap()),
    }
    // The first at once, and four waits of half to a whole quarter of a minute.
    let seconds = began.elapsed().as_secs();
    assert!((30..=60).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn enrolment_says_what_is_wrong_and_succeeds_when_the_server_is_well() {
    let world = World::new().await;
    let place = Place::of(&world).await;
    let anna = world.person("Anna", Role::Carer).await;
    let phone = world.phone_over(anna, Arc::new(SystemHttp::new().unwrap())).await;
    let code = world.code(anna).await;
    for (mood, expected) in [
        (Mood::Fails, ErrorCode::ServerTrouble),
        (Mood::Garbage, ErrorCode::ServerTrouble),
        (Mood::CaptivePortal, ErrorCode::ServerTrouble),
        (Mood::Redirects, ErrorCode::ServerTrouble),
        (Mood::Endless, ErrorCode::ServerTrouble),
        (Mood::Silent, ErrorCode::Offline),
    ] {
        place.turn(mood);
        assert_eq!(phone.enrol(&place.url(), code.clone()).await.unwrap_err().code, expected, "{mood:?}");
        mood.let_time_be();
        let nobody = phone.try_ask("day", json!({ "date": null })).await.unwrap_err();
        assert_eq!(nobody.code, ErrorCode::NotEnrolled, "{mood:?}");
    }
    place.turn(Mood::Good);
    phone.enrol(&place.url(), code).await.expect("the code is still good");
}

#[tokio::test]
async fn a_code_whose_answer_was_lost_is_good_for_the_same_phone_again() {
    let world = World::new().await;
    let place = Place::of(&world).await;
    let (anna, fatima) = (world.person("Anna", Role::Carer).await, world.person("Fatima", Role::Carer).await);
    let phone = world.phone_over(anna, Arc::new(SystemHttp::new().unwrap())).await;
    let other = world.phone_over(fatima, Arc::new(SystemHttp::new().unwrap())).await;
    let code = world.code(anna).await;
    place.turn(Mood::BreaksOff);
    assert_eq!(phone.enrol(&place.url(), code.clone()).await.unwrap_err().code, ErrorCode::Offline);
    place.turn(Mood::Good);
    assert_eq!(other.enrol(&place.url(), code.clone()).await.unwrap_err().code, ErrorCode::CodeRefused);
    phone.enrol(&place.url(), code).await.expect("the answer repeats for the same key");
    phone.sync().await;
    assert_eq!(phone.problem().await, json!(null));
}

#[tokio::test]
async fn a_document_that_comes_broken_is_put_aside_and_holds_up_nothing_else() {
    let Scene { world, place, handheld, office, visit, anna } = Scene::new().await;
    let gun = world.recipient("Gun").await;
    office.sync().await;
    for (comes_whole, start) in [(true, "09:10"), (false, "09:20")] {
        let change = json!({ "is": "when", "start": start, "minutes": 30 });
        office.act(json!({ "do": "change_visit", "visit": visit, "change": change })).await;
        office.sync().await;
        let (new, beside) = (world.visit(gun, "10:00", &[anna]).await, world.visit(gun, "11:00", &[anna]).await);
        handheld.act(json!({ "do": "write_note", "visit": visit, "text": "hej" })).await;
        place.turn(Mood::Spoils(if comes_whole { new } else { visit }));
        handheld.sync().await;
        assert_eq!(handheld.problem().await, json!(null));
        assert_eq!(handheld.unsent().await, 0);
        assert!(handheld.try_ask("visit", json!({ "visit": beside })).await.is_ok(), "what stands beside it has come");
        assert_eq!(handheld.try_ask("visit", json!({ "visit": new })).await.is_err(), comes_whole);
        assert_eq!(handheld.visit(visit).await["card"]["start"] == at(start).0, comes_whole);

        place.turn(Mood::Good);
        handheld.sync().await;
        assert!(handheld.try_ask("visit", json!({ "visit": new })).await.is_ok());
        assert_eq!(handheld.visit(visit).await["card"]["start"], at(start).0);
    }
}
