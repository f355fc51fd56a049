//! How much the journal keeps is the user's to say, and nobody else's.

use crate::harness::{Home, Ran, post};

/// The numbers of what is left of twelve deliveries.
fn left_of_twelve(home: &Home, more: &[&str]) -> Vec<u64> {
    let listening = home.listen([&["--until", "12"], more].concat());
    for number in 0..12 {
        assert_eq!(post(listening.address, "/", &[], format!("{{\"n\":{number}}}").as_bytes()), 200);
    }
    let (code, _, said) = listening.finish();
    assert_eq!(code, 0, "{said}");
    left(home)
}

fn left(home: &Home) -> Vec<u64> {
    let listed = home.run(["events", "list", "--json", "--limit", "100"]).expect(0).records();
    listed.iter().map(|record| record["seq"].as_u64().unwrap()).collect()
}

#[test]
fn the_oldest_go_beyond_what_an_option_or_a_setting_keeps() {
    let home = Home::default();
    assert_eq!(left_of_twelve(&home, &["--keep", "5"]), [12, 11, 10, 9, 8]);
    let home = Home::default();
    home.run(["config", "set", "keep", "3"]).expect(0);
    assert_eq!(left_of_twelve(&home, &[]), [12, 11, 10]);
    // The control: without either all of them stay.
    assert_eq!(left_of_twelve(&Home::default(), &[]).len(), 12);
}

#[test]
fn what_is_no_limit_is_refused_and_a_checkout_sets_none() {
    let home = Home::default();
    for (limits, told) in
        [("plenty", "`plenty` is no limit"), ("0", "keeps nothing"), ("1,2", "limit the same")]
    {
        let said = home.run(["listen", "--port", "0", "--keep", limits]).expect(2).err();
        assert!(said.contains("--keep") && said.contains(told), "{said}");
    }
    home.write("hookctl.toml", "keep = \"1\"\n");
    let mut command = home.command(["config", "list"]);
    command.current_dir(home.path());
    let ran = Ran::of(command, b"");
    assert!(ran.out().contains("10000,1GiB,30d") && ran.err().contains("not a checkout"), "{}", ran.block());
}
