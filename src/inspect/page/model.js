// What the page knows and what a person can do to it; the components draw it.

import { Store } from './component.js';
import { ask, bytes, hasToken, onUnauthorized, query, startedBy } from './api.js';
import { journalOption, read, write } from './address.js';
import { Feed } from './feed.js';
import { follow } from './stream.js';
import { copied, keep, say } from './copy.js';
import { wayOf } from './way.js';
import { quoted } from './words.js';

/** Event names that are offered in the filter. */
const MOST_EVENTS = 200;

/** After so long without a letter, in milliseconds, the next one begins another step of the way back. */
const RESTED = 2_000;

export class Model {
  /** When something was last typed into a filter. */
  #typed = 0;

  constructor() {
    // `open`, `compare` and `view` are in the address; `dialog` and `edit` are not.
    const { filters, ...place } = read();
    this.place = new Store({ ...place, cursor: place.open, dialog: null, edit: null });
    this.session = new Store({ record: null, error: null, locked: !hasToken(), stream: 'waiting' });
    this.feed = new Feed(filters);
    this.events = new Set();
    /** The part of a delivery that is looked at. */
    this.tab = 'payload';
    /** What was being edited, by number: Escape must not lose it. */
    this.drafts = new Map();
    onUnauthorized(() => this.session.set({ locked: true }));
    addEventListener('popstate', () => this.#moved());
  }

  /** Reads what there is and follows what comes. */
  async start() {
    if (this.session.state.locked) return;
    try {
      const record = await ask('session');
      // The stream begins where the list is sure to reach: what comes between is told twice, never lost.
      this.feed.newest = record.newest ?? 0;
      this.#knows(record);
    } catch (error) {
      this.session.set({ error });
      if (this.session.state.locked) return;
    }
    this.feed.load();
    follow(() => this.feed.newest, (event, record) => this.#heard(event, record), (stream) => this.#streams(stream));
  }

  #knows(record) {
    startedBy(`hookctl inspect${journalOption(record, quoted)}`);
    this.session.set({ record, error: null });
  }

  #heard(event, record) {
    if (event === 'delivery' && record.event && this.events.size < MOST_EVENTS) this.events.add(record.event);
    if (event === 'delivery' || event === 'changed' || event === 'deleted' || event === 'skipped') this.feed.take(event, record);
  }

  #streams(stream) {
    const was = this.session.state;
    if (was.stream === stream) return;
    this.session.set({ stream });
    // What was not there when the page began is asked for again.
    if (stream === 'live' && was.record === null) ask('session').then((record) => this.#knows(record), () => {});
    if (stream === 'live' && this.feed.state.error) this.feed.load();
  }

  #moved() {
    const { filters, ...place } = read();
    this.place.set({ ...place, cursor: place.open ?? this.place.state.cursor, edit: null });
    if (JSON.stringify(filters) !== JSON.stringify(this.feed.state.filters)) this.feed.load(filters);
  }

  #go(change, step = true) {
    this.place.set(change);
    const { open, compare, view } = this.place.state;
    write({ filters: this.feed.state.filters, open, compare, view }, step);
  }

  /** Names of events that came, for the filter to offer. */
  eventNames() {
    for (const { event } of this.feed.state.items.slice(0, MOST_EVENTS)) if (event && this.events.size < MOST_EVENTS) this.events.add(event);
    return [...this.events].sort();
  }

  /** Filters the list. What is typed is one step of the way back until typing rests, anything else is one each. */
  filter(filters, typing = false) {
    const goesOn = typing && Date.now() - this.#typed < RESTED;
    this.#typed = typing ? Date.now() : 0;
    this.feed.load(filters);
    this.#go({}, !goesOn);
  }

  open(seq) {
    const first = this.place.state.open === null;
    this.#go({ open: seq, cursor: seq, compare: null, view: null, edit: null }, first);
  }

  close() {
    const { edit, compare, view } = this.place.state;
    if (edit !== null) this.place.set({ edit: null });
    else if (compare !== null) this.#go({ compare: null });
    else if (view !== null) this.#go({ view: null });
    else this.#go({ open: null });
  }

  compare(seq) {
    this.#go({ compare: seq, edit: null, view: null, dialog: null });
  }

  overview() {
    this.#go({ view: this.place.state.view ? null : 'overview', edit: null });
  }

  edit(seq) {
    this.#go({ open: seq, cursor: seq, compare: null, view: null, dialog: null, edit: seq });
  }

  dialog(kind, seq = this.chosen()) {
    this.place.set({ dialog: kind === null ? null : { kind, seq } });
  }

  /** What the keys act on: what is open, else what the cursor is on. */
  chosen() {
    return this.place.state.open ?? this.place.state.cursor;
  }

  /** Moves the cursor by rows; an open delivery follows it. */
  move(by) {
    const { items } = this.feed.state;
    if (items.length === 0) return;
    const at = items.findIndex((one) => one.seq === this.place.state.cursor);
    const to = at < 0 ? 0 : Math.max(0, Math.min(items.length - 1, at + by));
    const { seq } = items[to];
    if (this.place.state.open !== null && this.place.state.edit === null) this.open(seq);
    else this.place.set({ cursor: seq });
  }

  /** Where a replay goes unless somebody says otherwise, and whether the delivery's own path does: `{ to, path_mode }`. */
  way(delivery) {
    return wayOf(this.session.state.record, delivery);
  }

  async copyAsCurl(seq = this.chosen()) {
    if (seq === null) return;
    try {
      // Where it went is only asked where no listener says where it goes.
      const known = this.session.state.record?.targets?.length > 0;
      const delivery = known ? null : (await ask(`deliveries/${seq}`)).delivery;
      const { text } = await ask(`deliveries/${seq}/code${query({ as: 'curl', ...this.way(delivery) })}`);
      await copied(text, `#${seq} as curl`);
    } catch (error) {
      say(error.message, true);
    }
  }

  async download(seq, what) {
    try {
      keep(await bytes(`deliveries/${seq}/${what}`), `delivery-${seq}.${what === 'raw' ? 'http' : 'body'}`);
    } catch (error) {
      say(error.message, true);
    }
  }

  async mark(seq, mark) {
    await ask(`deliveries/${seq}/mark`, { method: 'POST', body: { mark } });
    say(mark === null ? `#${seq} is no longer marked` : `marked #${seq}`);
  }

  async remove(seq, force) {
    await ask(`deliveries/${seq}`, { method: 'DELETE', body: { force } });
    say(`deleted #${seq}`);
    this.feed.take('deleted', { seq });
    if (this.place.state.open === seq) this.#go({ open: null, cursor: null, compare: null, edit: null });
  }
}
