//! The way from one phone to the server, with what goes wrong on it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use rundan_device::seams::{Http, HttpAnswer, HttpError, HttpRequest};

use super::host::Host;
use super::pipe::{Cut, End, Spoken, Way};

/// What becomes of the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The connection ends early.
    Cut(Cut),
    /// The server takes it, the answer never comes.
    LosesAnswer,
    /// It reaches the server only when a later step lets it go.
    Delayed,
    /// It reaches the server twice.
    Doubled,
}

#[derive(Default)]
struct State {
    is_down: bool,
    /// What becomes of a request after so many others.
    next: Option<(u32, Mishap)>,
    /// What is said while somebody listens.
    heard: Option<Vec<Spoken>>,
    last: Option<HttpRequest>,
    delayed: Vec<HttpRequest>,
    notes: Vec<String>,
    rounds: u64,
    cuts: u64,
    up: u64,
    down: u64,
}

/// The way from one phone to the server.
pub(crate) struct Wire {
    host: Arc<Host>,
    state: Mutex<State>,
}

/// What went over a wire.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) rounds: u64,
    pub(crate) cuts: u64,
    pub(crate) up: u64,
    pub(crate) down: u64,
}

impl Wire {
    pub(crate) fn to(host: &Arc<Host>) -> Arc<Self> {
        Arc::new(Self { host: Arc::clone(host), state: Mutex::default() })
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.state.lock().unwrap().is_down = is_down;
    }

    pub(crate) fn next(&self, mishap: Mishap) {
        self.after(0, mishap);
    }

    /// Lets so many requests pass before something becomes of one.
    pub(crate) fn after(&self, requests: u32, mishap: Mishap) {
        self.state.lock().unwrap().next = Some((requests, mishap));
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) {
        self.state.lock().unwrap().heard = Some(Vec::new());
    }

    /// What was said in each exchange since somebody listens, which ends.
    pub(crate) fn heard(&self) -> Vec<Spoken> {
        self.state.lock().unwrap().heard.take().unwrap_or_default()
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_down = false;
        state.next = None;
    }

    /// The last request, to be sent again.
    pub(crate) fn last(&self) -> Option<HttpRequest> {
        self.state.lock().unwrap().last.clone()
    }

    /// A request that was held up, the oldest.
    pub(crate) fn take_delayed(&self) -> Option<HttpRequest> {
        let mut state = self.state.lock().unwrap();
        if state.delayed.is_empty() { None } else { Some(state.delayed.remove(0)) }
    }

    /// What there is to note of the requests since the last call.
    pub(crate) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().notes)
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let state = self.state.lock().unwrap();
        Traffic { rounds: state.rounds, cuts: state.cuts, up: state.up, down: state.down }
    }

    async fn pass(&self, request: HttpRequest, cut: Option<Cut>) -> Result<HttpAnswer, HttpError> {
        let path = request.url.rsplit('/').next().unwrap_or_default().to_owned();
        let exchange = self.host.exchange(request, cut).await;
        let outcome = match &exchange.answer {
            Ok(answer) => answer.status.to_string(),
            Err(error) => format!("{error:?}"),
        };
        let (up, down) = (exchange.spoken.up.len(), exchange.spoken.down.len());
        let mut state = self.state.lock().unwrap();
        state.notes.push(format!("{path} up {up} down {down} {outcome}"));
        state.rounds += 1;
        state.cuts += u64::from(exchange.is_cut);
        state.up += up as u64;
        state.down += down as u64;
        if let Some(heard) = &mut state.heard {
            heard.push(exchange.spoken);
        }
        exchange.answer
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        let mishap = {
            let mut state = self.state.lock().unwrap();
            if state.is_down {
                return Err(HttpError::Unreachable);
            }
            state.last = Some(request.clone());
            match state.next.take() {
                Some((0, mishap)) => Some(mishap),
                later => {
                    state.next = later.map(|(requests, mishap)| (requests - 1, mishap));
                    None
                }
            }
        };
        match mishap {
            None => self.pass(request, None).await,
            Some(Mishap::Cut(cut)) => self.pass(request, Some(cut)).await,
            Some(Mishap::LosesAnswer) => {
                let lost = Cut { way: Way::Down, after: 1, end: End::Breaks };
                // The whole answer is lost, whatever it was: the server had the whole request.
                let _ = self.pass(request, Some(lost)).await;
                Err(HttpError::Unreachable)
            }
            Some(Mishap::Delayed) => {
                self.state.lock().unwrap().delayed.push(request);
                Err(HttpError::Unreachable)
            }
            Some(Mishap::Doubled) => {
                let answer = self.pass(request.clone(), None).await;
                let _ = self.pass(request, None).await;
                answer
            }
        }
    }
}

impl Http for Wire {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpAnswer, HttpError>> + Send + '_>> {
        Box::pin(Wire::send(self, request))
    }
}
