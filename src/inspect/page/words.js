// How facts are written: times, durations, sizes, verdicts. Pure.

const UNJUDGED = new Set(['no_secret', 'no_webhook_id', 'bad_secret', 'unsupported', 'unknown_provider', 'synthesized']);

/** Every verdict's code, as `events list --verdict` takes them. */
export const VERDICTS = ['verified', 'no_header', 'malformed', 'wrong_prefix', 'bad_encoding', 'mismatch', 'too_old',
  'in_future', 'no_secret', 'no_webhook_id', 'bad_secret', 'unsupported', 'unknown_provider', 'synthesized'];

/** `good`, `bad`, or `unsure` where nobody could check. */
export const judged = (code) => (code === 'verified' ? 'good' : UNJUDGED.has(code) ? 'unsure' : 'bad');

/** The mark beside a verdict, as the terminal shows it. */
export const mark = (code) => ({ good: '✓', bad: '✗', unsure: '?' })[judged(code)];

const two = (number) => String(number).padStart(2, '0');
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** The time of day, with the day before it where that is not today. Local time. */
export function moment(text, now = new Date()) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  return day(at) === day(now) ? `${clock(at)}.${String(at.getMilliseconds()).padStart(3, '0')}` : `${day(at)} ${clock(at)}`;
}

/** A duration of milliseconds. */
export function duration(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms < 1) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

/** A number of bytes. */
export function size(bytes) {
  if (bytes < 1_024) return counted(bytes, 'byte');
  if (bytes < 1_024 * 1_024) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_024 / 1_024).toFixed(1)} MiB`;
}

/** A number with its thing: 1 try, 2 tries. */
export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** How often something was tried. */
export const tries = (count) => (count === 0 ? 'not tried yet' : counted(count, 'try', 'tries'));

/** A target without what every local one begins with. */
export const shortTarget = (target) => target.replace(/^http:\/\//, '').replace(/\/$/, '');

/** What became of an attempt: the status, or the failure. */
export const outcome = (attempt) => (attempt.status === null || attempt.status === undefined
  ? String(attempt.failure?.kind ?? attempt.failure ?? 'failed').replaceAll('_', ' ')
  : String(attempt.status));

/** `good` for 2xx, `bad` for a failure and 5xx, `unsure` between. */
export function health(status) {
  if (status === null || status === undefined || status >= 500) return 'bad';
  return status >= 200 && status < 300 ? 'good' : 'unsure';
}

// Control characters but tab and line feed, what turns the direction of writing,
// what cannot be seen: the same as `ui::sanitize` writes out in the terminal. And
// more marks on one letter than any living script piles up.
const HIDDEN = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ue000-\\uf8ff\\ufeff\\uffa0\\ufff0-\\ufffb\\u{110bd}-\\u{110cd}\\u{13430}-\\u{1345f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{10ffff}]+|(?<=\\p{M}{8})\\p{M}+`, 'gu');
// Some of the first kind are marks, too: a run of the second is of marks alone, and of none of these.
const MARKS = /^(?:(?![\u034f\u180b-\u180f\u{e0100}-\u{e01ef}])\p{M})+$/u;

function escaped(text) {
  if (text >= '\u0300' && MARKS.test(text)) return `\\u{+${Array.from(text).length} marks}`;
  let written = '';
  for (const one of text) written += `\\u{${one.codePointAt(0).toString(16)}}`;
  return written;
}

/** Text whose every character can be seen: the others are written as `\u{202e}`. */
export const visible = (text) => text.replace(HIDDEN, escaped);

const octal = (byte) => `\\${byte.toString(8).padStart(3, '0')}`;

/** The format of a `printf` that prints this text: nothing in it is special or unseen. */
function printed(text) {
  let format = '';
  for (const one of text) {
    const seen = visible(one) === one && /^[^\s'"\\!%-]$/u.test(one);
    if (seen || one === ' ') format += one;
    else for (const byte of new TextEncoder().encode(one)) format += octal(byte);
  }
  return `'${format}'`;
}

/**
 * A word for POSIX shells and for fish, which reads `\'` and `\\` between single
 * quotes: no backslash that would begin one stands there. What cannot be seen
 * is printed, because a pasted Ctrl-C ends quotes and line. As `hook::code` does it.
 */
export function quoted(word) {
  if (/^[\w./:@%+-][\w./:@%+=-]*$/.test(word)) return word;
  if (visible(word) !== word || /[^\S ]/u.test(word)) return `"$(printf ${printed(word)})"`;
  return `'${word.replace(/'|\\(?=[\\']|$)/g, (one) => `'\\${one}'`)}'`;
}

/** The pieces of a text: `[plain, hidden, plain, …]`, the hidden ones written out; one piece where there are too many. */
export function pieces(text, most = 2_000) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    found.push(text.slice(from, match.index), escaped(match[0]));
    from = match.index + match[0].length;
    if (found.length > most) return [visible(text)];
  }
  found.push(text.slice(from));
  return found;
}
