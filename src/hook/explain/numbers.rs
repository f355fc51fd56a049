//! Numbers as languages write them after having read them.

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As JavaScript and Go write a double (ECMA-262, Number::toString).
    JavaScript,
    /// Integers as they stand, the rest as Python's `repr(float)`.
    Python,
    /// Integers as they stand, the rest as PHP does with `serialize_precision=-1`.
    Php,
    /// The same with JSON_PRESERVE_ZERO_FRACTION.
    PhpZero,
    /// Integers as they stand, the rest as Ruby's `Float#to_s`.
    Ruby,
    /// As they stand.
    AsTheyStand,
}

/// All that write a number in a way of their own.
const ALL: [Numbers; 5] =
    [Numbers::JavaScript, Numbers::Python, Numbers::Php, Numbers::PhpZero, Numbers::Ruby];
/// Decimal digits that a double always gives back as they are.
const EXACT: usize = 15;

/// A number of a JSON text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'a> {
    pub(super) token: &'a [u8],
    /// Where its forms stand, when there is one that is not the token.
    at: Option<u32>,
}

/// The numbers of a text that somebody writes otherwise, each in every form:
/// made once, because a text is written many times.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// For each number a length and a text for each of [`ALL`].
    texts: Vec<u8>,
    /// Whether a number is written otherwise, and the bytes that adds in all.
    pub(super) differ: [bool; ALL.len()],
    pub(super) more: [usize; ALL.len()],
    /// Numbers that took more than a glance.
    pub(super) formatted: usize,
}

impl Forms {
    /// Makes the forms of a number.
    pub(super) fn number<'a>(&mut self, token: &'a [u8]) -> Number<'a> {
        // What is so long is written by nobody who counts.
        if is_plain_integer(token) || token.len() > usize::from(u8::MAX) {
            return Number { token, at: None };
        }
        let forms = plain_decimal(token).unwrap_or_else(|| {
            self.formatted += 1;
            let is_float = token.iter().any(|byte| b".eE".contains(byte));
            let read = (is_float || token != b"-0").then(|| Double::read(token)).flatten();
            ALL.map(|numbers| numbers.form(token, is_float, read.as_ref()))
        });
        if forms.iter().all(Option::is_none) {
            return Number { token, at: None };
        }
        let at = u32::try_from(self.texts.len()).ok();
        for ((form, differ), more) in forms.iter().zip(&mut self.differ).zip(&mut self.more) {
            let text = form.as_ref().map_or(token, |form| form.as_bytes());
            *differ |= form.is_some();
            *more += text.len().saturating_sub(token.len());
            self.texts.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            self.texts.extend_from_slice(text);
        }
        Number { token, at }
    }

    /// Writes a number.
    pub(super) fn write(&self, number: Number<'_>, numbers: Numbers, out: &mut Vec<u8>) {
        let form = number.at.filter(|_| numbers != Numbers::AsTheyStand).and_then(|at| {
            let mut rest = self.texts.get(at as usize..)?;
            for _ in 0..numbers as usize {
                let (length, after) = rest.split_first()?;
                rest = after.get(usize::from(*length)..)?;
            }
            let (length, after) = rest.split_first()?;
            after.get(..usize::from(*length))
        });
        out.extend_from_slice(form.unwrap_or(number.token));
    }
}

/// What everybody writes as it stands.
fn is_plain_integer(token: &[u8]) -> bool {
    token.len() <= EXACT && token != b"-0" && token.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// The forms of a decimal fraction that a double gives back as it is, but for
/// zeros at its end: found without making the double.
fn plain_decimal(token: &[u8]) -> Option<[Option<String>; ALL.len()]> {
    let text = std::str::from_utf8(token).ok()?;
    let (whole, fraction) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let small = whole.trim_start_matches('-') == "0" && fraction.starts_with('0');
    if text.len() > EXACT || small || !digits(whole.trim_start_matches('-')) || !digits(fraction) {
        return None;
    }
    let short = fraction.trim_end_matches('0');
    if short.len() == fraction.len() {
        return Some([const { None }; ALL.len()]);
    }
    if !short.is_empty() {
        return Some(ALL.map(|_| Some(format!("{whole}.{short}"))));
    }
    Some(ALL.map(|numbers| match numbers {
        Numbers::JavaScript | Numbers::Php => Some(whole.to_owned()),
        _ if fraction == "0" => None,
        _ => Some(format!("{whole}.0")),
    }))
}

impl Numbers {
    /// How a number is written, where that is not how it stands.
    fn form(self, token: &[u8], is_float: bool, read: Option<&Double>) -> Option<String> {
        let written = match self {
            Self::AsTheyStand => return None,
            _ if !is_float && token == b"-0" => "0".to_owned(),
            // What does not fit in 64 bits is a float there.
            Self::Php | Self::PhpZero if !is_float && fits(token) => return None,
            Self::Python | Self::Ruby if !is_float => return None,
            Self::JavaScript => read?.javascript(),
            Self::Python => read?.python(),
            Self::Php => read?.php(),
            Self::PhpZero => read?.php_zero(),
            Self::Ruby => read?.ruby(),
        };
        (written.as_bytes() != token).then_some(written)
    }
}

fn fits(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(|text| text.parse::<i64>().is_ok())
}

/// A number as it is after reading: the shortest digits that give it back, and the power of ten of the first.
struct Double {
    value: f64,
    digits: String,
    exponent: i32,
}

impl Double {
    fn read(token: &[u8]) -> Option<Self> {
        let value: f64 = std::str::from_utf8(token).ok()?.parse().ok()?;
        if !value.is_finite() {
            return None;
        }
        let text = format!("{:e}", value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        Some(Self { value, digits: mantissa.replace('.', ""), exponent: exponent.parse().unwrap_or(0) })
    }

    /// Whether it is written without an exponent by those who do so from one power of ten up to another.
    fn is_within(&self, powers: std::ops::Range<i32>) -> bool {
        self.value == 0.0 || powers.contains(&self.exponent)
    }

    fn javascript(&self) -> String {
        match self.value {
            0.0 => "0".to_owned(),
            value if self.is_within(-6..21) => format!("{value}"),
            _ => self.with_exponent(1, ""),
        }
    }

    fn python(&self) -> String {
        if self.is_within(-4..16) { format!("{:?}", self.value) } else { self.with_exponent(2, "") }
    }

    fn php(&self) -> String {
        if self.is_within(-4..17) { format!("{}", self.value) } else { self.with_exponent(1, ".0") }
    }

    fn php_zero(&self) -> String {
        let text = self.php();
        if text.contains('.') { text } else { text + ".0" }
    }

    fn ruby(&self) -> String {
        if self.is_within(-4..15) { format!("{:?}", self.value) } else { self.with_exponent(2, ".0") }
    }

    /// `1.5e+21`, the exponent with its sign and at least so many digits; what
    /// follows a digit that stands alone.
    fn with_exponent(&self, least: usize, alone: &str) -> String {
        let sign = if self.value < 0.0 { "-" } else { "" };
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or((&self.digits, ""));
        let (dot, rest) = if rest.is_empty() { ("", alone) } else { (".", rest) };
        let direction = if self.exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{dot}{rest}e{direction}{:0least$}", self.exponent.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(numbers: Numbers, token: &str) -> String {
        let (mut forms, mut out) = (Forms::default(), Vec::new());
        let number = forms.number(token.as_bytes());
        forms.write(number, numbers, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// What `JSON.stringify(JSON.parse(x))` and the like of Python 3.11, PHP 8.2 and Ruby 3.1 give for each.
    #[test]
    fn numbers_are_written_as_languages_write_them() {
        for (token, javascript, python, php, ruby) in [
            ("0", "0", "0", "0", "0"),
            ("-0", "0", "0", "0", "0"),
            ("0.0", "0", "0.0", "0", "0.0"),
            ("-0.0", "0", "-0.0", "-0", "-0.0"),
            ("1.0", "1", "1.0", "1", "1.0"),
            ("1.10", "1.1", "1.1", "1.1", "1.1"),
            ("-10.00", "-10", "-10.0", "-10", "-10.0"),
            ("0.50", "0.5", "0.5", "0.5", "0.5"),
            ("0.010", "0.01", "0.01", "0.01", "0.01"),
            ("100", "100", "100", "100", "100"),
            ("1E2", "100", "100.0", "100", "100.0"),
            ("-1.5e-10", "-1.5e-10", "-1.5e-10", "-1.5e-10", "-1.5e-10"),
            ("0.000001", "0.000001", "1e-06", "1.0e-6", "1.0e-06"),
            ("0.0000001", "1e-7", "1e-07", "1.0e-7", "1.0e-07"),
            ("0.0001", "0.0001", "0.0001", "0.0001", "0.0001"),
            (
                "12345678901234567890",
                "12345678901234567000",
                "12345678901234567890",
                "1.2345678901234567e+19",
                "12345678901234567890",
            ),
            (
                "9007199254740993",
                "9007199254740992",
                "9007199254740993",
                "9007199254740993",
                "9007199254740993",
            ),
            ("1e21", "1e+21", "1e+21", "1.0e+21", "1.0e+21"),
            ("1e15", "1000000000000000", "1000000000000000.0", "1000000000000000", "1.0e+15"),
            ("1e16", "10000000000000000", "1e+16", "10000000000000000", "1.0e+16"),
            ("1e17", "100000000000000000", "1e+17", "1.0e+17", "1.0e+17"),
            ("1.5e300", "1.5e+300", "1.5e+300", "1.5e+300", "1.5e+300"),
        ] {
            assert_eq!(written(Numbers::Php, token), php, "{token}");
            assert_eq!(written(Numbers::JavaScript, token), javascript, "{token}");
            assert_eq!(written(Numbers::Python, token), python, "{token}");
            assert_eq!(written(Numbers::Ruby, token), ruby, "{token}");
            assert_eq!(written(Numbers::AsTheyStand, token), token);
        }
    }
    /// What PHP 8.2 gives with that flag.
    #[test]
    fn php_keeps_the_zero_of_a_fraction_where_it_is_told() {
        for (token, php) in [
            ("0.0", "0.0"),
            ("-0.0", "-0.0"),
            ("-0", "0"),
            ("10", "10"),
            ("1.10", "1.1"),
            ("10.00", "10.0"),
            ("1e2", "100.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "10000000000000000.0"),
            ("1e17", "1.0e+17"),
            ("0.00001", "1.0e-5"),
            ("12345678901234567890", "1.2345678901234567e+19"),
        ] {
            assert_eq!(written(Numbers::PhpZero, token), php, "{token}");
        }
    }
}
