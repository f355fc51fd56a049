// The live list of the inspector's page, under Node: what comes while it is being
// read, and what comes and changes at once. The folder of the page comes as the
// first argument; the first that is wrong ends the run.

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { pathToFileURL } from 'node:url';

const { Feed } = await import(pathToFileURL(`${process.argv[2]}/feed.js`));

globalThis.sessionStorage = { getItem: () => 'a token' };

/** Answers of the API that are given when the test says so, in the order of the questions. */
const asked = [];
globalThis.fetch = () => new Promise((give) => asked.push((items) => give({ ok: true, json: async () => ({ items, next: null }) })));

const delivery = (seq, status = null) => ({ seq, answer: status && { status } });
const rows = (feed) => feed.state.items.map((one) => `${one.seq}:${one.answer?.status ?? '-'}`).join(' ');

/** A list that has been read, with these rows. */
async function read(items, filters = {}) {
  const feed = new Feed(filters);
  const reading = feed.load();
  asked.shift()(items);
  await reading;
  return feed;
}

/** The time goes by that news are gathered for. */
mock.timers.enable({ apis: ['setTimeout'] });
const gather = () => mock.timers.tick(1_000);
/** What was answered has been put in. */
const settled = () => new Promise((done) => setImmediate(done));

const tests = {
  // A bug once: the change was put in before the row was there, which stood without its answer.
  async 'a delivery that comes and is answered at once has its answer'() {
    const feed = await read([delivery(1, 200)]);
    feed.take('delivery', delivery(2));
    feed.take('changed', delivery(2, 401));
    gather();
    assert.equal(rows(feed), '2:401 1:200');
  },

  async 'a delivery that comes and is deleted at once is not in the list'() {
    const feed = await read([delivery(1, 200)]);
    feed.take('delivery', delivery(2));
    feed.take('delivery', delivery(3, 200));
    feed.take('deleted', { seq: 2 });
    gather();
    assert.equal(rows(feed), '3:200 1:200');
  },

  // A bug once: the list was older than the news, and put in over them.
  async 'what comes and changes while the list is read is not lost with it'() {
    const feed = await read([delivery(1)]);
    const reading = feed.load();
    feed.take('changed', delivery(1, 200));
    feed.take('delivery', delivery(2, 200));
    // They are due before the list is there.
    gather();
    asked.shift()([delivery(1)]);
    await reading;
    assert.equal(rows(feed), '2:200 1:200');
  },

  async 'what the list tells already comes only once'() {
    const feed = new Feed({});
    const reading = feed.load();
    feed.take('delivery', delivery(2));
    asked.shift()([delivery(2, 200), delivery(1, 200)]);
    await reading;
    assert.equal(rows(feed), '2:200 1:200');
  },

  // A bug once: only what came newly was asked for, and put in above the others.
  async 'what comes to match a filter later is in the list'() {
    const feed = await read([delivery(3, 200), delivery(1, 200)], { status: '200' });
    feed.take('changed', delivery(2, 200));
    gather();
    gather();
    asked.shift()([delivery(3, 200), delivery(2, 200), delivery(1, 200)]);
    await settled();
    assert.equal(rows(feed), '3:200 2:200 1:200');
  },

  async 'what is deleted while the journal is asked again does not come back'() {
    const feed = await read([delivery(1, 200)], { status: '200' });
    feed.take('delivery', delivery(2, 200));
    gather();
    gather();
    feed.take('deleted', { seq: 1 });
    gather();
    asked.shift()([delivery(2, 200), delivery(1, 200)]);
    await settled();
    assert.equal(rows(feed), '2:200');
  },

  // A bug once: the question for a new list threw away what was still to be told.
  async 'a view of one delivery is told of a change although the list is read anew'() {
    const feed = await read([delivery(1)]);
    const told = [];
    feed.watch((seq) => told.push(seq));
    feed.take('changed', delivery(1, 200));
    const reading = feed.load();
    asked.shift()([delivery(1, 200)]);
    await reading;
    assert.deepEqual(told, [1]);
  },

  async 'while somebody reads further down, what matches waits'() {
    const feed = await read([delivery(1, 200)], { status: '200' });
    feed.pin(false);
    feed.take('delivery', delivery(2, 200));
    gather();
    gather();
    asked.shift()([delivery(2, 200), delivery(1, 200)]);
    await settled();
    assert.equal(`${rows(feed)} and ${feed.state.fresh}`, '1:200 and 1');
    feed.pin(true);
    assert.equal(rows(feed), '2:200 1:200');
  },

  // A bug once: only what arrived was asked for, and the row stayed.
  async 'what matches a filter no longer is taken out'() {
    for (const pinned of [true, false]) {
      const feed = await read([delivery(2, 200), delivery(1, 200)], { marked: true });
      feed.pin(pinned);
      feed.take('changed', delivery(2, 401));
      gather();
      gather();
      asked.shift()([delivery(1, 200)]);
      await settled();
      assert.equal(rows(feed), '1:200', `pinned: ${pinned}`);
    }
  },

  async 'when something has changed that nobody knows, what is shown is read anew'() {
    for (const pinned of [true, false]) {
      const feed = await read([delivery(2, 200), delivery(1)]);
      const told = [];
      feed.watch((seq) => told.push(seq));
      feed.pin(pinned);
      feed.take('skipped', { from: 2, to: 2, count: 0 });
      assert.ok(!feed.state.loading, 'the rows stay meanwhile');
      gather();
      asked.shift()([delivery(2, 200), delivery(1, 500)]);
      await settled();
      assert.equal(rows(feed), '2:200 1:500', `pinned: ${pinned}`);
      assert.deepEqual(told, [null]);
    }
  },
};

for (const [name, test] of Object.entries(tests)) {
  await test();
  console.log(`ok ${name}`);
}
