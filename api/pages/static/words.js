// @ts-check
/**
 * Words: what a script says, in the language of the page. The English sentence is the key, so it stands as a literal in
 * the call: `say("Hello {name}", {name})`, `count("{n} stamp", "{n} stamps", n)`; one in a table is marked by `mark`.
 * A text that a person typed is isolated, so that it cannot turn the sentence around it. Nothing here is HTML: put it
 * into the page as text.
 */

/** @typedef {string | number} Value */

const page = document.documentElement;
export const language = page.lang || "en";
// International English, as the server writes it: 24 hours, the day before the month.
const locale = language === "en" ? "en-GB" : language;
const numbers = new Intl.NumberFormat(locale);
const plurals = new Intl.PluralRules(locale);
const ORDER = ["zero", "one", "two", "few", "many", "other"];
const forms = ORDER.filter((name) => plurals.resolvedOptions().pluralCategories.includes(/** @type {any} */ (name)));

/** What the server has put into the page for its script. @type {Record<string, any>} */
export const data = JSON.parse(
  /** @type {HTMLTemplateElement | null} */ (document.querySelector("#page-data"))?.content.textContent || "{}",
);
/** @type {Record<string, string | string[]>} */
const catalogue = data.words || {};

/** Mark a sentence that is said later. @param {string} sentence */
export function mark(sentence) {
  return sentence;
}

/** A sentence with its values. @param {string} sentence @param {Record<string, Value>} [values] */
export function say(sentence, values = {}) {
  const known = catalogue[sentence];
  return fill((Array.isArray(known) ? known[0] : known) || sentence, values);
}

/** A sentence in the plural form of n. @param {string} one @param {string} many @param {number} n
 * @param {Record<string, Value>} [values] */
export function count(one, many, n, values = {}) {
  const known = catalogue[one];
  const said = Array.isArray(known) && known.length > 0 ? known : [one, many];
  const english = said.length === 2 && said[0] === one;
  const place = english ? Number(n !== 1) : forms.indexOf(plurals.select(n));
  return fill(said[Math.min(Math.max(place, 0), said.length - 1)], { n, ...values });
}

/** A number as the language writes it. @param {number} n */
export function number(n) {
  return numbers.format(n);
}

/** A moment as the language writes it: the time today, else with its day. @param {string | Date} moment */
export function moment(moment) {
  const at = new Date(moment);
  const today = at.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const day = today ? {} : { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale, { ...day, hour: "numeric", minute: "2-digit" }).format(at);
}

/** @param {string} sentence @param {Record<string, Value>} values */
function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === "number" ? number(value) : `\u2068${value}\u2069`;
  });
}
