//! Characters that are not what they seem: one list for what is shown and for
//! what is written to be pasted.

/// Characters that are neither seen nor harmless: they reorder, hide or join
/// text. Ranges of Unicode 16, both ends included; controls are handled apart.
const HIDDEN: [(char, char); 23] = [
    ('\u{ad}', '\u{ad}'),        // soft hyphen
    ('\u{34f}', '\u{34f}'),      // combining grapheme joiner
    ('\u{600}', '\u{605}'),      // Arabic number signs
    ('\u{61c}', '\u{61c}'),      // Arabic letter mark (bidi)
    ('\u{6dd}', '\u{6dd}'),      // end of ayah
    ('\u{70f}', '\u{70f}'),      // Syriac abbreviation mark
    ('\u{115f}', '\u{1160}'),    // Hangul fillers
    ('\u{17b4}', '\u{17b5}'),    // Khmer inherent vowels
    ('\u{180b}', '\u{180f}'),    // Mongolian selectors and vowel separator
    ('\u{200b}', '\u{200f}'),    // zero-width space and joiners, bidi marks
    ('\u{2028}', '\u{202e}'),    // line and paragraph separators, bidi embeddings and overrides
    ('\u{2060}', '\u{206f}'),    // word joiner, invisible operators, bidi isolates
    ('\u{2800}', '\u{2800}'),    // blank braille cell
    ('\u{3164}', '\u{3164}'),    // Hangul filler
    ('\u{e000}', '\u{f8ff}'),    // private use
    ('\u{feff}', '\u{feff}'),    // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),    // half-width Hangul filler
    ('\u{fff0}', '\u{fffb}'),    // interlinear annotations
    ('\u{110bd}', '\u{110cd}'),  // Kaithi number signs
    ('\u{13430}', '\u{1345f}'),  // hieroglyph format controls
    ('\u{1bca0}', '\u{1bca3}'),  // shorthand format controls
    ('\u{1d173}', '\u{1d17a}'),  // musical format controls
    ('\u{e0000}', '\u{10ffff}'), // tags, variation selectors supplement, private planes
];

/// Whether a character hides something: itself, or how the text around it goes.
/// Control characters are not meant; each caller has rules of its own for them.
pub fn is_hidden(letter: char) -> bool {
    // The ranges are in order: only the last that begins at or before the letter can hold it.
    let after = HIDDEN.partition_point(|(first, _)| *first <= letter);
    after.checked_sub(1).and_then(|at| HIDDEN.get(at)).is_some_and(|(_, last)| letter <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_whole() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(HIDDEN.iter().all(|(first, last)| is_hidden(*first) && is_hidden(*last)));
        assert!(!"a \u{e9}\u{4e16}\u{1f600}\u{fe0f}".chars().any(is_hidden));
    }
}
