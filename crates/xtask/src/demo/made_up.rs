//! The unit that is played unless another one is asked for, with the morning that its carers have behind them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{NaiveDate, NaiveTime};
use rundan_model::{Timestamp, Zone};
use rundan_server::import::{ImportedUnit, StaffCode, read_directory};

use super::cast::{Cast, Morning, Part, at_work};
use super::keys::KeyScene;
use super::unit::{CLOCK, DemoUnit, HANDHELD, KeyTold, LATE, PARTNER, PLANNER, SILENT, SILENT_SINCE, demo_unit};

/// The same people and addresses at every play.
const SEED: u64 = 1;

/// Writes the unit's files into `directory`, and says who plays what.
pub(crate) fn made_up(directory: &Path, date: NaiveDate) -> Result<(PathBuf, Cast)> {
    let unit = demo_unit(date, SEED);
    fs::create_dir_all(directory).context("Could not make the unit's directory")?;
    for (name, text) in &unit.files {
        fs::write(directory.join(name), text).with_context(|| format!("Could not write {name}"))?;
    }
    let read = read_directory(directory).context("Could not read the unit's files")?.unit;
    let read = read.context("The unit's files are not as the import wants them")?;
    let at = |(hours, minutes)| {
        let time = NaiveTime::from_hms_opt(hours, minutes, 0).and_then(|time| Zone.at(date, time).first());
        time.context("The clocks leave that hour out on that date")
    };
    let cast = Cast {
        unit: unit.name.to_owned(),
        handheld: StaffCode(HANDHELD.into()),
        office: StaffCode(PLANNER.into()),
        carers: at_work(&read, date).into_iter().filter(|carer| carer.0 != HANDHELD).map(with_part).collect(),
        begins: at(CLOCK)?,
        silent_since: at(SILENT_SINCE)?,
        mornings: mornings(&unit, &read, date),
        key_scenes: key_scenes(&unit, date),
    };
    Ok((directory.to_owned(), cast))
}

fn with_part(carer: StaffCode) -> (StaffCode, Part) {
    let part = match carer.0.as_str() {
        SILENT => Part::Silent,
        LATE => Part::Late,
        PARTNER => Part::Colleague,
        _ => Part::Ordinary,
    };
    (carer, part)
}

/// What each carer did, found again by the visit's planned start: a run sheet names no export's ids.
fn mornings(unit: &DemoUnit, read: &ImportedUnit, date: NaiveDate) -> BTreeMap<StaffCode, Morning> {
    let planned: BTreeMap<&str, Timestamp> =
        read.visits.iter().map(|visit| (visit.code.0.as_str(), visit.start)).collect();
    let instant = |time| Zone.at(date, time).first();
    let mut mornings: BTreeMap<StaffCode, Morning> = BTreeMap::new();
    for worked in &unit.worked {
        let (Some(planned), Some(started)) = (planned.get(worked.visit.as_str()), instant(worked.started)) else {
            continue;
        };
        let morning = mornings.entry(StaffCode(worked.staff.clone())).or_default();
        morning.insert(*planned, (started, worked.ended.and_then(instant)));
    }
    mornings
}

/// What happened with keys, as instants.
fn key_scenes(unit: &DemoUnit, date: NaiveDate) -> Vec<(StaffCode, Timestamp, KeyScene)> {
    let instant = |(is_today, (hours, minutes)): (bool, (u32, u32))| {
        let date = if is_today { Some(date) } else { date.pred_opt() };
        Zone.at(date?, NaiveTime::from_hms_opt(hours, minutes, 0)?).first()
    };
    let scene =
        |told: &KeyTold| Some((StaffCode(told.staff.into()), instant((told.is_today, told.at))?, told.scene.clone()));
    unit.key_scenes.iter().filter_map(scene).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_unit_can_be_played() {
        let directory = tempfile::tempdir().unwrap();
        let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let (_, cast) = made_up(directory.path(), date).unwrap();
        assert_eq!(cast.carers.len(), 17);
        let ended = |carer: &StaffCode| cast.mornings[carer].values().filter(|(_, ended)| ended.is_some()).count();
        assert_eq!(ended(&cast.handheld), 4);
        assert_eq!(cast.before(&cast.handheld).keys.len(), 1);
        for part in [Part::Silent, Part::Late, Part::Colleague] {
            assert_eq!(cast.carers.iter().filter(|(_, has)| *has == part).count(), 1);
        }
    }
}
