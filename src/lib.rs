//! The library behind the `hookctl` command: receive signed webhooks, verify
//! them over their raw bytes, keep them, show them and pass them on.
//!
//! People use the `hookctl` program (`hookctl help`); this library exists so
//! that the program and its tests share one set of rooms. It never prints and
//! never exits; only [`ui`] writes to a terminal.
//!
//! # Layout
//!
//! A module names only lower rows of this table; a test holds it.
//!
//! | row | modules | job |
//! |---|---|---|
//! | 7 | `cli` | arguments, dispatch, exit codes |
//! | 6 | `inspect` | the same journal as a page: an HTTP server for one person's browser |
//! | 5 | `ui`, `config` | streams and style; settings with their origin |
//! | 4 | `job` | what the tool does |
//! | 3 | `receive`, `forward`, `vendor` | one outside party each; they never name each other |
//! | 2 | `journal`, `serve`, `outbound`, `clock` | disk, HTTP server, HTTP clients, system time |
//! | 1 | `hook`, `buffer`, `modes` | facts and rules, pure; bytes that are gathered; files for their owner alone |

pub mod buffer;
pub mod cli;
pub mod clock;
pub mod config;
pub mod forward;
pub mod hook;
pub mod inspect;
pub mod job;
pub mod journal;
pub mod modes;
pub mod outbound;
pub mod receive;
pub mod serve;
pub mod ui;
pub mod vendor;
