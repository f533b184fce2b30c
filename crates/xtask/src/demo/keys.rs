//! What a device of the play does with keys: those of its carer's round, and what the story tells of others.

use anyhow::{Context, Result};
use rundan_device::Phone;
use rundan_device::api::{AlarmFor, Command, Intent, KeyChange, KeyCopyRef, KeyReport};
use rundan_model::{DocumentId, KeyUse, LostStep, PersonId};
use serde::Deserialize;

use super::device::{act, call};

/// Something that happens with a key before the play begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyScene {
    /// It is taken for the round; with a reason for something else.
    Take { tag: String, why: String },
    /// It is taken for an alarm.
    TakeForAlarm { tag: String, whose: String, raised: String },
    /// It is put into a cabinet.
    Return { tag: String, cabinet: String },
    /// It is handed over to someone, who has not confirmed it.
    Give { tag: String, to: String },
    /// It is lost.
    Lose { tag: String, text: String },
    /// Something is done about its loss.
    LostStep { tag: String, step: LostStep, text: String },
    /// Keys are to be back by this time.
    Curfew { time: String },
}

/// Takes every key of her round that hangs in its cabinet.
pub(crate) async fn take_round(phone: &Phone) -> Result<()> {
    let view: Keys = serde_json::from_value(call(phone, Command::Keys).await?)?;
    let keys: Vec<KeyCopyRef> =
        view.needed.iter().filter(|needed| needed.can_take).map(|needed| needed.line.copy()).collect();
    if !keys.is_empty() {
        take(phone, keys, None, String::new()).await?;
    }
    Ok(())
}

/// Puts every key that she has into its own cabinet; one without a cabinet stays with her.
pub(crate) async fn put_back(phone: &Phone) -> Result<()> {
    let view: Keys = serde_json::from_value(call(phone, Command::Keys).await?)?;
    for Mine { line } in view.mine.into_iter().filter(|mine| !mine.line.cabinet.is_empty()) {
        act(phone, Intent::ReturnKeys { keys: vec![line.copy()], cabinet: line.cabinet }).await?;
    }
    Ok(())
}

/// Plays a scene on the device of whoever is in it.
pub(crate) async fn play(phone: &Phone, scene: KeyScene) -> Result<()> {
    match scene {
        KeyScene::Take { tag, why } => take(phone, vec![copy(phone, &tag).await?], None, why).await,
        KeyScene::TakeForAlarm { tag, whose, raised } => {
            let alarm = AlarmFor { recipient: None, name: whose, at: raised };
            take(phone, vec![copy(phone, &tag).await?], Some(alarm), String::new()).await
        }
        KeyScene::Return { tag, cabinet } => {
            let keys = vec![copy(phone, &tag).await?];
            act(phone, Intent::ReturnKeys { keys, cabinet }).await.map(drop)
        }
        KeyScene::Give { tag, to } => {
            let view: Keys = serde_json::from_value(call(phone, Command::Keys).await?)?;
            let colleague = view.colleagues.into_iter().find(|colleague| colleague.name == to);
            let to = colleague.with_context(|| format!("{to} is nobody's colleague"))?.person;
            act(phone, Intent::GiveKeys { keys: vec![copy(phone, &tag).await?], to }).await.map(drop)
        }
        KeyScene::Lose { tag, text } => {
            let key = copy(phone, &tag).await?;
            act(phone, Intent::ReportKey { key, report: KeyReport::Lost { text } }).await.map(drop)
        }
        KeyScene::LostStep { tag, step, text } => {
            let KeyCopyRef { key, copy } = copy(phone, &tag).await?;
            let change = KeyChange::LostStep { copy, step, text };
            act(phone, Intent::ChangeKey { key, change }).await.map(drop)
        }
        KeyScene::Curfew { time } => act(phone, Intent::SetKeyCurfew { time: Some(time) }).await.map(drop),
    }
}

async fn take(phone: &Phone, keys: Vec<KeyCopyRef>, alarm: Option<AlarmFor>, text: String) -> Result<()> {
    let what_for = match (&alarm, text.is_empty()) {
        (Some(_), _) => KeyUse::Alarm,
        (None, true) => KeyUse::Round,
        (None, false) => KeyUse::Other,
    };
    act(phone, Intent::TakeKeys { keys, what_for, alarm, text }).await.map(drop)
}

/// The copy of a tag, the first where there are several.
async fn copy(phone: &Phone, tag: &str) -> Result<KeyCopyRef> {
    let found: Tag = serde_json::from_value(call(phone, Command::FindTag { text: tag.to_owned() }).await?)?;
    found.lines.first().map(Line::copy).with_context(|| format!("No key has the tag {tag}"))
}

#[derive(Debug, Deserialize)]
struct Keys {
    needed: Vec<Needed>,
    mine: Vec<Mine>,
    colleagues: Vec<Colleague>,
}

#[derive(Debug, Deserialize)]
struct Needed {
    line: Line,
    can_take: bool,
}

#[derive(Debug, Deserialize)]
struct Mine {
    line: Line,
}

#[derive(Debug, Deserialize)]
struct Colleague {
    person: PersonId,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Tag {
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    key: DocumentId,
    copy: u32,
    cabinet: String,
}

impl Line {
    fn copy(&self) -> KeyCopyRef {
        KeyCopyRef { key: self.key, copy: self.copy }
    }
}
