// What a careless page does with what others sent: one way for each kind of
// payload that is no plain HTML. The control of the test; nothing of it is ours.

const write = (html) => document.write(html);

const naive = {
  'template-literal'(text) {
    const html = (strings, ...values) => [strings, values];
    new Function('html', `const it = html\`<p>${text}</p>\``)(html);
  },
  moustache(text) {
    const scope = { $on() {}, _c() {} };
    const filled = text.replace(/{{(.*?)}}/g, (_, inner) => new Function('scope', `with (scope) { return (${inner}); }`)(scope));
    document.body.append(filled);
  },
  render(text) {
    const draw = (what, into) => {
      if (Array.isArray(what)) for (const one of what) draw(one, into);
      else if (typeof what === 'object' && what) {
        const { type, nodeName, props, attributes } = what;
        const element = document.createElement(type ?? nodeName ?? 'div');
        const set = props ?? attributes ?? what;
        for (const [name, value] of Object.entries(set)) {
          if (name === 'dangerouslySetInnerHTML') element.innerHTML = value.__html;
          else if (name === 'children') draw(value, element);
          else if (typeof value === 'string') element.setAttribute(name, value);
        }
        into.append(element);
        if (/svg/.test(element.localName)) into.innerHTML += '';
      } else into.append(what);
    };
    draw(JSON.parse(text), document.body);
  },
  merge(text) {
    const merge = (into, from) => {
      for (const name of Object.keys(from)) {
        if (from[name] && typeof from[name] === 'object') merge((into[name] ??= {}), from[name]);
        else into[name] = from[name];
      }
    };
    merge({}, JSON.parse(text));
    const options = {};
    if (options.html) write(options.html);
  },
  clobber(text) {
    document.body.innerHTML = text;
    const { config } = window;
    const url = config?.url?.value ?? config?.url?.href ?? config?.url ?? config;
    if (url) location.href = String(url);
  },
  decoded(text) {
    let html = text;
    try {
      html = decodeURIComponent(html);
    } catch { /* then it was none */ }
    const area = document.createElement('textarea');
    area.innerHTML = html.replace(/\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/g, (_, four, two) => String.fromCharCode(parseInt(four ?? two, 16)));
    write(area.value);
  },
  cleaned(text) {
    write(text.replace(/<\/?script>|onerror/g, '').normalize('NFKC'));
  },
  reparsed(text) {
    const read = new DOMParser().parseFromString(text, 'text/html');
    for (const element of read.querySelectorAll('script, [onerror]')) element.remove();
    document.body.innerHTML = read.body.innerHTML;
  },
  address() {
    const next = new URLSearchParams(location.search).get('next');
    if (next) location.href = next;
    write(decodeURIComponent(location.search + location.hash));
  },
  markdown(text) {
    write(text.replace(/!\[(.*)\]\((.*)\)/, '<img alt="$1" src="$2">').replace(/\[(.*)\](?:\((.*)\)|: (.*))/, '<a href="$2$3">$1</a>')
      .replace(/^<(\w+:.*)>$/, '<a href="$1">x</a>'));
  },
  location(text) {
    location.href = text;
  },
};
