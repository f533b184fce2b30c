//! A vault's answers to the page: which view or action each command is.

use std::sync::Arc;

use chrono::NaiveDate;
use rundan_model::time::parse_clock;
use rundan_model::{DocumentId, Timestamp, VaultId};
use rusqlite::{Transaction, params};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::act::typing_key;
use crate::api::{ApiError, Command, DraftText, ErrorCode, Event, SyncChip, SyncState, SyncView, TextPlace, VaultView};
use crate::store::StoreError;
use crate::typing;
use crate::vault::Vault;
use crate::views::{self, ViewContext};

/// The longest text that is kept while it is typed, bytes of JSON.
const TYPING_BYTES_MAX: usize = 128 * 1024;

impl Vault {
    /// Answers a command of the page.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        command: Command,
        events: &broadcast::Sender<Event>,
    ) -> Result<Value, ApiError> {
        match command {
            Command::Act { intent } => {
                let done = self.act(intent).await?;
                let _ = events.send(Event::Changed);
                json(done)
            }
            Command::Undo { action } => {
                let done = self.undo(action).await?;
                let _ = events.send(Event::Changed);
                json(done)
            }
            Command::ShowDoorCode { recipient } => self.show_door_code(recipient, events).await,
            Command::KeepTyping { draft, text } => self.keep_typing(draft, &text).await,
            Command::KeepText { place, text } => self.keep_text(place, text).await,
            Command::Sync => json(self.sync_view().await?),
            Command::SyncNow => {
                self.wake();
                json(self.sync_view().await?)
            }
            Command::SeeRefused => {
                self.see_refused().await?;
                self.tell_sync(events).await;
                // Nobody listens when no page is open.
                let _ = events.send(Event::Changed);
                json(self.sync_view().await?)
            }
            Command::Ledger { query } => json(self.ledger(&query).await?),
            Command::ExportLedger { query, format } => json(self.export_ledger(&query, format, events).await?),
            command => self.show(command).await,
        }
    }

    async fn show(&self, command: Command) -> Result<Value, ApiError> {
        match command {
            Command::Day { date } => {
                let date = parse_date(date)?;
                self.view(move |tx, ctx| Ok(Some(views::day(tx, ctx, date)?))).await
            }
            Command::Visit { visit } => self.view(move |tx, ctx| views::visit(tx, ctx, visit)).await,
            Command::Recipient { recipient } => self.view(move |tx, ctx| views::recipient(tx, ctx, recipient)).await,
            Command::FindRecipient { text } => {
                self.view(move |tx, ctx| Ok(Some(views::find_recipient(tx, ctx, &text)?))).await
            }
            Command::Catalogue => self.view(|tx, _| Ok(Some(views::catalogue(tx)?))).await,
            Command::LatePreview { visit, minutes, time } => {
                let time = match time {
                    Some(time) => Some(parse_clock(&time).ok_or_else(|| bad("time"))?),
                    None => None,
                };
                self.view(move |tx, ctx| views::late_preview(tx, ctx, visit, minutes, time)).await
            }
            Command::LateStatus { visits } => {
                self.view(move |tx, ctx| Ok(Some(views::late_status(tx, ctx, &visits)?))).await
            }
            Command::ShiftClosing { run_sheet } => {
                self.view(move |tx, ctx| views::shift_closing(tx, ctx, run_sheet)).await
            }
            Command::MyIncidents => self.view(|tx, ctx| Ok(Some(views::my_incidents(tx, ctx)?))).await,
            Command::KeptText { place } => self.view(move |tx, _| Ok(Some(typing::kept(tx, &place)?))).await,
            Command::MyRecord { most } => self.view(move |tx, ctx| Ok(Some(views::my_record(tx, ctx, most)?))).await,
            Command::Board { date } => {
                let date = parse_date(date)?;
                self.view(move |tx, ctx| Ok(Some(views::board(tx, ctx, date)?))).await
            }
            Command::VisitFacts { visit } => self.view(move |tx, ctx| views::visit_facts(tx, ctx, visit)).await,
            Command::LateNotices { date } => {
                let date = parse_date(date)?;
                self.view(move |tx, ctx| Ok(Some(views::late_notices(tx, ctx, date)?))).await
            }
            Command::Refused => self.view(|tx, ctx| Ok(Some(views::refused(tx, ctx)?))).await,
            Command::Keys => self.view(|tx, ctx| Ok(Some(views::keys(tx, ctx)?))).await,
            Command::FindTag { text } => self.view(move |tx, ctx| Ok(Some(views::find_tag(tx, ctx, &text)?))).await,
            Command::KeyBoard { filter, text } => {
                self.view(move |tx, ctx| Ok(Some(views::key_board(tx, ctx, filter, &text)?))).await
            }
            Command::Key { key } => self.view(move |tx, ctx| views::key_view(tx, ctx, key)).await,
            Command::Cabinet { cabinet, since } => {
                self.view(move |tx, ctx| Ok(Some(views::cabinet(tx, ctx, &cabinet, Timestamp(since))?))).await
            }
            Command::Incidents => self.view(|tx, ctx| Ok(Some(views::incidents(tx, ctx)?))).await,
            _ => Err(ApiError::new(ErrorCode::Internal)),
        }
    }

    /// Reads a view; none is "not found".
    async fn view<T, F>(&self, read: F) -> Result<Value, ApiError>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&Transaction<'_>, &ViewContext) -> Result<Option<T>, StoreError> + Send + 'static,
    {
        json(self.read(read).await?)
    }

    /// Reads what is shown as the one who looks, now; none is "not found".
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &ViewContext) -> Result<Option<T>, StoreError> + Send + 'static,
    {
        let (now, is_working) = (self.now(), self.live().is_working);
        let shown = self
            .store
            .read(move |tx| -> Result<Option<T>, StoreError> {
                let Some(ctx) = ViewContext::read(tx, now)? else { return Ok(None) };
                read(tx, &ctx.while_working(is_working))
            })
            .await?;
        shown.ok_or_else(|| ApiError::new(ErrorCode::NotFound))
    }

    /// What the app shows of this vault.
    pub(crate) async fn view_of_vault(&self) -> Result<VaultView, ApiError> {
        let (vault, person, name): (VaultId, _, _) = (self.id, self.identity.person, self.identity.name.clone());
        let view = self.store.read(views::vault_view).await?;
        let nothing_yet =
            VaultView { vault, person, name, roles: Vec::new(), unit: String::new(), open: false, mended: Vec::new() };
        Ok(view.unwrap_or(nothing_yet))
    }

    /// The state of sync in one word.
    pub(crate) async fn chip(&self) -> Result<SyncChip, ApiError> {
        Ok(self.sync_view().await?.chip)
    }

    async fn sync_view(&self) -> Result<SyncView, ApiError> {
        let mut view = self.read(|tx, ctx| Ok(Some(views::sync_view(tx, ctx)?))).await?;
        let live = self.live();
        if let Some(problem) = live.problem {
            view.problem = Some(problem.to_owned());
            if view.chip.state == SyncState::UpToDate {
                view.chip.state = SyncState::Offline;
            }
        }
        if view.problem.is_none() && self.is_clock_wrong() {
            view.problem = Some("clock".to_owned());
        }
        view.next_attempt = live.next_attempt.map(|at| at.0);
        Ok(view)
    }

    /// Shows a door code and records on her run sheet that it was shown, in that order of certainty: no record, no
    /// code.
    async fn show_door_code(
        &self,
        recipient: DocumentId,
        events: &broadcast::Sender<Event>,
    ) -> Result<Value, ApiError> {
        let found = self.store.read(move |tx| -> Result<_, StoreError> { views::door_code(tx, recipient) }).await?;
        let (access, code) = found.ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
        self.record_shown(access).await?;
        let _ = events.send(Event::Changed);
        json(code)
    }

    /// Remembers that she has seen what was refused: a local mark, no change.
    async fn see_refused(&self) -> Result<(), StoreError> {
        self.store
            .write(|tx| -> Result<(), StoreError> {
                tx.prepare_cached("UPDATE intent SET is_seen = 1 WHERE refused IS NOT NULL AND is_seen = 0")?
                    .execute([])?;
                Ok(())
            })
            .await
    }

    /// Remembers that she has seen that a damaged store was mended: a local mark, no change.
    pub(crate) async fn see_mended(&self) -> Result<(), StoreError> {
        self.store
            .write(|tx| -> Result<(), StoreError> {
                tx.prepare_cached("UPDATE mended SET is_seen = 1 WHERE is_seen = 0")?.execute([])?;
                Ok(())
            })
            .await
    }

    /// Keeps what is being typed: a local row, no change.
    async fn keep_typing(&self, draft: Option<DocumentId>, text: &DraftText) -> Result<Value, ApiError> {
        let text = serde_json::to_string(text).map_err(StoreError::from)?;
        if text.len() > TYPING_BYTES_MAX {
            return Err(bad("text_too_long"));
        }
        let now: Timestamp = self.now();
        self.store
            .write(move |tx| -> Result<(), StoreError> {
                tx.prepare_cached("INSERT OR REPLACE INTO typing (draft, json, at) VALUES (?1, ?2, ?3)")?
                    .execute(params![typing_key(draft), text, now.0])?;
                Ok(())
            })
            .await?;
        Ok(Value::Null)
    }

    /// Keeps a text of a form while it is typed: a local row, no change.
    async fn keep_text(&self, place: TextPlace, text: String) -> Result<Value, ApiError> {
        if text.len() + place.about.len() > TYPING_BYTES_MAX {
            return Err(bad("text_too_long"));
        }
        let now = self.now();
        self.store.write(move |tx| typing::keep(tx, &place, &text, now)).await?;
        Ok(Value::Null)
    }
}

pub(crate) fn parse_date(date: Option<String>) -> Result<Option<NaiveDate>, ApiError> {
    date.map(|date| date.parse().map_err(|_| bad("date"))).transpose()
}

pub(crate) fn bad(part: &str) -> ApiError {
    ApiError { code: ErrorCode::BadInput, detail: Some(part.to_owned()) }
}

fn json(value: impl Serialize) -> Result<Value, ApiError> {
    Ok(serde_json::to_value(value).map_err(StoreError::from)?)
}
