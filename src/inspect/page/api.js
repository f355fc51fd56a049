// The inspector's JSON API: one function for questions, one for bytes, one for the stream.
//
// The token comes in the address's fragment, which no browser sends anywhere.
// It is taken out of the address at once and kept for this tab alone.

const KEY = 'hookctl-token';

/** An answer that is no success, or none at all (`status` 0). */
export class Refusal extends Error {
  constructor(status, record) {
    super(record.message);
    Object.assign(this, { status, code: record.code, hint: record.hint ?? null });
  }
}

/** Takes the token out of the address of the page. */
export function takeToken() {
  if (giveToken(location.hash)) history.replaceState(history.state, '', location.pathname + location.search);
}

/** Takes the token out of an address, as the terminal shows it; false where there is none. */
export function giveToken(address) {
  const found = /#token=([\w-]+)\s*$/.exec(address);
  if (found) sessionStorage.setItem(KEY, found[1]);
  return found !== null;
}

export const hasToken = () => sessionStorage.getItem(KEY) !== null;

let again = 'hookctl inspect';

/** The command that starts an inspector of the same journal, for whoever finds this one gone. */
export const startedBy = (command) => {
  again = command;
};

const listeners = new Set();

/** Calls back when the token turns out to be that of another run. */
export const onUnauthorized = (listener) => listeners.add(listener);

async function call(path, { method = 'GET', body, signal } = {}) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` };
  if (method !== 'GET') headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`/api/${path}`, {
      method, headers, signal, body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
      cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal(0, { code: 'unreachable', message: 'the inspector does not answer', hint: `is hookctl still running? Start it again: \`${again}\`` });
  }
  if (answer.ok) return answer;
  if (answer.status === 401) for (const listener of listeners) listener();
  const record = await answer.json().catch(() => ({}));
  throw new Refusal(answer.status, { message: `the inspector answered ${answer.status}`, code: 'unknown', ...record });
}

/** Asks and reads the record. */
export const ask = async (path, options) => (await call(path, options)).json();

/** Asks and reads the bytes. */
export const bytes = async (path) => (await call(path)).blob();

/** Asks and reads chunks of text as they come; ends when the other side does. */
export async function* chunks(path, signal) {
  const answer = await call(path, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** A query string of what is set. */
export function query(values) {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '' && value !== false) set.set(name, value === true ? '1' : value);
  }
  const text = set.toString();
  return text && `?${text}`;
}
