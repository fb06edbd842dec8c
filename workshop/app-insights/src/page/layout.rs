//! What all screens have in common.

use super::Site;

/// What the templates' common frame shows.
pub(super) struct Shell {
    pub(super) title: String,
    /// The address of the screen in the navigation to which this one belongs.
    pub(super) here: &'static str,
    /// How often a browser without a script asks again, in seconds.
    pub(super) reload: Option<u32>,
    /// Where a browser without a script finds the same screen standing still.
    pub(super) still: String,
    /// The zone of all times, and what time it is there.
    pub(super) zone: String,
    pub(super) now: String,
}

impl Shell {
    pub(super) fn new(site: &Site, title: &str, here: &'static str) -> Self {
        let now = site.store.now().to_zoned(site.zone.clone());
        let offset = now.strftime("UTC%:z").to_string();
        let zone = match site.zone.iana_name() {
            Some(name) if !["UTC", "Etc/UTC"].contains(&name) => format!("{name} ({offset})"),
            Some(_) => "UTC".to_owned(),
            None => offset,
        };
        Self {
            title: title.to_owned(),
            here,
            reload: None,
            still: String::new(),
            zone,
            now: now.strftime("%F %T").to_string(),
        }
    }

    /// Is asked for again every few seconds by a browser without a script, unless `still`.
    pub(super) fn reloading(mut self, address: &str, still: bool) -> Self {
        let joint = if address.contains('?') { '&' } else { '?' };
        if !still {
            self.reload = Some(10);
            self.still = format!("{address}{joint}{STILL}=1");
        }
        self
    }
}

/// The field by which a screen is asked to stand still.
pub(super) const STILL: &str = "still";
