// The stream of what happens.
const attack = (victim) =>
  within(2_000, new Promise((done) => {
    const events = new EventSource(at(victim, victim.stream));
    const end = async (text) => { events.close(); if (text) await took(victim, text); done(); };
    for (const name of ['message', 'delivery', 'skipped', 'changed']) events.addEventListener(name, ({ data }) => end(data));
    events.onerror = () => end('');
  }));
