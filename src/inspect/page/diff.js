// What differs between two texts, line by line: Myers' greedy algorithm, with a
// bound on its work. Pure but for the view at the end.

import { html, useState } from './component.js';
import { Shown } from './tree.js';
import { counted } from './words.js';

/** Differences that are looked for; beyond, what lies between the equal ends counts as another text. */
const MOST = 400;
/** Equal lines around a difference. */
const AROUND = 3;
/** Lines that are drawn before somebody asks for more. */
const DRAWN = 400;

/** The edits from `left` to `right`, arrays of lines: `{ kind: 'same' | 'gone' | 'new', text }`. */
export function diff(left, right) {
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  const kind = (name) => (text) => ({ kind: name, text });
  return [
    ...left.slice(0, head).map(kind('same')),
    ...middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail)),
    ...left.slice(left.length - tail).map(kind('same')),
  ];
}

function middle(left, right) {
  const whole = () => [...left.map((text) => ({ kind: 'gone', text })), ...right.map((text) => ({ kind: 'new', text }))];
  if (left.length === 0 || right.length === 0) return whole();
  const rounds = [];
  const reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(MOST, left.length + right.length); edits += 1) {
    rounds.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? reach.get(k + 1) ?? 0 : (reach.get(k - 1) ?? 0) + 1;
      while (x < left.length && x - k < right.length && left[x] === right[x - k]) x += 1;
      reach.set(k, x);
      if (x >= left.length && x - k >= right.length) return walked(left, right, rounds);
    }
  }
  return whole();
}

/** Goes the way back that the rounds remember. */
function walked(left, right, rounds) {
  const found = [];
  let [x, y] = [left.length, right.length];
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const reach = rounds[edits];
    const k = x - y;
    const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const from = edits === 0 ? 0 : reach.get(before) ?? 0;
    const fromY = edits === 0 ? 0 : from - before;
    while (x > from && y > fromY) {
      found.push({ kind: 'same', text: left[x - 1] });
      x -= 1;
      y -= 1;
    }
    if (edits === 0) break;
    if (down) found.push({ kind: 'new', text: right[y - 1] });
    else found.push({ kind: 'gone', text: left[x - 1] });
    [x, y] = [from, fromY];
  }
  return found.reverse();
}

/** Only what differs, with a few equal lines around; `null` stands for equal lines that were left out. */
export function hunks(edits) {
  const near = new Uint8Array(edits.length);
  edits.forEach((edit, at) => {
    if (edit.kind !== 'same') near.fill(1, Math.max(0, at - AROUND), at + AROUND + 1);
  });
  const found = [];
  edits.forEach((edit, at) => {
    if (near[at]) found.push(edit);
    else if (found.at(-1) !== null) found.push(null);
  });
  return found;
}

const SIGNS = { same: ' ', gone: '−', new: '+' };
const SPOKEN = { same: '', gone: 'removed: ', new: 'added: ' };
/** A line's end is part of it: two texts that differ only there do differ. */
const lines = (text) => text.split(/(?<=\n)/);
const ends = (text) => (text.endsWith('\r\n') ? [text.slice(0, -2), '␍␊'] : text.endsWith('\n') ? [text.slice(0, -1), ''] : [text, '']);

/** The difference between two texts, as a person reads it. */
export function Difference({ left, right, label, same }) {
  const [most, set] = useState(DRAWN);
  if (left === right) return html`<p class="nothing">${same}</p>`;
  const found = hunks(diff(lines(left), lines(right)));
  const crlf = left.includes('\r\n') !== right.includes('\r\n');
  return html`<div class="difference scrolls" role="group" tabindex="0" aria-label=${label}>
    ${found.slice(0, most).map((edit) => {
      if (edit === null) return html`<div class="skipped" aria-label="equal lines left out">⋯</div>`;
      const [text, end] = ends(edit.text);
      return html`<div class=${edit.kind}><span class="sign" aria-hidden="true">${SIGNS[edit.kind]}</span><span class="hidden">${SPOKEN[edit.kind]}</span><code><${Shown} text=${text} />${crlf && end && html`<span class="hiddenchar">${end}</span>`}</code></div>`;
    })}
    ${most < found.length && html`<button class="small" onClick=${() => set(most * 4)}>show ${counted(found.length - most, 'more line')}</button>`}
  </div>`;
}
