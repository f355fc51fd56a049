// The page: what is where, and what is drawn when there is nothing to draw.

import { html, memo, names, render, useEffect, useState, useStore } from './component.js';
import { giveToken, takeToken } from './api.js';
import { Model } from './model.js';
import { listen } from './keys.js';
import { List } from './list.js';
import { Filters } from './filters.js';
import { Detail } from './detail.js';
import { useInspection } from './inspection.js';
import { Overview } from './overview.js';
import { Code, Compare, Delete, Help, Mark, Wrong } from './dialog.js';
import { Replay } from './replay.js';
import { said } from './copy.js';
import { quoted, visible } from './words.js';
import { journalOption } from './address.js';

const THEMES = ['auto', 'light', 'dark'];
const THEME = 'hookctl-theme';

function useTheme() {
  const [theme, set] = useState(THEMES.includes(localStorage.getItem(THEME)) ? localStorage.getItem(THEME) : 'auto');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME, theme);
  }, [theme]);
  return [theme, () => set(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])];
}

/** What the state of the stream is called, and what it means. */
const STATES = { live: ['good', 'live', 'New deliveries appear as they come'], waiting: ['unsure', 'connecting…', 'The stream of new deliveries is not there; the page tries again'], lost: ['bad', 'not connected', 'The inspector does not answer: is hookctl still running? Start it again with: hookctl inspect'], paused: ['unsure', 'paused', 'New deliveries wait; Space lets them in'] };

function Header({ model, session, paused, view }) {
  const [theme, next] = useTheme();
  const [how, text, why] = STATES[paused && session.stream === 'live' ? 'paused' : session.stream];
  return html`<header class="bar"><h1>hookctl <span>inspector</span></h1>
    <span class=${`state ${how}`} role="status" title=${`${why}${session.stream === 'lost' ? journalOption(session.record, quoted) : ''}`}>${text}</span>
    <span class="journal" title="The journal that is shown">${visible(session.record?.journal ?? '')}</span>
    <nav aria-label="Views">
      <button aria-pressed=${view === 'overview' ? 'true' : 'false'} onClick=${() => model.overview()}>Overview</button>
      <button class="quiet" title="Light, dark, or as the system says" onClick=${next}><span aria-hidden="true">◐ </span><span class="hidden">Colours: </span><span class="theme">${theme}</span></button>
      <button class="quiet" aria-label="Keys" onClick=${() => model.dialog('help', null)}>?</button></nav>
  </header>`;
}

/** A tab without this run's token: a bookmark, or an inspector that was started anew. */
function Locked({ record }) {
  const [wrong, set] = useState(false);
  const open = (event) => {
    event.preventDefault();
    // Read anew, with the filters that the address has.
    if (giveToken(new FormData(event.target).get('address'))) location.reload();
    else set(true);
  };
  return html`<main class="bare"><h1>hookctl <span>inspector</span></h1>
  <h2>This page needs the address from the terminal</h2>
  <p>It ends with <code>#token=…</code> and is another one each time hookctl starts, so that no other page can read your deliveries.</p>
  <ol><li>Look for the line <code>inspector</code> in the terminal where <code>hookctl listen</code> runs, or press <kbd>o</kbd> there.</li>
  <li>If it ended: <code>hookctl inspect${journalOption(record, quoted)} --open</code> shows the same journal${record ? '' : html`; name it with <code>--journal FILE</code> where it was named before`}.</li></ol>
  <form onSubmit=${open}><p><label for="address">Or paste that address here</label><span class="pasted"><input id="address" name="address" autocomplete="off" spellcheck=${false} /><button class="main" type="submit">Open</button></span></p>
  ${wrong && html`<p class="wrong" role="alert">There is no <code>#token=…</code> at its end.</p>`}</form></main>`;
}

function Empty({ state, session, clear }) {
  if (state.loading) return html`<p class="empty" role="status">reading the journal…</p>`;
  if (state.error) return html`<div class="empty"><h2>The list cannot be shown</h2>${state.error.status === 400 ? html`<p>A filter is not written as it should be; see above.</p>` : html`<${Wrong} error=${state.error} />`}</div>`;
  if (Object.keys(state.filters).length > 0) return html`<div class="empty"><h2>No delivery matches</h2><p>New ones that match appear here.</p><p><button onClick=${clear}>Clear the filters</button></p></div>`;
  const port = session.record?.listening ? new URL(session.record.listening).port : null;
  return html`<div class="empty"><h2>No deliveries yet</h2>
    ${port ? html`<p>hookctl listens at <code>${session.record.listening}</code>. Send it a signed sample:</p><pre>hookctl trigger interview.completed --provider koji --to ${port}</pre>`
      : html`<p>Nothing writes to this journal now. In a terminal:</p><pre>hookctl listen</pre>`}
    <p class="dim">It appears here by itself.</p></div>`;
}

function Windows({ model, dialog, items }) {
  const close = () => model.dialog(null);
  const { record } = useInspection(model, dialog && ['replay', 'mark', 'code'].includes(dialog.kind) ? dialog.seq : null);
  if (!dialog) return null;
  const { kind, seq } = dialog;
  if (kind === 'help') return html`<${Help} close=${close} />`;
  if (kind === 'delete') return html`<${Delete} seq=${seq} model=${model} close=${close} />`;
  if (kind === 'compare') return html`<${Compare} seq=${seq} items=${items} model=${model} close=${close} />`;
  if (!record) return null;
  if (kind === 'replay') return html`<${Replay} seq=${seq} delivery=${record.delivery} model=${model} close=${close} />`;
  if (kind === 'mark') return html`<${Mark} seq=${seq} mark=${record.mark ?? record.delivery.mark ?? null} model=${model} close=${close} />`;
  return html`<${Code} seq=${seq} way=${model.way(record.delivery)} close=${close} />`;
}

function Said() {
  const { text, bad } = useStore(said);
  return html`<div class=${names('said', bad && 'bad', text && 'on')} role="status" aria-live="polite">${text}</div>`;
}

const Search = memo(({ model, filters, providers, journal, error }) => html`<${Filters} filters=${filters} change=${(now, typing) => model.filter(now, typing)} providers=${providers ?? []} events=${model.eventNames()} journal=${journal} error=${error} />`);

function App({ model }) {
  const place = useStore(model.place);
  const session = useStore(model.session);
  const state = useStore(model.feed);
  useEffect(() => listen(model), [model]);
  const [choose] = useState(() => (seq) => model.open(seq));
  useEffect(() => {
    document.title = `${place.open === null ? '' : `#${place.open} · `}hookctl inspector`;
  }, [place.open]);
  if (session.locked) return html`<${Locked} record=${session.record} />`;
  const side = place.view === 'overview' || place.open !== null;
  return html`<${Header} model=${model} session=${session} paused=${state.paused} view=${place.view} />
    <main class=${names('split', side && 'side')}>
      <section class="left" aria-label="Deliveries">
        <${Search} model=${model} filters=${state.filters} providers=${session.record?.providers} journal=${journalOption(session.record, quoted)} error=${state.error?.status === 400 ? state.error : null} />
        <${List} feed=${model.feed} state=${state} cursor=${place.cursor} open=${place.open} choose=${choose} empty=${html`<${Empty} state=${state} session=${session} clear=${() => model.filter({})} />`} />
      </section>
      ${side && html`<section class="right" aria-label=${place.view === 'overview' ? 'Overview' : `Delivery #${place.open}`}>
        ${place.view === 'overview' ? html`<${Overview} model=${model} filters=${state.filters} newest=${state.items[0]?.seq} />`
          : html`<${Detail} key=${place.open} model=${model} seq=${place.open} compare=${place.compare} edit=${place.edit === place.open} />`}
      </section>`}
    </main>
    <${Windows} model=${model} dialog=${place.dialog} items=${state.items} />
    <${Said} />`;
}

takeToken();
const model = new Model();
render(html`<${App} model=${model} />`, document.getElementById('app'));
model.start();
