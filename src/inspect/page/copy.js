// The clipboard, and the short messages at the page's foot.

import { Store } from './component.js';

/** What is said for a moment: `{ text, bad }`. */
export const said = new Store({ text: '', bad: false });
let timer = null;

/** Says something for a moment; screen readers read it out. */
export function say(text, bad = false) {
  clearTimeout(timer);
  said.set({ text, bad });
  timer = setTimeout(() => said.set({ text: '', bad: false }), bad ? 8_000 : 3_000);
}

/** Copies a text; by an older way where the page is not from this machine, as browsers want it. */
export async function copied(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`copied ${what}`);
  } catch {
    if (byHand(text)) say(`copied ${what}`);
    else say('the browser does not let this page copy; mark the text and copy it yourself', true);
  }
}

function byHand(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden';
  const dialog = document.querySelector('dialog[open]') ?? document.body;
  dialog.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}

/** Gives bytes to the browser to keep as a file. They are never opened as a page. */
export function keep(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
