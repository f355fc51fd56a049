// The list of deliveries: only the rows in sight are in the page, whatever the
// journal holds. One tab stop; the keys move a cursor (`aria-activedescendant`).

import { html, memo, names, useEffect, useLayoutEffect, useRef, useState } from './component.js';
import { counted, duration, health, judged, mark, moment, outcome, shortTarget, tries, visible } from './words.js';

/** Height of a row in pixels: one line where there is room, else two. `list.css` has the same. */
const ROW = { wide: 34, narrow: 58 };
/** From this width of the list on, all columns fit in one line. */
const WIDE = 820;
/** Rows above and below those in sight. */
const SPARE = 8;
/** Height of the head, which stays above the rows. */
const HEAD = 28;

const owed = (one) => {
  const worst = one.outbox?.find((row) => row.state === 'dead') ?? one.outbox?.[0];
  if (!worst) return null;
  return { dead: ['bad', 'dead letter'], pending: ['unsure', worst.tries === 0 ? tries(0) : `waits after ${tries(worst.tries)}`] }[worst.state] ?? ['unsure', 'not delivered'];
};

/** What became of it: the last attempt, and what is still owed. */
function Forwarded({ one, wide }) {
  const last = one.forwarded;
  const waits = owed(one);
  if (!last && !waits) return wide && html`<span class="dim">–</span>`;
  return html`${last && html`${!wide && html`<span class="dim" aria-hidden="true">→ </span>`}<b class=${health(last.status)}>${outcome(last)}</b> ${last.attempts > 1 && html`<span class="dim">×${last.attempts} </span>`}`}
    ${waits && html`<span class=${`tag ${waits[0]}`}>${waits[1]}</span> `}
    ${wide && last && html`<span class="dim">${visible(shortTarget(last.target))}</span>`}`;
}

const Verdict = ({ code }) => html`<span class=${`c-verdict ${judged(code)}`}><i aria-hidden="true">${mark(code)}</i> ${code.replaceAll('_', ' ')}</span>`;
const Event = ({ one }) => html`<span class="c-event">${one.mark && html`<b class="star" title=${`marked: ${visible(one.mark)}`}>★</b> `}${visible(one.event ?? '–')}</span>`;
const Subject = ({ one }) => html`<span class="c-subject">${one.duplicate_of !== null && html`<span class="tag unsure">repeats #${one.duplicate_of}${one.same_body === false && ', another body'}</span> `}${visible(one.subject ?? '')}</span>`;
const Answer = ({ one }) => html`<span class="c-answer">${one.answer ? html`<b class=${health(one.answer.status)}>${one.answer.status}</b>` : html`<span class="dim">–</span>`}</span>`;
const Took = ({ one }) => html`<span class="c-took">${duration(one.forwarded?.took_ms ?? one.answer?.took_ms)}</span>`;
const Received = ({ one }) => html`<span class="c-time" title=${one.received}>${moment(one.received)}</span>`;

/** All columns in one line. */
const Columns = ({ one }) => html`<span class="c-seq">#${one.seq}</span><${Received} one=${one} /><${Verdict} code=${one.verdict.code} /><${Event} one=${one} />
  <${Subject} one=${one} /><${Answer} one=${one} /><span class="c-forward"><${Forwarded} one=${one} wide=${true} /></span><${Took} one=${one} />`;

/** The same in two lines, the most telling first. */
const Lines = ({ one }) => html`<div><${Event} one=${one} /><${Verdict} code=${one.verdict.code} /><${Received} one=${one} /></div>
  <div><span class="c-seq">#${one.seq}</span><${Subject} one=${one} /><${Answer} one=${one} /><span class="c-forward"><${Forwarded} one=${one} /></span><${Took} one=${one} /></div>`;

const Row = memo(({ one, top, chosen, open, wide, choose, position }) => html`<div id=${`row-${one.seq}`} role="option" aria-selected=${chosen ? 'true' : 'false'} aria-posinset=${position + 1} aria-setsize="-1"
    class=${names('row', chosen && 'chosen', open && 'open', wide ? 'wide' : 'narrow')} style=${{ top: `${top}px` }} onClick=${() => choose(one.seq)}>
    ${wide ? html`<${Columns} one=${one} />` : html`<${Lines} one=${one} />`}
  </div>`);

const HEADS = [['seq', 'No.'], ['time', 'Received'], ['verdict', 'Verdict'], ['event', 'Event'], ['subject', 'Subject'], ['answer', 'Answer'], ['forward', 'Forwarded'], ['took', 'Took']];

/** What is in sight of a list: its size, and how far it was scrolled. */
function useSight(box) {
  const [sight, set] = useState({ top: 0, height: 600, width: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    const look = () => set((was) => {
      const now = { top: element.scrollTop, height: element.clientHeight, width: element.clientWidth };
      return now.top === was.top && now.height === was.height && now.width === was.width ? was : now;
    });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box]);
  return sight;
}

/** Keeps the cursor's row in sight when the cursor moves. */
function useCursorInSight(box, items, cursor, row, head) {
  const last = useRef(null);
  useLayoutEffect(() => {
    if (cursor === last.current) return;
    last.current = cursor;
    const at = items.findIndex((one) => one.seq === cursor);
    if (at < 0) return;
    const { scrollTop, clientHeight } = box.current;
    if (at * row < scrollTop) box.current.scrollTop = at * row;
    else if (head + (at + 1) * row > scrollTop + clientHeight) box.current.scrollTop = head + (at + 1) * row - clientHeight;
  });
}

/** The rows and the head above them. `empty` is shown where there are none. */
export function List({ feed, state, cursor, open, choose, empty }) {
  const box = useRef(null);
  const sight = useSight(box);
  const { items, next, older, fresh } = state;
  const wide = sight.width >= WIDE;
  const row = wide ? ROW.wide : ROW.narrow;
  useCursorInSight(box, items, cursor, row, wide ? HEAD : 0);

  const first = Math.max(0, Math.floor(sight.top / row) - SPARE);
  const last = Math.min(items.length, Math.ceil((sight.top + sight.height) / row) + SPARE);
  useEffect(() => feed.pin(sight.top < row), [feed, sight.top < row]);
  useEffect(() => {
    if (next !== null && last >= items.length - 2 * SPARE) feed.older();
  }, [feed, next, last, items.length]);

  const top = () => {
    box.current.scrollTop = 0;
    feed.release();
  };
  const chosen = items.slice(first, last).some((one) => one.seq === cursor);
  return html`<div class="list">
    <div class="rows" ref=${box} role=${items.length ? 'listbox' : undefined} tabindex="0" aria-label=${items.length ? 'Deliveries, newest first' : undefined} aria-activedescendant=${chosen ? `row-${cursor}` : undefined}>
      ${wide && items.length > 0 && html`<div class="heads" aria-hidden="true">${HEADS.map(([name, text]) => html`<span class=${`c-${name}`}>${text}</span>`)}</div>`}
      ${items.length === 0 ? empty : html`<div class="all" role="presentation" style=${{ height: `${items.length * row}px` }}>
        ${items.slice(first, last).map((one, index) => html`<${Row} key=${one.seq} one=${one} top=${(first + index) * row} position=${first + index}
          chosen=${one.seq === cursor} open=${one.seq === open} wide=${wide} choose=${choose} />`)}
      </div>`}
    </div>
    ${fresh > 0 && html`<button class="fresh" onClick=${top}>↑ ${counted(fresh, 'new delivery', 'new deliveries')}</button>`}
    ${older && html`<p class="more" role="status">reading older deliveries…</p>`}
  </div>`;
}
