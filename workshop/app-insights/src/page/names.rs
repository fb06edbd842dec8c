//! Makes names fit to be shown: cut to a length, and with nothing in them that misleads the eye.
//!
//! Escaping is the templates' job. This is about what escaping leaves as it is: characters that
//! turn the direction of text, hide, or move the cursor.

use crate::format::visible;

/// The most characters of a name that a screen shows.
const MAX_SHOWN: usize = 80;

/// A name, cut and made harmless to the eye. Never empty.
pub(super) fn shown(name: &str) -> String {
    cut(name, MAX_SHOWN)
}

/// A text, cut after `most` characters and made harmless to the eye. Never empty.
pub(super) fn cut(text: &str, most: usize) -> String {
    let begin: String = text.chars().take(most).collect();
    let mut shown = visible(&begin);
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    if shown.trim().is_empty() { format!("{shown:?}") } else { shown }
}

/// A whole name as a form may carry it: browsers do not send every character back as it was.
pub(super) fn portable(name: &str) -> String {
    visible(name)
}
