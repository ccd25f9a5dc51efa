//! Pictures in a page, as SVG 1.1 in HTML.

use std::fmt::Write as _;

use crate::output::escape::html;

/// A picture being drawn.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Begins a picture of this size. `name` has to be one of its own in the page; `title` and
    /// `says` are read out in its place.
    pub(super) fn new(name: &str, width: f64, height: f64, title: &str, says: &str) -> Self {
        let text = format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{name}-title {name}-says\">\
             <title id=\"{name}-title\">{}</title><desc id=\"{name}-says\">{}</desc>",
            number(width),
            number(height),
            html(title),
            html(says)
        );
        Self { text }
    }

    /// The same, shown as large as it says and no smaller.
    pub(super) fn fixed(name: &str, width: f64, height: f64, title: &str, says: &str) -> Self {
        let mut svg = Self::new(name, width, height, title, says);
        let size = format!(
            "<svg width=\"{}\" height=\"{}\"",
            number(width),
            number(height)
        );
        svg.text.replace_range(.."<svg".len(), &size);
        svg
    }

    /// A path; `data` is made of [`number`]s and commands.
    pub(super) fn path(&mut self, class: &str, data: &str) {
        let _ = write!(self.text, "<path class=\"{}\" d=\"{data}\"/>", html(class));
    }

    /// A line from one point to another.
    pub(super) fn line(&mut self, class: &str, (x, y): (f64, f64), (to_x, to_y): (f64, f64)) {
        let data = format!(
            "M{} {}L{} {}",
            number(x),
            number(y),
            number(to_x),
            number(to_y)
        );
        self.path(class, &data);
    }

    /// A rectangle with a text that is shown when it is pointed at, where there is one.
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64), hint: &str) {
        let _ = write!(
            self.text,
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            html(class),
            number(x),
            number(y),
            number(w),
            number(h)
        );
        match hint {
            "" => self.text.push_str("/>"),
            hint => {
                let _ = write!(self.text, "><title>{}</title></rect>", html(hint));
            }
        }
    }

    /// A text that begins, ends or has its middle at a point.
    pub(super) fn text(&mut self, class: &str, anchor: &str, (x, y): (f64, f64), text: &str) {
        let _ = write!(
            self.text,
            "<text class=\"{}\" text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">{}</text>",
            html(class),
            number(x),
            number(y),
            html(text)
        );
    }

    /// The picture.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// A coordinate with at most one decimal.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_element() {
        let mut svg = Svg::new("a", 10.0, 10.25, "</title><script>", "\" onload=\"x");
        svg.text("soft", "end", (0.0, -0.01), "</text><b>\u{202e}");
        let text = svg.finish();
        assert_eq!(text.matches("<script").count(), 0, "{text}");
        assert!(text.contains("&lt;/text&gt;&lt;b&gt;\\u{202e}"), "{text}");
        assert!(text.contains("x=\"0\" y=\"0\""), "{text}");
        assert!(text.starts_with("<svg viewBox=\"0 0 10 10.2\""), "{text}");
    }
}
