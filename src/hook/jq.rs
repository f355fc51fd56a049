//! The filter language of `--jq` and `--filter`: jq, as jaq implements it.
//!
//! Numbers keep their spelling. A filter cannot read the environment (`env`
//! and `$ENV` do not compile) and cannot end the program (`halt` is an error).
//! There is no fuel: a filter that never ends does not end, so only the user's
//! own filters are run. Inputs are strangers': one that is nested deeper than
//! jaq's recursion can follow is refused before jaq sees it.

use super::jsontext;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data};
use jaq_json::{Val, read, write};

/// The most results one run may give.
const MAX_RESULTS: usize = 100_000;

/// How deep an input may be nested. jaq recurses, and a stack that is used up ends the whole program.
const MAX_DEPTH: usize = 128;

/// A compiled filter.
pub struct Filter {
    source: String,
    compiled: jaq_core::Filter<data::JustLut<Val>>,
}

/// Why a filter cannot be used, or failed on an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The expression does not parse or names something unknown.
    #[error("`{source_text}` is not a jq filter: {detail}")]
    Compile {
        /// The expression.
        source_text: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// The input is not JSON.
    #[error("the input is not JSON: {0}")]
    Input(String),
    /// The input is nested too deeply.
    #[error("the input is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The filter raised an error.
    #[error("jq: {0}")]
    Run(String),
    /// The filter called `halt`.
    #[error("jq: `halt` is not available here")]
    Halt,
    /// The filter gave more results than anybody can want.
    #[error("jq: more than {MAX_RESULTS} results")]
    TooMany,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.source).finish()
    }
}

impl Filter {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Says what does not parse or is not defined, and where.
    pub fn compile(source: &str) -> Result<Self, FilterError> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let natives = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        // `env` would show the environment, and with it secrets, to whatever the filter prints.
        let natives = natives.filter(|native| native.0 != "env");
        let arena = Arena::default();
        let wrong = |detail: String| FilterError::Compile { source_text: source.to_owned(), detail };
        let modules = Loader::new(defs).load(&arena, File { code: source, path: () }).map_err(|errors| {
            wrong(
                errors
                    .into_iter()
                    .map(|(_, error)| load_error(source, &error))
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        })?;
        let compiled = Compiler::default().with_funs(natives).compile(modules).map_err(|errors| {
            let named = errors.into_iter().flat_map(|(_, undefined)| undefined);
            let named = named.map(|(name, kind)| format!("{} `{name}` is not defined", kind.as_str()));
            wrong(named.collect::<Vec<_>>().join("; "))
        })?;
        Ok(Self { source: source.to_owned(), compiled })
    }

    /// The expression as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Runs on one JSON text and gives each result as compact JSON text.
    ///
    /// # Errors
    /// When the input is not JSON or the filter raises an error.
    pub fn run(&self, input: &[u8]) -> Result<Vec<Vec<u8>>, FilterError> {
        let mut results = Vec::new();
        self.each(input, |value| {
            let mut text = Vec::new();
            write::write(&mut text, &write::Pp::default(), 0, value)
                .map_err(|error| FilterError::Run(error.to_string()))?;
            results.push(text);
            Ok(())
        })?;
        Ok(results)
    }

    /// Whether the first result is neither `false` nor `null`, as `select` sees it.
    ///
    /// # Errors
    /// When the input is not JSON or the filter raises an error.
    pub fn matches(&self, input: &[u8]) -> Result<bool, FilterError> {
        let mut verdict = None;
        self.each(input, |value| {
            verdict.get_or_insert(!matches!(value, Val::Null | Val::Bool(false)));
            Ok(())
        })?;
        Ok(verdict.unwrap_or(false))
    }

    fn each(
        &self,
        input: &[u8],
        mut take: impl FnMut(&Val) -> Result<(), FilterError>,
    ) -> Result<(), FilterError> {
        check_depth(input)?;
        let input = read::parse_single(input).map_err(|error| FilterError::Input(error.to_string()))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        for (count, result) in self.compiled.id.run((context, input)).enumerate() {
            if count >= MAX_RESULTS {
                return Err(FilterError::TooMany);
            }
            let value = result.map_err(|exception| match exception.get_err() {
                Ok(error) => FilterError::Run(error.to_string()),
                Err(_) => FilterError::Halt,
            })?;
            take(&value)?;
        }
        Ok(())
    }
}

/// Refuses what is nested too deeply, and what is not JSON: how deep that is, nobody can say.
fn check_depth(input: &[u8]) -> Result<(), FilterError> {
    for token in jsontext::tokens(input) {
        let token = token.map_err(|error| FilterError::Input(error.to_string()))?;
        if token.depth > MAX_DEPTH {
            return Err(FilterError::TooDeep);
        }
    }
    Ok(())
}

fn load_error(source: &str, error: &jaq_core::load::Error<&str>) -> String {
    use jaq_core::load::Error;
    let place = |part: &str| {
        let span = jaq_core::load::span(source, part);
        format!("at character {}", source.get(..span.start).map_or(0, |text| text.chars().count()) + 1)
    };
    match error {
        Error::Io(errors) => errors.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>().join("; "),
        Error::Lex(errors) => errors
            .iter()
            .map(|(expected, part)| format!("expected {} {}", expected.as_str(), place(part)))
            .collect::<Vec<_>>()
            .join("; "),
        Error::Parse(errors) => errors
            .iter()
            .map(|(expected, part)| format!("expected {} {}", expected.as_str(), place(part)))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(source: &str, input: &str) -> Result<Vec<String>, FilterError> {
        let results = Filter::compile(source)?.run(input.as_bytes())?;
        Ok(results.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn filters_select_and_keep_the_spelling_of_numbers() {
        assert_eq!(run(".data.id", r#"{"data":{"id":"a"}}"#).unwrap(), [r#""a""#]);
        assert_eq!(
            run(".[]", "[12345678901234567890123,1.10,1e2]").unwrap(),
            ["12345678901234567890123", "1.10", "1e2"]
        );
    }

    #[test]
    fn truth_is_jq_truth() {
        let good = |source: &str| Filter::compile(source).unwrap().matches(br#"{"score":4}"#).unwrap();
        assert!(good(".score >= 4"));
        assert!(good(".score"));
        assert!(!good(".missing"));
        assert!(!good("empty"));
        assert!(!good("false, true"));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let error = Filter::compile(".a[").unwrap_err().to_string();
        assert!(error.contains("`.a[` is not a jq filter") && error.contains("at character"), "{error}");
        let error = Filter::compile("nosuch").unwrap_err().to_string();
        assert!(error.contains("`nosuch`"), "{error}");
        assert!(matches!(run(".a", "not json"), Err(FilterError::Input(_))));
        assert!(matches!(run(".a", "[1]"), Err(FilterError::Run(_))));
    }

    #[test]
    fn the_environment_and_the_end_of_the_program_are_out_of_reach() {
        assert!(Filter::compile("env").is_err());
        assert!(Filter::compile("$ENV").is_err());
        assert_eq!(run("halt", "1"), Err(FilterError::Halt));
        assert_eq!(run("repeat(1)", "1"), Err(FilterError::TooMany));
    }

    /// Runs on a stack of the size that the program's own threads have.
    fn on_a_thread_of_the_program<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
    }

    #[test]
    fn a_deeply_nested_input_is_refused_and_the_deepest_allowed_one_is_not() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for source in [".", "..", "tojson", "walk(.)", "[paths]", "flatten", "tostream", ". == ."] {
            for deepest in [nested(MAX_DEPTH), objects(MAX_DEPTH)] {
                let ran = on_a_thread_of_the_program(move || run(source, &deepest).map(drop));
                assert!(!matches!(ran, Err(FilterError::TooDeep)), "{source}: {ran:?}");
            }
        }
        for deep in [nested(MAX_DEPTH + 1), objects(MAX_DEPTH + 1), nested(1_000_000)] {
            assert_eq!(on_a_thread_of_the_program(move || run(".", &deep)), Err(FilterError::TooDeep));
        }
        // Unclosed, and brackets that a string hides from whoever does not read the whole text.
        let unclosed = "[".repeat(1_000_000);
        assert_eq!(on_a_thread_of_the_program(move || run(".", &unclosed)), Err(FilterError::TooDeep));
        assert!(matches!(run(".", r#"# "\n[[["#), Err(FilterError::Input(_))));
        assert_eq!(run(".", &format!(r#""{}""#, "[".repeat(200))).unwrap().len(), 1);
    }

    #[test]
    fn a_filter_may_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Filter>();
    }
}
