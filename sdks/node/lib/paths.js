/** Paths of calls about something. */

/** A text that is no number is a QR code, or the link that a card shows. Throws a TypeError, as `nameOf`. */
export function pathOf(path, subject, codePath = "") {
  const text = nameOf(subject);
  const chosen = codePath && !/^\d+$/.test(text) ? codePath : path;
  return chosen.replace("{qr_code}", encodeURIComponent(text)).replace("{id}", encodeURIComponent(text));
}

/**
 * An id or a code as a text. Throws a TypeError: it is empty, as after a scan of nothing, or a part of a path.
 * A path without it would be that of something else, such as of all customers.
 */
export function nameOf(subject) {
  const text = String(subject ?? "").trim();
  if (text === "") throw new TypeError("The id or code is empty. Was anything scanned?");
  if (text === "." || text === "..") throw new TypeError(`${text} is no id and no code.`);
  return text;
}
