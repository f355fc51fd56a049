//! Claim 27: no web page can reach the inspector. Real pages in real browsers try
//! it in fourteen ways; each way succeeds against an inspector that is naive in
//! one point, and brings nothing from the real ones.
//!
//! `tests/it/inspect/gate.rs` asks the same of the gate, header by header.

#[path = "attacks/attacker.rs"]
mod attacker;
#[path = "attacks/browsers.rs"]
mod browsers;
#[path = "attacks/http.rs"]
mod http;
#[path = "attacks/naive.rs"]
mod naive;
#[path = "attacks/names.rs"]
mod names;
#[path = "attacks/table.rs"]
mod table;
#[path = "attacks/victims.rs"]
mod victims;

use attacker::{Attacker, Happened};
use browsers::Led;
use naive::Lax;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use table::{ATTACKS, Attack, From, Prey};
use victims::{Victim, Victims};

/// The place of the naive one among all.
const NAIVE: usize = 0;

/// How long the naive one may take to be harmed once the page has said that it is through.
const SOON: Duration = Duration::from_secs(5);

/// The attacker before one browser, and what is attacked.
struct Campaign {
    attacker: Attacker,
    victims: Victims,
    browser: Led,
    run: u64,
}

/// What came of the naive one, or of the real ones.
#[derive(Default)]
struct Loot {
    kinds: BTreeSet<u8>,
    tries: usize,
    bytes: usize,
    actions: usize,
}

impl Campaign {
    /// Tries one row against these victims, by their places, and gives the number of the try.
    fn attempt(&mut self, attack: &Attack, places: &[usize]) -> u64 {
        self.run += 1;
        let first = &self.victims.all[places[0]];
        let url = match attack.from {
            From::Rebound(_) => asked_as(attack, first, self.run),
            From::Host(name) => format!("{name}:{}", self.attacker.port),
            From::Nowhere => format!("evil.test:{}", self.attacker.port),
        };
        let url = format!("http://{url}/attack");
        self.attacker.prepare(self.page(attack, places), attack.from == From::Nowhere);
        if matches!(attack.from, From::Rebound(_)) {
            self.attacker.rebind(first.address);
        }
        let with_cookie = attack.lax.contains(&Lax::CookieAlone) && places == [NAIVE];
        let login = form_urlencoded::Serializer::new(String::new()).append_pair("back", &url).finish();
        let login = format!("http://{}/login?{login}", first.address);
        self.attacker.lead(if with_cookie { login } else { url });
        while self.attacker.wait(self.run, attack.name) == Happened::Click {
            self.browser.click();
            self.attacker.clicked(self.run);
        }
        self.run
    }

    /// The page of an attack, told about the victims.
    fn page(&self, attack: &Attack, places: &[usize]) -> String {
        let mut plan: Value = serde_json::from_str(attack.told).unwrap();
        let victims = places.iter().map(|place| {
            let victim = &self.victims.all[*place];
            let mut told = victim.paths.clone();
            told["at"] = json!(asked_as(attack, victim, self.run));
            told["token"] = json!(victim.token);
            told["number"] = json!(place);
            told
        });
        plan["victims"] = victims.collect();
        plan["home"] = json!(format!("http://127.0.0.1:{}", self.attacker.port));
        plan["run"] = json!(self.run);
        plan["rebound"] = json!(matches!(attack.from, From::Rebound(_)));
        include_str!("attacks/pages/page.html")
            .replace("{{plan}}", &plan.to_string())
            .replace("{{kit}}", include_str!("attacks/pages/kit.js"))
            .replace("{{attack}}", attack.page)
    }

    /// The bytes that were brought from a victim and say something of a delivery.
    fn bytes(&self, run: u64, place: usize) -> usize {
        let markers = &self.victims.all[place].markers;
        let took = self.attacker.took();
        let found = took.iter().filter(|took| took.run == run && took.victim == place);
        let told = found.filter(|took| markers.iter().any(|marker| took.text.contains(marker.as_str())));
        told.map(|took| took.text.len()).sum()
    }

    /// The positive control: against the naive one the row succeeds.
    fn succeeds(&mut self, attack: &Attack) -> Loot {
        self.victims.naive.be(attack.lax);
        let before = self.victims.naive.actions();
        let run = self.attempt(attack, &[NAIVE]);
        let begun = Instant::now();
        loop {
            let (bytes, actions) = (self.bytes(run, NAIVE), self.victims.naive.actions() - before);
            let harmed = match attack.prey {
                Prey::Bytes => bytes > 0,
                Prey::Action => actions > 0,
            };
            if harmed {
                return Loot { kinds: BTreeSet::from([attack.kind]), tries: 1, bytes, actions };
            }
            let (name, lax, browser) = (attack.name, attack.lax, self.browser.name());
            assert!(begun.elapsed() < SOON, "{browser}: `{name}` does not harm one that does {lax:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether a row is not tried with this browser or victim; then it says why.
    fn left_out(&self, attack: &Attack, name: &str) -> bool {
        let found = attack.without.filter(|(without, _)| *without == name);
        if let Some((name, why)) = found {
            println!("left out with {name}: {}: {why}", attack.name);
        }
        found.is_some()
    }

    /// Every row against all of them; gives what came of the naive one and of the real ones.
    fn wage(&mut self) -> (Loot, Loot) {
        let (mut naive, mut real, mut tries) = (Loot::default(), Loot::default(), Vec::new());
        let mut state = self.victims.state();
        let places: Vec<usize> = (NAIVE + 1..self.victims.all.len()).collect();
        for attack in ATTACKS {
            if self.left_out(attack, self.browser.name()) {
                continue;
            }
            naive.add(&self.succeeds(attack));
            // The port of a rebound page is that of one victim.
            let at_once = if matches!(attack.from, From::Rebound(_)) { 1 } else { places.len() };
            let all = places.iter().filter(|place| !self.left_out(attack, self.victims.all[**place].name));
            let places: Vec<usize> = all.copied().collect();
            for places in places.chunks(at_once) {
                let run = self.attempt(attack, places);
                tries.extend(places.iter().map(|place| (run, *place, attack.name)));
            }
            let now = self.victims.state();
            if now != state {
                println!("`{}` DID SOMETHING: {}", attack.name, differing(&state, &now));
                (state, real.actions) = (now, real.actions + 1);
            }
        }
        // At the end, so that nothing that comes late is missed.
        for (run, place, name) in tries {
            let loot = Loot { tries: 1, bytes: self.bytes(run, place), ..Loot::default() };
            if loot.bytes > 0 {
                println!("`{name}` READ {} bytes of {}", loot.bytes, self.victims.all[place].name);
            }
            real.add(&loot);
        }
        real.actions += usize::from(self.victims.state() != state);
        (naive, real)
    }
}

impl Loot {
    fn add(&mut self, other: &Self) {
        self.kinds.extend(&other.kinds);
        self.tries += other.tries;
        self.bytes += other.bytes;
        self.actions += other.actions;
    }
}

/// The lines that are not what they were.
fn differing(before: &str, now: &str) -> String {
    let pairs = before.lines().zip(now.lines()).filter(|(before, now)| before != now);
    pairs.map(|(before, now)| format!("\n- {before}\n+ {now}")).collect()
}

/// The host under which a page asks the victim.
fn asked_as(attack: &Attack, victim: &Victim, run: u64) -> String {
    let port = victim.address.port();
    match (attack.from, attack.at) {
        // A fresh name each time: an open connection to the last one would be used again.
        (From::Rebound(name), _) if !name.starts_with("localhost") => format!("r{run}.{name}:{port}"),
        (From::Rebound(name), _) => format!("{name}:{port}"),
        (_, "[::1]") => format!("[::1]:{}", victim.six.unwrap_or(victim.address).port()),
        (_, name) => format!("{name}:{port}"),
    }
}

/// Wages everything in a browser, and holds what comes of it to nothing.
fn nothing_comes_of_it(start: impl FnOnce(&Attacker) -> Option<Led>) {
    let attacker = Attacker::start();
    let Some(browser) = start(&attacker) else { return };
    let victims = Victims::start();
    let mut campaign = Campaign { attacker, victims, browser, run: 0 };
    let (naive, real) = campaign.wage();
    println!(
        "{}: {} attacks of {} kinds; naive: {} bytes read, {} actions; {} tries against the real ones: {} bytes read, {} actions",
        campaign.browser.name(),
        naive.tries,
        naive.kinds.len(),
        naive.bytes,
        naive.actions,
        real.tries,
        real.bytes,
        real.actions
    );
    assert_eq!(naive.kinds, (1..=14).collect());
    assert_eq!((real.bytes, real.actions), (0, 0));
    campaign.victims.are_worth_it();
}

#[test]
fn no_page_in_chromium_reads_or_does_anything() {
    nothing_comes_of_it(Led::chromium);
}

#[test]
fn no_page_in_firefox_reads_or_does_anything() {
    nothing_comes_of_it(Led::firefox);
}
