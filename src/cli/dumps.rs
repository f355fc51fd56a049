//! Keeps signing secrets out of crash dumps.

/// From here on a crash of this process leaves no image of its memory behind.
/// Best effort: a system that refuses is one whose dumps we cannot influence.
pub(super) fn forbid() {
    #[cfg(unix)]
    {
        let hard = rlimit::getrlimit(rlimit::Resource::CORE).map_or(0, |(_, hard)| hard);
        // Only for ourselves: an editor that is started may lift the limit again.
        let _ = rlimit::setrlimit(rlimit::Resource::CORE, 0, hard);
    }
    #[cfg(target_os = "linux")]
    {
        // Where dumps go to a program instead of a file, the limit is not asked.
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
