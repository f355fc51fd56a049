//! Keeps the memory of a listener what it says it is.

/// Asks the system for pages of the usual size. Where it gives large ones unasked,
/// each buffer that has a few bytes in it would take two megabytes. Best effort.
pub(super) fn small() {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}
