//! The app on a desktop.

// A console window would open beside the app on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() {
    rundan_app_lib::run();
}
