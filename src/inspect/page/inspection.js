// One delivery as the API tells it, for whichever view shows it.

import { useEffect, useState } from './component.js';
import { ask } from './api.js';

/** How long changes are gathered before it is read again, in milliseconds. */
const GATHER = 150;

/** The inspection of a delivery, read again when it changes: `{ record, error }`. */
export function useInspection(model, seq) {
  const [state, set] = useState({ seq: null, record: null, error: null });
  useEffect(() => {
    if (seq === null) return undefined;
    const stop = new AbortController();
    let timer = null;
    const load = () => ask(`deliveries/${seq}`, { signal: stop.signal })
      .then((record) => set({ seq, record, error: null }), (error) => error.name !== 'AbortError' && set({ seq, record: null, error }));
    load();
    const end = model.feed.watch((changed) => {
      if (changed !== seq && changed !== null) return;
      clearTimeout(timer);
      timer = setTimeout(load, GATHER);
    });
    return () => {
      clearTimeout(timer);
      stop.abort();
      end();
    };
  }, [model, seq]);
  return state.seq === seq ? state : { record: null, error: null };
}
