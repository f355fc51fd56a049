// The keys: some are those of the terminal's view, the others only a page has.

/** What `?` shows. */
export const KEYS = [
  ['j k ↓ ↑', 'next, previous delivery'],
  ['g G', 'first, last of the list'],
  ['d Enter', 'open'],
  ['Esc', 'close what is open'],
  ['r', 'replay'],
  ['e', 'edit, sign again and replay'],
  ['y', 'copy as curl'],
  ['c', 'compare with another'],
  ['m', 'mark'],
  ['Delete', 'delete'],
  ['/', 'search: a text, or words as in the terminal, then Enter: type=push verdict=failed status=4xx since=1h dead'],
  ['o', 'overview: what came, how fast'],
  ['Space', 'hold back new deliveries, and let them in again'],
  ['?', 'these keys'],
];

/** Those that the terminal's view has as well. */
export const SHARED = 'j k d r e y / Esc';

const typing = (element) => element?.closest('input, textarea, select, [contenteditable]') !== null;
/** Elements for which Enter and Space have a meaning of their own. */
const pressable = (element) => element?.closest('button, a, summary, [role=tab]') !== null;

/** Listens on the whole page; gives back what ends it. */
export function listen(model) {
  const acts = {
    j: () => model.move(1),
    k: () => model.move(-1),
    ArrowDown: () => model.move(1),
    ArrowUp: () => model.move(-1),
    PageDown: () => model.move(12),
    PageUp: () => model.move(-12),
    g: () => model.move(-Infinity),
    G: () => model.move(Infinity),
    d: () => opened(model),
    Enter: () => opened(model),
    r: () => chosen(model, 'replay'),
    e: () => model.chosen() !== null && model.edit(model.chosen()),
    y: () => model.copyAsCurl(),
    c: () => chosen(model, 'compare'),
    m: () => chosen(model, 'mark'),
    Delete: () => chosen(model, 'delete'),
    o: () => model.overview(),
    '/': () => document.getElementById('text')?.focus(),
    '?': () => model.dialog('help'),
    ' ': () => model.feed.pause(!model.feed.state.paused),
    Escape: () => model.close(),
  };
  const pressed = (event) => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector('dialog[open]')) return;
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && pressable(event.target)) return;
    // Arrows scroll what has the focus, unless that is the list.
    if (/^(Arrow|Page)/.test(event.key) && !event.target.closest('.rows, body > :not(#app)') && event.target !== document.body) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}

function opened(model) {
  const { cursor } = model.place.state;
  const seq = cursor ?? model.feed.state.items[0]?.seq;
  if (seq !== undefined && seq !== null) model.open(seq);
}

function chosen(model, kind) {
  if (model.chosen() !== null) model.dialog(kind);
}
