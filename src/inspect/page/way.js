// Where a delivery goes when it is sent again. Pure.

/** Where a listener sends when nobody says. */
const USUAL = '3000';

/**
 * The way of the listener's own first target; else the one that the delivery went
 * last; else the usual port: `{ to, path_mode }`.
 */
export function wayOf(session, delivery) {
  if (session?.targets?.length > 0) return { to: session.targets[0], path_mode: session.path_mode ?? 'keep' };
  const last = delivery?.attempts?.at(-1)?.target;
  return last ? taken(last, delivery.path ?? '') : { to: USUAL, path_mode: 'keep' };
}

/** The target of a URL that a delivery of this path went to: its own path stands at the end, or was not sent along. */
function taken(url, path) {
  const base = path.startsWith('/') && url.endsWith(path) ? url.slice(0, -path.length) : '';
  return /^https?:\/\/[^/]/.test(base) ? { to: base, path_mode: 'keep' } : { to: url, path_mode: 'fixed' };
}
