// The browser's side of origin_test.py: node origin_test.js PART SETTINGS
'use strict';

const assert = require('node:assert/strict');
const { chromium } = require('playwright-core');

const [part, settings] = [process.argv[2], JSON.parse(process.argv[3])];

const flags = [
  // Pages are ours, and in a container there is often no room for a sandbox of its own.
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--disable-crash-reporter',
  '--host-resolver-rules=MAP *.example 127.0.0.1',
];

const create = (id) => JSON.stringify({
  id,
  props: { name: id, description: 'd', target: 10, unit: 'u', deadline: '2035-12-31' },
});
const command = '/metrics/CreateMetricCommand';

let failures = 0;
async function check(name, body) {
  try {
    await body();
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

// What a script in the page sees of an answer; a text if it sees none.
function fetched(page, url, options = {}) {
  return page.evaluate(async ([address, init]) => {
    try {
      const answer = await fetch(address, init);
      return {
        type: answer.type, status: answer.status, body: await answer.text(),
        headers: Object.fromEntries(answer.headers),
      };
    } catch (error) {
      return String(error);
    }
  }, [url, options]);
}

const json = { 'Content-Type': 'application/json' };
const posted = (page, url, id, headers = json, more = {}) =>
  fetched(page, url + command, { method: 'POST', headers, body: create(id), ...more });

async function open(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

// --- A name that was rebound ---

async function rebound(browser) {
  const { write, read } = settings.rebound;
  const writer = await open(browser, `http://rebind.example:${write}/page`);
  const reader = await open(browser, `http://rebind.example:${read}/page`);
  await check('a rebound page does not read', async () => {
    const answer = await fetched(reader, '/metrics');
    assert.equal(answer.status, 421, `it reads ${answer.body}`);
    assert.match(answer.body, /unknown-host/);
    assert.doesNotMatch(answer.body, /known"/);
  });
  await check('a rebound page does not write', async () => {
    const answer = await posted(writer, '', 'by-rebound');
    assert.equal(answer.status, 421, `it is answered ${answer.body}`);
  });
  await check('a rebound page does not write what needs no preflight', async () => {
    const answer = await posted(writer, '', 'by-rebound-text', { 'Content-Type': 'text/plain' });
    assert.equal(answer.status, 421, `it is answered ${answer.body}`);
  });
}

// --- A page of another origin ---

async function foreign(browser, origin) {
  const page = await open(browser, `${origin}/page`);
  await check(`${origin} does not read`, async () => {
    assert.match(String(await fetched(page, `${settings.read}/metrics`)), /TypeError/);
  });
  await check(`${origin} does not write`, async () => {
    assert.match(String(await posted(page, settings.write, 'by-cors')), /TypeError/);
    // This is sent without a preflight. That nothing is recorded, origin_test.py sees.
    const text = { 'Content-Type': 'text/plain' };
    const answer = await posted(page, settings.write, 'by-text', text, { mode: 'no-cors' });
    assert.match(String(answer), /TypeError/);  // the page doesn't learn the status either
  });
  await check(`${origin} does not write by a form`, async () => {
    const sent = page.waitForResponse((answer) => answer.url() === settings.write + command);
    await page.evaluate(([url, body]) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'answer' });
      const form = Object.assign(document.createElement('form'),
        { method: 'post', enctype: 'text/plain', action: url, target: 'answer' });
      const [name, value] = [body.slice(0, -1) + ',"x":"', '"}'];
      form.append(Object.assign(document.createElement('input'), { name, value }));
      document.body.append(frame, form);
      form.submit();
    }, [settings.write + command, create('by-form')]);
    assert.equal((await sent).status(), 403);
  });
  await page.close();
}

// --- What elements tell ---

// Where a browser says which site asks (Sec-Fetch-Site).
const isTrustworthy = (url) => new URL(url).hostname === 'localhost';

const embeddings = {
  object: 'data', embed: 'src', iframe: 'src', img: 'src', script: 'src', audio: 'src',
  video: 'src', stylesheet: 'href', prefetch: 'href', preload: 'href', modulepreload: 'href',
};

// Everything that the page sees of an address that an element has; and the status that it doesn't.
async function told(page, element, attribute, url) {
  const answers = [];
  const listener = (answer) => { if (answer.url() === url) answers.push(answer.status()); };
  page.on('response', listener);
  const seen = await page.evaluate(async ([kind, name, address]) => {
    const link = name === 'href';
    const made = document.createElement(link ? 'link' : kind);
    if (link) made.rel = kind;
    if (kind === 'preload') made.as = 'fetch';
    const events = [];
    const quiet = new Promise((resolve) => {
      for (const type of ['load', 'error', 'loadeddata', 'stalled', 'abort']) {
        made.addEventListener(type, () => { events.push(type); setTimeout(resolve, 150); });
      }
      setTimeout(resolve, 3000);  // an element that tells nothing at all
    });
    made[name] = address;
    document.body.append(made);
    await quiet;
    const entries = performance.getEntriesByName(address).map(
      (entry) => [entry.initiatorType, entry.responseStatus, entry.transferSize,
                  entry.encodedBodySize]);
    const frames = window.length;
    const size = [made.offsetWidth, made.offsetHeight, made.naturalWidth];
    made.remove();
    return { events, entries, frames, size };
  }, [element, attribute, url]);
  page.off('response', listener);
  return { seen, answers };
}

async function embedded(browser, origin, read) {
  const page = await open(browser, `${origin}/page`);
  for (const [element, attribute] of Object.entries(embeddings)) {
    await check(`${origin} learns nothing of ${read} by <${element}>`, async () => {
      const known = await told(page, element, attribute, `${read}/metrics/known`);
      const missing = await told(page, element, attribute, `${read}/metrics/missing`);
      assert.equal(JSON.stringify(known.seen), JSON.stringify(missing.seen));
      // Not even by the time that it takes: both are refused before anything is looked up.
      if (!isTrustworthy(read)) return;
      for (const status of [...known.answers, ...missing.answers]) assert.equal(status, 403);
    });
  }
  await check(`${origin} learns nothing of ${read} by fetch without CORS`, async () => {
    const ask = (id) => fetched(page, `${read}/metrics/${id}`, { mode: 'no-cors' });
    assert.deepEqual(await ask('known'), await ask('missing'));
  });
  await page.close();
}

// With `minVersion` an answer says by its time what it waits for. Of neither of these does the browser
// say which site asks.
async function timed(browser, origin) {
  const page = await open(browser, `${origin}/page`);
  const address = (host) => {
    const url = new URL(`${settings.read}/metrics/missing?minVersion=1&wait=10000`);
    url.hostname = host;
    return url.href;
  };
  const isShort = (ms) => assert.ok(ms < 5000, `it waits for ${ms} ms`);
  await check(`${origin} does not wait at a WebSocket`, async () => {
    isShort(await page.evaluate((url) => new Promise((resolve) => {
      const begun = performance.now();
      new WebSocket(url).onclose = () => resolve(performance.now() - begun);
    }), address('localhost').replace('http:', 'ws:')));
  });
  for (const host of ['0.0.0.0', '[::ffff:127.0.0.1]']) {
    await check(`${origin} does not wait at ${host}`, async () => {
      isShort(await page.evaluate(async (url) => {
        const begun = performance.now();
        await fetch(url, { mode: 'no-cors' }).catch(() => {});
        return performance.now() - begun;
      }, address(host)));
    });
  }
  await page.close();
}

async function linked(browser, origin) {
  await check(`a link of ${origin} is followed`, async () => {
    const page = await open(browser, `${origin}/page`);
    await page.evaluate((url) => {
      document.body.append(Object.assign(document.createElement('a'), { href: url, text: 'here' }));
    }, `${settings.read}/metrics/known`);
    const [answer] = await Promise.all([page.waitForNavigation(), page.click('a')]);
    assert.equal(answer.status(), 200);
    assert.equal((await answer.json())._id, 'known');
    await page.close();
  });
}

async function strangers(browser) {
  await rebound(browser);
  // Another site; and another port of the same one.
  for (const host of ['evil.example', 'localhost']) {
    const origin = `http://${host}:${settings.pages}`;
    await foreign(browser, origin);
    await embedded(browser, origin, settings.read);
    await linked(browser, origin);
    await timed(browser, origin);
  }
  await embedded(browser, `http://evil.example:${settings.pages}`, settings.named);
}

// --- Pages that the server's settings name ---

async function listedOrigin(browser) {
  const { read, write } = settings.some;
  const page = await open(browser, `http://intranet.example:${settings.pages}/page`);
  await check('a listed page reads, fields included', async () => {
    const answer = await fetched(page, `${read}/metrics/known`);
    assert.equal(answer.status, 200, JSON.stringify(answer));
    assert.equal(JSON.parse(answer.body)._id, 'known');
    assert.match(answer.headers.etag, /^"1-/);
    assert.ok(answer.headers['x-request-id']);
    const missing = await fetched(page, `${read}/metrics/missing`);
    assert.match(missing.body, /not-found/);
  });
  await check('a listed page writes, after a preflight', async () => {
    const headers = { ...json, 'Idempotency-Key': 'a-key-of-the-intranet' };
    const first = await posted(page, write, 'by-intranet', headers);
    assert.equal(first.status, 201, JSON.stringify(first));
    assert.equal(first.headers.location, '/metrics/by-intranet');
    assert.equal(first.headers.etag, '"1"');
    const again = await posted(page, write, 'by-intranet', headers);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    const stale = await fetched(page, `${write}/metrics/UpdateMetricTargetCommand`, {
      method: 'POST', headers: { ...json, 'If-Match': '"7"' },
      body: JSON.stringify({ id: 'by-intranet', props: { target: 11 } }),
    });
    assert.equal(stale.status, 412, JSON.stringify(stale));
  });
  await check('a listed page embeds nothing', async () => {
    const { seen } = await told(page, 'img', 'src', `${read}/metrics/known`);
    assert.deepEqual(seen.events, ['error']);
  });
  await page.close();
  const other = await open(browser, `http://evil.example:${settings.pages}/page`);
  await check('a page that is not listed neither reads nor writes', async () => {
    assert.match(String(await fetched(other, `${read}/metrics/known`)), /TypeError/);
    assert.match(String(await posted(other, write, 'by-evil')), /TypeError/);
    await posted(other, write, 'by-evil', { 'Content-Type': 'text/plain' }, { mode: 'no-cors' });
  });
  await other.close();
}

async function everyOrigin(browser) {
  const { read, write } = settings.all;
  const page = await open(browser, `http://evil.example:${settings.pages}/page`);
  await check('where all may read, any page reads', async () => {
    const answer = await fetched(page, `${read}/metrics/known`);
    assert.equal(JSON.parse(answer.body)._id, 'known');
  });
  await check('where all may read, none writes', async () => {
    assert.match(String(await posted(page, write, 'by-anybody')), /TypeError/);
    await posted(page, write, 'by-anybody', { 'Content-Type': 'text/plain' }, { mode: 'no-cors' });
  });
  await page.close();
}

async function allowed(browser) {
  await listedOrigin(browser);
  await everyOrigin(browser);
}

async function main() {
  const browser = await chromium.launch(
    { executablePath: process.env.CHROMIUM, headless: true, args: flags });
  try {
    await { strangers, allowed }[part](browser);
  } finally {
    await browser.close();
  }
  process.exitCode = failures === 0 ? 0 : 1;
}

main();
