// The payload: as a tree, as the text that came, as bytes where it is no text.

import { html, useEffect, useMemo, useState } from './component.js';
import { Reader } from './json.js';
import { Tree, Shown } from './tree.js';
import { counted, size } from './words.js';

/** Characters of raw text that are drawn at once. */
const PIECE = 100_000;
/** Beyond this a person asks for the tree. */
const LARGE = 4_000_000;
/** How long the reader reads before the page may breathe, in milliseconds. */
const SLICE = 12;
const ROW = 16;

/** The bytes of a record's `…_base64`. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

/** Reads a text in slices; `{ reader, progress }`, `reader` once it is done. */
export function useReader(text, wanted = true) {
  const [state, set] = useState({ text: null, reader: null, progress: 0 });
  useEffect(() => {
    if (!wanted || text === null) return undefined;
    const reader = new Reader(text);
    let timer = null;
    const on = () => {
      if (reader.run(performance.now() + SLICE)) set({ text, reader, progress: 1 });
      else {
        set({ text, reader: null, progress: reader.progress });
        timer = setTimeout(on);
      }
    };
    on();
    return () => clearTimeout(timer);
  }, [text, wanted]);
  return state.text === text ? state : { reader: null, progress: 0 };
}

/** Text as it came, a piece at a time. */
export function Raw({ text }) {
  const [most, set] = useState(PIECE);
  useEffect(() => set(PIECE), [text]);
  if (text === '') return html`<p class="nothing">The body is empty.</p>`;
  return html`<div class="raw"><pre tabindex="0" aria-label="Raw payload"><${Shown} text=${text.slice(0, most)} /></pre>
    ${most < text.length && html`<button onClick=${() => set(most + PIECE)}>show more (${counted(text.length - most, 'character')} left)</button>`}</div>`;
}

const hex = (byte) => byte.toString(16).padStart(2, '0');
const letter = (byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.');

function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = [...bytes.subarray(at, at + ROW)];
    lines.push(`${at.toString(16).padStart(8, '0')}  ${row.map(hex).join(' ').padEnd(ROW * 3)} ${row.map(letter).join('')}`);
  }
  return lines.join('\n');
}

/** Bytes that are no text. */
export function Bytes({ bytes }) {
  const [most, set] = useState(2_048);
  return html`<div class="raw"><p class="dim">Not text (no UTF-8), ${size(bytes.length)}.</p>
    <pre class="hex" tabindex="0" aria-label="Bytes of the payload">${dump(bytes.subarray(0, most))}</pre>
    ${most < bytes.length && html`<button onClick=${() => set(most * 4)}>show more (${size(bytes.length - most)} left)</button>`}</div>`;
}

function Notes({ notes }) {
  if (!notes?.length) return null;
  return html`<ul class="notes" aria-label="Notes on the payload">${notes.slice(0, 20).map((note) => html`<li><code><${Shown} text=${note.pointer ?? `byte ${note.offset}`} /></code> <${Shown} text=${note.text} /></li>`)}
    ${notes.length > 20 && html`<li>and ${notes.length - 20} more</li>`}</ul>`;
}

/** Whether a text that is no JSON should have been. */
const isMeantAsJson = (kind, text) => /json/i.test(kind) || /^\s*[[{]/.test(text.slice(0, 100));

/** Where the way of looking is kept that somebody chose last. */
const VIEW = 'hookctl-payload-view';
const VIEWS = [['tree', 'Tree'], ['raw', 'Raw'], ['both', 'Side by side']];

/** The payload of a delivery or of an answer. */
export function Payload({ body, base64, notes, kind = 'json' }) {
  const [large, readLarge] = useState(false);
  const [view, setView] = useState(VIEWS.some(([name]) => name === localStorage.getItem(VIEW)) ? localStorage.getItem(VIEW) : 'tree');
  const choose = (name) => {
    localStorage.setItem(VIEW, name);
    setView(name);
  };
  const bytes = useMemo(() => (base64 === undefined ? null : fromBase64(base64)), [base64]);
  const text = body ?? null;
  const wait = text !== null && text.length > LARGE && !large;
  const { reader, progress } = useReader(text, !wait);
  if (bytes) return html`<${Notes} notes=${notes} /><${Bytes} bytes=${bytes} />`;
  if (text === null || text === '') return html`<p class="nothing">The body is empty.</p>`;
  const read = reader && !reader.error;
  const shown = read ? view : 'raw';
  return html`<div class="payload">
    <${Notes} notes=${notes} />
    ${wait && html`<p class="hint">${counted(text.length, 'character')}: too large to be read at once. <button class="small" onClick=${() => readLarge(true)}>read it as JSON</button></p>`}
    ${!wait && !reader && html`<p class="hint" role="status">reading… ${Math.round(progress * 100)} %</p>`}
    ${reader?.error && isMeantAsJson(kind, text) && html`<p class="hint">Shown raw: this is no JSON. At character ${reader.error.at.toLocaleString('en')}: ${reader.error.message}.</p>`}
    ${read && html`<div class="views" role="group" aria-label="How the payload is shown">${VIEWS.map(([name, label]) => html`<button class=${`view-${name}`} aria-pressed=${view === name ? 'true' : 'false'} onClick=${() => choose(name)}>${label}</button>`)}</div>`}
    <div class=${`panes ${shown}`}>
      ${read && shown !== 'raw' && html`<${Tree} key=${reader} reader=${reader} />`}
      ${shown !== 'tree' && html`<${Raw} text=${text} />`}
    </div>
  </div>`;
}
