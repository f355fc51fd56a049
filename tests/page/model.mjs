// What the inspector's page knows and does, under Node, without a browser: the
// order in which it asks, where it sends, what its address keeps. The folder of
// the page comes as the first argument; the first that is wrong ends the run.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const from = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));

/** A browser, as far as these modules need one. */
const kept = () => {
  const map = new Map();
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => map.set(key, value) };
};
const steps = [];
Object.assign(globalThis, {
  sessionStorage: kept(), localStorage: kept(), location: { search: '', pathname: '/', hash: '' },
  addEventListener: () => {}, document: { querySelector: () => null },
  history: Object.fromEntries(['pushState', 'replaceState'].map((name) => [name, (_state, _title, url) => {
    steps.push([name, url]);
    location.search = url.replace(/^\//, '');
  }])),
});
sessionStorage.setItem('hookctl-token', 'a token');

/** Questions that wait for their answer, by path. */
const asked = [];
globalThis.fetch = (path) => new Promise((give) => asked.push({
  path: path.replace(/^\/api\//, ''),
  answer: (record) => give({ ok: true, json: async () => record, body: { pipeThrough: () => ({ getReader: () => ({ read: () => new Promise(() => {}) }) }) } }),
}));
const settled = () => new Promise((done) => setImmediate(done));
const paths = () => asked.map((one) => one.path);

const { Model } = await from('model.js');

const SESSION = { newest: 7, targets: [], providers: [], path_mode: 'keep' };

/** A page that has begun, with what its session says. */
async function begun(session = {}) {
  asked.length = 0;
  steps.length = 0;
  location.search = '';
  const model = new Model();
  const start = model.start();
  asked.shift().answer({ ...SESSION, ...session });
  await settled();
  return { model, start };
}

const tests = {
  // A bug once: the list and the session were read at once, and the stream began
  // after the newer of both, so that what came between was in neither.
  async 'what comes while the page begins is told'() {
    const { model } = await begun();
    assert.deepEqual(paths(), ['deliveries?limit=100', 'stream?after=7']);
    // 8 and 9 came before the list was read: the stream begins before them all the same.
    asked[0].answer({ items: [9, 8, 7].map((seq) => ({ seq })), next: null });
    await settled();
    assert.equal(model.feed.newest, 9);
    model.feed.take('delivery', { seq: 8 });
    model.feed.take('delivery', { seq: 10 });
    await new Promise((done) => setTimeout(done, 150));
    assert.deepEqual(model.feed.state.items.map((one) => one.seq), [10, 9, 8, 7]);
  },

  async 'an empty journal is followed from its beginning'() {
    await begun({ newest: null });
    assert.equal(paths()[1], 'stream?after=0');
  },

  // A bug once: `y` did not look where the delivery had gone.
  async 'what is copied goes where the delivery goes'() {
    const { model } = await begun();
    asked.length = 0;
    model.copyAsCurl(7);
    assert.deepEqual(paths(), ['deliveries/7']);
    asked.shift().answer({ delivery: { path: '/hooks', attempts: [{ target: 'http://localhost:4000/api/hooks' }] } });
    await settled();
    assert.deepEqual(paths(), [`deliveries/7/code?as=curl&to=${encodeURIComponent('http://localhost:4000/api')}&path_mode=keep`]);
    const { model: listening } = await begun({ targets: ['http://localhost:3000/webhooks/koji'], path_mode: 'fixed' });
    asked.length = 0;
    listening.copyAsCurl(7);
    await settled();
    assert.match(paths()[0], /^deliveries\/7\/code\?.*&path_mode=fixed$/);
  },

  // A bug once: a filter took the place of the step before it.
  async 'the way back leads through the filters, and not through each letter'() {
    const { model } = await begun();
    steps.length = 0;
    model.filter({ verdict: 'failed' });
    for (const text of ['p', 'pu', 'pus']) model.filter({ verdict: 'failed', text }, true);
    model.filter({ verdict: 'failed', text: 'pus' }, true);
    model.filter({});
    model.filter({ text: 'x' }, true);
    assert.deepEqual(steps.map(([how, url]) => `${how.slice(0, 4)} ${url}`), [
      'push /?verdict=failed', 'push /?verdict=failed&text=p', 'repl /?verdict=failed&text=pu', 'repl /?verdict=failed&text=pus', 'push /', 'push /?text=x',
    ]);
  },
};

for (const [name, test] of Object.entries(tests)) {
  await test();
  console.log(`ok ${name}`);
}
// Timers of the page are still there.
process.exit(0);
