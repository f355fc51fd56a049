//! What is stored comes back, and nothing leads out of the folder.

use super::*;
use crate::config::environment::Environment;

fn profiles(home: &Path) -> Profiles {
    let folders = Folders::of(&Environment::from_pairs(&[
        ("HOOKCTL_CONFIG_DIR", home.to_str().unwrap()),
        ("HOOKCTL_DATA_DIR", "/d"),
    ]));
    Profiles::open(&folders.unwrap())
}

fn profile(name: &str) -> Profile {
    Profile {
        name: name.to_owned(),
        provider: "koji".to_owned(),
        base_url: Some("http://127.0.0.1:1/\"a\\b\"\u{1f600}".to_owned()),
        target: None,
        checked: Some("2026-11-21T00:00:00Z".to_owned()),
    }
}

#[test]
fn what_is_stored_comes_back_and_goes() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    assert!(profiles.get("shop").unwrap().is_none() && profiles.names().is_empty());
    profiles.save(&profile("shop")).unwrap();
    profiles.save(&profile("a.b-c_1")).unwrap();
    assert_eq!(profiles.get("shop").unwrap(), Some(profile("shop")));
    assert_eq!(profiles.names(), ["a.b-c_1", "shop"]);
    assert_eq!(profiles.list().unwrap().len(), 2);
    assert!(profiles.remove("shop").unwrap());
    assert!(!profiles.remove("shop").unwrap());
    assert_eq!(profiles.names(), ["a.b-c_1"]);
}

#[test]
fn secrets_come_back_byte_for_byte_and_the_older_file_is_read() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    let text = |secret: Option<Secret>| secret.map(|secret| secret.expose().to_vec());
    assert!(profiles.api_key("koji").unwrap().is_none());
    profiles.store_api_key("koji", &Secret::new(" pk_live_fake ").unwrap()).unwrap();
    assert_eq!(text(profiles.api_key("koji").unwrap()).unwrap(), b" pk_live_fake ");
    private::write(&home.path().join("secrets/koji"), b"older\n").unwrap();
    assert_eq!(text(profiles.signing_secret("koji").unwrap()).unwrap(), b"older");
    assert!(profiles.signing_secret("other").unwrap().is_none());
    profiles.store_signing_secret("koji", &Secret::new("newer").unwrap()).unwrap();
    assert_eq!(text(profiles.signing_secret("koji").unwrap()).unwrap(), b"newer");
}

#[test]
fn a_registration_comes_back_and_a_damaged_one_is_said() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    profiles.store_registration("uj", &serde_json::json!({"url": "https://a.example"})).unwrap();
    let found: Option<serde_json::Value> = profiles.registration("uj").unwrap();
    assert_eq!(found.unwrap()["url"], "https://a.example");
    private::write(&profiles.folder("uj").unwrap().join(REGISTRATION), b"{").unwrap();
    let found = profiles.registration::<serde_json::Value>("uj");
    assert!(matches!(found, Err(ProfileError::Damaged { .. })));
    assert!(profiles.remove_registration("uj").unwrap());
    assert!(profiles.registration::<serde_json::Value>("uj").unwrap().is_none());
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    let long = "a".repeat(65);
    for name in ["", ".", "..", "../a", "a/b", ".a", "a b", "ä", "a\0", &long] {
        assert!(matches!(profiles.get(name), Err(ProfileError::Name(_))), "{name}");
        assert!(matches!(profiles.remove(name), Err(ProfileError::Name(_))), "{name}");
    }
}

#[test]
fn a_profile_is_changed_by_one_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    let held = profiles.lock("uj").unwrap();
    assert!(matches!(profiles.lock("uj"), Err(ProfileError::Busy { .. })));
    profiles.lock("other").unwrap();
    drop(held);
    profiles.lock("uj").unwrap();
}

#[test]
fn an_unknown_field_or_broken_text_is_damage() {
    let home = tempfile::tempdir().unwrap();
    let profiles = profiles(home.path());
    let path = profiles.folder("x").unwrap().join(SETTINGS);
    for text in [&b"provider = \"koji\"\nkey = \"k\"\n"[..], b"provider", b"", b"\xff"] {
        private::write(&path, text).unwrap();
        assert!(matches!(profiles.get("x"), Err(ProfileError::Damaged { .. })));
    }
}

#[cfg(unix)]
#[test]
fn modes_that_somebody_widened_are_narrowed_when_opened() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let stored = profiles(home.path());
    assert!(stored.warnings.is_empty());
    stored.save(&profile("shop")).unwrap();
    stored.store_api_key("shop", &Secret::new("uj_live_fake").unwrap()).unwrap();
    assert!(profiles(home.path()).warnings.is_empty());
    let folder = stored.folder("shop").unwrap();
    for (path, mode) in [(folder.join(API_KEY), 0o640), (folder.clone(), 0o755)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let said = profiles(home.path()).warnings;
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().any(|line| line.contains("mode 640); it is 600 now")));
    assert!(said.iter().any(|line| line.contains("mode 755); it is 700 now")));
    assert!(profiles(home.path()).warnings.is_empty());
}
