//! The one place where an error becomes an answer. What is the asker's to mend says so; what is not says nothing.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rundan_sync::{Problem, ProblemCode, wire};

use crate::error::Error;

/// How long who is put off for want of room in the queue had better wait: what waits is done sooner.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// An error on its way to the asker.
#[derive(Debug)]
pub struct ApiError(Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (problem, wait) = match self.0 {
            Error::Problem(problem) => {
                tracing::debug!(code = ?problem.code, "a request was refused");
                (problem, None)
            }
            Error::TooMany(wait) => {
                tracing::debug!("who tries too often in vain was put off");
                (Problem { code: ProblemCode::TooMany, counter: None }, Some(wait))
            }
            Error::Busy => {
                tracing::warn!("who asked while too much waits for the database was put off");
                (Problem { code: ProblemCode::Unavailable, counter: None }, Some(BUSY_WAIT))
            }
            error => {
                tracing::error!(error = %error.chain(), "a request failed");
                (Problem { code: ProblemCode::Unavailable, counter: None }, None)
            }
        };
        let body = wire::to_cbor(&problem).unwrap_or_default();
        let mut answer = (status(problem.code), [(header::CONTENT_TYPE, "application/cbor")], body).into_response();
        if let Some(wait) = wait {
            // Whole seconds, so that nobody comes too early.
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        answer
    }
}

fn status(code: ProblemCode) -> StatusCode {
    match code {
        ProblemCode::Stale => StatusCode::CONFLICT,
        ProblemCode::Statement => StatusCode::UNAUTHORIZED,
        ProblemCode::Revoked | ProblemCode::Code => StatusCode::FORBIDDEN,
        ProblemCode::Malformed => StatusCode::BAD_REQUEST,
        ProblemCode::NotFound => StatusCode::NOT_FOUND,
        ProblemCode::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemCode::Version => StatusCode::UPGRADE_REQUIRED,
        ProblemCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ProblemCode::Unavailable | ProblemCode::Unknown => StatusCode::SERVICE_UNAVAILABLE,
    }
}
