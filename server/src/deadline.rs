//! A deadline for whoever reads an answer: a connection whose other side takes too long is closed.

use std::future::{Ready, ready};
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long an answer may take from the moment that it cannot be written on at once: a phone gives a whole exchange a
/// minute.
const ANSWER_SECONDS_MAX: u64 = 120;

/// Gives each connection that is accepted its deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WithDeadline;

impl<I, S> Accept<I, S> for WithDeadline {
    type Stream = Deadline<I>;
    type Service = S;
    type Future = Ready<Result<(Self::Stream, S)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        ready(Ok((Deadline { stream, over: None }, service)))
    }
}

/// A connection that fails once its other side has had an answer before it for too long. Reading it byte by byte gains
/// no time: only an answer that was written to its end, which HTTP then flushes, ends the deadline.
pub(crate) struct Deadline<I> {
    stream: I,
    over: Option<Pin<Box<Sleep>>>,
}

impl<I> Deadline<I> {
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_pending() {
            self.over.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(ANSWER_SECONDS_MAX))));
        }
        match self.over.as_mut().map(|over| over.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(Error::from(ErrorKind::TimedOut))),
            _ => written,
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Deadline<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Deadline<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.over = None;
        }
        self.watch(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// How much lies on the way.
    const ROOM: usize = 16;

    /// Writes two answers to who reads so many bytes each second; how each ended.
    async fn answered(bytes_a_second: usize) -> [Option<ErrorKind>; 2] {
        let (stream, mut reader) = tokio::io::duplex(ROOM);
        let mut connection = Deadline { stream, over: None };
        let reading = tokio::spawn(async move {
            let mut taken = vec![0; bytes_a_second];
            loop {
                sleep(Duration::from_secs(1)).await;
                if bytes_a_second > 0 && reader.read(&mut taken).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        });
        let mut ends = [None; 2];
        for end in &mut ends {
            let answer = async {
                connection.write_all(&[0; 1_000]).await?;
                connection.flush().await
            };
            *end = answer.await.err().map(|error| error.kind());
        }
        reading.abort();
        ends
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_has_its_own_time_and_no_more() {
        assert_eq!(answered(10).await, [None; 2]);
        for too_slow in [0, 1, 7] {
            assert_eq!(answered(too_slow).await, [Some(ErrorKind::TimedOut); 2], "{too_slow} bytes a second");
        }
    }
}
