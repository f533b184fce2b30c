//! The network between one device and the server: a relay on loopback that can be cut and restored.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A device's network.
#[derive(Debug)]
pub(crate) struct Relay {
    /// Where the device reaches the server.
    pub(crate) address: SocketAddr,
    is_whole: watch::Sender<bool>,
}

impl Relay {
    /// Opens a relay to `server` on a free port of this machine.
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("Could not open a relay")?;
        let address = listener.local_addr().context("Could not open a relay")?;
        let (is_whole, seen) = watch::channel(true);
        tokio::spawn(relay(listener, server, seen));
        Ok(Self { address, is_whole })
    }

    /// Cuts a whole network, and restores a cut one; answers whether it is whole now.
    pub(crate) fn toggle(&self) -> bool {
        self.is_whole.send_modify(|is_whole| *is_whole = !*is_whole);
        *self.is_whole.borrow()
    }
}

async fn relay(listener: TcpListener, server: SocketAddr, is_whole: watch::Receiver<bool>) {
    loop {
        let Ok((device, _)) = listener.accept().await else {
            // Out of file handles: others are closed before long.
            tokio::task::yield_now().await;
            continue;
        };
        if *is_whole.borrow() {
            tokio::spawn(pass(device, server, is_whole.clone()));
        }
    }
}

/// Passes bytes both ways until either side ends or the network is cut.
async fn pass(mut device: TcpStream, server: SocketAddr, mut is_whole: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        biased;
        _ = is_whole.wait_for(|is_whole| !is_whole) => {}
        _ = copy_bidirectional(&mut device, &mut server) => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    /// Whether a byte comes back.
    async fn answers(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(&[7]).await.is_ok() && stream.read_exact(&mut byte).await.is_ok() && byte == [7]
    }

    #[tokio::test]
    async fn a_cut_ends_what_runs_and_lets_nothing_new_through() {
        let relay = Relay::open(echo().await).await.unwrap();
        let mut open = TcpStream::connect(relay.address).await.unwrap();
        assert!(answers(&mut open).await);

        assert!(!relay.toggle());
        assert!(!answers(&mut open).await);
        assert!(!answers(&mut TcpStream::connect(relay.address).await.unwrap()).await);

        assert!(relay.toggle());
        assert!(answers(&mut TcpStream::connect(relay.address).await.unwrap()).await);
    }
}
