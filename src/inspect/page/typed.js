// What is typed into the search field: the words of the terminal's `/`, which
// are those of `events list` without their dashes. Pure.
//
// `type=interview.* verdict=failed status=4xx since=10m dead`; anything that is
// no such word is a text to be found. Quotes hold spaces together.

const WITH_VALUE = ['type', 'provider', 'verdict', 'status', 'since', 'until', 'text', 'filter'];
const ALONE = ['undelivered', 'dead', 'marked'];

/** Splits at spaces that are in no quotes. */
function split(line) {
  const found = [];
  let piece = null;
  let quote = null;
  const add = (letter, quoted) => {
    piece ??= { text: '', quoted };
    piece.text += letter;
  };
  for (const letter of line) {
    if (quote === letter) quote = null;
    else if (quote === null && (letter === "'" || letter === '"')) {
      quote = letter;
      add('', true);
    } else if (quote === null && (letter === ' ' || letter === '\t')) {
      if (piece) found.push(piece);
      piece = null;
    } else add(letter, false);
  }
  if (quote !== null) throw new Error('a quote is not closed');
  return piece ? [...found, piece] : found;
}

function give(filters, name, value) {
  const known = name === 'events' ? 'type' : name;
  if (!value) throw new Error(`\`${name}\` lacks its value`);
  if (!WITH_VALUE.includes(known)) throw new Error(`there is no \`${name}\`; one of ${[...WITH_VALUE, ...ALONE].join(', ')}, or a text in quotes`);
  filters[known] = value;
}

/** Reads a line into filters; throws with the word that is none, or lacks its value. */
export function words(line) {
  const filters = {};
  const texts = [];
  const pieces = split(line);
  while (pieces.length > 0) {
    const { text, quoted } = pieces.shift();
    const dashed = !quoted && text.startsWith('--');
    const bare = dashed ? text.slice(2) : text;
    const at = quoted ? -1 : bare.indexOf('=');
    if (!quoted && ALONE.includes(bare)) filters[bare] = true;
    else if (at >= 0) give(filters, bare.slice(0, at), bare.slice(at + 1));
    else if (dashed) give(filters, bare, pieces.shift()?.text);
    else texts.push(text);
  }
  if (texts.length > 0) filters.text = texts.join(' ');
  return filters;
}

/** One text in quotes and nothing else. */
const WRAPPED = /^\s*(['"])(?:(?!\1).)*\1\s*$/s;

/**
 * What a line asks for: `filters`, which are null where it has words that may not
 * be whole before Enter, and where one is wrong, with the `error`. A text alone is searched for as it stands, with the
 * quotes that JSON has, unless it is quoted from one end to the other.
 */
export function asked(line, entered) {
  const plain = line === '' ? {} : { text: line };
  try {
    const filters = words(line);
    const only = Object.keys(filters).every((name) => name === 'text') && !/^\s*(--)?text[= ]/.test(line);
    if (only && !(entered && WRAPPED.test(line))) return { filters: plain };
    return { filters: entered ? filters : null };
  } catch (error) {
    // `"id":"7` is a text that is being searched for; only a word that is none is told.
    if (!entered || error.message.startsWith('a quote')) return { filters: plain };
    return { filters: null, error };
  }
}
