// One delivery whole: what it is, what can be done with it, and its parts in tabs.

import { html, memo, useEffect, useState } from './component.js';
import { useInspection } from './inspection.js';
import { Payload } from './payload.js';
import { Attempts, Headers, Signature, contentType } from './parts.js';
import { Transcript } from './transcript.js';
import { Compared } from './compare.js';
import { Edit } from './replay.js';
import { Prose, Shown } from './tree.js';
import { Wrong } from './dialog.js';
import { copied } from './copy.js';
import { duration, health, judged, mark, moment, size } from './words.js';

const Link = ({ seq, model }) => html`<button class="link" onClick=${() => model.open(seq)}>#${seq}</button>`;

function Actions({ seq, model }) {
  const button = (label, key, act, kind = '') => html`<button class=${kind} onClick=${act} aria-keyshortcuts=${key}>${label}${key && html` <kbd aria-hidden="true">${key}</kbd>`}</button>`;
  return html`<div class="actions" role="group" aria-label=${`What to do with #${seq}`}>
    ${button('Replay', 'r', () => model.dialog('replay', seq), 'main')}
    ${button('Edit', 'e', () => model.edit(seq))}
    ${button('Copy as…', '', () => model.dialog('code', seq))}
    ${button('Compare', 'c', () => model.dialog('compare', seq))}
    ${button('Mark', 'm', () => model.dialog('mark', seq))}
    ${button('Body ↓', '', () => model.download(seq, 'body'))}
    ${button('Raw ↓', '', () => model.download(seq, 'raw'))}
    ${button('Delete', '', () => model.dialog('delete', seq), 'quiet')}
  </div>`;
}

function Summary({ inspection, model }) {
  const { delivery, duplicates = [], signature } = inspection;
  const { seq, verdict } = delivery;
  const note = inspection.mark ?? delivery.mark;
  const sentence = signature?.sentence ?? verdict.diagnosis?.text;
  const mend = signature?.mend ?? verdict.diagnosis?.mend;
  return html`<header class="summary">
    <div class="top"><h2><span class="dim">#${seq}</span> <${Shown} text=${delivery.event ?? 'no event'} /></h2>
      <span class=${`tag ${judged(verdict.code)}`}><i aria-hidden="true">${mark(verdict.code)}</i> ${verdict.code.replaceAll('_', ' ')}</span>
      <button class="quiet" aria-label="Close" onClick=${() => model.close()}>×</button></div>
    ${delivery.subject && html`<p class="subject"><${Shown} text=${delivery.subject} /></p>`}
    <p class="line-of-facts">
      <span title=${delivery.received}>${moment(delivery.received)}</span>
      <code><${Shown} text=${`${delivery.method} ${delivery.path}`} /></code>
      <span>${delivery.provider ?? 'unknown provider'}</span><span>${size(delivery.size)}</span>
      ${delivery.answer && html`<span>answered <b class=${health(delivery.answer.status)}>${delivery.answer.status}</b> in ${duration(delivery.answer.took_ms)}</span>`}
      ${delivery.delivery && html`<button class="link" title="Copy the provider's id" onClick=${() => copied(delivery.delivery, 'the id')}><${Shown} text=${delivery.delivery} /></button>`}
      <span class="dim">from ${delivery.peer}</span></p>
    ${note && html`<p class="note"><b class="star" aria-label="marked">★</b> <${Shown} text=${note} /></p>`}
    ${(delivery.duplicate_of || duplicates.length > 0) && html`<p class="note">The same event: ${[...new Set([delivery.duplicate_of, ...duplicates])].filter(Boolean).slice(0, 20).map((other) => html`<${Link} seq=${other} model=${model} /> <button class="link dim" aria-label=${`compare with #${other}`} onClick=${() => model.compare(other)}>(compare)</button> `)}</p>`}
    <${Actions} seq=${seq} model=${model} />
    ${judged(verdict.code) !== 'good' && html`<p class=${`banner ${judged(verdict.code)}`}><${Prose} text=${sentence ?? verdict.reason} />${mend && html`<br /><${Prose} text=${mend} />`}</p>`}
  </header>`;
}

const tabsOf = ({ delivery, signature, notes }) => [
  ['payload', 'Payload', () => html`<${Payload} body=${delivery.body} base64=${delivery.body_base64} notes=${notes} kind=${contentType(delivery.headers)} />`],
  ['headers', `Headers ${delivery.headers?.length ?? 0}`, () => html`<${Headers} headers=${delivery.headers} label="Headers of the request" />`],
  ['signature', 'Signature', () => html`<${Signature} signature=${signature} verdict=${delivery.verdict} header=${signature?.header} />`],
  ['attempts', `Attempts ${delivery.attempts?.length ?? 0}`, () => html`<${Attempts} delivery=${delivery} />`],
  ...(delivery.interview ? [['transcript', 'Transcript', () => html`<${Transcript} interview=${delivery.interview} />`]] : []),
];

/** Tabs as ARIA wants them: one tab stop, arrows move. */
function Tabs({ tabs, chosen, choose }) {
  useEffect(() => document.getElementById(`tab-${chosen}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [chosen]);
  const keys = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = tabs.findIndex(([name]) => name === chosen);
    const [name] = tabs[(at + by + tabs.length) % tabs.length];
    choose(name);
    document.getElementById(`tab-${name}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Parts of the delivery" onKeyDown=${keys}>${tabs.map(([name, label]) => html`
    <button role="tab" id=${`tab-${name}`} aria-selected=${name === chosen ? 'true' : 'false'} aria-controls="part" tabindex=${name === chosen ? 0 : -1} onClick=${() => choose(name)}>${label}</button>`)}</div>`;
}

/** A delivery that is open. `compare` and `edit` put another view in its place. */
export const Detail = memo(({ model, seq, compare, edit }) => {
  const { record, error } = useInspection(model, seq);
  // The same part of the next delivery: so one goes through many signatures with `j`.
  const [tab, setTab] = useState(model.tab);
  const choose = (name) => {
    model.tab = name;
    setTab(name);
  };
  if (error) {
    return html`<div class="empty"><h2>#${seq} cannot be shown</h2><${Wrong} error=${error} /><p><button onClick=${() => model.close()}>Back to the list</button></p></div>`;
  }
  if (!record) return html`<p class="empty" role="status">reading #${seq}…</p>`;
  if (edit) return html`<${Edit} key=${seq} inspection=${record} model=${model} />`;
  if (compare !== null) return html`<${Compared} model=${model} left=${record} right=${compare} />`;
  const tabs = tabsOf(record);
  const [name, , draw] = tabs.find(([one]) => one === tab) ?? tabs[0];
  return html`<${Summary} inspection=${record} model=${model} />
    <${Tabs} tabs=${tabs} chosen=${name} choose=${choose} />
    <div class="part" id="part" role="tabpanel" aria-labelledby=${`tab-${name}`} key=${`${seq}-${name}`}>${draw()}</div>`;
});
