//! Where ratatui draws to: one piece of bytes for each change of the screen.
//!
//! The bytes are hookctl's own sequences and safe text. Whatever a cell holds is
//! looked at once more on its way out.

use crate::ui::sanitize::unsafe_to_show;
use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};
use std::convert::Infallible;
use std::io::Write as _;

/// The size where the terminal does not say its own.
const USUAL: Size = Size { width: 80, height: 24 };

/// Writes what changed into bytes that the caller takes to the terminal.
#[derive(Debug)]
pub(super) struct Bytes {
    size: fn() -> Option<(u16, u16)>,
    made: Vec<u8>,
}

impl Bytes {
    /// For a terminal whose size this tells: columns and rows.
    pub(super) fn new(size: fn() -> Option<(u16, u16)>) -> Self {
        Self { size, made: Vec::new() }
    }

    /// What is to be written, and an empty place for the next.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.made)
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A vector takes everything.
        let _ = self.made.write_fmt(text);
    }

    fn style(&mut self, cell: &Cell) {
        self.put(format_args!("\x1b[0"));
        for (modifier, code) in [
            (Modifier::BOLD, "1"),
            (Modifier::DIM, "2"),
            (Modifier::UNDERLINED, "4"),
            (Modifier::REVERSED, "7"),
        ] {
            if cell.modifier.contains(modifier) {
                self.put(format_args!(";{code}"));
            }
        }
        if let Some(code) = foreground(cell.fg) {
            self.put(format_args!(";{code}"));
        }
        self.put(format_args!("m"));
    }
}

/// The colours that `ui::style` uses.
const fn foreground(color: Color) -> Option<u8> {
    match color {
        Color::Red => Some(31),
        Color::Green => Some(32),
        Color::Yellow => Some(33),
        Color::Magenta => Some(35),
        Color::Cyan => Some(36),
        Color::LightBlue => Some(94),
        _ => None,
    }
}

impl Backend for Bytes {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut row = None;
        let mut next = 0;
        let mut style = None;
        for (x, y, cell) in content {
            if row != Some(y) || next != x {
                self.put(format_args!("\x1b[{};{}H", y.saturating_add(1), x.saturating_add(1)));
            }
            if style != Some((cell.fg, cell.modifier)) {
                self.style(cell);
                style = Some((cell.fg, cell.modifier));
            }
            let symbol = cell.symbol();
            if symbol.chars().any(unsafe_to_show) {
                self.put(format_args!("?"));
            } else {
                self.put(format_args!("{symbol}"));
            }
            // A letter of two columns, or one that terminals measure otherwise: say where the next one stands.
            (row, next) = (Some(y), if symbol.len() == 1 { x.saturating_add(1) } else { u16::MAX });
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.put(format_args!("\x1b[?25l"));
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.put(format_args!("\x1b[?25h"));
        Ok(())
    }

    /// Nobody asks the terminal: its answer would be read as keys.
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let Position { x, y } = position.into();
        self.put(format_args!("\x1b[{};{}H", y.saturating_add(1), x.saturating_add(1)));
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.put(format_args!("\x1b[0m\x1b[H\x1b[2J"));
        Ok(())
    }

    fn clear_region(&mut self, what: ClearType) -> Result<(), Infallible> {
        let code = match what {
            ClearType::All => return self.clear(),
            ClearType::AfterCursor => "J",
            ClearType::BeforeCursor => "1J",
            ClearType::CurrentLine => "2K",
            ClearType::UntilNewLine => "K",
        };
        self.put(format_args!("\x1b[0m\x1b[{code}"));
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok((self.size)().map_or(USUAL, |(width, height)| Size { width, height }))
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The size of the terminal behind standard output: columns and rows.
#[cfg(unix)]
pub(super) fn size_of_terminal() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

#[cfg(not(unix))]
pub(super) fn size_of_terminal() -> Option<(u16, u16)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui_core::style::Style;
    use ratatui_core::terminal::Terminal;

    fn drawn(draw: impl Fn(&mut ratatui_core::buffer::Buffer)) -> (Vec<u8>, Vec<u8>) {
        let mut terminal = Terminal::new(Bytes::new(|| Some((12, 3)))).unwrap();
        terminal.draw(|frame| draw(frame.buffer_mut())).unwrap();
        let first = terminal.backend_mut().take();
        terminal.draw(|frame| draw(frame.buffer_mut())).unwrap();
        (first, terminal.backend_mut().take())
    }

    #[test]
    fn a_terminal_shows_what_was_drawn_and_the_same_again_is_nothing() {
        let (first, second) = drawn(|buffer| {
            buffer.set_string(0, 0, "日本 é ok", Style::new().fg(Color::Green));
            buffer.set_string(4, 2, "end", Style::new().add_modifier(Modifier::REVERSED));
        });
        let mut screen = vt100::Parser::new(3, 12, 0);
        screen.process(&first);
        assert_eq!(screen.screen().contents(), "日本 é ok\n\n    end");
        assert_eq!(screen.screen().cell(0, 0).unwrap().fgcolor(), vt100::Color::Idx(2));
        assert!(screen.screen().cell(2, 5).unwrap().inverse());
        assert!(!String::from_utf8_lossy(&second).contains("end"), "only what changed is written");
    }

    #[test]
    fn a_cell_that_could_drive_the_terminal_is_not_written() {
        for symbol in ["\x1b[2J", "\u{9b}2J", "\x07", "a\u{202e}"] {
            let mut bytes = Bytes::new(|| None);
            let mut cell = Cell::EMPTY;
            cell.set_symbol(symbol);
            let Ok(()) = bytes.draw([(0, 0, &cell)].into_iter());
            assert_eq!(String::from_utf8(bytes.take()).unwrap(), "\x1b[1;1H\x1b[0m?");
        }
    }
}
