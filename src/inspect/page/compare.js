// Two deliveries beside each other: their facts, their headers, their bodies.

import { html } from './component.js';
import { useInspection } from './inspection.js';
import { Difference } from './diff.js';
import { Reader, pretty } from './json.js';
import { Wrong } from './dialog.js';
import { Shown } from './tree.js';
import { headerText } from './parts.js';
import { moment, size } from './words.js';

const FACTS = [
  ['Received', (one) => moment(one.received)],
  ['Event', (one) => one.event],
  ['Subject', (one) => one.subject],
  ['Provider', (one) => one.provider],
  ['Delivery id', (one) => one.delivery],
  ['Verdict', (one) => one.verdict.code],
  ['Answer', (one) => one.answer?.status],
  ['Request', (one) => `${one.method} ${one.path}`],
  ['Size', (one) => size(one.size)],
];

const head = (one) => `${(one.headers ?? []).map((header) => `${header.name}: ${headerText(header)}`).join('\n')}\n`;

/** The body as lines that can be compared. */
function body(one) {
  if (one.body === undefined) return `base64:${one.body_base64 ?? ''}\n`;
  if (one.body.length > 1_000_000) return one.body;
  const reader = new Reader(one.body);
  reader.run();
  return reader.error ? one.body : `${pretty(reader) ?? one.body}\n`;
}

/** Compares the inspection `left` with the delivery of the number `right`. */
export function Compared({ model, left, right }) {
  const { record, error } = useInspection(model, right);
  const one = left.delivery;
  const other = record?.delivery;
  return html`<div class="compared">
    <header class="top"><h2>#${one.seq} and #${right}</h2><button class="quiet" aria-label="Close" onClick=${() => model.close()}>×</button></header>
    <${Wrong} error=${error} />
    ${!other && !error && html`<p role="status">reading #${right}…</p>`}
    ${other && html`<div class="scrolls" tabindex="0" role="group" aria-label="Facts of both"><table class="headers"><thead><tr><th scope="col"><span class="hidden">Fact</span></th><th scope="col">#${one.seq}</th><th scope="col">#${right}</th></tr></thead><tbody>
      ${FACTS.map(([name, read]) => {
        const [a, b] = [read(one), read(other)].map((value) => String(value ?? '–'));
        return html`<tr class=${a === b ? '' : 'differs'}><th scope="row">${name}</th><td><${Shown} text=${a} /></td><td><${Shown} text=${b} /></td></tr>`;
      })}</tbody></table></div>
    <h3>Headers</h3><${Difference} label="Differences of the headers" same="The headers are the same." left=${head(one)} right=${head(other)} />
    <h3>Body</h3><${Difference} label="Differences of the bodies" same=${one.body === other.body ? 'The bodies are the same, byte for byte.' : 'The values are the same; only spaces and line ends differ.'} left=${body(one)} right=${body(other)} />`}
  </div>`;
}
