// A JSON payload as a tree of rows. The text of each part is the one that was
// sent; nothing is drawn twice, and long lists are drawn piece by piece.

import { html, memo, names, useEffect, useMemo, useRef, useState } from './component.js';
import { counted, pieces } from './words.js';
import { exact, path } from './json.js';
import { copied } from './copy.js';

/** Parts of a container that are drawn at first, and with each further step. */
const STEP = 100;
/** Rows that are unfolded by themselves. */
const UNFOLDED = 120;
/** Rows in all: beyond, a person folds something first. */
const MOST = 5_000;
/** Characters of a string that are drawn before somebody asks for the rest. */
const LONG = 400;
/** Levels that are indented; deeper ones stand below each other. */
const DEEPEST = 24;

/** What is unfolded at first: level by level, as far as it stays in sight. */
function unfoldedAtFirst(root) {
  const unfolded = new Set();
  let rows = 1;
  let level = [root];
  while (level.length > 0) {
    const below = [];
    for (const part of level) {
      if (!part.items?.length || rows + Math.min(part.items.length, STEP) > UNFOLDED) continue;
      unfolded.add(part);
      rows += Math.min(part.items.length, STEP);
      below.push(...part.items.slice(0, STEP).filter((one) => one.items));
    }
    level = below;
  }
  return unfolded;
}

/** The rows in sight: `{ part, level }`, and `{ rest, level }` where a container has more. */
function rows(root, unfolded, shown) {
  const found = [];
  const todo = [{ part: root, level: 1 }];
  while (todo.length > 0 && found.length < MOST) {
    const row = todo.pop();
    found.push(row);
    const items = row.part && unfolded.has(row.part) ? row.part.items : null;
    if (!items) continue;
    const count = Math.min(items.length, shown.get(row.part) ?? STEP);
    if (count < items.length) todo.push({ rest: row.part, count, level: row.level + 1 });
    for (let at = count - 1; at >= 0; at -= 1) todo.push({ part: items[at], level: row.level + 1 });
  }
  return found;
}

/** One of our own sentences: what stands in backticks is code. */
export function Prose({ text }) {
  return text.split(/`([^`]+)`/).map((piece, index) => (index % 2 ? html`<code><${Shown} text=${piece} /></code>` : html`<${Shown} text=${piece} />`));
}

/** Text with the characters that cannot be seen written out. */
export function Shown({ text }) {
  return pieces(text).map((piece, index) => (index % 2 ? html`<span class="hiddenchar">${piece}</span>` : piece));
}

function Value({ part, text, unfolded, whole }) {
  const source = part.items ? null : text.slice(part.start, part.end);
  if (part.items) {
    const [opens, closes] = part.kind === 'object' ? '{}' : '[]';
    if (part.items.length === 0) return html`<span class="dim">${opens}${closes}</span>`;
    const what = part.kind === 'object' ? counted(part.items.length, 'member') : counted(part.items.length, 'item');
    return html`<span class="dim">${opens}${unfolded ? '' : `…${closes}`} ${what}</span>`;
  }
  const cut = source.length > LONG && !whole;
  return html`<span class=${`v-${part.kind}`}><${Shown} text=${cut ? source.slice(0, LONG) : source} />${cut && html`<span class="dim">… ${counted(source.length, 'character')}</span>`}</span>
    ${part.kind === 'number' && !exact(source) && html` <span class="tag unsure" title="JavaScript would read another value">not exact in JavaScript</span>`}`;
}

const Line = memo(({ part, level, text, unfolded, chosen, note, choose, toggle }) => {
  const label = part.parent === null ? null : part.key ? text.slice(part.key.start, part.key.end) : part.index;
  return html`<div role="treeitem" id=${`part-${part.start}`} aria-level=${level} aria-selected=${chosen ? 'true' : 'false'} aria-expanded=${part.items?.length ? (unfolded ? 'true' : 'false') : undefined}
    class=${names('line', chosen && 'chosen')} style=${{ paddingLeft: `${Math.min(level - 1, DEEPEST) * 16 + 18}px` }} onClick=${() => choose(part)} onDblClick=${() => toggle(part)}>
    <span class="fold" aria-hidden="true" onClick=${() => toggle(part)}>${part.items?.length ? (unfolded ? '▾' : '▸') : ''}</span>
    ${label !== null && html`<span class="k"><${Shown} text=${String(label)} /></span><span class="dim">: </span>`}<${Value} part=${part} text=${text} unfolded=${unfolded} whole=${chosen} />
    ${part.twin && html` <span class="tag unsure" title="Most programs keep only the last one">repeated name</span>`}
    ${note && html` <span class="tag unsure">${note}</span>`}
  </div>`;
});

const copyable = (part, text) => (part.kind === 'string' ? JSON.parse(text.slice(part.start, part.end)) : text.slice(part.start, part.end));

/** The tree of what `reader` has read; another reader needs another tree. */
export function Tree({ reader }) {
  const { root, text } = reader;
  const [unfolded, setUnfolded] = useState(() => unfoldedAtFirst(root));
  const [shown, setShown] = useState(() => new Map());
  const [chosen, choose] = useState(root);
  const box = useRef(null);
  const all = useMemo(() => rows(root, unfolded, shown), [root, unfolded, shown]);
  const toggle = (part, open = !unfolded.has(part)) => {
    if (!part.items?.length) return;
    const now = new Set(unfolded);
    now[open ? 'add' : 'delete'](part);
    setUnfolded(now);
  };
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const parts = all.filter((row) => row.part);
    const at = parts.findIndex((row) => row.part === chosen);
    const moves = {
      ArrowDown: () => choose(parts[Math.min(at + 1, parts.length - 1)].part),
      ArrowUp: () => choose(parts[Math.max(at - 1, 0)].part),
      Home: () => choose(root),
      End: () => choose(parts.at(-1).part),
      ArrowRight: () => (unfolded.has(chosen) ? chosen.items?.length && choose(chosen.items[0]) : toggle(chosen, true)),
      ArrowLeft: () => (unfolded.has(chosen) ? toggle(chosen, false) : chosen.parent && choose(chosen.parent)),
      Enter: () => toggle(chosen),
      ' ': () => toggle(chosen),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  };
  useEffect(() => {
    if (box.current.contains(document.activeElement)) document.getElementById(`part-${chosen.start}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return html`<div class="tree">
    <div class="path"><code title="As jq writes it"><${Shown} text=${path(chosen)} /></code>
      <button class="small" onClick=${() => copied(path(chosen), 'the path')}>copy path</button>
      <button class="small" onClick=${() => copied(copyable(chosen, text), 'the value')}>copy value</button></div>
    <div class="lines" role="tree" tabindex="0" aria-label="Payload" aria-activedescendant=${`part-${chosen.start}`} ref=${box} onKeyDown=${keys}>
      ${all.map(({ part, rest, count, level }) => (part
        ? html`<${Line} key=${part.start} part=${part} level=${level} text=${text} unfolded=${unfolded.has(part)} chosen=${part === chosen} choose=${choose} toggle=${toggle} />`
        : html`<div key=${`rest-${rest.start}`} role="none" class="line" style=${{ paddingLeft: `${Math.min(level - 1, DEEPEST) * 16 + 4}px` }}>
            <button class="link" onClick=${() => setShown(new Map(shown).set(rest, count + STEP))}>${counted(rest.items.length - count, 'more', 'more')} (show ${Math.min(STEP, rest.items.length - count)})</button></div>`))}
      ${all.length >= MOST && html`<p class="dim">Fold something to see the rest.</p>`}
    </div>
  </div>`;
}

