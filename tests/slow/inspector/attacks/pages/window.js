// Opens the victim in a window of its own, by itself or by a link there, and listens to it.
const attack = async (victim) => {
  const link = (path) => `${location.origin}/link?to=${encodeURIComponent(at(victim, path))}`;
  const places = plan.link ? [link(victim.acts[0].path)] : ['/', victim.reads[0]].map((path) => at(victim, path));
  await Promise.all(places.map(async (place) => {
    const opened = open(place, '_blank');
    const said = new Promise((done) => {
      addEventListener('message', ({ data, source }) => { if (source === opened) done(took(victim, data)); });
    });
    // It is there when it is out of reach: of another origin, or of another group of windows.
    const reach = () => { try { return !opened.closed && opened.document !== null; } catch { return false; } };
    for (let tries = 0; tries < 100 && reach(); tries += 1) await pause(20);
    await each([1], () => took(victim, opened.document.documentElement.outerHTML));
    await within(300, said);
    opened.close();
  }));
};
