// What is kept in the page's address: the filters, under the words of
// `events list`, and what is open. So a reload and a bookmark find it again.

/** The filters, in the order of `events list --help`. */
export const FILTERS = ['type', 'provider', 'verdict', 'status', 'since', 'until', 'text', 'filter', 'undelivered', 'dead', 'marked'];
const FLAGS = new Set(['undelivered', 'dead', 'marked']);

const number = (text) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : null);

/** What an address says: `{ filters, open, compare, view }`. */
export function read(search = location.search) {
  const set = new URLSearchParams(search);
  const filters = {};
  for (const name of FILTERS) {
    const value = set.get(name);
    if (value) filters[name] = FLAGS.has(name) ? true : value;
  }
  return { filters, open: number(set.get('open')), compare: number(set.get('compare')), view: set.get('view') === 'overview' ? 'overview' : null };
}

/** The address that says this. */
export function written({ filters, open, compare, view }) {
  const set = new URLSearchParams();
  for (const name of FILTERS) if (filters[name]) set.set(name, filters[name] === true ? '1' : filters[name]);
  if (open !== null) set.set('open', open);
  if (compare !== null) set.set('compare', compare);
  if (view) set.set('view', view);
  const text = set.toString();
  return text ? `/?${text}` : '/';
}

/** Writes it; as a new step of the way back where `step` says so. */
export function write(place, step) {
  const url = written(place);
  if (url === location.pathname + location.search) return;
  history[step ? 'pushState' : 'replaceState'](null, '', url);
}

/** The option that names the journal of a session, where commands do not find it by themselves. */
export const journalOption = (session, quoted) => (session?.journal && session.journal_usual === false ? ` --journal ${quoted(session.journal)}` : '');

/** The same filters as a command for the terminal; `option` goes before them. */
export function command(filters, quoted, option = '') {
  // A value that begins like an option is none.
  const between = (value) => (value.startsWith('-') ? '=' : ' ');
  const word = (name, value) => (FLAGS.has(name) ? `--${name}` : `--${name}${between(value)}${quoted(value)}`);
  const words = FILTERS.filter((name) => filters[name]).map((name) => word(name, filters[name]));
  return [`hookctl events list${option}`, ...words].join(' ');
}
