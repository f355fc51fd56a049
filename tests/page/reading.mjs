// The pure parts of the inspector's page, under Node: the JSON reader, the
// differences, the event stream, the words. The folder of the page comes as the
// first argument; the first that is wrong ends the run.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const from = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));
const { Reader, exact, path, pretty } = await from('json.js');
const { diff, hunks } = await from('diff.js');
const { Reader: Events } = await from('stream.js');
const { visible, pieces, quoted, duration, tries } = await from('words.js');
const { journalOption, read, written, command } = await from('address.js');
const { asked, words } = await from('typed.js');
const { wayOf } = await from('way.js');

/** Numbers that are the same in each run. */
let seed = 7;
const random = (below) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % below;
};

const reading = (text) => {
  const reader = new Reader(text);
  reader.run();
  return reader;
};

const isJson = (text) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const tests = {
  'what is JSON is read, what is none is refused'() {
    const texts = ['{}', '[]', 'null', ' 1 ', '"a\\"b\\\\"', '{"a":{"b":[1,2,{"c":null}]}}', '"\\ud83d"', '-0', '1E400', '[1.0,true,false]', '"\u2028"',
      '', '{', '[1,]', '{"a"}', '{a:1}', '01', '1.', '+1', 'nul', '[1 2]', '"\n"', '"\\x"', '1 2', '{"a":1,}', "{'a':1}", '[', '"abc', '"abc\\', '"\\"', 'NaN', '-', '.5', '1e', '"\\u12"', 'tru', '[}', '{]', '[1}', '\u00a01'];
    for (const text of texts) assert.equal(reading(text).error === null, isJson(text), JSON.stringify(text));
    assert.equal(reading('\ufeff{}').error, null);
  },

  'random documents, whole and damaged, are judged as JavaScript judges them'() {
    const grown = (depth) => [
      () => random(100_000) / 7, () => String.fromCharCode(...Array.from({ length: random(6) }, () => random(300))), () => null, () => true,
      () => Array.from({ length: random(4) }, () => grown(depth + 1)),
      () => Object.fromEntries(Array.from({ length: random(4) }, (_, at) => [`k${at}${String.fromCharCode(random(200))}`, grown(depth + 1)])),
    ][random(depth > 4 ? 4 : 6)]();
    for (let count = 0; count < 2_000; count += 1) {
      const value = grown(0);
      const text = JSON.stringify(value, null, random(3));
      assert.deepEqual(JSON.parse(pretty(reading(text))), value);
      const at = random(text.length);
      const damaged = text.slice(0, at) + String.fromCharCode(32 + random(90)) + text.slice(random(text.length));
      assert.equal(reading(damaged).error === null, isJson(damaged), damaged);
    }
  },

  'nothing is lost: spelling, order and repeated names stay'() {
    const text = '{"b":1.00,"a":[1E400,-0],"b":"caf\\u00e9","__proto__":{"constructor":12345678901234567890}}';
    const reader = reading(text);
    assert.equal(pretty(reader).replaceAll(/\s/g, ''), text);
    assert.deepEqual(reader.root.items.map((part) => part.twin), [true, false, true, false]);
    const last = reader.root.items[3].items[0];
    assert.equal(path(last), '.__proto__.constructor');
    assert.equal(text.slice(last.start, last.end), '12345678901234567890');
    assert.equal(path(reading('[{"odd name":[5]}]').root.items[0].items[0].items[0]), '.[0]["odd name"][0]');
  },

  'a hundred thousand levels, and a reader that rests'() {
    const reader = new Reader('['.repeat(100_000) + ']'.repeat(100_000));
    let rounds = 0;
    while (!reader.run(performance.now() + 1)) rounds += 1;
    assert.equal(reader.error, null);
    assert.ok(rounds > 0 && reader.progress === 1);
    assert.equal(pretty(reader, 1_000), null);
  },

  'numbers that JavaScript would change are told'() {
    const kept = ['1', '1.0', '0.1000', '9007199254740992', '1e2', '-0', '0', '0e5', '100', '1.5e300', '1e21'];
    const lost = ['12345678901234567890', '9007199254740993', '1E400', '0.10000000000000000000001', '1E-400', '1'.repeat(500)];
    for (const text of kept) assert.ok(exact(text), text);
    for (const text of lost) assert.ok(!exact(text), text);
  },

  'differences lead from one text to the other, and are the fewest'() {
    for (let count = 0; count < 2_000; count += 1) {
      const [left, right] = [0, 0].map(() => Array.from({ length: random(12) }, () => 'abcd'[random(4)]));
      const edits = diff(left, right);
      assert.deepEqual(edits.filter((one) => one.kind !== 'new').map((one) => one.text), left);
      assert.deepEqual(edits.filter((one) => one.kind !== 'gone').map((one) => one.text), right);
      assert.equal(edits.filter((one) => one.kind === 'same').length, common(left, right));
    }
    const many = (letter) => Array.from({ length: 20_000 }, (_, at) => letter + at);
    assert.equal(diff(many('a'), many('b')).length, 40_000);
    assert.equal(hunks(diff(many('a'), [...many('a'), 'x'])).length, 1 + 3 + 1);
  },

  'the stream is cut into the same events wherever its pieces end'() {
    const text = ': hello\n\nid: 7\nevent: delivery\ndata: {"seq":7}\n\nevent: changed\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: still there\n\n';
    const whole = new Events().push(text);
    assert.deepEqual(whole, [{ event: 'delivery', data: '{"seq":7}', id: '7' }, { event: 'changed', data: '{"a":\n1}', id: null }]);
    for (let at = 0; at <= text.length; at += 1) {
      const events = new Events();
      assert.deepEqual([...events.push(text.slice(0, at)), ...events.push(text.slice(at))], whole, `cut at ${at}`);
    }
    assert.throws(() => new Events().push('x'.repeat(5 * 1_024 * 1_024)));
  },

  'what cannot be seen is written out'() {
    assert.equal(visible('a\u202eb\u0007\u{e0041}\t\n\u200b\u0085'), 'a\\u{202e}b\\u{7}\\u{e0041}\t\n\\u{200b}\\u{85}');
    assert.equal(visible(`e${'\u0301'.repeat(20)}x`), `e${'\u0301'.repeat(8)}\\u{+12 marks}x`);
    assert.equal(visible('\u034f\ufe0f é\u{1f600}'), '\\u{34f}\ufe0f é\u{1f600}');
    assert.deepEqual(pieces('a\u0000b'), ['a', '\\u{0}', 'b']);
    assert.equal(pieces('\u0000a'.repeat(5_000)).length, 1);
  },

  // A bug once: a sender's event, pressed in the overview and copied as a command, ran in fish.
  'a copied command says to every shell what its filters are, and runs nothing of them'() {
    const words = ["\\'; echo ran; #", 'a\\', "it's", '\u0003\necho ran\n x', "-\u001b[201~!'%\\", 'a\u202eb', '*', '=ls', "a\\\\'b", 'interview.*', '\u00e9\u{1f600}', '\t', "'\\'",
      '\\\\\\', '$(echo ran)`echo ran`', '"', '%s', '!!\u0007', '{a,b}', '~', ';', ''];
    let shells = 0;
    for (const shell of ['sh', 'bash', 'zsh', 'fish']) {
      const told = said(shell, words.map(quoted).join(' '));
      if (told === null) continue;
      assert.equal(told, words.map((word) => `${word}|`).join(''), shell);
      shells += 1;
      // The control: the quote that POSIX alone asks for does run in fish.
      const posix = (word) => `'${word.replaceAll("'", "'\\''")}'`;
      assert.equal(said(shell, posix(words[0])).includes('ran\n'), shell === 'fish');
    }
    assert(shells > 0);
    assert(words.map(quoted).every((word) => visible(word) === word && !/[\n\t]/.test(word)), 'and it is what is seen');
  },

  'addresses say what they mean, and commands are quoted'() {
    const place = { filters: { type: 'push,a b', verdict: 'failed', text: "<i>'&=\u202e", filter: '.a == "x"', dead: true }, open: 12, compare: 3, view: null };
    assert.deepEqual(read(new URL(written(place), 'http://x').search), place);
    assert.deepEqual(read('?open=-1&compare=1e9&view=x&dead=1&unknown=2'), { filters: { dead: true }, open: null, compare: null, view: null });
    assert.equal(command({ text: "it's; rm -rf ~", marked: true }, quoted), "hookctl events list --text 'it'\\''s; rm -rf ~' --marked");
    assert.equal(command({ type: '--journal=x', text: '-' }, quoted), 'hookctl events list --type=--journal=x --text=-');
    // Bugs once: zsh takes `interview.*` for names of files, and the command spoke of another journal.
    const option = journalOption({ journal: "/tmp/it's.db", journal_usual: false }, quoted);
    assert.equal(command({ type: 'interview.*' }, quoted, option), "hookctl events list --journal '/tmp/it'\\''s.db' --type 'interview.*'");
    assert.equal(journalOption({ journal: '/tmp/a.db', journal_usual: true }, quoted) + journalOption(null, quoted), '');
    assert.deepEqual(['a=b', '=b', '[a]', '~', '4xx'].map(quoted), ['a=b', "'=b'", "'[a]'", "'~'", '4xx']);
    assert.deepEqual([0.25, 9.94, 999, 5_500, 61_000, 7_260_000].map(duration), ['0.25 ms', '9.9 ms', '999 ms', '5.5 s', '1 min 1 s', '2 h 1 min']);
  },

  // The same cases as in `ui::view::words`.
  'the words of the terminal are read in the search field'() {
    const expected = { type: 'interview.*,a', verdict: 'failed', status: '4xx', since: '10m', filter: '.data.score > 3', dead: true, marked: true };
    for (const line of [
      "type=interview.*,a verdict=failed status=4xx since=10m filter='.data.score > 3' dead marked",
      '--type interview.*,a --verdict failed --status=4xx --since 10m --filter ".data.score > 3" --dead --marked',
    ]) assert.deepEqual(words(line), expected, line);
    for (const [line, text] of [['customer 42', 'customer 42'], ["'a=b'", 'a=b'], ['text=a=b', 'a=b'], ["'dead'", 'dead']]) assert.deepEqual(words(line), { text }, line);
    assert.deepEqual(words('  '), {});
    for (const [line, reason] of [
      ['verdct=failed', 'there is no `verdct`'], ['--nonsense x', 'there is no `nonsense`'], ['status=', '`status` lacks its value'],
      ['--since', '`since` lacks its value'], ["text='a", 'a quote is not closed'],
    ]) assert.throws(() => words(line), (error) => error.message.startsWith(reason), line);
  },

  'words wait for Enter, a text does not'() {
    for (const text of ['user_7"', '"id":5', '"type":"x"', 'a=b', "it's"]) assert.deepEqual(asked(text, false), { filters: { text } }, text);
    assert.deepEqual(asked('', false), { filters: {} });
    for (const line of ['verdict=failed', 'dead', "push status=4xx 'any text'"]) assert.equal(asked(line, false).filters, null, line);
    assert.deepEqual(asked("push status=4xx 'any text'", true).filters, { status: '4xx', text: 'push any text' });
    assert.deepEqual(asked("'verdict=failed'", true).filters, { text: 'verdict=failed' });
    assert.deepEqual(asked('"id":5', true).filters, { text: '"id":5' });
    assert.match(asked('verdct=failed', true).error.message, /no `verdct`/);
  },

  'tries are counted as one says it'() {
    assert.deepEqual([0, 1, 2_000].map(tries), ['not tried yet', '1 try', '2,000 tries']);
  },

  // Bugs once: a path mode of the listener was forgotten, and of the URL that a
  // delivery had gone to only the host was taken.
  'a delivery is sent again where it goes by itself'() {
    const went = (target, path = '/hooks/koji?a=1') => wayOf({ targets: [], path_mode: 'keep' }, { path, attempts: [{ target: 'http://old/' }, { target }] });
    assert.deepEqual(wayOf({ targets: ['http://a/webhooks/koji', 'http://b/'], path_mode: 'fixed' }, { attempts: [{ target: 'http://c/' }] }), { to: 'http://a/webhooks/koji', path_mode: 'fixed' });
    assert.deepEqual(went('http://localhost:3000/base/hooks/koji?a=1'), { to: 'http://localhost:3000/base', path_mode: 'keep' });
    assert.deepEqual(went('http://localhost:3000/hooks/koji?a=1'), { to: 'http://localhost:3000', path_mode: 'keep' });
    assert.deepEqual(went('http://localhost:3000/webhooks/koji'), { to: 'http://localhost:3000/webhooks/koji', path_mode: 'fixed' });
    assert.deepEqual(went('http://localhost:3000/', '/'), { to: 'http://localhost:3000', path_mode: 'keep' });
    assert.deepEqual(went('http://x', '/x'), { to: 'http://x', path_mode: 'fixed' });
    assert.deepEqual(wayOf(null, { path: '/', attempts: [] }), { to: '3000', path_mode: 'keep' });
  },
};

/** Runs words in a shell; null where there is no such shell. */
function said(shell, words) {
  const ran = spawnSync(shell, ['-c', `printf '%s|' ${words}`], { encoding: 'utf8' });
  return ran.error ? null : ran.stdout;
}

/** How many lines two texts have in common, by the textbook. */
function common(left, right) {
  const table = Array.from({ length: left.length + 1 }, () => new Array(right.length + 1).fill(0));
  for (let x = 1; x <= left.length; x += 1) {
    for (let y = 1; y <= right.length; y += 1) {
      table[x][y] = left[x - 1] === right[y - 1] ? table[x - 1][y - 1] + 1 : Math.max(table[x - 1][y], table[x][y - 1]);
    }
  }
  return table[left.length][right.length];
}

for (const [name, test] of Object.entries(tests)) {
  test();
  console.log(`ok ${name}`);
}
