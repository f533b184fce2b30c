//! What the story tells of keys besides those of the rounds. Nobody needs those of who has an alarm alone.

use rundan_model::LostStep;

use super::super::keys::KeyScene;
use super::{PARTNER, PLANNER, SILENT};

/// Something that someone did with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyTold {
    /// Her id in the files.
    pub(crate) staff: &'static str,
    /// Whether on the chosen date; else on the day before.
    pub(crate) is_today: bool,
    /// When, local time.
    pub(crate) at: (u32, u32),
    /// What.
    pub(crate) scene: KeyScene,
}

/// All of it, in the order of each one's day.
pub(super) fn scenes() -> Vec<KeyTold> {
    let told = |staff, is_today, at, scene| KeyTold { staff, is_today, at, scene };
    let yesterday = |staff, at, scene| told(staff, false, at, scene);
    let today = |staff, at, scene| told(staff, true, at, scene);
    vec![
        // Out overnight.
        yesterday("M05", (15, 20), take("F-212", "Hem från sjukhus, extra tillsyn")),
        // Put into another cabinet than its own.
        yesterday("M07", (10, 5), take("H-213", "Följde med hantverkare")),
        yesterday("M07", (15, 50), put_into("H-213", "Skåp Fruängen")),
        // Lost, and what the office has done about it.
        yesterday("M09", (14, 5), take("F-215", "Hämtade post")),
        today("M09", (7, 40), lose("F-215", "Kan ha tappats mellan Personnevägen och bussen")),
        today(PLANNER, (8, 0), KeyScene::Curfew { time: "21:00".to_owned() }),
        today(PLANNER, (8, 10), step("F-215", LostStep::Told, "Ringde brukaren och Karim")),
        today(PLANNER, (8, 45), step("F-215", LostStep::Searched, "Erik har gått samma väg igen")),
        // An alarm key is out.
        today("M04", (8, 52), for_alarm("L-216", "Brukaren på larmet", "08:47")),
        // Both say that they took the only one.
        today(SILENT, (6, 50), take("V-201", "Tog båda krokarna av misstag")),
        today(super::HANDHELD, (6, 58), take("V-201", "")),
        // Handed over to her, who has not confirmed it.
        today(PARTNER, (6, 52), take("V-210", "Tar med den åt Anna")),
        today(PARTNER, (9, 10), give("V-210", "Anna Karlsson")),
    ]
}

fn take(tag: &str, why: &str) -> KeyScene {
    KeyScene::Take { tag: tag.to_owned(), why: why.to_owned() }
}

fn put_into(tag: &str, cabinet: &str) -> KeyScene {
    KeyScene::Return { tag: tag.to_owned(), cabinet: cabinet.to_owned() }
}

fn lose(tag: &str, text: &str) -> KeyScene {
    KeyScene::Lose { tag: tag.to_owned(), text: text.to_owned() }
}

fn step(tag: &str, step: LostStep, text: &str) -> KeyScene {
    KeyScene::LostStep { tag: tag.to_owned(), step, text: text.to_owned() }
}

fn for_alarm(tag: &str, whose: &str, raised: &str) -> KeyScene {
    KeyScene::TakeForAlarm { tag: tag.to_owned(), whose: whose.to_owned(), raised: raised.to_owned() }
}

fn give(tag: &str, to: &str) -> KeyScene {
    KeyScene::Give { tag: tag.to_owned(), to: to.to_owned() }
}
