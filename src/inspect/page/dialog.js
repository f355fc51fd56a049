// Windows over the page: the browser's own `dialog`, which keeps the focus
// inside and gives it back.

import { html, useEffect, useRef, useState } from './component.js';
import { ask, query } from './api.js';
import { KEYS, SHARED } from './keys.js';
import { copied } from './copy.js';
import { Prose } from './tree.js';

/** A window with a title; Escape and the cross close it. */
export function Dialog({ title, close, children, wide }) {
  const box = useRef(null);
  const gone = useRef(false);
  useEffect(() => {
    box.current.showModal();
    // Not `autofocus`, which browsers take for the page's and complain of.
    box.current.querySelector('[data-first]')?.focus();
    return () => {
      gone.current = true;
      box.current?.close();
    };
  }, []);
  // The browser tells that a window is closed a little later: by then another one may be open.
  const closed = () => gone.current || close();
  return html`<dialog ref=${box} class=${wide ? 'wide' : ''} aria-labelledby="dialog-title" onClose=${closed} onCancel=${(event) => { event.preventDefault(); close(); }}>
    <header><h2 id="dialog-title">${title}</h2><button class="quiet" aria-label="Close" onClick=${close}>×</button></header>
    ${children}
  </dialog>`;
}

/** What went wrong, and what to do. */
export const Wrong = ({ error }) => (error ? html`<p class="wrong" role="alert"><${Prose} text=${error.message} />${error.hint && html` <span><${Prose} text=${error.hint} /></span>`}</p>` : null);

/** Runs what may fail; gives `[run, busy, error]`. */
export function useAct(act) {
  const [state, set] = useState({ busy: false, error: null });
  const run = async (...given) => {
    set({ busy: true, error: null });
    try {
      await act(...given);
      set({ busy: false, error: null });
    } catch (error) {
      set({ busy: false, error });
    }
  };
  return [run, state.busy, state.error];
}

export const Help = ({ close }) => html`<${Dialog} title="Keys" close=${close}>
  <dl class="keys">${KEYS.map(([keys, what]) => html`<dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd>`)}</dl>
  <p class="dim">In the tree: arrows move, → unfolds, ← folds. In the terminal, where <code>hookctl listen</code> runs, ${SHARED.split(' ').map((key) => html`<kbd>${key}</kbd> `)}do the same.</p>
</>`;

export function Mark({ seq, mark, model, close }) {
  const [text, set] = useState(mark ?? '');
  const [run, busy, error] = useAct(async (value) => {
    await model.mark(seq, value);
    close();
  });
  const save = (event) => {
    event.preventDefault();
    run(text.trim());
  };
  return html`<${Dialog} title=${`Mark #${seq}`} close=${close}><form onSubmit=${save}>
    <p><label for="mark">A note, so that you find it again (filter “marked”)</label><input id="mark" class="full" value=${text} maxlength="200" onInput=${(event) => set(event.target.value)} data-first="" /></p>
    <${Wrong} error=${error} />
    <p class="buttons"><button type="submit" class="main" disabled=${busy}>Mark</button>${mark !== null && mark !== undefined && html`<button type="button" disabled=${busy} onClick=${() => run(null)}>Take the mark away</button>`}</p>
  </form></>`;
}

export function Delete({ seq, model, close }) {
  const [run, busy, error] = useAct(async (force) => {
    await model.remove(seq, force);
    close();
  });
  const owed = error?.code === 'undelivered';
  return html`<${Dialog} title=${`Delete #${seq}?`} close=${close}>
    <p>It is taken out of the journal with its attempts. That cannot be undone.</p>
    <${Wrong} error=${error} />
    <p class="buttons"><button class="danger" disabled=${busy} onClick=${() => run(owed)}>${owed ? 'Delete it although it was not delivered' : 'Delete'}</button><button onClick=${close} data-first="">Keep it</button></p>
  </>`;
}

/** Asks for the delivery to compare with. */
export function Compare({ seq, items, model, close }) {
  const one = items.find((item) => item.seq === seq);
  const alike = items.filter((item) => item.seq !== seq && (!one || item.event === one.event)).slice(0, 6);
  const [text, set] = useState(String(alike.find((item) => item.seq < seq)?.seq ?? ''));
  const other = Number(text.replace(/^#/, ''));
  const go = (event) => {
    event.preventDefault();
    if (Number.isInteger(other) && other > 0) model.compare(other);
  };
  return html`<${Dialog} title=${`Compare #${seq}`} close=${close}><form onSubmit=${go}>
    <p><label for="other">With delivery number</label><input id="other" inputmode="numeric" value=${text} onInput=${(event) => set(event.target.value)} data-first="" /></p>
    ${alike.length > 0 && html`<p class="dim">Of the same event: ${alike.map((item) => html`<button type="button" class="link" onClick=${() => model.compare(item.seq)}>#${item.seq}</button> `)}</p>`}
    <p class="buttons"><button type="submit" class="main" disabled=${!(other > 0)}>Compare</button></p>
  </form></>`;
}

const LANGUAGES = [['curl', 'curl'], ['httpie', 'HTTPie'], ['fetch', 'fetch'], ['python', 'Python']];

/** The request as code. */
export function Code({ seq, way, close }) {
  const [as, setAs] = useState('curl');
  const [{ to, path_mode }, go] = useState(way);
  const [state, set] = useState({ text: '', error: null });
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask(`deliveries/${seq}/code${query({ as, to, path_mode })}`, { signal: stop.signal })
        .then(({ text }) => set({ text, error: null }), (error) => error.name !== 'AbortError' && set({ text: '', error }));
    }, 150);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [seq, as, to, path_mode]);
  return html`<${Dialog} title=${`#${seq} as code`} close=${close} wide=${true}>
    <div class="views" role="group" aria-label="Language">${LANGUAGES.map(([name, label]) => html`<button aria-pressed=${as === name ? 'true' : 'false'} onClick=${() => setAs(name)}>${label}</button>`)}</div>
    <p><label for="code-to">To</label><input id="code-to" class="full" value=${to} onInput=${(event) => go({ to: event.target.value, path_mode })} spellcheck=${false} autocomplete="off" /></p>
    <p><label><input type="checkbox" checked=${path_mode === 'keep'} onChange=${(event) => go({ to, path_mode: event.target.checked ? 'keep' : 'fixed' })} /> with the path and query of the delivery</label></p>
    <${Wrong} error=${state.error} />
    <pre class="code" tabindex="0" aria-label="Code">${state.text}</pre>
    <p class="buttons"><button class="main" disabled=${!state.text} onClick=${() => copied(state.text, `#${seq} as ${as}`)}>Copy</button></p>
  </>`;
}
