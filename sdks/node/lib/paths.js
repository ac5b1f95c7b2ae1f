/** Paths of calls about something. */

/** A text that is no number is a QR code, or the link that a card shows. */
export function pathOf(path, subject, codePath = "") {
  const text = String(subject).trim();
  const chosen = codePath && !/^\d+$/.test(text) ? codePath : path;
  return chosen.replace("{qr_code}", encodeURIComponent(text)).replace("{id}", encodeURIComponent(text));
}
