/**
 * The control API of the sandbox: where it is, what can be asked of it, and what it tells by itself.
 * No elements here.
 */

const HOME = new URL(".", document.baseURI);
const POLL_MILLISECONDS = 2000;

/** A request that the sandbox refused; the message is its reason. */
export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/** Where something of the sandbox is: addresses are relative to where it is mounted. */
export function place(path) {
  return new URL(String(path).replace(/^\//, ""), HOME).href;
}

/** Ask the control API: a GET without a body, else a POST of JSON, or of a form with a file. */
export async function ask(path, body) {
  const form = body instanceof FormData;
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const request = body === undefined ? {} : { method: "POST", ...(form ? { body } : json) };
  const answer = await fetch(place(`control/${path}`), request).catch(() => {
    throw new Refused(0, "The sandbox does not answer.");
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok)
    throw new Refused(answer.status, said?.detail ?? said?.description ?? `The sandbox answered ${answer.status}.`);
  return said;
}

/** Where a chat is under the control API. */
export const chatPath = (person, bot) => `chats/${person.id}/${encodeURIComponent(bot.username)}`;

/**
 * Listen to what changes. `heard(event)` gets {person_id, bot, kind}, or null when anything may have changed: after
 * every (re)connection, and every two seconds while there is none. `state("live" | "away")` tells which it is.
 */
export function listen(heard, state) {
  const source = new EventSource(place("control/events"));
  let timer = null;
  source.onopen = () => {
    clearInterval(timer);
    timer = null;
    state("live");
    heard(null);
  };
  source.onerror = () => {
    state("away");
    timer ??= setInterval(() => heard(null), POLL_MILLISECONDS);
    if (source.readyState === EventSource.CLOSED)
      setTimeout(() => again(source, timer, heard, state), POLL_MILLISECONDS);
  };
  source.onmessage = (message) => heard(JSON.parse(message.data));
}

// A browser gives up for ever when the answer was an error, so the page starts over.
function again(source, timer, heard, state) {
  source.close();
  clearInterval(timer);
  listen(heard, state);
}
