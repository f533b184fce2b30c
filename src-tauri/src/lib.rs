//! The shell: one window, one command, the operating system's services.
//!
//! It knows nothing of visits or documents; whatever the page asks goes to the device as it is.
//! Start reading at [`run`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod door;
mod keys;
#[cfg(desktop)]
mod links;
mod settings;

use std::process::exit;
use std::{io, thread};

use anyhow::{Context, Result};
use rundan_device::Phone;
use rundan_device::api::{ApiError, Command, Event};
use serde_json::Value;
use tauri::async_runtime;
use tauri::{App, AppHandle, Emitter, Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::broadcast::error::RecvError;
use tracing_subscriber::EnvFilter;

use door::Door;
use settings::Settings;

/// What the page hears the device by.
const EVENT: &str = "device";

/// Runs the app until its window is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    let filter = EnvFilter::try_from_env("RUNDAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let app = tauri::Builder::default()
        // It stands in for the page's own `Notification`, which the window does not have.
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(tauri::generate_handler![rpc])
        .setup(|app| Ok(open(app, &Settings::from_environment()?)?));
    match app.build(tauri::generate_context!()) {
        Ok(app) => app.run(|app, event| {
            if let (RunEvent::Exit, Some(phone)) = (event, app.try_state::<Door>().and_then(|door| door.opened())) {
                phone.close();
            }
        }),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the app could not start");
            exit(1);
        }
    }
}

/// Hands a call of the page to the device. One that could not be opened is tried again: the page says why it failed.
#[tauri::command]
async fn rpc(app: AppHandle, door: State<'_, Door>, command: Command) -> Result<Value, ApiError> {
    let phone = door.open(|phone| attend(&app, phone)).await?;
    phone.call(command).await
}

fn open(app: &mut App, settings: &Settings) -> Result<()> {
    let directory = match &settings.directory {
        Some(directory) => directory.clone(),
        None => app.path().app_data_dir().context("Could not find where apps keep their data")?,
    };
    // A directory of its own is one of a demonstration or a test, which leave the person's own alone.
    let downloads = settings.directory.is_none().then(|| app.path().download_dir().ok()).flatten();
    let downloads = downloads.unwrap_or_else(|| directory.join("downloads"));
    let door = Door::new(directory, downloads, settings);
    // What fails is kept for the page, which asks again: without a window nobody would see it.
    let _ = async_runtime::block_on(door.open(|phone| attend(app.handle(), phone)));
    app.manage(door);
    if settings.ends_with_input {
        end_with_input(app.handle().clone());
    }
    open_window(app, settings)
}

/// Ends the app when its standard input ends: then whoever started it is gone, however that came about.
fn end_with_input(app: AppHandle) {
    thread::spawn(move || {
        // An input that cannot be read has ended too.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        app.exit(0);
    });
}

/// Lets a phone work as long as the app runs.
fn attend(app: &AppHandle, phone: &Phone) {
    async_runtime::spawn(tell(app.clone(), phone.clone()));
    let phone = phone.clone();
    async_runtime::spawn(async move { phone.run().await });
}

fn open_window(app: &App, settings: &Settings) -> Result<()> {
    let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default());
    #[cfg(desktop)]
    let window = window
        .title(&settings.title)
        .inner_size(settings.window.width, settings.window.height)
        .on_navigation(links::follow);
    window.build().context("Could not open the window")?;
    Ok(())
}

/// Tells the page what the device tells, as long as both live.
async fn tell(app: AppHandle, phone: Phone) {
    let mut events = phone.events();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            // What was missed cannot be named any more: everything on the screen is read anew.
            Err(RecvError::Lagged(_)) => Event::Changed,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = app.emit(EVENT, event) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the page was not told");
        }
    }
}
