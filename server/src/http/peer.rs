//! Who asks: the address that refused attempts are counted by.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use crate::error::Error;
use crate::server::Server;
use rundan_sync::ProblemCode;

/// What a proxy on the same machine says of who asked it: its own entry is the last.
const FORWARDED: &str = "x-forwarded-for";

/// The address of who asks; none where there is no network between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer(Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = || {
            let last = parts.headers.get_all(FORWARDED).iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()
        };
        Ok(Self(connected.map(|peer| if peer.is_loopback() { forwarded().unwrap_or(peer) } else { peer })))
    }
}

impl Peer {
    /// Refuses who has tried too often in vain.
    pub(super) fn is_heard(self, server: &Server) -> Result<(), Error> {
        match self.0.and_then(|peer| server.attempts.wait(peer)) {
            Some(wait) => Err(Error::TooMany(wait)),
            None => Ok(()),
        }
    }

    /// Counts and logs an answer that refuses who asked, without a word of who it was.
    pub(super) fn note<T>(self, server: &Server, path: &'static str, answer: Result<T, Error>) -> Result<T, Error> {
        let Err(Error::Problem(problem)) = &answer else { return answer };
        let reason = match problem.code {
            ProblemCode::Statement => "statement",
            ProblemCode::Code => "code",
            ProblemCode::Revoked => "revoked",
            _ => return answer,
        };
        server.metrics.refused(reason);
        // Whose vault was revoked has shown who she is.
        let tried = self.0.filter(|_| problem.code != ProblemCode::Revoked);
        if let Some(wait) = tried.and_then(|peer| server.attempts.refused(peer)) {
            return Err(Error::TooMany(wait));
        }
        tracing::warn!(path, reason, "who asked was refused");
        answer
    }
}
