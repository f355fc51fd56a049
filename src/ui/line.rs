//! One record on its way out: JSON made safe for a terminal as it is written. A
//! usual record is one write; a large one goes out in pieces, so that a body of
//! many megabytes is not copied to be shown.

use super::sanitize;
use std::io::{self, Write};

/// A record up to this length goes out in one write.
const ROOM: usize = 112 << 10;

/// How much is made safe at a time.
const PIECE: usize = 16 << 10;

/// The line of one record.
pub(super) struct Line<'w> {
    out: &'w mut dyn Write,
    room: Vec<u8>,
}

impl<'w> Line<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, room: Vec::new() }
    }

    /// Ends the line, and writes what is left of it.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.room.push(b'\n');
        self.out.write_all(&self.room)?;
        self.out.flush()
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        let safe = sanitize::json(text);
        if !self.room.is_empty() && self.room.len() + safe.len() > ROOM {
            self.out.write_all(&self.room)?;
            self.room.clear();
        }
        self.room.extend_from_slice(safe.as_bytes());
        Ok(())
    }
}

impl Write for Line<'_> {
    /// Takes whole characters, as JSON is made.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = std::str::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.put(piece)?;
            rest = after;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps the length of each write.
    #[derive(Default)]
    struct Writes(Vec<u8>, Vec<usize>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            self.1.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_large_record_goes_out_in_pieces_and_a_usual_one_at_once() {
        for (text, pieces) in [("é\u{9b}\"".repeat(1_000), 1), ("é\u{9b}\"".repeat(100_000), 8)] {
            let mut writes = Writes::default();
            let mut line = Line::new(&mut writes);
            serde_json::to_writer(&mut line, &text).unwrap();
            line.end().unwrap();
            let (written, lengths) = (String::from_utf8(writes.0).unwrap(), writes.1);
            assert_eq!(written, sanitize::json(&serde_json::to_string(&text).unwrap()) + "\n");
            assert!(lengths.len() >= pieces && (pieces > 1 || lengths.len() == 1), "{lengths:?}");
            assert!(lengths.iter().all(|length| *length <= ROOM + 1), "{lengths:?}");
        }
    }
}
