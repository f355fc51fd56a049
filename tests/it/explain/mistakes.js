// What people get wrong in Node, really done. Prints one JSON object a line:
// the mistake's code, and the request as `hookctl verify` gets it.
const { createHash, createHmac } = require('node:crypto');
const querystring = require('node:querystring');
const zlib = require('node:zlib');

const NOW = 1760000000;
const SECRET = 'an-invented-secret';
const HEX_SECRET = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const EVENT = {
  type: 'interview.completed',
  zeta: [1, 2.5, { deep: true }],
  name: 'Žofie & Søn <café>',
  url: 'https://example.test/a/b',
  data: { interview_id: 'int_1', study_id: 'std_2', empty: {}, none: null },
};
const LATIN = { type: 'interview.completed', name: 'café naïve', data: { interview_id: 'int_1' } };
const RAW = JSON.stringify(EVENT);
const hmac = (body, secret = SECRET, hash = 'sha256') => createHmac(hash, secret).update(body);
const hex = (body, secret, hash) => hmac(body, secret, hash).digest('hex');

function put(code, name, request) {
  const body = Buffer.from(request.body ?? RAW);
  console.log(JSON.stringify({
    provider: 'koji', secret: SECRET, now: NOW, method: 'POST', target: '/hooks', ...request,
    code, name: `node: ${name}`, body: body.toString('base64'),
  }));
}
const koji = (code, name, body, signed, more = {}) =>
  put(code, name, { body, headers: [['X-Koji-Signature', `sha256=${hex(signed)}`]], ...more });
const keyed = (code, name, key, more = {}) =>
  put(code, name, { headers: [['X-Koji-Signature', `sha256=${hex(RAW, key)}`]], ...more });
const valued = (code, name, value, more = {}) =>
  put(code, name, { headers: [['X-Koji-Signature', value]], ...more });

// The receiver parsed the body and wrote it again, as after express.json().
const rewritten = JSON.stringify(JSON.parse(JSON.stringify(EVENT, null, 2)));
koji('body_indented', 'two spaces were signed, JSON.stringify(req.body) is verified', rewritten, JSON.stringify(EVENT, null, 2));
koji('body_indented', 'four spaces', rewritten, JSON.stringify(EVENT, null, 4));
koji('body_indented', 'tabs', rewritten, JSON.stringify(EVENT, null, '\t'));
// The sender signed JSON.stringify(payload) and sent something else.
koji('body_compact', 'JSON.stringify was signed, an indented body is sent', JSON.stringify(EVENT, null, 2), RAW);
const numbers = '{"score": 1.0, "large": 1e3, "10": "ten", "9": "nine", "type": "a\\/b \\u00e9"}';
koji('body_compact', 'numbers and keys as JavaScript has them', numbers, JSON.stringify(JSON.parse(numbers)));
const sorted = JSON.stringify(Object.fromEntries(Object.entries(LATIN).sort()));
koji('body_sorted_keys', 'keys sorted by hand', '{"type":"x","data":{"b":1,"a":2},"name":"n"}', '{"data":{"a":2,"b":1},"name":"n","type":"x"}');
koji('body_sorted_keys', 'the top level sorted', JSON.stringify({ b: 1, a: [2] }), JSON.stringify({ a: [2], b: 1 }));
if (!sorted) throw new Error('nothing sorted');
koji('body_wrapped', 'stringified twice', RAW, JSON.stringify(RAW));
koji('body_wrapped', 'a string in a string is verified', JSON.stringify(RAW), RAW);
koji('body_part', 'JSON.stringify(req.body.data)', RAW, JSON.stringify(EVENT.data));
koji('body_empty', 'the stream was consumed before', RAW, '');
koji('body_empty', 'no parser ran: {} was signed', RAW, JSON.stringify({}));
koji('body_object_text', 'an object in a template string', RAW, `${JSON.parse(RAW)}`);
put('body_object_text', 'an object in the signed content', {
  provider: 'stripe', headers: [['Stripe-Signature', `t=${NOW},v1=${hex(`${NOW}.${JSON.parse(RAW)}`)}`]],
});
// Character sets.
const latin = JSON.stringify(LATIN);
put('body_charset', "update(body, 'latin1')", {
  body: latin, headers: [['X-Koji-Signature', `sha256=${createHmac('sha256', SECRET).update(latin, 'latin1').digest('hex')}`]],
});
koji('body_charset', "toString('latin1') on the way", Buffer.from(latin).toString('latin1'), latin);
koji('body_charset', "toString('binary') was signed", latin, Buffer.from(latin).toString('binary'));
koji('body_charset', "toString('ascii') was signed", latin, Buffer.from(latin).toString('ascii'));
koji('body_charset', "Buffer.from(body, 'utf16le') was signed", latin, Buffer.from(latin, 'utf16le'));
// Compression.
koji('body_compressed', 'signed before gzip', zlib.gzipSync(RAW), RAW, {});
koji('body_compressed', 'signed before deflate', zlib.deflateSync(RAW), RAW, {});
put('body_decompressed', 'express inflated it', {
  headers: [['Content-Encoding', 'gzip'], ['X-Koji-Signature', `sha256=${hex(zlib.gzipSync(RAW))}`]],
});
// Secrets.
keyed('secret_whitespace', 'readFileSync without trim', `${SECRET}\n`);
keyed('secret_whitespace', 'a file of Windows', `${SECRET}\r\n`);
keyed('secret_whitespace', 'a space was copied along', SECRET, { secret: ` ${SECRET} ` });
keyed('secret_quoted', 'a naive .env reader', '"an-invented-secret"');
keyed('secret_quoted', 'the quotes are in the file here', SECRET, { secret: `'${SECRET}'` });
keyed('secret_escaped', 'encodeURIComponent(secret)', encodeURIComponent('an+invented/secret='), { secret: 'an+invented/secret=' });
keyed('secret_escaped', 'a literal \\n', `${SECRET}\\n`);
keyed('secret_read_as_base64', "Buffer.from(secret, 'base64')", Buffer.from('YW4taW52ZW50ZWQ=', 'base64'), { secret: 'YW4taW52ZW50ZWQ=' });
keyed('secret_read_as_hex', "Buffer.from(secret, 'hex')", Buffer.from(HEX_SECRET, 'hex'), { secret: HEX_SECRET });
keyed('secret_read_as_base64', 'kept as a Kubernetes manifest has it', SECRET, { secret: Buffer.from(SECRET).toString('base64') });
keyed('secret_read_as_base64', 'echo SECRET | base64', SECRET, { secret: Buffer.from(`${SECRET}\n`).toString('base64') });
keyed('secret_read_as_hex', 'kept as xxd wrote it', SECRET, { secret: Buffer.from(SECRET).toString('hex') });
keyed('secret_charset', 'PowerShell wrote the file', SECRET, { secret_base64: Buffer.from(`\ufeff${SECRET}\r\n`, 'utf16le').toString('base64') });
keyed('secret_whitespace', 'Notepad wrote the file', SECRET, { secret: `\ufeff${SECRET}` });
keyed('secret_whitespace', 'copied from a page', SECRET, { secret: `\u00a0${SECRET}\u200b` });
keyed('secret_quoted', 'quotes of a word processor', SECRET, { secret: `\u201c${SECRET}\u201d` });
keyed('secret_quoted', 'the whole line of the .env file', SECRET, { secret: `KOJI_WEBHOOK_SECRET="${SECRET}"\n` });
keyed('secret_missing', 'an unset variable in a template string', `${process.env.NOT_SET_ANYWHERE}`);
keyed('secret_missing', 'an empty secret', '');
keyed('secret_of_another_profile', 'the secret of another endpoint', 'the-other-invented-secret', { others: ['the-other-invented-secret'] });
const svix = (code, name, key, more = {}) => {
  const signature = createHmac('sha256', key).update(`msg_1.${NOW}.${RAW}`).digest('base64');
  put(code, name, {
    provider: 'svix', secret: WHSEC,
    headers: [['svix-id', 'msg_1'], ['svix-timestamp', `${NOW}`], ['svix-signature', `v1,${signature}`]], ...more,
  });
};
svix('secret_prefix_kept', 'the whole whsec_ text is the key', WHSEC);
svix('secret_read_as_text', 'not decoded', WHSEC.slice('whsec_'.length));
svix('secret_whitespace', 'a line break that spoils the base64', Buffer.from(WHSEC.slice(6), 'base64'), { secret: `${WHSEC}\n` });
put('secret_prefix_stripped', 'stripe keeps whsec_', {
  provider: 'stripe', secret: 'whsec_an_invented_one',
  headers: [['Stripe-Signature', `t=${NOW},v1=${hex(`${NOW}.${RAW}`, 'an_invented_one')}`]],
});
put('secret_prefix_stripped', 'whsec_ was not copied along', {
  provider: 'stripe', secret: 'an_invented_one',
  headers: [['Stripe-Signature', `t=${NOW},v1=${hex(`${NOW}.${RAW}`, 'whsec_an_invented_one')}`]],
});
// Schemes.
put('other_scheme', 'github: SHA-1 in the header of SHA-256', {
  provider: 'github', headers: [['X-Hub-Signature-256', `sha1=${hex(RAW, SECRET, 'sha1')}`]],
});
put('other_scheme', 'github: only the old header came', {
  provider: 'github', headers: [['X-Hub-Signature', `sha1=${hex(RAW, SECRET, 'sha1')}`]],
});
valued('other_hash', 'sha1', `sha256=${hex(RAW, SECRET, 'sha1')}`);
valued('other_hash', 'sha512', `sha512=${hex(RAW, SECRET, 'sha512')}`);
const digest = (text, hash = 'sha256') => createHash(hash).update(text).digest('hex');
valued('plain_hash', 'createHash(body)', `sha256=${digest(RAW)}`);
valued('plain_hash', 'createHash(secret + body)', `sha256=${digest(SECRET + RAW)}`);
valued('plain_hash', 'createHash sha1 (body + secret)', `sha256=${digest(RAW + SECRET, 'sha1')}`);
// Spellings.
valued('signature_bare', 'bare hex', hex(RAW));
valued('signature_uppercase', 'capitals', `sha256=${hex(RAW)}`.toUpperCase());
valued('signature_prefix', 'another prefix', `hmac-sha256=${hex(RAW)}`);
valued('signature_quoted', 'JSON.stringify(signature)', JSON.stringify(`sha256=${hex(RAW)}`));
valued('signature_encoding', 'base64 for hex', hmac(RAW).digest('base64'));
put('signature_in_another_header', 'the header of somebody else', { headers: [['X-Webhook-Signature', `sha256=${hex(RAW)}`]] });
const shopify = (code, name, value) => put(code, name, { provider: 'shopify', headers: [['X-Shopify-Hmac-Sha256', value]] });
shopify('signature_encoding', 'hex for base64', hex(RAW));
shopify('signature_encoding', 'no padding', hmac(RAW).digest('base64').replace('=', ''));
shopify('signature_encoding', 'base64 of the hex text', Buffer.from(hex(RAW)).toString('base64'));
put('signature_in_another_header', 'a token under another name', { provider: 'gitlab-token', headers: [['X-Secret-Token', SECRET]] });
put('signature_prefix', 'a token with Bearer', { provider: 'gitlab-token', headers: [['X-Gitlab-Token', `Bearer ${SECRET}`]] });
// Times and contents.
const stripe = (code, name, t, content, more = {}) =>
  put(code, name, { provider: 'stripe', headers: [['Stripe-Signature', `t=${t},v1=${hex(content)}`]], ...more });
stripe('timestamp_unit', 'Date.now() everywhere', NOW * 1000, `${NOW * 1000}.${RAW}`);
stripe('timestamp_unit', 'Date.now() signed, seconds sent', NOW, `${NOW * 1000}.${RAW}`);
stripe('timestamp_unit', 'toISOString() signed', NOW, `${new Date(NOW * 1000).toISOString()}.${RAW}`);
stripe('content_otherwise', 'the body alone', NOW, RAW);
stripe('content_otherwise', 'no dot', NOW, `${NOW}${RAW}`);
stripe('timestamp_of_another_delivery', 'the time of the last delivery', NOW, `${NOW - 7}.${RAW}`, {
  neighbours: [{ seq: 11, headers: [['Stripe-Signature', `t=${NOW - 7},v1=00`]], body: '' }],
});
put('timestamp_elsewhere', 'slack: the Date header was signed', {
  provider: 'slack',
  headers: [['Date', new Date((NOW - 3) * 1000).toUTCString()], ['X-Slack-Request-Timestamp', `${NOW}`],
    ['X-Slack-Signature', `v0=${hex(`v0:${new Date((NOW - 3) * 1000).toUTCString()}:${RAW}`)}`]],
});
const key = Buffer.from(WHSEC.slice(6), 'base64');
const signedId = (id) => createHmac('sha256', key).update(`${id}.${NOW}.${RAW}`).digest('base64');
const withId = (code, name, id, more = {}) => put(code, name, {
  provider: 'svix', secret: WHSEC,
  headers: [['svix-id', 'msg_1'], ['svix-timestamp', `${NOW}`], ['svix-signature', `v1,${signedId(id)}`]], ...more,
});
withId('id_of_another_delivery', 'the id of the last delivery', 'msg_0', {
  neighbours: [{ seq: 11, headers: [['svix-id', 'msg_0'], ['svix-timestamp', `${NOW - 9}`]], body: '' }],
});
withId('id_elsewhere', "the interview's id was signed", 'int_1');
koji('body_of_another_delivery', 'the body of the last delivery', RAW, '{"other":1}', {
  neighbours: [{ seq: 11, headers: [], body: Buffer.from('{"other":1}').toString('base64') }],
});
// URLs.
const square = (code, name, url, signed, more = {}) => put(code, name, {
  provider: 'square', url, headers: [['Host', 'localhost:4400'], ['x-square-hmacsha256-signature', hmac(signed + RAW).digest('base64')]], ...more,
});
const HERE = 'http://localhost:4400/hooks?team=7';
square('url_host', "the tunnel's host", HERE, 'https://quiet-fox.trycloudflare.com/hooks?team=7', { bases: ['https://quiet-fox.trycloudflare.com'] });
square('url_scheme', 'https at the proxy', 'http://example.test/hooks', 'https://example.test/hooks');
square('url_port', 'the port is not in it', 'https://example.test:8443/hooks', 'https://example.test/hooks');
square('url_query', 'without the query', HERE, 'http://localhost:4400/hooks');
square('url_path', 'with a slash at its end', 'https://example.test/hooks', 'https://example.test/hooks/');
square('url_path', 'req.url alone', HERE, '/hooks?team=7', { target: '/hooks?team=7' });
square('url_encoding', 'decodeURIComponent', 'https://example.test/a%20b?c=%2F', 'https://example.test/a b?c=/');
// Forms.
const form = 'text=a%20b%2Bc&user=%C5%BDofie&empty=&x=~%2A';
koji('body_form_reencoded', 'URLSearchParams', form, new URLSearchParams(form).toString());
koji('body_form_reencoded', 'querystring', 'text=a+b%2bc&user=%c5%bdofie', querystring.stringify(querystring.parse('text=a+b%2bc&user=%c5%bdofie')));
koji('body_form_reencoded', 'JSON.stringify(req.body) of a form', form, JSON.stringify(Object.fromEntries(new URLSearchParams(form))));
koji('body_part', 'the payload field alone', `payload=${encodeURIComponent(RAW)}`, RAW);
