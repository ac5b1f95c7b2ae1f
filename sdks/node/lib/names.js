/** Names of fields: camelCase here, snake_case on the wire. */

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value of an answer with all names in camelCase; fields that this version does not know are kept. */
export const fromWire = (value) => renamed(value, camel, hidden);

/** A value to send, with all names in snake_case; fields that are undefined are left out. */
export const toWire = (value) => renamed(value, snake);

const SECRET = ["secret", "apiKey", "token"];
const INSPECTED = Symbol.for("nodejs.util.inspect.custom");

/** An object of an answer, of which `console.log` shows no secret. */
function hidden(fields) {
  const told = SECRET.filter((name) => Object.hasOwn(fields, name));
  const shown = () => ({ ...fields, ...Object.fromEntries(told.map((name) => [name, "…"])) });
  return told.length === 0 ? fields : Object.defineProperty(fields, INSPECTED, { value: shown });
}

function renamed(value, rename, made = (fields) => fields) {
  if (Array.isArray(value)) return value.map((one) => renamed(one, rename, made));
  if (value instanceof Date) return value.toISOString();
  if (value === null || typeof value !== "object") return value;
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return made(Object.fromEntries(fields.map(([name, one]) => [rename(name), renamed(one, rename, made)])));
}
