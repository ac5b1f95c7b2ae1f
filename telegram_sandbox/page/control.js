// @ts-check
/**
 * The control API of the sandbox: its address, its requests, and its events.
 * No elements are made here.
 *
 * @typedef {{id: number, first_name: string, last_name?: string, language_code?: string}} Person
 * @typedef {{id: number, username: string, name?: string, description?: string}} Bot
 * @typedef {{text: string, kind: string, data?: string, url?: string, value?: string, style?: string}} Button
 * @typedef {{file_id: string, width: number, height: number, url: string}} Photo
 * @typedef {{file_id: string, name: string, size: number, url: string, mime_type?: string}} File
 * @typedef {{type: string, offset: number, length: number, url?: string, language?: string}} Entity
 * @typedef {{
 *   id: number, from: "bot" | "person", date: number, edited: number | null, text: string | null,
 *   caption: string | null, entities: Entity[], photo: Photo | null, document: File | null,
 *   contact: {first_name: string, last_name?: string, phone_number: string} | null, pinned_message: number | null,
 *   reply_to: number | null, keyboard: Button[][], effect: string | null, reaction: string[], silent: boolean,
 * }} Message
 * @typedef {{query_id: string, text?: string, show_alert?: boolean, url?: string}} Answer
 * @typedef {{text: string, request_contact?: boolean, web_app?: {url: string}}} ReplyButton
 * @typedef {{
 *   person: Person, bot: Bot, messages: Message[], toasts: Answer[], pinned: number | null, typing: string | null,
 *   commands: {command: string, description: string}[], started: boolean, blocked: boolean,
 *   menu: {type: string, text?: string, web_app?: {url: string}} | null,
 *   reply_keyboard: {keyboard: ReplyButton[][], input_field_placeholder?: string} | null,
 * }} Chat
 * @typedef {{person_id: number, bot: string | null, kind: string}} Change
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

/** The reason of a refusal, in words for a person. */
export const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The address of something in the sandbox, relative to where it is mounted.
 * @param {string} path
 */
export function place(path) {
  return new URL(String(path).replace(/^\//, ""), HOME).href;
}

/**
 * Ask the control API: a GET without a body, else a POST of JSON, or of a form with a file. Throws Refused.
 * @param {string} path
 * @param {FormData | object} [body]
 * @param {string} [method] another method, for a request without a body
 * @returns {Promise<any>}
 */
export async function ask(path, body, method) {
  const form = body instanceof FormData;
  const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const request = body === undefined ? { method } : { method: "POST", ...(form ? { body } : json) };
  const answer = await fetch(place(`control/${path}`), request).catch(() => {
    throw new Refused(0, "The sandbox does not answer.");
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok)
    throw new Refused(answer.status, said?.detail ?? said?.description ?? `The sandbox answered ${answer.status}.`);
  return said;
}

/**
 * The path of a chat under the control API.
 * @param {Person} person
 * @param {Bot} bot
 */
export const chatPath = (person, bot) => `chats/${person.id}/${encodeURIComponent(bot.username)}`;

/**
 * Listen to changes. `heard(event)` gets {person_id, bot, kind}, or null when anything may have changed: after
 * every (re)connection, and every two seconds while there is none. `state("live" | "away")` is called when that
 * changes.
 * @param {(change: Change | null) => void} heard
 * @param {(state: "live" | "away") => void} state
 */
export function listen(heard, state) {
  const source = new EventSource(place("control/events"));
  /** @type {number | undefined} */
  let timer;
  source.onopen = () => {
    clearInterval(timer);
    timer = undefined;
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

// A browser gives up for ever after an error answer, so the page connects again.
function again(source, timer, heard, state) {
  source.close();
  clearInterval(timer);
  listen(heard, state);
}
