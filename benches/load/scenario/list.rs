//! `events list` on a journal of a million deliveries against one of a thousand.
//!
//! hookctl itself receives the thousand; SQL copies their rows, because a
//! journal's own retention would not let a million grow.

use crate::bench::Bench;
use crate::generator::Load;
use crate::listen::{Journal, Listen};
use crate::report::{Goal, Report};
use crate::{Failure, report};
use rusqlite::Connection;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
const RUNS: usize = 21;
/// The tables with one row a delivery, keyed by `seq`.
const TABLES: [&str; 2] = ["deliveries", "contents"];

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(bench.scratch())?;
    let few = folder.path().join("few");
    let hookctl =
        bench.hookctl.start_listen("hookctl", &Listen { journal: Journal::At(&few), forward: None })?;
    let Load { delivered, .. } = bench.deliver(&hookctl, 16, FEW)?;
    drop(hookctl);
    if delivered != FEW {
        return Err(format!("{delivered} of {FEW} deliveries were answered 200").into());
    }
    let many = folder.path().join("many");
    multiply(&few, &many)?;
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        short.push(list_ms(bench, &few)?);
        long.push(list_ms(bench, &many)?);
    }
    let ratio = report::median(&long) / report::median(&short);
    report.figure("events list, 1,000 deliveries", "wall ms", short.clone(), None)?;
    report.figure("events list, 1,000,000 deliveries", "wall ms", long.clone(), None)?;
    report.note(&format!("the ratio of the two medians is {ratio:.2}"))?;
    let ratios = long.iter().zip(&short).map(|(long, short)| long / short).collect();
    report.figure("1,000,000 : 1,000", "wall", ratios, Some(Goal::AtMost(2.0)))
}

/// Copies a journal and repeats its deliveries until there are a million.
fn multiply(few: &Path, many: &Path) -> Result<(), Failure> {
    let text = many.to_str().ok_or("a folder whose name is not UTF-8")?;
    Connection::open(few)?.execute("VACUUM INTO ?1", [text])?;
    let journal = Connection::open(many)?;
    // A lost copy costs nothing but another run.
    journal.pragma_update(None, "synchronous", "OFF")?;
    for table in TABLES {
        let columns = columns(&journal, table)?;
        journal.execute(
            &format!(
                "WITH RECURSIVE copy(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM copy WHERE n < {MANY} / {FEW} - 1)
                 INSERT INTO {table}(seq, {columns})
                 SELECT seq + copy.n * {FEW}, {columns} FROM copy CROSS JOIN {table} WHERE seq <= {FEW}"
            ),
            [],
        )?;
        let rows: i64 = journal.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        if u64::try_from(rows)? != MANY {
            return Err(format!("table {table} holds {rows} rows").into());
        }
    }
    journal.execute("UPDATE journal SET last_seq = ?1", [i64::try_from(MANY)?])?;
    let _mode: String = journal.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    Ok(())
}

/// The columns of a table besides its key.
fn columns(journal: &Connection, table: &str) -> Result<String, Failure> {
    let mut names = journal.prepare("SELECT name FROM pragma_table_info(?1) WHERE name <> 'seq'")?;
    let names: Vec<String> = names.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names.join(", "))
}

fn list_ms(bench: &Bench, journal: &Path) -> Result<f64, Failure> {
    let mut command = bench.hookctl.command(&["events", "list", "--journal"]);
    let began = Instant::now();
    let output = command.arg(journal).stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
    let wall = began.elapsed();
    if !output.status.success() || output.stdout.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`events list` printed nothing ({}) {}", output.status, said.trim()).into());
    }
    Ok(wall.as_secs_f64() * 1e3)
}
