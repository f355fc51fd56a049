// How a delivery is looked at from all sides, in the inspector's page. Each step
// ends when the page shows what was asked for; then every element of the page has
// to be one that the page's own modules make.

const visiting = (() => {
  const TAGS = new Set(`body div p span b i br kbd code pre h1 h2 h3 header nav main section button label input textarea form fieldset legend
    datalist option ul ol li dl dt dd table thead tbody tr th td details summary dialog figure`.split(/\s+/));
  const PICTURES = new Set(['svg', 'g', 'rect', 'title']);
  const ATTRIBUTES = new Set(`class id title role tabindex type value placeholder for name checked disabled hidden open style autocomplete
    spellcheck autocapitalize list maxlength inputmode rows scope data-first`.split(/\s+/));
  const DRAWN = new Set(['class', 'role', 'viewBox', 'preserveAspectRatio', 'x', 'y', 'width', 'height']);
  const IDS = /^(app|text|fields|f-[a-z]+|known-[a-z]+|row-\d+|part|part-\d+|tab-[a-z]+|to|resign|timestamp|body|other|mark|code-to|dialog-title|address)$/;
  const CLASSES = /^[a-z0-9 -]*$/;
  const NAMES = /^(path|address)$/;
  const STYLE = /^((top|height|width|padding-left): [\d.e-]+(px|%);? ?)*$/;
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u;
  const CHECKS = { id: IDS, name: NAMES, style: STYLE, class: CLASSES };
  const head = document.head.querySelectorAll('*').length;

  const odd = (element) => {
    // What the page says to a browser without scripts lies there as text.
    if (element.matches('#app > noscript:only-of-type') && !element.firstElementChild) return null;
    const picture = element.namespaceURI === 'http://www.w3.org/2000/svg';
    if (!(picture ? PICTURES : TAGS).has(element.localName)) return `<${element.localName}>`;
    for (const { name, value } of element.attributes) {
      const known = (picture ? DRAWN : ATTRIBUTES).has(name) || name.startsWith('aria-');
      if (!known || (CHECKS[name] && !CHECKS[name].test(value))) return `<${element.localName} ${name}="${value}">`;
    }
    return null;
  };

  /** What is below an element and does not belong there. */
  const below = (root, step) => {
    const found = [];
    const nodes = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
    for (let node = root; node; node = nodes.nextNode()) {
      const { nodeType, data, parentNode } = node;
      const what = nodeType === Node.ELEMENT_NODE ? odd(node) : nodeType === Node.TEXT_NODE ? null : `a node of type ${nodeType}`;
      if (what) found.push(`${step}: ${what}`);
      if (nodeType === Node.TEXT_NODE && parentNode.localName !== 'textarea' && HIDDEN.test(data)) found.push(`${step}: not to be seen in <${parentNode.localName} class="${parentNode.className}">: ${JSON.stringify(data)}`);
    }
    return found;
  };

  /** What is in the page that does not belong there: in all of it, or in what a step has changed. */
  const oddities = (step, whole) => {
    const roots = whole ? [document.body] : [...document.querySelectorAll('.right, dialog, .said')];
    const found = roots.flatMap((root) => below(root, step));
    if (document.head.querySelectorAll('*').length !== head) found.push(`${step}: the head of the page grew`);
    if (Object.keys(Object.prototype).length > 0 || 'html' in {}) found.push(`${step}: a prototype was changed`);
    return found;
  };

  const until = async (what, test) => {
    const end = Date.now() + 20_000;
    for (;;) {
      const found = test();
      if (found) return found;
      if (Date.now() > end) throw new Error(`waited in vain for ${what}: ${document.body.innerText.slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };
  const one = (selector) => document.querySelector(selector);
  const button = (text, within = document) => [...within.querySelectorAll('button')].find((each) => each.textContent.trim().startsWith(text));
  const key = (name) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));

  /** Looks at what is there now, and counts where a payload was in sight. */
  const looking = (whole) => {
    const seen = { steps: 0, shown: 0, oddities: [] };
    const look = (step) => {
      seen.steps += 1;
      const everything = whole || seen.steps === 1;
      // A payload that was really there is what makes a look worth something.
      if ((one('dialog[open]') ?? one('.right') ?? document.body).textContent.includes('canary') || one('textarea')?.value.includes('canary')) seen.shown += 1;
      if (seen.oddities.length < 20) seen.oddities.push(...oddities(step, everything).slice(0, 5));
    };
    return [seen, look];
  };

  /** Side by side shows the tree and the raw text; each alone only where all is wanted. */
  const views = async (within, look, step, all) => {
    for (const view of all ? ['raw', 'tree', 'both'] : ['both']) {
      const pressed = within().querySelector(`.view-${view}`);
      if (!pressed || (view === 'both' && within().querySelector('.panes.both'))) return;
      pressed.click();
      await until(`the view ${view}`, () => within().querySelector(`.panes.${view}`));
      look(`${step} ${view}`);
    }
  };

  /** The tabs that a delivery has, unfolded. */
  const tabs = async (look, all) => {
    const names = [...document.querySelectorAll('[role=tab]')].map((tab) => tab.id);
    for (const name of names) {
      one(`#${name}`).click();
      const part = () => one(`#part[aria-labelledby="${name}"]`);
      await until(name, part);
      for (const folded of part().querySelectorAll('details:not([open]) > summary')) folded.click();
      await until(`${name} whole`, () => [...part().querySelectorAll('.payload')].every((payload) => payload.querySelector('.raw, .tree, .nothing')));
      look(name);
      await views(part, look, name, all);
    }
  };

  const type = (field, text) => {
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };

  const compare = async (look, seq) => {
    key('c');
    await until('whom to compare with', () => one('dialog[open] #other'));
    type(one('#other'), String(seq - 1));
    await until('a number', () => !one('dialog[open] button.main').disabled);
    look('compare with');
    one('dialog[open] button.main').click();
    await until('both', () => one('.compared h3'));
    look('compared');
    key('Escape');
    await until('the delivery again', () => one('.summary') && !one('dialog'));
  };

  const edit = async (look) => {
    key('e');
    await until('the form', () => one('form.edit'));
    one('form.edit details:not([open]) > summary')?.click();
    const body = one('#body');
    if (body) {
      type(body, `${body.value}\n${body.value.slice(0, 200)}`);
      await until('what was typed', () => one('form.edit').textContent.includes('(edited)'));
    }
    button('add a header').click();
    await until('edited headers', () => one('form.edit').textContent.includes(', edited'));
    look('edit');
    button('Review').click();
    await until('the review', () => one('.review') || one('form.edit .wrong'));
    look('review');
    button('Cancel').click();
    await until('the delivery again', () => one('.summary'));
  };

  const code = async (look, language) => {
    button('Copy as').click();
    await until('the languages', () => one('dialog[open] pre.code'));
    button(language, one('dialog[open]')).click();
    await until(language, () => button(language, one('dialog[open]')).getAttribute('aria-pressed') === 'true'
      && (one('dialog[open] pre.code').textContent || one('dialog[open] .wrong')));
    look(`as ${language}`);
    button('×', one('dialog[open]')).click();
    await until('the delivery again', () => !one('dialog'));
  };

  return {
    /** All of a delivery that is open; what can be done with it only where a language is named. */
    async delivery(seq, language) {
      await until(`delivery ${seq}`, () => one('.summary h2')?.textContent.startsWith(`#${seq} `));
      const [seen, look] = looking();
      await tabs(look, Boolean(language));
      if (language) {
        await edit(look);
        // What is compared stands beside the one before it.
        if (seq % 2 === 0) await compare(look, seq);
        else await code(look, language);
      }
      return seen;
    },

    /** The list under a filter, as the way back leads to it. */
    async filter(name, text) {
      const [seen, look] = looking(true);
      history.pushState(null, '', `/?${new URLSearchParams({ [name]: text })}`);
      dispatchEvent(new PopStateEvent('popstate'));
      await until('the filter', () => !one('.empty[role=status]'));
      await until('the command', () => one('.same code').textContent.includes(`--${name}`) || text.trim() === '');
      look(`filter ${name}`);
      return seen;
    },

    /** The overview, and some of its bars pressed. */
    async overview(count) {
      const [seen, look] = looking(true);
      key('o');
      for (let at = 0; at < count; at += 1) {
        const bars = await until('bars', () => one('.bars[aria-label=Events] button:not([disabled])') && [...document.querySelectorAll('.bars[aria-label=Events] button:not([disabled])')]);
        look('overview');
        if (!bars[at]) break;
        bars[at].click();
        await until('the chip', () => one('.chip.set') && !one('.empty[role=status]'));
        look('a bar was pressed');
        button('clear').click();
        await until('no chip', () => !one('.chip.set') && document.querySelectorAll('.bars[aria-label=Events] button').length > at + 1);
      }
      key('Escape');
      return seen;
    },

    async now(step) {
      await until('the page', () => one('.list, .bare'));
      const [seen, look] = looking(true);
      look(step);
      return seen;
    },
  };
})();
globalThis.visiting = visiting;
