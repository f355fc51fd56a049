// Sends what does something; whether the answer can be read does not matter.
const attack = (victim) =>
  each(victim.acts, ({ method, path, body }) =>
    fetch(at(victim, path), {
      method: plan.method ?? method, body: plan.method === 'GET' ? undefined : body, mode: plan.mode, credentials: plan.cookies ? 'include' : 'omit',
      headers: { 'Content-Type': plan.type, ...(plan.token ? { Authorization: `Bearer ${victim.token}` } : {}) },
    }));
