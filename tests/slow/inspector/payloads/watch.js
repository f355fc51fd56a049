// Runs before the scripts of every page, the tested one's and the naive one's:
// says which payload ran, and what the page's own policy had to refuse.
// `tell` is the test's; it outlives the page.

globalThis.canary = (number) => tell(`ran ${number}`);
addEventListener('securitypolicyviolation', (event) => {
  tell(`violation ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
});
addEventListener('error', (event) => event.error && tell(`error ${event.message}`));
addEventListener('unhandledrejection', (event) => tell(`error ${event.reason}`));

/** Does what a person might do with whatever is there. */
globalThis.poke = () => {
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) {
      if (!name.startsWith('on')) continue;
      for (const at of [element, window]) at.dispatchEvent(new Event(name.slice(2)));
    }
  }
  for (const form of document.forms ?? []) if (form.hasAttribute('action')) HTMLFormElement.prototype.submit.call(form);
  for (const element of document.querySelectorAll('a, area, button, math')) element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
};
