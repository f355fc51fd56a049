//! What is read and not asked: the handlers of these cases are texts.

use hookctl::hook::check::Symptom;
use hookctl::hook::check::{Dialect, lint};

/// A case about the source, and two handlers that differ in one fault.
pub(super) struct Text {
    pub(super) case: &'static str,
    good: &'static str,
    /// What is replaced, and by what, to get the broken one.
    fault: (&'static str, &'static str),
    symptom: Symptom,
}

const HANDLER: &str = "
import hashlib, hmac, json

def verify(request):
    body = request.get_data()
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers.get('X-Signature', ''))
";

pub(super) const TEXTS: &[Text] = &[
    Text {
        case: "constant-time",
        good: HANDLER,
        fault: (
            "hmac.compare_digest(expected, request.headers.get('X-Signature', ''))",
            "expected == request.headers.get('X-Signature', '')",
        ),
        symptom: Symptom::ComparedOpenly,
    },
    Text {
        case: "raw-body",
        good: HANDLER,
        fault: ("request.get_data()", "json.dumps(request.get_json()).encode()"),
        symptom: Symptom::Rewritten,
    },
    Text {
        case: "verify-before-parse",
        good: HANDLER,
        fault: ("    expected = hmac", "    event = json.loads(body)\n    expected = hmac"),
        symptom: Symptom::ReadFirst,
    },
];

impl Text {
    pub(super) fn wrong(&self) -> Option<String> {
        let broken = self.good.replace(self.fault.0, self.fault.1);
        let found = |text: &str| -> Vec<_> {
            let lints = lint(Dialect::Python, text);
            lints.iter().map(|lint| (lint.case(), lint.symptom)).collect()
        };
        let (good, broken) = (found(self.good), found(&broken));
        let right = good.is_empty() && broken == [(self.case, self.symptom)];
        (!right).then(|| format!("{}: {good:?} without the fault, {broken:?} with it", self.case))
    }
}
