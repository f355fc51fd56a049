// What a page loads without asking: the request alone is the harm.
const MAKE = {
  img: (src) => Object.assign(new Image(), { src }),
  stylesheet: (href) => Object.assign(document.createElement('link'), { rel: 'stylesheet', href }),
  prefetch: (href) => Object.assign(document.createElement('link'), { rel: 'prefetch', href }),
  object: (data) => Object.assign(document.createElement('object'), { data }),
  video: (src) => Object.assign(document.createElement('video'), { src }),
};
const attack = (victim) => each(victim.acts, ({ path }) => within(1_500, loaded(MAKE[plan.kind](at(victim, path)))));
