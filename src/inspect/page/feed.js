// The live list: pages by cursor downwards, the event stream upwards.
//
// Arrivals are gathered for a moment and put in together. While the person
// reads further down they wait, so that nothing moves under the eyes.

import { Store } from './component.js';
import { ask, query } from './api.js';

const PAGE = 100;
/** How long arrivals are gathered, in milliseconds; longer where more come than anybody can read. */
const GATHER = { calm: 100, busy: 300 };
/** Arrivals at a time from which on it is busy. */
const BUSY = 20;
/** With a filter the journal is asked anew instead, at most this often; and for so many rows at the most. */
const ASK_AGAIN = 500;
const MOST_AGAIN = 500;
/** Rows that are kept; older ones are read again when somebody scrolls down to them. */
const MOST = 20_000;
const KEPT = 10_000;
/** Arrivals that wait for a person; beyond, the list is read anew. */
const MOST_WAITING = 5_000;

const filtered = (filters) => Object.keys(filters).length > 0;

/** Where a number is in a list of falling numbers, or -1. */
function place(items, seq) {
  let [low, high] = [0, items.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (items[middle].seq === seq) return middle;
    if (items[middle].seq > seq) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export class Feed extends Store {
  #asked = 0;
  #queue = [];
  #timer = null;
  #busy = false;
  #again = null;
  #waiting = [];
  #pinned = true;
  #reading = false;
  #watchers = new Set();
  /** The newest number that was seen, for the stream to go on from. */
  newest = null;

  constructor(filters) {
    // `fresh` arrivals wait for a person; `more` is there when the journal holds older ones.
    super({ items: [], filters, next: null, loading: true, older: false, error: null, fresh: 0, paused: false });
  }

  /** Calls back with the number of each delivery that changed or is gone; `null` stands for any. */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Reads the first page for these filters. */
  async load(filters = this.state.filters) {
    const asked = (this.#asked += 1);
    this.#waiting = [];
    this.set({ filters, loading: true, error: null, fresh: 0 });
    try {
      const page = await this.#page({});
      if (asked !== this.#asked) return;
      this.#seen(page.items);
      this.set({ items: page.items, next: page.next, loading: false });
    } catch (error) {
      if (asked !== this.#asked) return;
      this.set({ items: [], next: null, loading: false, error });
    }
    this.#flush();
  }

  /** Reads the next older page. */
  async older() {
    const { next, older, items } = this.state;
    if (next === null || older) return;
    const asked = this.#asked;
    this.set({ older: true });
    try {
      const page = await this.#page({ before: next });
      if (asked !== this.#asked) return;
      const last = this.state.items.at(-1)?.seq ?? Infinity;
      this.set({ items: this.state.items.concat(page.items.filter((one) => one.seq < last)), next: page.next, error: null });
    } catch (error) {
      if (asked === this.#asked) this.set({ error, items });
    } finally {
      this.set({ older: false });
      this.#flush();
    }
  }

  #page(more) {
    return ask(`deliveries${query({ ...this.state.filters, limit: PAGE, ...more })}`);
  }

  #seen(items) {
    for (const { seq } of items) if (this.newest === null || seq > this.newest) this.newest = seq;
  }

  /** Whether the top is in sight: only then arrivals come in by themselves. */
  pin(pinned) {
    this.#pinned = pinned;
    if (pinned && !this.state.paused) this.release();
  }

  /** Holds arrivals back, or lets them in again. */
  pause(paused) {
    this.set({ paused });
    if (!paused) this.release();
  }

  /** Lets in what waited. */
  release() {
    if (this.state.fresh === 0) return;
    if (this.#waiting.length === 0) {
      this.load();
      return;
    }
    const items = this.#waiting.concat(this.state.items);
    this.#waiting = [];
    this.set({ ...this.#bounded(items), fresh: 0 });
  }

  /** Takes an event of the stream. */
  take(event, record) {
    if (event === 'skipped' && record.count === 0) {
      // Something changed, and nobody knows where.
      this.#askAgain();
      for (const watcher of this.#watchers) watcher(null);
      return;
    }
    if (event === 'skipped') {
      this.newest = Math.max(this.newest ?? 0, record.to ?? 0);
      this.load();
      return;
    }
    if (event === 'delivery') this.#seen([record]);
    this.#queue.push([event, record]);
    this.#timer ??= setTimeout(() => this.#flush(), this.#busy ? GATHER.busy : GATHER.calm);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    // The list that is being read may be older than this: it is put in after it.
    if (this.state.loading || this.state.older || this.#reading) return;
    const queue = this.#queue;
    this.#queue = [];
    this.#busy = queue.length >= BUSY;
    const arrived = [];
    const changed = new Map();
    for (const [event, record] of queue) {
      if (event === 'delivery') arrived.push(record);
      else changed.set(record.seq, event === 'deleted' ? null : record);
    }
    const inList = this.#change(changed);
    // What changed may match only now, or no longer.
    const asks = arrived.length > 0 || !inList || [...changed.values()].some((one) => one !== null);
    if (filtered(this.state.filters) && asks) this.#askAgain();
    // What came and changed at once is not in the list yet: it comes as it is by now.
    else this.#arrive(arrived.map((one) => (changed.has(one.seq) ? changed.get(one.seq) : one)).filter((one) => one !== null));
    for (const seq of changed.keys()) for (const watcher of this.#watchers) watcher(seq);
  }

  /** Puts changes in; whether all of them were in the list. */
  #change(changed) {
    let { items } = this.state;
    const gone = [];
    let all = true;
    for (const [seq, record] of changed) {
      const at = place(items, seq);
      if (at < 0) {
        all = false;
        continue;
      }
      if (items === this.state.items) items = items.slice();
      if (record === null) gone.push(seq);
      else items[at] = record;
    }
    this.#waiting = this.#waiting.filter((one) => changed.get(one.seq) !== null).map((one) => changed.get(one.seq) ?? one);
    if (gone.length > 0) items = items.filter((one) => !gone.includes(one.seq));
    if (items !== this.state.items) this.set({ items });
    return all;
  }

  /** Puts new deliveries, newest first, before the others; those that are there already are passed over. */
  #arrive(arrived) {
    const top = this.#waiting[0]?.seq ?? this.state.items[0]?.seq ?? 0;
    const fresh = arrived.filter((one) => one.seq > top).sort((left, right) => right.seq - left.seq);
    if (fresh.length === 0) return;
    if (this.#pinned && !this.state.paused && this.state.fresh === 0) {
      this.set(this.#bounded(fresh.concat(this.state.items)));
      return;
    }
    const count = this.state.fresh + fresh.length;
    // Too many to keep: the list is read anew when they are asked for.
    this.#waiting = count > MOST_WAITING ? [] : fresh.concat(this.#waiting);
    this.set({ fresh: count });
  }

  #bounded(items) {
    if (items.length <= MOST) return { items };
    const kept = items.slice(0, KEPT);
    return { items: kept, next: kept.at(-1).seq };
  }

  /** Reads the rows anew: with a filter the journal decides what matches, so that its words keep their meaning. */
  #askAgain() {
    this.#again ??= setTimeout(async () => {
      this.#again = null;
      this.#reading = true;
      const asked = this.#asked;
      try {
        const rows = Math.min(MOST_AGAIN, Math.max(PAGE, this.state.items.length));
        const page = await this.#page({ limit: rows });
        if (asked === this.#asked) this.#merge(page);
      } catch {
        // The next arrival asks again; the stream's own state tells of an inspector that is gone.
      } finally {
        this.#reading = false;
        this.#flush();
      }
    }, ASK_AGAIN);
  }

  /** Puts in what the journal holds by now; a row may have come to match between others. */
  #merge({ items: read, next }) {
    const { items, fresh, paused } = this.state;
    const last = next === null ? 0 : read.at(-1)?.seq ?? 0;
    if (this.#pinned && !paused && fresh === 0) {
      const older = items.filter((one) => one.seq < last);
      // Where the two do not touch, there is more between them than was read.
      const touching = older.length > 0 && items[0].seq >= last;
      this.set(touching ? this.#bounded(read.concat(older)) : { items: read, next });
      return;
    }
    // What somebody looks at stays where it is, as it is by now; what matches no longer goes.
    const kept = items.flatMap((one) => (one.seq < last ? [one] : read[place(read, one.seq)] ?? []));
    const unseen = read.filter((one) => place(items, one.seq) < 0);
    const top = kept[0]?.seq ?? 0;
    const above = unseen.every((one) => one.seq > top) && last <= top;
    // What does not simply go before the others is read anew when it is asked for.
    this.#waiting = above ? unseen : [];
    this.set({ items: kept, fresh: unseen.length });
  }
}
