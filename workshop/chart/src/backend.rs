//! Lets plotters draw on the page.
//!
//! plotters' own SVG backend knows whole pixels and fixed colors. This one is ten times as fine, and
//! takes each color for the [`Ink`] that it stands for.

use std::convert::Infallible;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use crate::ink::Ink;
use crate::page::{Anchor, Page, px};

type Result = std::result::Result<(), DrawingErrorKind<Infallible>>;

/// The page, and its size in tenths of a pixel.
pub(crate) struct Backend<'a> {
    pub page: &'a mut Page,
    pub size: (u32, u32),
}

/// `M`, then the points; `None` if there is no point.
fn points(path: impl IntoIterator<Item = BackendCoord>) -> Option<String> {
    let points: Vec<_> = path.into_iter().map(|(x, y)| format!("{},{}", px(x), px(y))).collect();
    if points.is_empty() { None } else { Some(format!("M{}", points.join(" "))) }
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result {
        Ok(())
    }

    fn present(&mut self) -> Result {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Result {
        self.page.path(Ink::of(color), true, &format!("M{},{}h.1v.1h-.1z", px(x), px(y)));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result {
        if let Some(d) = points(path) {
            self.page.path(Ink::of(style.color()), false, &d);
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        if let Some(d) = points(corners) {
            self.page.path(Ink::of(style.color()), fill, &(d + "z"));
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result {
        let radius = i32::try_from(radius).unwrap_or(0);
        let (r, d) = (px(radius), px(2 * radius));
        let circle =
            format!("M{},{}a{r},{r} 0 1 1 {d},0a{r},{r} 0 1 1-{d},0z", px(x - radius), px(y));
        self.page.path(Ink::of(style.color()), fill, &circle);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Result {
        if let Some(d) = points(corners) {
            self.page.path(Ink::of(style.color()), true, &(d + "z"));
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        (x, y): BackendCoord,
    ) -> Result {
        let anchor = match style.anchor().h_pos {
            HPos::Left => Anchor::Start,
            HPos::Center => Anchor::Middle,
            HPos::Right => Anchor::End,
        };
        // How far the baseline is below the point, for the 12 px of all labels.
        let down = match style.anchor().v_pos {
            VPos::Top => 105,
            VPos::Center => 42,
            VPos::Bottom => 0,
        };
        self.page.text((x, y + down), anchor, text, "");
        Ok(())
    }
}
