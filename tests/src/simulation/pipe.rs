//! A connection in memory that is listened to, and which breaks or hangs at the byte that it is told to.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// How many bytes lie on the way at most: few, so that a body takes many turns.
const ON_THE_WAY_MAX: usize = 4_096;

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the phone to the server.
    Up,
    /// From the server to the phone.
    Down,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides learn of it.
    Breaks,
    /// Nobody learns of it: no byte comes any more.
    Hangs,
}

/// A connection that ends early: so many bytes went through, and not one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// In which direction the bytes are counted.
    pub way: Way,
    /// How many go through.
    pub after: u64,
    /// What then becomes of the connection.
    pub end: End,
}

/// The bytes that went through a connection.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// From the phone to the server.
    pub up: Vec<u8>,
    /// From the server to the phone.
    pub down: Vec<u8>,
}

/// What listens to a connection.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) spoken: Spoken,
    cut: Option<Cut>,
    pub(crate) is_cut: bool,
}

impl Meter {
    fn left(&self, way: Way) -> u64 {
        let gone = if way == Way::Up { &self.spoken.up } else { &self.spoken.down };
        self.cut.filter(|cut| cut.way == way).map_or(u64::MAX, |cut| cut.after.saturating_sub(gone.len() as u64))
    }

    fn hangs(&self) -> bool {
        self.is_cut && self.cut.is_some_and(|cut| cut.end == End::Hangs)
    }
}

/// The phone's end of a connection.
pub(crate) struct Pipe {
    inner: DuplexStream,
    meter: Arc<Mutex<Meter>>,
}

/// A new connection: the phone's end, the server's end, and what listens to it.
pub(crate) fn connection(cut: Option<Cut>) -> (Pipe, DuplexStream, Arc<Mutex<Meter>>) {
    let (near, far) = tokio::io::duplex(ON_THE_WAY_MAX);
    let meter = Arc::new(Mutex::new(Meter { cut, ..Meter::default() }));
    (Pipe { inner: near, meter: Arc::clone(&meter) }, far, meter)
}

fn broken() -> Error {
    Error::from(ErrorKind::ConnectionReset)
}

impl Pipe {
    /// The state of the connection: none while bytes go through in this direction.
    fn ended<T>(&self, way: Way) -> Option<Poll<Result<T>>> {
        let mut meter = self.meter.lock().unwrap();
        if meter.left(way) == 0 {
            meter.is_cut = true;
        }
        if !meter.is_cut {
            return None;
        }
        Some(if meter.hangs() { Poll::Pending } else { Poll::Ready(Err(broken())) })
    }

    /// Lets the server learn that no more bytes come.
    fn close(&mut self, cx: &mut Context<'_>) {
        if !self.meter.lock().unwrap().hangs() {
            let _ = Pin::new(&mut self.inner).poll_shutdown(cx);
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if let Some(ended) = self.ended(Way::Down) {
            self.close(cx);
            return ended;
        }
        let left = self.meter.lock().unwrap().left(Way::Down);
        let room = buf.remaining().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut part = vec![0; room];
        let mut part = ReadBuf::new(&mut part);
        match Pin::new(&mut self.inner).poll_read(cx, &mut part) {
            Poll::Ready(Ok(())) => {
                buf.put_slice(part.filled());
                self.meter.lock().unwrap().spoken.down.extend_from_slice(part.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if let Some(ended) = self.ended(Way::Up) {
            self.close(cx);
            return ended;
        }
        let left = self.meter.lock().unwrap().left(Way::Up);
        let allowed = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let written = match Pin::new(&mut self.inner).poll_write(cx, &bytes[..allowed]) {
            Poll::Ready(Ok(written)) => written,
            other => return other,
        };
        self.meter.lock().unwrap().spoken.up.extend_from_slice(&bytes[..written]);
        if self.ended::<()>(Way::Up).is_some() {
            self.close(cx);
            // Whoever reads learns of it too.
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
