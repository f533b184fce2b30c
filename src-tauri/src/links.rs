//! Where a link of the page leads: to the page itself, or out of the app to what this machine dials with.

use std::process::{Command, Stdio};
use std::thread;

use tauri::Url;

/// What opens a link with the program that the user has chosen for its kind.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Says whether the window may go there. Nothing takes the page away: it is all that the user has of her day.
pub(crate) fn follow(url: &Url) -> bool {
    if url.scheme() == "tel" {
        dial(url.clone());
        return false;
    }
    is_page(url)
}

fn is_page(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("localhost" | "tauri.localhost"));
    is_here && matches!(url.scheme(), "tauri" | "http" | "https")
}

/// Hands a number over. Where nothing dials, the number is on the screen.
fn dial(url: Url) {
    let mut opener = Command::new(OPENER);
    opener.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    thread::spawn(move || {
        if let Err(error) = opener.status() {
            tracing::info!(error = &error as &dyn std::error::Error, "nothing on this machine dials");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_followed(url: &str) -> bool {
        is_page(&Url::parse(url).unwrap())
    }

    #[test]
    fn the_window_stays_on_the_page() {
        for page in ["tauri://localhost/#/visit/1", "http://tauri.localhost/", "http://localhost:5173/"] {
            assert!(is_followed(page), "{page}");
        }
        for elsewhere in ["https://example.com/", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x"] {
            assert!(!is_followed(elsewhere), "{elsewhere}");
        }
    }
}
