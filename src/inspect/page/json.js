// A JSON reader that loses nothing: numbers stay as they are written, repeated
// keys and their order stay, and every part knows where in the text it is.
//
// It holds its own stack, so nesting of any depth is only memory, and it can
// rest in between, so a large payload does not hold up the page. Pure.

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const LITERALS = ['true', 'false', 'null'];
/** Values that are read before the clock is looked at. */
const STRIDE = 2_000;

/**
 * A part of the text: `{ kind, start, end, parent, key, index, items, twin }`.
 * `kind` is `object`, `array`, `string`, `number` or `literal`; `key` is the
 * name's `{ start, end, text }` in an object; `twin` says that the name stands
 * there more than once.
 */
function node(kind, start, parent) {
  return { kind, start, end: start, parent, key: null, index: 0, items: kind === 'object' || kind === 'array' ? [] : null, names: null, twin: false };
}

export class Reader {
  root = null;
  /** `{ at, message }` where the text is no JSON. */
  error = null;
  #at = 0;
  #open = null;
  #key = null;
  #expects = 'value';
  #done = false;

  constructor(text) {
    this.text = text;
    // A byte order mark is not JSON, and yet many send it.
    if (text.startsWith('\ufeff')) this.#at = 1;
  }

  /** How far it is, from 0 to 1. */
  get progress() {
    return this.#done ? 1 : this.#at / Math.max(1, this.text.length);
  }

  /** Reads on until the end or until `deadline` by `performance.now()`; true when it is done. */
  run(deadline = Infinity) {
    for (let count = 1; !this.#done; count += 1) {
      if (count % STRIDE === 0 && performance.now() > deadline) return false;
      this.#step();
    }
    return true;
  }

  #step() {
    this.#at = this.#match(SPACE);
    const one = this.text[this.#at];
    if (one === undefined) {
      if (this.#expects === 'end') this.#done = true;
      else this.#fail(this.text.trim() === '' ? 'there is nothing in it' : 'the text ends too early');
    } else this[`_${this.#expects}`](one);
  }

  _value(one) {
    if (one === '{' || one === '[') {
      this.#begin(node(one === '{' ? 'object' : 'array', this.#at, this.#open));
      return;
    }
    const start = this.#at;
    const kind = one === '"' ? 'string' : one === '-' || (one >= '0' && one <= '9') ? 'number' : 'literal';
    const end = this.#scalar(kind);
    if (end < 0) return;
    const found = node(kind, start, this.#open);
    found.end = end;
    this.#at = end;
    this.#put(found);
    this.#after();
  }

  _first(one) {
    if (one === ']') this.#close();
    else this._value(one);
  }

  _name(one) {
    if (one !== '"') {
      this.#fail('a name in quotes has to stand here');
      return;
    }
    const start = this.#at;
    const end = this.#string();
    if (end < 0) return;
    this.#key = { start, end, text: this.decoded(start, end) };
    this.#at = end;
    this.#expects = 'colon';
  }

  _firstName(one) {
    if (one === '}') this.#close();
    else this._name(one);
  }

  _colon(one) {
    if (one === ':') this.#next('value');
    else this.#fail('a colon has to stand here');
  }

  _more(one) {
    const object = this.#open.kind === 'object';
    if (one === ',') this.#next(object ? 'name' : 'value');
    else if (one === (object ? '}' : ']')) this.#close();
    else this.#fail(`a comma or \`${object ? '}' : ']'}\` has to stand here`);
  }

  _end() {
    this.#fail('something follows after the value');
  }

  #next(expects) {
    this.#at += 1;
    this.#expects = expects;
  }

  #begin(found) {
    this.#put(found);
    this.#open = found;
    this.#next(found.kind === 'object' ? 'firstName' : 'first');
  }

  #close() {
    this.#at += 1;
    const closed = this.#open;
    closed.end = this.#at;
    closed.names = null;
    this.#open = closed.parent;
    this.#after();
  }

  #after() {
    this.#expects = this.#open === null ? 'end' : 'more';
  }

  #put(found) {
    const into = this.#open;
    if (into === null) {
      this.root = found;
      return;
    }
    found.index = into.items.length;
    into.items.push(found);
    if (into.kind !== 'object') return;
    found.key = this.#key;
    into.names ??= new Map();
    const earlier = into.names.get(found.key.text);
    if (earlier) earlier.twin = found.twin = true;
    else into.names.set(found.key.text, found);
  }

  #scalar(kind) {
    if (kind === 'string') return this.#string();
    if (kind === 'number') {
      const end = this.#match(NUMBER);
      return end > this.#at ? end : this.#fail('a number is not written so');
    }
    const literal = LITERALS.find((word) => this.text.startsWith(word, this.#at));
    return literal ? this.#at + literal.length : this.#fail('no value can begin so');
  }

  /** The end of the string that begins here. */
  #string() {
    const { text } = this;
    for (let quote = text.indexOf('"', this.#at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
      let from = quote;
      while (text[from - 1] === '\\') from -= 1;
      // An even number of backslashes escape each other.
      if ((quote - from) % 2 === 0) return this.#readable(this.#at, quote + 1);
    }
    return this.#fail('a string does not end');
  }

  #readable(start, end) {
    try {
      JSON.parse(this.text.slice(start, end));
      return end;
    } catch {
      return this.#fail('a string holds what has to be escaped, or an escape that is none');
    }
  }

  /** What a string means. */
  decoded(start, end) {
    return JSON.parse(this.text.slice(start, end));
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    return pattern.test(this.text) ? pattern.lastIndex : this.#at;
  }

  #fail(message) {
    this.error = { at: this.#at, message };
    this.#done = true;
    return -1;
  }
}

const scientific = (text) => {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const digits = (whole + fraction).replace(/^0+/, '');
  const exact = digits.replace(/0+$/, '');
  return exact === '' ? `${sign}0` : `${sign}${exact}e${Number(power) - fraction.length + digits.length - exact.length}`;
};

/** Whether JavaScript would keep this number's value. Very long ones are taken for lost. */
export function exact(text) {
  const read = Number(text);
  if (text.length > 400 || !Number.isFinite(read)) return false;
  // Zero keeps its sign when read, but loses it when written.
  return scientific(text)?.replace(/^-0$/, '0') === scientific(String(read));
}

const PLAIN = /^[A-Za-z_]\w*$/;

/** The way to a part as jq writes it: `.data.answers[0]["odd name"]`. */
export function path(part) {
  const steps = [];
  for (let one = part; one.parent !== null; one = one.parent) {
    if (one.key === null) steps.push(`[${one.index}]`);
    else steps.push(PLAIN.test(one.key.text) ? `.${one.key.text}` : `[${JSON.stringify(one.key.text)}]`);
  }
  const text = steps.reverse().join('');
  return text.startsWith('.') ? text : `.${text}`;
}

/** The text with a line a part, and nothing else changed; `most` characters at the most, or null where it would be more. */
export function pretty(reader, most = 2_000_000) {
  const lines = [];
  let length = 0;
  const todo = [[reader.root, 0, '']];
  while (todo.length > 0) {
    const [part, level, rest] = todo.pop();
    let line = '  '.repeat(Math.min(level, 64));
    if (typeof part === 'string') line += part + rest;
    else {
      if (part.key) line += `${reader.text.slice(part.key.start, part.key.end)}: `;
      const items = part.items ?? [];
      const [opens, closes] = part.kind === 'object' ? '{}' : '[]';
      if (part.items === null) line += reader.text.slice(part.start, part.end) + rest;
      else if (items.length === 0) line += opens + closes + rest;
      else {
        line += opens;
        todo.push([closes, level, rest]);
        for (let at = items.length - 1; at >= 0; at -= 1) todo.push([items[at], level + 1, at < items.length - 1 ? ',' : '']);
      }
    }
    length += line.length + 1;
    if (length > most) return null;
    lines.push(line);
  }
  return lines.join('\n');
}
