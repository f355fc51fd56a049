use super::*;
use crate::hook::delivery::Message;
use crate::hook::provider::Catalogue;
use crate::hook::sample;
use crate::hook::secret::Secret;
use crate::hook::verdict::Verdict;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

fn workshop(id: &str) -> Workshop {
    let provider = Catalogue::builtin().get(id).unwrap();
    let secret = Secret::new("fake-secret-of-a-test").unwrap();
    let keys = provider.keys(&[secret]).unwrap();
    let target = Target::parse("http://localhost:3000/webhooks", None).unwrap();
    Workshop::new(provider, keys, target, 7).unwrap()
}

fn verdict(workshop: &Workshop, request: &Request) -> Verdict {
    let url = format!("{}{}", workshop.target.origin(), request.head.target());
    let message = Message {
        method: request.head.method(),
        target: request.head.target(),
        headers: request.head.headers(),
        body: &request.body,
        url: Some(&url),
    };
    workshop.provider.verify(&workshop.keys, &message, NOW, None)
}

#[test]
fn a_good_delivery_verifies_and_no_forged_one_does() {
    let forged = [
        Change::NoSignature,
        Change::EmptySignature,
        Change::ShortSignature,
        Change::OneDigitSignature,
        Change::LongSignature,
        Change::GarbageSignature,
        Change::NonAsciiSignature,
        Change::HugeSignature,
        Change::BareSignature,
        Change::WrongPrefix,
        Change::OtherSecret,
        Change::EmptySecret,
        Change::WeakerHash,
        Change::OtherHeader,
        Change::TwoWrongHeaders,
        Change::OfAnotherBody,
    ];
    for provider in ["koji", "userjourneys", "github"] {
        let workshop = workshop(provider);
        let sample = sample::samples(provider).first().unwrap();
        let made = |changes: &[Change]| workshop.make(sample, "one", NOW, changes).unwrap();
        let good = verdict(&workshop, &made(&[]));
        assert!(good.verified(), "{provider}: {}", good.reason);
        for change in forged {
            let verdict = verdict(&workshop, &made(&[change]));
            assert!(!verdict.verified(), "{provider} {change:?}: {}", verdict.reason);
        }
    }
}
