// Search and filters: the words of `events list`, kept in the page's address.

import { html, useEffect, useRef, useState } from './component.js';
import { FILTERS, command } from './address.js';
import { VERDICTS, quoted, visible } from './words.js';
import { asked } from './typed.js';
import { copied } from './copy.js';
import { Wrong } from './dialog.js';

/** How long typing has to rest before the journal is asked, in milliseconds. */
const REST = 250;

const FIELDS = [
  { name: 'type', label: 'Event', hint: 'interview.*, push', list: 'known-events' },
  { name: 'provider', label: 'Provider', hint: 'koji', list: 'known-providers' },
  { name: 'verdict', label: 'Verdict', hint: 'failed, mismatch', list: 'known-verdicts' },
  { name: 'status', label: 'Answered', hint: '200, 4xx' },
  { name: 'since', label: 'Since', hint: '10m, 2h, or a time' },
  { name: 'until', label: 'Until', hint: '10m, 2h, or a time' },
  { name: 'filter', label: 'jq over the payload', hint: '.data.score > 3', wide: true },
];
const FLAGS = [['undelivered', 'undelivered'], ['dead', 'dead letters'], ['marked', 'marked']];

/**
 * A field that asks when typing rests, and at once on Enter or when it is left;
 * `change` gets the text and whether it is entered, and may say what is left of it.
 */
function Field({ id, value, change, ...rest }) {
  const [text, set] = useState(value);
  const timer = useRef(null);
  const sent = useRef(value);
  useEffect(() => {
    // Only a value that came from elsewhere replaces what is being typed.
    if (value !== sent.current) set(value);
    sent.current = value;
  }, [value]);
  const send = (now, entered = false) => {
    clearTimeout(timer.current);
    sent.current = now.trim();
    const left = change(now.trim(), entered);
    if (left === undefined) return;
    sent.current = left;
    set(left);
  };
  const typed = (event) => {
    const now = event.target.value;
    set(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send(now), REST);
  };
  const keys = (event) => {
    if (event.key !== 'Escape') return;
    // What was typed and what is filtered go together, as in the terminal. A browser empties a
    // field of this kind by itself, or not, depending on what has the focus by then.
    event.preventDefault();
    event.target.value = '';
    set('');
    send('');
  };
  return html`<input id=${id} value=${text} onInput=${typed} onChange=${(event) => send(event.target.value, true)} onKeyDown=${rest.type === 'search' ? keys : undefined} autocomplete="off" spellcheck=${false} autocapitalize="off" ...${rest} />`;
}

const chip = (name, value) => (value === true ? FLAGS.find(([flag]) => flag === name)[1] : `${name}: ${visible(value)}`);

/** The bar above the list. */
export function Filters({ filters, change, providers, events, journal, error }) {
  const [unfolded, unfold] = useState(false);
  const [wrong, refuse] = useState(null);
  const set = (name, value, typing = false) => {
    const { [name]: _, ...others } = filters;
    change(value ? { ...others, [name]: value } : others, typing);
  };
  const search = (line, entered) => {
    const { filters: found, error: said } = asked(line, entered);
    refuse(said ?? null);
    if (found === null) return undefined;
    const { text: _, ...others } = filters;
    const { text, ...words } = found;
    change({ ...others, ...found }, Object.keys(words).length === 0);
    return text === line || line === '' ? undefined : text ?? '';
  };
  const same = command(filters, quoted, journal);
  const active = FILTERS.filter((name) => filters[name] && name !== 'text');
  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <div class="search">
      <label class="hidden" for="text">Search heads and bodies</label>
      <${Field} id="text" type="search" value=${filters.text ?? ''} change=${search} placeholder="Text, or type=push status=4xx" title="A text of head or body; or words, then Enter: type=interview.* verdict=failed status=4xx provider=koji since=1h dead 'any text'" aria-keyshortcuts="/" />
      <kbd aria-hidden="true">/</kbd>
      <button type="button" class=${active.length > 0 ? 'on' : ''} aria-expanded=${unfolded ? 'true' : 'false'} aria-controls="fields" onClick=${() => unfold(!unfolded)}>Filters${active.length > 0 ? ` (${active.length})` : ''}</button>
    </div>
    <div class="quick" role="group" aria-label="Filters in use">
      ${['failed', 'verified'].map((verdict) => html`<button type="button" class="chip" aria-pressed=${filters.verdict === verdict ? 'true' : 'false'} onClick=${() => set('verdict', filters.verdict === verdict ? null : verdict)}>${verdict}</button>`)}
      ${active.filter((name) => !(name === 'verdict' && ['failed', 'verified'].includes(filters.verdict))).map((name) => html`<button type="button" class="chip set" title="Take this filter away" onClick=${() => set(name, null)}>${chip(name, filters[name])} <span aria-hidden="true">×</span><span class="hidden"> (take it away)</span></button>`)}
      ${(active.length > 0 || filters.text) && html`<button type="button" class="link" onClick=${() => change({})}>clear</button>`}
    </div>
    <div id="fields" class="fields" hidden=${!unfolded}>
      ${FIELDS.map(({ name, label, hint, list, wide }) => html`<p class=${wide ? 'wide' : ''}><label for=${`f-${name}`}>${label}</label><${Field} id=${`f-${name}`} value=${filters[name] ?? ''} change=${(value) => set(name, value, true)} placeholder=${hint} list=${list} /></p>`)}
      <p class="flags wide">${FLAGS.map(([name, label]) => html`<label><input type="checkbox" checked=${Boolean(filters[name])} onChange=${(event) => set(name, event.target.checked)} /> ${label}</label>`)}</p>
      <p class="same wide"><span>The same in a terminal:</span> <code>${same}</code> <button type="button" class="link" onClick=${() => copied(same, 'the command')}>copy</button></p>
      <datalist id="known-events">${events.map((event) => html`<option value=${event} />`)}</datalist>
      <datalist id="known-providers">${providers.map((provider) => html`<option value=${provider} />`)}</datalist>
      <datalist id="known-verdicts"><option value="failed" />${VERDICTS.map((verdict) => html`<option value=${verdict} />`)}</datalist>
    </div>
    <${Wrong} error=${wrong ?? error} />
  </form>`;
}
