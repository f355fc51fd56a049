// Sending a delivery again: as it is, or edited and signed anew, with the
// difference from the original before anything leaves.

import { html, useEffect, useRef, useState } from './component.js';
import { ask } from './api.js';
import { Dialog, Wrong, useAct } from './dialog.js';
import { Difference } from './diff.js';
import { Reader, pretty } from './json.js';
import { Shown } from './tree.js';
import { headerText } from './parts.js';
import { fromBase64 } from './payload.js';
import { duration, health, outcome, size } from './words.js';

const LAST = 'hookctl-replay-way';

/** Where to, how, and signed by whom: what both ways of sending ask for. */
function Where({ way, set }) {
  return html`<p><label for="to">To</label><input id="to" class="full" value=${way.to} onInput=${(event) => set({ ...way, to: event.target.value })} placeholder="3000, localhost:3000/path, https://…" spellcheck=${false} autocomplete="off" data-first="" /></p>
    <fieldset><legend>Path and query</legend>
      <label><input type="radio" name="path" checked=${way.path_mode === 'keep'} onChange=${() => set({ ...way, path_mode: 'keep' })} /> those of the delivery</label>
      <label><input type="radio" name="path" checked=${way.path_mode === 'fixed'} onChange=${() => set({ ...way, path_mode: 'fixed' })} /> the target's own</label></fieldset>
    <p><label><input type="checkbox" id="resign" checked=${way.resign} onChange=${(event) => set({ ...way, resign: event.target.checked })} /> sign again, with a fresh time where the scheme has one</label></p>`;
}

/** Where this tab sent to last, else where the delivery goes by itself. */
const first = (model, delivery, resign) => ({ ...(JSON.parse(sessionStorage.getItem(LAST)) ?? model.way(delivery)), resign });

/**
 * Sends; a target elsewhere wants a second yes. What came of it is told by `done`,
 * which gets null when it begins; what went wrong counts while the target is the same.
 */
function useSend(seq, to, done) {
  const asked = useRef(null);
  const [send, busy, error] = useAct(async (request) => {
    asked.current = request.to;
    done(null);
    const { attempt } = await ask(`deliveries/${seq}/replay`, { method: 'POST', body: request });
    sessionStorage.setItem(LAST, JSON.stringify({ to: request.to, path_mode: request.path_mode }));
    done(attempt);
  });
  return [send, busy, asked.current === to ? error : null];
}

function Sent({ attempt }) {
  if (!attempt) return null;
  return html`<div class=${`banner ${attempt.delivered ? 'good' : health(attempt.status)}`} role="status"><b>${outcome(attempt)}</b> from <${Shown} text=${attempt.target} /> in ${duration(attempt.took_ms)}
    ${attempt.failure && html`<p><${Shown} text=${attempt.failure.detail} /></p>`}
    ${attempt.body && html`<pre class="short" tabindex="0" aria-label="What it answered"><${Shown} text=${attempt.body.slice(0, 500)} /></pre>`}</div>`;
}

const sendLabel = (error, busy, word) => (busy ? 'Sending…' : error?.code === 'not_loopback' ? 'Send it there all the same' : word);

/** Replays a delivery as it is. */
export function Replay({ seq, delivery, model, close }) {
  const [way, set] = useState(() => first(model, delivery, false));
  const [attempt, sent] = useState(null);
  const [send, busy, error] = useSend(seq, way.to, sent);
  const go = (now) => {
    if (now.to !== way.to) sent(null);
    set(now);
  };
  const submit = (event) => {
    event.preventDefault();
    send({ ...way, confirm: error?.code === 'not_loopback' });
  };
  return html`<${Dialog} title=${`Replay #${seq}`} close=${close}><form onSubmit=${submit}>
    <${Where} way=${way} set=${go} />
    <${Wrong} error=${error} /><${Sent} attempt=${attempt} />
    <p class="buttons"><button type="submit" class="main" disabled=${busy || !way.to}>${sendLabel(error, busy, attempt ? 'Send again' : 'Send')}</button><button type="button" onClick=${() => model.edit(seq)}>Edit first…</button>${attempt && html`<button type="button" onClick=${close}>Done</button>`}</p>
  </form></>`;
}

/** A text area turns CRLF into LF: what came with CRLF goes with CRLF. */
const withEnds = (text, original) => (original.includes('\r\n') && !/(^|[^\r])\n/.test(original) ? text.replaceAll('\n', '\r\n') : text);

const shownHead = (line, headers) => `${line}\n${headers.map((header) => `${header.name}: ${headerText(header)}`).join('\n')}\n`;

/** JSON with a line a part, so that a difference in one long line can be seen; else the text. */
function comparable(left, right) {
  const read = [left, right].map((text) => new Reader(text));
  for (const reader of read) reader.run();
  if (left.length + right.length > 2_000_000 || read.some((reader) => reader.error)) return [left, right];
  return read.map((reader) => `${pretty(reader)}\n`);
}

function Review({ delivery, preview }) {
  const body = preview.body ?? `(${size(fromBase64(preview.body_base64 ?? '').length)} that are no text)`;
  const original = delivery.body ?? `(${size(delivery.size)} that are no text)`;
  const [left, right] = comparable(original, body);
  const only = original !== body && left === right;
  return html`<div class="review"><h3>Head</h3>
    <${Difference} label="Changes of the head" same="The head stays as it came." left=${shownHead(`${delivery.method} ${delivery.path} HTTP/1.1`, delivery.headers)} right=${shownHead(preview.head.split(/\r?\n/)[0], preview.headers)} />
    <h3>Body</h3>
    ${only && html`<p class="hint">The values are the same; spaces or line ends are not, and the signature is over every byte.</p>`}
    <${Difference} label="Changes of the body" same="The body stays as it came, byte for byte." left=${only ? original : left} right=${only ? body : right} /></div>`;
}

function HeaderRows({ headers, set }) {
  const at = (index, change) => set(headers.map((header, one) => (one === index ? { ...header, ...change } : header)));
  return html`<div class="edit-headers">${headers.map((header, index) => html`<div>
      <input aria-label=${`Name of header ${index + 1}`} value=${header.name} onInput=${(event) => at(index, { name: event.target.value })} spellcheck=${false} />
      <input aria-label=${`Value of header ${index + 1}`} value=${headerText(header)} disabled=${header.value === undefined} onInput=${(event) => at(index, { value: event.target.value })} spellcheck=${false} />
      <button type="button" class="quiet" aria-label=${`Leave header ${index + 1} out`} onClick=${() => set(headers.filter((_, one) => one !== index))}>×</button></div>`)}
    <button type="button" class="small" onClick=${() => set([...headers, { name: '', value: '' }])}>add a header</button></div>`;
}

/** Edits a delivery, shows the difference, and sends it. */
export function Edit({ inspection, model }) {
  const { delivery } = inspection;
  const form = useRef(null);
  const draft = model.drafts.get(delivery.seq);
  const [way, setWay] = useState(() => draft?.way ?? { ...first(model, delivery, true), timestamp: '' });
  const [headers, setHeaders] = useState(draft?.headers ?? null);
  const [body, setBody] = useState(draft?.body ?? null);
  const [preview, setPreview] = useState(null);
  const [attempt, sent] = useState(null);
  const request = () => ({
    to: way.to, path_mode: way.path_mode, resign: way.resign,
    ...(way.resign && way.timestamp.trim() ? { timestamp: way.timestamp.trim() } : {}),
    ...(headers ? { headers: headers.filter((header) => header.name.trim() !== '') } : {}),
    ...(body === null ? {} : { body: withEnds(body, delivery.body ?? '') }),
  });
  const [review, looking, refused] = useAct(async () => {
    setPreview(await ask(`deliveries/${delivery.seq}/replay`, { method: 'POST', body: { ...request(), preview: true } }));
  });
  const [send, busy, error] = useSend(delivery.seq, way.to, sent);
  useEffect(() => {
    model.drafts.set(delivery.seq, { way, headers, body });
  }, [way, headers, body]);
  const end = () => {
    model.drafts.delete(delivery.seq);
    model.close();
  };
  // What is new stands below what was written.
  useEffect(() => preview && form.current.querySelector('.review').scrollIntoView({ block: 'start' }), [preview]);
  useEffect(() => attempt && form.current.querySelector('.banner').scrollIntoView({ block: 'nearest' }), [attempt]);
  const edited = (set) => (value) => {
    set(value);
    setPreview(null);
    sent(null);
  };
  const submit = (event) => {
    event.preventDefault();
    if (preview) send({ ...request(), confirm: error?.code === 'not_loopback' });
    else review();
  };
  useEffect(() => form.current.querySelector('[data-first]').focus(), []);
  return html`<form class="edit" onSubmit=${submit} ref=${form}>
    <header class="top"><h2>Edit #${delivery.seq} and send it</h2><button type="button" class="quiet" aria-label="Close" onClick=${() => model.close()}>×</button></header>
    <${Where} way=${way} set=${edited(setWay)} />
    ${way.resign && html`<p><label for="timestamp">Time to sign <span class="dim">(empty: now)</span></label><input id="timestamp" value=${way.timestamp} placeholder="2026-01-31T12:00:00Z or 1769860800" onInput=${(event) => edited(setWay)({ ...way, timestamp: event.target.value })} /></p>`}
    <details open=${headers !== null}><summary>Headers (${(headers ?? delivery.headers).length}${headers ? ', edited' : ''})</summary><${HeaderRows} headers=${headers ?? delivery.headers} set=${edited(setHeaders)} /></details>
    <p><label for="body">Body${body !== null ? ' (edited)' : ''}</label>
      ${delivery.body === undefined ? html`<span class="hint">These ${size(delivery.size)} are no text; they are sent as they came.</span>`
        : html`<textarea id="body" rows="14" spellcheck=${false} value=${body ?? delivery.body} onInput=${(event) => edited(setBody)(event.target.value)}></textarea>`}</p>
    ${body !== null && html`<p><button type="button" class="small" onClick=${() => edited(setBody)(null)}>back to the body as it came</button></p>`}
    <${Wrong} error=${refused ?? error} />
    ${preview && html`<${Review} delivery=${delivery} preview=${preview} />`}
    <${Sent} attempt=${attempt} />
    <p class="buttons sticky"><button type="submit" class="main" disabled=${busy || looking || !way.to}>${preview ? sendLabel(error, busy, attempt ? 'Send again' : `Send to ${way.to}`) : 'Review the changes'}</button>
      ${preview && html`<button type="button" onClick=${() => setPreview(null)}>Edit on</button>`}<button type="button" onClick=${end}>${attempt ? 'Done' : 'Cancel'}</button></p>
  </form>`;
}
