//! Keys in the terminal; where there is none, lines on standard input.

use std::io::{BufRead, IsTerminal, stdin};
use std::thread;

use anyhow::{Context, Result};
use crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use tokio::sync::mpsc;

/// How many presses may wait.
const WAITING_MAX: usize = 16;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Cut or restore the handheld's network.
    Handheld,
    /// Cut or restore the office's network.
    Office,
    /// Stop or start the server.
    Server,
    /// Kill the handheld's app, and open it again.
    Kill,
    /// Show the keys.
    Help,
    /// End the play.
    Quit,
}

impl Key {
    fn of(letter: char) -> Option<Self> {
        Some(match letter.to_ascii_lowercase() {
            '1' => Self::Handheld,
            '2' => Self::Office,
            's' => Self::Server,
            'k' => Self::Kill,
            '?' | 'h' => Self::Help,
            'q' => Self::Quit,
            _ => return None,
        })
    }
}

/// The keyboard while the play runs; the terminal is as before when it is dropped.
pub(crate) struct Keyboard {
    presses: mpsc::Receiver<Key>,
    is_terminal: bool,
}

impl Keyboard {
    /// Takes the keyboard.
    pub(crate) fn take() -> Result<Self> {
        let (sender, presses) = mpsc::channel(WAITING_MAX);
        let is_terminal = stdin().is_terminal() && std::io::stdout().is_terminal();
        if is_terminal {
            terminal::enable_raw_mode().context("Could not read single keys from the terminal")?;
            thread::spawn(move || read_keys(&sender));
        } else {
            thread::spawn(move || read_lines(&sender));
        }
        Ok(Self { presses, is_terminal })
    }

    /// The next press; never again after the input has ended.
    pub(crate) async fn press(&mut self) -> Key {
        match self.presses.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if self.is_terminal {
            // The shell's own reset is the only help if this fails.
            let _ = terminal::disable_raw_mode();
        }
    }
}

fn read_keys(presses: &mpsc::Sender<Key>) {
    while let Ok(happened) = event::read() {
        let Some(press) = happened.as_key_event().filter(|press| press.kind == KeyEventKind::Press) else { continue };
        let key = match press.code {
            KeyCode::Char('c' | 'd') if press.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
            KeyCode::Char(letter) => Key::of(letter),
            _ => None,
        };
        if key.is_some_and(|key| presses.blocking_send(key).is_err()) {
            return;
        }
    }
}

fn read_lines(presses: &mpsc::Sender<Key>) {
    for line in stdin().lock().lines() {
        let Ok(line) = line else { return };
        let key = line.trim().chars().next().and_then(Key::of);
        if key.is_some_and(|key| presses.blocking_send(key).is_err()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_one_thing_in_either_case() {
        assert_eq!(Key::of('S'), Some(Key::Server));
        assert_eq!(Key::of('s'), Some(Key::Server));
        assert_eq!(Key::of('x'), None);
    }
}
