// The tabs of a delivery besides its payload: headers, signature, attempts, transcript.

import { html, useState } from './component.js';
import { Payload, fromBase64 } from './payload.js';
import { Prose, Shown } from './tree.js';
import { copied } from './copy.js';
import { counted, duration, health, judged, mark, moment, outcome, tries } from './words.js';

/** What a header's value is for the eyes: text, or that it is none. */
export const headerText = (header) => header.value ?? `base64:${header.value_base64}`;

/** The content type that headers give. */
export const contentType = (headers) => headers?.find((header) => header.name.toLowerCase() === 'content-type')?.value ?? '';

/** Header fields in their order, repeats and spelling as sent. */
export function Headers({ headers, label }) {
  if (!headers?.length) return html`<p class="nothing">There are no headers.</p>`;
  return html`<div class="scrolls" tabindex="0" role="group" aria-label=${label}><table class="headers"><thead class="hidden"><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead><tbody>
    ${headers.map((header) => html`<tr><th scope="row"><${Shown} text=${header.name} /></th><td><${Shown} text=${headerText(header)} />${header.value === undefined && html` <span class="tag unsure">not UTF-8</span>`}</td></tr>`)}
  </tbody></table></div>
  <p><button class="small" onClick=${() => copied(headers.map((header) => `${header.name}: ${headerText(header)}`).join('\n'), 'the headers')}>copy headers</button></p>`;
}

const Fact = ({ name, children }) => (children === null || children === undefined || children === '' ? null : html`<dt>${name}</dt><dd>${children}</dd>`);

/** How the signature was checked. What is wrong and what to change stands above the tabs. */
export function Signature({ signature, verdict, header }) {
  const code = signature?.verdict ?? verdict.code;
  const how = judged(code);
  const sentence = signature?.sentence ?? verdict.diagnosis?.text ?? null;
  const s = signature ?? {};
  const differs = s.expected && s.received && s.expected !== s.received;
  return html`<div class="signature">
    <div class=${`banner ${how}`}><b><i aria-hidden="true">${mark(code)}</i> ${code.replaceAll('_', ' ')}</b> ${(sentence || how === 'good') && html`<span><${Prose} text=${verdict.reason} /></span>`}
      ${sentence && s.code && html`<p class="cause"><b>Cause:</b> the one above, <code>${s.code}</code></p>`}
      ${!sentence && s.tried > 0 && html`<p class="cause"><b>Cause:</b> none of ${counted(s.tried, 'usual mistake')} that were tried. Is it this endpoint's secret, and are these the bytes as they came, never parsed? <code>hookctl providers show ${verdict.provider ?? 'ID'}</code> tells where the secret is.</p>`}</div>
    <dl class="facts">
      <${Fact} name="Scheme">${s.scheme && html`<${Prose} text=${s.scheme} />`}</>
      <${Fact} name="Provider">${s.provider}</>
      <${Fact} name="Key">${s.key && html`<${Prose} text=${s.key} />`}</>
      <${Fact} name="Header">${s.header && html`<code><${Shown} text=${s.header} /></code>`}</>
      <${Fact} name="Received">${s.received ? html`<code class=${differs ? 'bad' : ''}><${Shown} text=${s.received} /></code>` : html`<span class="dim">nothing${header ? ` in ${header}` : ''}</span>`}</>
      <${Fact} name="Expected">${s.expected ? html`<code class=${differs ? 'good' : ''}><${Shown} text=${s.expected} /></code>` : html`<span class="dim">not known: it takes the secret, and a scheme that can be computed here</span>`}</>
      <${Fact} name="What is signed">${(s.signed || s.signed_base64) && html`<${Signed} signature=${s} />`}</>
    </dl>
    ${how === 'unsure' && html`<p class="hint">Nobody could check this one. <code>hookctl providers show ${verdict.provider ?? 'ID'}</code> tells which secret it takes, <code>hookctl listen --provider ${verdict.provider ?? 'ID'}</code> uses it.</p>`}
  </div>`;
}

/** So much of what is signed is in the record, in bytes. */
const SIGNED = 4_096;

function Signed({ signature }) {
  const [whole, set] = useState(false);
  let text = signature.signed ?? '';
  if (whole && signature.signed_base64) text = new TextDecoder().decode(fromBase64(signature.signed_base64));
  return html`<pre class="signed" tabindex="0" aria-label="What is signed"><${Shown} text=${text} /></pre>
    ${signature.signed_base64 && html`<button class="small" aria-expanded=${whole ? 'true' : 'false'} onClick=${() => set(!whole)}>${whole ? 'shorter' : signature.signed_bytes <= SIGNED ? 'all of it' : 'the first 4 KiB of it'}</button>`}`;
}

/** Where the time went: a bar for the answer, and one for each attempt. */
function Timing({ rows }) {
  const most = Math.max(0.001, ...rows.map((row) => row.took));
  return html`<div class="timing" role="img" aria-label=${`How long each took: ${rows.map((row) => `${row.name} ${duration(row.took)}`).join(', ')}`}>
    ${rows.map((row) => html`<span>${row.name}</span>
      <svg viewBox="0 0 100 1" preserveAspectRatio="none"><rect class=${row.how} width=${Math.max(0.7, (row.took / most) * 100)} height="1" /></svg>
      <span>${duration(row.took)}</span>`)}
  </div>`;
}

/** Time between two moments, with its sign. */
const later = (from, to) => {
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? `${duration(ms) || '0 ms'} after it came` : 'before it came';
};

/** What was sent: its head, and its body where that is not the delivery's. */
function Request({ request }) {
  const { head, changed, body, body_base64: base64 } = request;
  const another = body !== undefined || base64 !== undefined;
  return html`<h3>Request</h3>
    <pre class="code" tabindex="0" aria-label="Head of the request"><${Shown} text=${head.trimEnd().replaceAll('\r\n', '\n')} /></pre>
    ${another && html`<${Payload} body=${body} base64=${base64} />`}
    ${!another && html`<p class="dim">${changed ? 'The body is that of the delivery.' : 'All is as it came but the host; the body is that of the delivery.'}</p>`}`;
}

function Attempt({ attempt, at, method, received, unfolded }) {
  return html`<details class="attempt" open=${unfolded}>
    <summary><b class=${health(attempt.status)}>${outcome(attempt)}</b> <span class="target">${method} <${Shown} text=${attempt.target} /></span>${attempt.request?.changed && html` <span class="tag unsure">changed</span>`} <span class="dim">attempt ${at}, ${duration(attempt.took_ms)}, ${later(received, attempt.started)}</span></summary>
    <p class="dim">Started ${moment(attempt.started)}.</p>
    ${attempt.failure && html`<p class="banner bad"><b>${outcome(attempt)}</b> <${Shown} text=${attempt.failure.detail} /></p>`}
    ${attempt.request && html`<${Request} request=${attempt.request} />`}
    ${attempt.headers && html`<h3>Answer's headers</h3><${Headers} headers=${attempt.headers} label="Headers of the answer" />`}
    ${(attempt.body !== undefined || attempt.body_base64 !== undefined) && html`<h3>Answer's body</h3><${Payload} body=${attempt.body} base64=${attempt.body_base64} kind=${contentType(attempt.headers)} />`}
  </details>`;
}

/** Every attempt to pass the delivery on, the newest unfolded. */
export function Attempts({ delivery }) {
  const { attempts = [], answer, outbox = [] } = delivery;
  const rows = [];
  if (answer) rows.push({ name: 'answer', took: answer.took_ms, how: health(answer.status) });
  attempts.forEach((one, index) => rows.push({ name: `attempt ${index + 1}`, took: one.took_ms, how: one.delivered ? 'good' : 'bad' }));
  const targets = new Set(attempts.map((one) => one.target));
  return html`<div class="attempts">
    ${answer && html`<p>The sender got <b class=${health(answer.status)}>${answer.status}</b> from ${answer.by} in ${duration(answer.took_ms)}.</p>`}
    ${rows.length > 0 && html`<${Timing} rows=${rows.slice(-30)} />`}
    ${outbox.map((row) => html`<p class=${`banner ${row.state === 'dead' ? 'bad' : 'unsure'}`}><b>${row.state === 'dead' ? 'dead letter' : row.state}</b> <${Shown} text=${row.target} />, ${tries(row.tries)}${row.state === 'pending' ? `, next ${moment(row.due)}` : ''}. Replay (<kbd>r</kbd>) sends it now.</p>`)}
    ${attempts.length === 0 && html`<p class="nothing">It was passed on to nobody. Replay (<kbd>r</kbd>) sends it to a target; <code>hookctl listen --forward 3000</code> does so for each that comes.</p>`}
    ${targets.size > 1 && html`<p class="dim">${targets.size} targets.</p>`}
    ${attempts.slice().reverse().map((attempt, index) => html`<${Attempt} key=${attempts.length - index} at=${attempts.length - index} attempt=${attempt} method=${delivery.method} received=${delivery.received} unfolded=${index === 0} />`)}
  </div>`;
}
