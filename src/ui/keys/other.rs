//! Where there are no single keys.

use super::Heard;

#[derive(Debug)]
pub(super) struct Reader;

impl Reader {
    pub(super) fn start(_: Box<dyn FnMut(Heard<'_>) + Send>) -> Option<Self> {
        None
    }

    pub(super) fn lend<T>(&self, with: impl FnOnce() -> T) -> T {
        with()
    }
}

pub(super) fn restore() {}

pub(super) fn open_screen() {}

pub(super) fn close_screen() {}

pub(super) fn draw(_: impl FnOnce()) -> bool {
    false
}

pub(super) fn in_foreground() -> bool {
    false
}
