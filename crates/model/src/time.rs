//! Instants, and the local time that people and rules speak of.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// An instant: whole seconds since 1970-01-01 UTC. What is read is of the years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Timestamp(pub i64);

/// What was stated is of a year before 1970 or after 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A time is of the years 1970 to 9999")]
pub struct BeyondTheCalendar;

impl TryFrom<i64> for Timestamp {
    type Error = BeyondTheCalendar;

    fn try_from(seconds: i64) -> Result<Self, BeyondTheCalendar> {
        let instant = Self(seconds);
        if instant == instant.in_calendar() { Ok(instant) } else { Err(BeyondTheCalendar) }
    }
}

impl Timestamp {
    /// The end of the year 9999, UTC: the latest that anything may state.
    pub const MAX: Self = Self(253_402_300_799);

    /// The instant, or the nearest one of the years 1970 to 9999: a device's clock may show any.
    pub fn in_calendar(self) -> Self {
        Self(self.0.clamp(0, Self::MAX.0))
    }

    /// This many minutes later.
    pub fn plus_minutes(self, minutes: u32) -> Self {
        Self(self.0.saturating_add(i64::from(minutes) * 60))
    }

    /// This many seconds later, or earlier if negative.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Whole seconds from `earlier` to this.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp()).in_calendar()
    }
}

/// What a local time on a date comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTime {
    /// One instant.
    One(Timestamp),
    /// The hour that a clock change doubles: the first and the second of them.
    Two(Timestamp, Timestamp),
    /// The hour that a clock change leaves out.
    Gap,
}

impl LocalTime {
    /// The instant, the first one in a doubled hour; none in a gap.
    pub fn first(self) -> Option<Timestamp> {
        match self {
            Self::One(instant) | Self::Two(instant, _) => Some(instant),
            Self::Gap => None,
        }
    }
}

/// Where a unit's clocks show the time. All of Sweden is one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Zone;

impl Zone {
    const TZ: Tz = chrono_tz::Europe::Stockholm;

    /// The local date of an instant.
    pub fn date(self, instant: Timestamp) -> NaiveDate {
        self.local(instant).date()
    }

    /// The local date and time of an instant; that of [`Timestamp::MAX`] for one beyond it.
    pub fn local(self, instant: Timestamp) -> NaiveDateTime {
        let utc = DateTime::<Utc>::from_timestamp(instant.min(Timestamp::MAX).0, 0).unwrap_or_default();
        utc.with_timezone(&Self::TZ).naive_local()
    }

    /// What a local time on a date comes to.
    pub fn at(self, date: NaiveDate, time: NaiveTime) -> LocalTime {
        match Self::TZ.from_local_datetime(&date.and_time(time)) {
            LocalResult::Single(instant) => LocalTime::One(Timestamp(instant.timestamp())),
            LocalResult::Ambiguous(first, second) => {
                LocalTime::Two(Timestamp(first.timestamp()), Timestamp(second.timestamp()))
            }
            LocalResult::None => LocalTime::Gap,
        }
    }

    /// The first instant of a date: midnight, which no clock change of this zone touches.
    pub fn midnight(self, date: NaiveDate) -> Timestamp {
        self.at(date, NaiveTime::MIN).first().unwrap_or_default()
    }

    /// The day as a number, days since 1970-01-01: for ranges in tables.
    pub fn day(self, instant: Timestamp) -> Day {
        Day::of(self.date(instant))
    }
}

/// A date as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The day of a date.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce() - Self::EPOCH_FROM_CE)
    }

    /// The date of the day.
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(Self::EPOCH_FROM_CE)).unwrap_or_default()
    }

    const EPOCH_FROM_CE: i32 = 719_163;
}

/// Reads `HH:MM`.
pub fn parse_clock(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = text.split_once(':')?;
    let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_two_digits(hours) || !is_two_digits(minutes) {
        return None;
    }
    NaiveTime::from_hms_opt(hours.parse().ok()?, minutes.parse().ok()?, 0)
}

/// Writes `HH:MM`.
pub fn format_clock(time: NaiveTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// The day after.
pub fn next_date(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn clock(text: &str) -> NaiveTime {
        parse_clock(text).expect("a time")
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_not_read_and_shows_a_time_all_the_same() {
        // The first is the last hour that the calendar's own arithmetic holds: an hour later is none.
        for beyond in [8_210_266_876_799, i64::MAX, i64::MIN, -1, Timestamp::MAX.0 + 1] {
            assert!(serde_json::from_str::<Timestamp>(&beyond.to_string()).is_err(), "{beyond}");
            Zone.day(Timestamp(beyond));
        }
        for within in [0, Timestamp::MAX.0] {
            assert_eq!(serde_json::from_str::<Timestamp>(&within.to_string()).ok(), Some(Timestamp(within)));
        }
    }

    #[test]
    fn the_hour_that_spring_takes_is_a_gap() {
        assert_eq!(Zone.at(date("2026-03-29"), clock("02:30")), LocalTime::Gap);
    }

    #[test]
    fn the_hour_that_autumn_doubles_is_two_instants() {
        let LocalTime::Two(first, second) = Zone.at(date("2026-10-25"), clock("02:30")) else {
            panic!("the hour is doubled");
        };
        assert_eq!(second.seconds_since(first), 3_600);
    }

    #[test]
    fn a_day_is_a_date() {
        assert_eq!(Day::of(date("1970-01-01")), Day(0));
        assert_eq!(Day::of(date("2026-11-22")).date(), date("2026-11-22"));
        assert_eq!(Zone.day(Zone.midnight(date("2026-06-06"))).date(), date("2026-06-06"));
    }

    #[test]
    fn only_two_digits_and_two_digits_are_a_time() {
        assert_eq!(format_clock(clock("07:05")), "07:05");
        for wrong in ["7:05", "24:00", "07:60", "0705", "07:5", "+7:05", ""] {
            assert_eq!(parse_clock(wrong), None, "{wrong}");
        }
    }
}
