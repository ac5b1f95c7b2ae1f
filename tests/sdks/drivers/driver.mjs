/** Drives the Node SDK: each line of the input is a request, each line of the output what came of it. See `driving.py`. */

import { createInterface } from "node:readline";
import { inspect } from "node:util";

const { Listing, LoyaltyLoop, OfflineQueue, webhooks } = await import(process.argv[2]);

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const renamed = (value, rename) =>
  Array.isArray(value)
    ? value.map((one) => renamed(one, rename))
    : value !== null && typeof value === "object"
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [rename(name), renamed(one, rename)]))
      : value;

async function plain(value) {
  if (value instanceof Listing) return renamed(await Array.fromAsync?.(value) ?? (await rows(value)), snake);
  return value instanceof Uint8Array ? { bytes: value.length } : renamed(value, snake);
}

async function rows(listing) {
  const found = [];
  for await (const one of listing) found.push(one);
  return found;
}

const failure = (error) => ({
  class: error.constructor.name,
  text: error.message,
  status: error.status ?? null,
  code: error.code ?? null,
  detail: error.detail ?? null,
  request_id: error.requestId ?? null,
  retry_after: error.retryAfter ?? null,
  problem: renamed(error.facts ?? null, snake),
});

async function attempt(work) {
  try {
    return { answer: await work() };
  } catch (error) {
    return { error: failure(error) };
  }
}

async function call({ call: name, subject, given = {}, shown = false }) {
  const [resource, method] = name.split(".");
  const time = (value) => (value?.time === undefined ? value : new Date(value.time));
  const given_ = Object.fromEntries(Object.entries(renamed(given, camel)).map(([name, value]) => [name, time(value)]));
  const values = subject === undefined ? [given_] : [subject, given_];
  const asking = async () => await client[resource][camel(method)](...values);
  return await attempt(async () => (shown ? inspect(await asking()) : await plain(await asking())));
}

async function paged({ page, given, cursor }) {
  const found = await client[page].list(renamed(given, camel)).page(cursor ?? undefined);
  return { answer: { items: renamed(found.items, snake), next_cursor: found.nextCursor ?? null, total: found.total } };
}

async function offline({ offline: path, add, given = {} }) {
  const queue = new OfflineQueue(path);
  if (add !== undefined) return attempt(async () => renamed(queue.add(add, renamed(given, camel)), snake));
  const told = await attempt(async () => renamed(await rows(queue.send(client)), snake));
  return { ...told, waiting: queue.waiting().length };
}

const verify = ({ verify: body, headers, secret, now }) =>
  attempt(async () => {
    const { id, type, data } = webhooks.verify(body, headers, secret, { now: now ?? undefined });
    return { id, type, data: renamed(data, snake) };
  });

let client;
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let told;
  if ("open" in asked) {
    const { timeout, ...options } = asked.options ?? {};
    const more = timeout === undefined ? options : { ...options, timeout: timeout * 1000 };
    told = await attempt(async () => {
      client = new LoyaltyLoop({ apiKey: asked.key, baseUrl: asked.open, ...more });
      return inspect(client, { depth: 5, showHidden: true });
    });
  } else if ("many" in asked) told = { answer: await Promise.all(asked.many.map(call)) };
  else if ("verify" in asked) told = await verify(asked);
  else if ("offline" in asked) told = await offline(asked);
  else told = "page" in asked ? await paged(asked) : await call(asked);
  console.log(JSON.stringify(told));
}
