//! Makes names fit to be shown: cut to a length, and with nothing in them that misleads the eye.
//!
//! Escaping is the templates' job. This is about what escaping leaves as it is: characters that
//! turn the direction of text, hide, or move the cursor.

/// The most characters of a name that a screen shows.
const MAX_SHOWN: usize = 80;

/// A name, cut and made harmless to the eye. Never empty.
pub(super) fn shown(name: &str) -> String {
    cut(name, MAX_SHOWN)
}

/// A text, cut after `most` characters and made harmless to the eye. Never empty.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for c in text.chars().take(most) {
        if misleads(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    if shown.trim().is_empty() { format!("{text:.20?}") } else { shown }
}

/// A whole name as a form may carry it: browsers do not send every character back as it was.
pub(super) fn portable(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if misleads(c) { text.extend(c.escape_unicode()) } else { text.push(c) }
    }
    text
}

/// Control characters, those that turn the direction of text (Unicode's `Bidi_Control`), and those
/// that cannot be seen.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}
