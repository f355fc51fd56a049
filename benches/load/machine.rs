//! What the kernel says about a process, and SQLite's WAL index about a journal.
//!
//! Linux only: `/proc` is the one place that tells a server's CPU from the
//! generator's without code in the server.

use crate::Failure;
use std::path::Path;

/// `USER_HZ`, the unit of CPU times in `/proc`; 100 on every Linux that Rust builds for today.
const TICKS_A_SECOND: f64 = 100.0;

/// CPU time of a process so far, user and system, all threads, in microseconds.
pub(crate) fn cpu_us(process: u32) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything, so count from its end: utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks =
        || -> Result<f64, Failure> { Ok(fields.next().ok_or("a short /proc/PID/stat")?.parse()?) };
    Ok((ticks()? + ticks()?) * 1e6 / TICKS_A_SECOND)
}

/// Resident memory in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: f64,
    pub(crate) peak: f64,
}

/// Resident memory of a process, now and at its highest.
pub(crate) fn memory(process: u32) -> Result<Memory, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| -> Result<f64, Failure> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes / 1024.0)
    };
    Ok(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
}

/// Commits a journal has seen: `iChange` of the WAL index, "incremented with
/// each transaction" (sqlite.org/walformat.html), in the machine's byte order.
/// It wraps, so only differences mean something.
pub(crate) fn commits(wal_index: &Path) -> Result<u32, Failure> {
    let mut header = [0; 12];
    std::io::Read::read_exact(&mut std::fs::File::open(wal_index)?, &mut header)?;
    let counter = header.last_chunk::<4>().ok_or("a short WAL index")?;
    Ok(u32::from_ne_bytes(*counter))
}

/// How busy the machine was during the last minute.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace().next().unwrap_or("unknown").to_owned()
}
