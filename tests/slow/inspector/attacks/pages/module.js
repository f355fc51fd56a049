// JSON that is imported like a script.
const attack = (victim) => each(victim.reads, async (path) => took(victim, (await import(at(victim, path), { with: { type: 'json' } })).default));
