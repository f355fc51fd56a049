//! Accounts as a user meets them: `login`, `logout`, `whoami`, profiles,
//! settings and `doctor`, by the real program.

mod doctor;
mod login;
mod profiles;
mod prompts;
mod settings;
mod vendor;

use crate::harness::Home;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Obviously fake, and long enough to be shown by their ends.
const UJ_KEY: &str = "uj_live_fake0000000000000000a1b2";
const KOJI_KEY: &str = "pk_live_fake0000000000000000c3d4";

/// A profile of userjourneys as `login` leaves it.
fn logged_in(home: &Home, profile: &str, extra: &[&str]) {
    let args =
        ["login", "--no-check", "--provider", "userjourneys", "--profile", profile, "--api-key-env", "K"];
    home.run_with(args.iter().chain(extra), b"", &[("K", UJ_KEY)]).expect(0);
}

fn mode(path: impl AsRef<Path>) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
