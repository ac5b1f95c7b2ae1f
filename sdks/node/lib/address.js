/** The base address of a service: as people write it, made one. */

const VERSION = "/v1";

/**
 * The address of /v1 of a service. It may be written with or without /v1 or /api/v1, and with a slash at its end.
 * Throws a TypeError: it is no http(s) address, or carries a query or a password.
 */
export function baseAddress(written) {
  const url = URL.canParse(String(written)) ? new URL(String(written)) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`baseUrl must be an address such as https://cards.example.com, not ${written}`);
  }
  if (url.search || url.hash || url.username || url.password) {
    throw new TypeError("baseUrl must not carry a query, a fragment or a password");
  }
  const path = url.pathname.replace(/\/+$/, "");
  return url.origin + (path.endsWith(VERSION) ? path : path + VERSION);
}
