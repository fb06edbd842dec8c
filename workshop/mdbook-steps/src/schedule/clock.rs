//! Times of a day, and how long something takes, as people say it.

use serde::{Deserialize, Deserializer, de::Error as _};

/// A time of a day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub u32);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl std::str::FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        text.split_once(':')
            .filter(|(hours, minutes)| digits(hours) && digits(minutes))
            .and_then(|(hours, minutes)| Some((hours.parse().ok()?, minutes.parse().ok()?)))
            .filter(|&(hours, minutes): &(u32, u32)| hours < 24 && minutes < 60)
            .map(|(hours, minutes)| Self(hours * 60 + minutes))
            .ok_or_else(|| format!("`{text}` is no time of a day; write it as \"09:30\""))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// `25 minutes`, `1 hour`, `3 hours 30 minutes`. The space in a part does not break.
pub(super) fn duration(minutes: u32) -> String {
    let part = |count: u32, name: &str| match count {
        0 => None,
        1 => Some(format!("1\u{a0}{name}")),
        _ => Some(format!("{count}\u{a0}{name}s")),
    };
    let parts = [part(minutes / 60, "hour"), part(minutes % 60, "minute")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_day() {
        assert_eq!("09:05".parse(), Ok(Time(545)));
        assert_eq!(Time(545).to_string(), "09:05");
        for text in ["", "9:05", "09:5", "24:00", "09:60", "+9:05", "09.05", "09:05:00"] {
            let error = text.parse::<Time>().unwrap_err();
            assert!(error.contains("write it as \"09:30\""), "{error}");
        }
    }

    #[test]
    fn durations_are_in_words() {
        for (minutes, words) in [
            (1, "1 minute"),
            (59, "59 minutes"),
            (60, "1 hour"),
            (61, "1 hour 1 minute"),
            (150, "2 hours 30 minutes"),
        ] {
            assert_eq!(duration(minutes).replace('\u{a0}', " "), words);
        }
    }
}
