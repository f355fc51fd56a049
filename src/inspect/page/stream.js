// The event stream: read by hand, because `EventSource` can send no header and
// the token must not be in an address.

import { chunks } from './api.js';

/** No byte for so long, and the connection is taken for dead: a comment comes every 15 seconds. */
const SILENCE = 40_000;
/** What one event may hold before it is whole. */
const MOST = 4 * 1_024 * 1_024;
const WAITS = [500, 1_000, 2_000, 5_000];

/** Cuts text into events `{ event, data, id }`. */
export class Reader {
  #rest = '';

  push(text) {
    this.#rest += text;
    const blocks = this.#rest.split(/\r?\n\r?\n/);
    this.#rest = blocks.pop();
    if (this.#rest.length > MOST) throw new Error('an event without end');
    return blocks.map(event).filter((found) => found.data !== '');
  }
}

function event(block) {
  const found = { event: 'message', data: '', id: null };
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === 'data') found.data += (found.data && '\n') + value;
    else if (name === 'event' || name === 'id') found[name] = value;
  }
  return found;
}

/**
 * Follows the stream for as long as the page lives.
 * `after` gives the number to go on from; `tell` gets each event's name and record;
 * `state` gets `live`, `waiting`, and `lost` once it failed for the third time in a row.
 */
export async function follow(after, tell, state) {
  for (let failures = 0; ; failures += 1) {
    const started = Date.now();
    try {
      await once(after(), tell, state);
    } catch (error) {
      if (error.status === 401) return;
    }
    // A connection that held for long was a good one.
    if (Date.now() - started > 10_000) failures = 0;
    state(failures < 2 ? 'waiting' : 'lost');
    await new Promise((resolve) => setTimeout(resolve, WAITS[Math.min(failures, WAITS.length - 1)]));
  }
}

async function once(after, tell, state) {
  const reader = new Reader();
  const stop = new AbortController();
  let watch = setTimeout(() => stop.abort(), SILENCE);
  try {
    for await (const text of chunks(`stream${after === null ? '' : `?after=${after}`}`, stop.signal)) {
      state('live');
      clearTimeout(watch);
      watch = setTimeout(() => stop.abort(), SILENCE);
      for (const found of reader.push(text)) tell(found.event, JSON.parse(found.data));
    }
  } finally {
    clearTimeout(watch);
    stop.abort();
  }
}
