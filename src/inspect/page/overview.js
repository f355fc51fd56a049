// Where a picture says it faster: deliveries over time by verdict, how long
// answers took, which events came. What is pressed becomes a filter.

import { html, memo, useEffect, useRef, useState } from './component.js';
import { ask, query } from './api.js';
import { Wrong } from './dialog.js';
import { counted, duration, judged, moment, visible } from './words.js';

/** Deliveries that are looked at. */
const MOST = 10_000;
/** How often it is read anew while deliveries come, in milliseconds. */
const AGAIN = 3_000;
/** The parts of a bar. The filter `failed` means the last two together, so none has its name. */
const KINDS = [['verified', 'good', 'verified'], ['failed', 'bad', 'wrong signature'], ['unjudged', 'unsure', 'not judged']];

/** Places for bars at the least: a few bars stay bars. */
const PLACES = 16;

/** One among thousands is still to be seen. */
const LEAST = 2;
const seen = (count, most, height) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * height));

const total = (bucket) => bucket.verified + bucket.failed + bucket.unjudged;

function Timeline({ buckets, narrow }) {
  const [width, height] = [600, 120];
  const most = Math.max(1, ...buckets.map(total));
  const step = width / Math.max(PLACES, buckets.length);
  const bar = (bucket, index) => {
    let y = height;
    const end = buckets[index + 1]?.at;
    const title = `${moment(bucket.at)}: ${KINDS.map(([kind, , name]) => `${bucket[kind]} ${name}`).join(', ')}`;
    return html`<g class="bucket" onClick=${() => narrow({ since: bucket.at, until: end })}><title>${title}</title>
      <rect class="hit" x=${index * step} y="0" width=${step} height=${height} />
      ${KINDS.map(([kind, how]) => {
        const part = seen(bucket[kind], most, height - KINDS.length * LEAST);
        y -= part;
        return part > 0 && html`<rect class=${how} x=${index * step + 1} y=${y} width=${Math.max(1, step - 2)} height=${part} />`;
      })}</g>`;
  };
  return html`<figure><svg class="timeline" role="img" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-label=${`Deliveries over time: ${counted(buckets.reduce((sum, one) => sum + total(one), 0), 'delivery', 'deliveries')}, at most ${most} at a time`}>${buckets.map(bar)}</svg>
    <div class="axis"><span>${moment(buckets[0].at)}</span>${buckets.length >= PLACES && html`<span>${moment(buckets.at(-1).at)}</span>`}</div>
    <ul class="legend">${KINDS.map(([kind, how, name]) => html`<li><i class=${how}></i>${name} <b>${buckets.reduce((sum, one) => sum + one[kind], 0).toLocaleString('en')}</b></li>`)}</ul></figure>`;
}

/** Rows with a bar each; pressing one filters. */
function Bars({ rows, label, narrow }) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return html`<ul class="bars" aria-label=${label}>${rows.map((row) => html`<li><button onClick=${() => narrow(row.filter)} title="Show only these" disabled=${!row.filter}>
    <span class="name">${row.name}</span><span class="count">${row.count.toLocaleString('en')}</span>
    <span class="track"><span class=${`bar ${row.how ?? ''}`} style=${{ width: `${(row.count / most) * 100}%` }}></span></span></button></li>`)}</ul>`;
}

function Took({ took }) {
  const last = took.histogram.findLastIndex((one) => one.count > 0);
  const histogram = took.histogram.slice(0, Math.max(6, last + 2));
  const [width, height] = [600, 90];
  const most = Math.max(1, ...histogram.map((one) => one.count));
  const step = width / Math.max(1, histogram.length);
  const upTo = (one) => (one.up_to_ms === null ? 'longer' : `up to ${duration(one.up_to_ms)}`);
  return html`<figure><dl class="figures"><div><dt>half within</dt><dd>${duration(took.p50_ms) || '–'}</dd></div><div><dt>95 % within</dt><dd>${duration(took.p95_ms) || '–'}</dd></div><div><dt>longest</dt><dd>${duration(took.max_ms) || '–'}</dd></div></dl>
    ${histogram.length > 0 && html`<svg class="took" role="img" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-label=${`How long answers took: ${histogram.map((one) => `${one.count} ${upTo(one)}`).join(', ')}`}>
      ${histogram.map((one, index) => html`<g><title>${`${upTo(one)}: ${one.count}`}</title><rect class="plain" x=${index * step + 2} y=${height - seen(one.count, most, height)} width=${Math.max(1, step - 4)} height=${seen(one.count, most, height)} /></g>`)}</svg>
      <div class="axis even">${histogram.map((one) => html`<span>${one.up_to_ms === null ? 'more' : `≤ ${duration(one.up_to_ms)}`}</span>`)}</div>`}</figure>`;
}

/** The overview of what matches the filters. */
export const Overview = memo(({ model, filters, newest }) => {
  const [state, set] = useState({ record: null, error: null });
  const load = useRef(null);
  const due = useRef(null);
  useEffect(() => {
    const stop = new AbortController();
    load.current = () => ask(`overview${query({ ...filters, most: MOST })}`, { signal: stop.signal })
      .then((record) => set({ record, error: null }), (error) => error.name !== 'AbortError' && set({ record: null, error }));
    load.current();
    return () => stop.abort();
  }, [filters]);
  useEffect(() => {
    // What comes while a reading is due does not put it off.
    due.current ??= setTimeout(() => {
      due.current = null;
      load.current();
    }, AGAIN);
  }, [newest]);
  useEffect(() => () => clearTimeout(due.current), []);
  const narrow = (more) => {
    const kept = Object.entries({ ...filters, ...more }).filter(([, value]) => value);
    model.filter(Object.fromEntries(kept));
  };
  const { record, error } = state;
  return html`<div class="overview">
    <header class="top"><h2>Overview</h2><button class="quiet" aria-label="Close" onClick=${() => model.close()}>×</button></header>
    <${Wrong} error=${error} />
    ${!record && !error && html`<p role="status">reading…</p>`}
    ${record && record.considered === 0 && html`<p class="nothing">No delivery matches.</p>`}
    ${record && record.considered > 0 && html`<p class="dim">The newest ${counted(record.considered, 'delivery', 'deliveries')}${Object.keys(filters).length ? ' that match' : ''}. Press a bar to see only these.</p>
      <h3>Over time</h3><${Timeline} buckets=${record.buckets} narrow=${narrow} />
      <h3>Answered in</h3><${Took} took=${record.took} />
      <h3>Verdicts</h3><${Bars} label="Verdicts" narrow=${narrow} rows=${record.verdicts.map(({ code, count }) => ({ name: code.replaceAll('_', ' '), count, how: judged(code), filter: { verdict: code } }))} />
      <h3>Events</h3><${Bars} label="Events" narrow=${narrow} rows=${record.events.map(({ event, count }) => ({ name: visible(event ?? 'no event'), count, filter: event ? { type: event } : null }))} />`}
  </div>`;
});
