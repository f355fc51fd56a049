//! Numbers as languages write them after having read them.

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they stand.
    AsTheyStand,
    /// As JavaScript writes a double (ECMA-262, Number::toString).
    JavaScript,
    /// Integers as they stand, the rest as Python's `repr(float)`.
    Python,
}

impl Numbers {
    /// Writes a number of a JSON text.
    pub(super) fn write(self, token: &[u8], out: &mut Vec<u8>) {
        let is_float = token.iter().any(|byte| b".eE".contains(byte));
        let written = match self {
            Self::AsTheyStand => None,
            Self::JavaScript if !is_float && token.len() <= 15 && token != b"-0" => None,
            Self::JavaScript => double(token).map(javascript),
            Self::Python if !is_float => (token == b"-0").then(|| "0".to_owned()),
            Self::Python => double(token).map(python),
        };
        match written {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(token),
        }
    }
}

fn double(token: &[u8]) -> Option<f64> {
    let double: f64 = std::str::from_utf8(token).ok()?.parse().ok()?;
    double.is_finite().then_some(double)
}

/// The shortest digits that read back, and the power of ten of the first.
fn digits(double: f64) -> (String, i32) {
    let text = format!("{:e}", double.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn javascript(double: f64) -> String {
    if double == 0.0 {
        return "0".to_owned();
    }
    let exponent = digits(double).1;
    if (-6..21).contains(&exponent) { format!("{double}") } else { with_exponent(double, 1) }
}

fn python(double: f64) -> String {
    let exponent = digits(double).1;
    if double == 0.0 || (-4..16).contains(&exponent) {
        format!("{double:?}")
    } else {
        with_exponent(double, 2)
    }
}

/// `1.5e+21`, the exponent with its sign and at least so many digits.
fn with_exponent(double: f64, least: usize) -> String {
    let (digits, exponent) = digits(double);
    let sign = if double < 0.0 { "-" } else { "" };
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{dot}{rest}e{direction}{:0least$}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(numbers: Numbers, token: &str) -> String {
        let mut out = Vec::new();
        numbers.write(token.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// What `JSON.stringify(JSON.parse(x))` and `json.dumps(json.loads(x))` give for each.
    #[test]
    fn numbers_are_written_as_node_and_python_write_them() {
        for (token, javascript, python) in [
            ("0", "0", "0"),
            ("-0", "0", "0"),
            ("0.0", "0", "0.0"),
            ("-0.0", "0", "-0.0"),
            ("1.0", "1", "1.0"),
            ("1.10", "1.1", "1.1"),
            ("100", "100", "100"),
            ("1E2", "100", "100.0"),
            ("-1.5e-10", "-1.5e-10", "-1.5e-10"),
            ("0.000001", "0.000001", "1e-06"),
            ("0.0000001", "1e-7", "1e-07"),
            ("0.0001", "0.0001", "0.0001"),
            ("123456789012345680000", "123456789012345680000", "123456789012345680000"),
            ("9007199254740993", "9007199254740992", "9007199254740993"),
            ("1e21", "1e+21", "1e+21"),
            ("1e16", "10000000000000000", "1e+16"),
            ("1.5e300", "1.5e+300", "1.5e+300"),
            ("5e-324", "5e-324", "5e-324"),
        ] {
            assert_eq!(written(Numbers::JavaScript, token), javascript, "{token}");
            assert_eq!(written(Numbers::Python, token), python, "{token}");
            assert_eq!(written(Numbers::AsTheyStand, token), token);
        }
    }
}
