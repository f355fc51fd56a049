//! A QR code in a terminal: two modules a character, with the white rim that
//! cameras look for.
//!
//! Light modules are drawn and dark ones left out, as terminals are dark; most
//! cameras read the opposite as well. Does not write.

use super::page::Page;
use super::sanitize::Charset;
use super::style::Role;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of the rim (ISO/IEC 18004, 9.1).
const RIM: usize = 4;

/// Why there is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// More than a code holds.
    #[error("the link is too long for one")]
    TooLong,
    /// The terminal has fewer columns.
    #[error("the terminal has {has} columns, and it takes {takes}")]
    TooWide {
        /// What it has.
        has: usize,
        /// What it takes.
        takes: usize,
    },
}

/// Puts the code of a text on a page.
///
/// # Errors
/// When the text is too long or the terminal too narrow.
pub fn code(page: &mut Page, text: &str) -> Result<(), QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| QrError::TooLong)?;
    let modules = Modules { width: code.width(), colors: code.to_colors() };
    let side = modules.width + 2 * RIM;
    let ascii = page.look().charset == Charset::Ascii;
    let takes = if ascii { 2 * side } else { side };
    if let Some(has) = page.look().width.filter(|has| *has < takes) {
        return Err(QrError::TooWide { has, takes });
    }
    let rows_a_line = if ascii { 1 } else { 2 };
    for row in (0..side).step_by(rows_a_line) {
        let line: String = (0..side)
            .map(|column| {
                let (upper, lower) = (modules.light(row, column), modules.light(row + 1, column));
                match (ascii, upper, lower) {
                    (true, true, _) => "##",
                    (true, false, _) => "  ",
                    (false, true, true) => "█",
                    (false, true, false) => "▀",
                    (false, false, true) => "▄",
                    (false, false, false) => " ",
                }
            })
            .collect();
        page.put(Role::Plain, line).end_line();
    }
    Ok(())
}

struct Modules {
    width: usize,
    colors: Vec<Color>,
}

impl Modules {
    /// Whether a module is light; the rim is, and below it there is nothing.
    fn light(&self, row: usize, column: usize) -> bool {
        if row >= self.width + 2 * RIM {
            return false;
        }
        let inside = |at: usize| at.checked_sub(RIM).filter(|at| *at < self.width);
        let Some((row, column)) = inside(row).zip(inside(column)) else { return true };
        self.colors.get(row * self.width + column) != Some(&Color::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;

    const LINK: &str = "https://app.userjourneys.ai/i/xK9mR2pQ?reference_id=user_12345";

    /// The drawn modules, read back from the page.
    fn drawn(page: &Page, ascii: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in page.as_str().lines() {
            if ascii {
                let letters: Vec<char> = line.chars().collect();
                rows.push(letters.chunks(2).map(|pair| pair == ['#', '#']).collect());
            } else {
                rows.push(line.chars().map(|letter| matches!(letter, '█' | '▀')).collect());
                rows.push(line.chars().map(|letter| matches!(letter, '█' | '▄')).collect());
            }
        }
        rows
    }

    #[test]
    fn what_is_drawn_is_the_code_with_its_rim_in_both_letters() {
        let reference = QrCode::with_error_correction_level(LINK, EcLevel::L).unwrap();
        let side = reference.width() + 2 * RIM;
        for charset in [Charset::Unicode, Charset::Ascii] {
            let mut page = Page::new(Look { charset, ..Look::PLAIN });
            code(&mut page, LINK).unwrap();
            let rows = drawn(&page, charset == Charset::Ascii);
            for row in 0..side {
                for column in 0..side {
                    let inside = row >= RIM && column >= RIM && row < side - RIM && column < side - RIM;
                    let light = !inside || reference[(column - RIM, row - RIM)] == Color::Light;
                    assert_eq!(rows[row][column], light, "{charset:?} {row} {column}");
                }
            }
            assert!(rows[side..].iter().flatten().all(|light| !light));
        }
    }

    #[test]
    fn a_narrow_terminal_and_a_long_link_are_told() {
        let mut page = Page::new(Look { width: Some(40), ..Look::PLAIN });
        assert!(matches!(code(&mut page, LINK), Err(QrError::TooWide { has: 40, .. })));
        assert!(page.is_empty());
        let mut page = Page::new(Look::PLAIN);
        assert_eq!(code(&mut page, &"x".repeat(3_000)), Err(QrError::TooLong));
    }
}
