/** The client: it calls a service with one API key. */

import { baseAddress } from "./address.js";
import { callOf, jsonOf, RETRIES, send, TIMEOUT_MS } from "./calls.js";
import { fromWire } from "./names.js";
import { Resources } from "./resources.js";

const LIBRARY = "loyaltyloop-node/1.0.0";

export class LoyaltyLoop extends Resources {
  #settings;

  /**
   * apiKey begins with ll_; baseUrl is with or without /v1; timeout is in milliseconds for one attempt;
   * retries are attempts after a first one that failed for a reason that may pass.
   * Throws a TypeError: the key or the address is none.
   */
  constructor({ apiKey, baseUrl, timeout = TIMEOUT_MS, retries = RETRIES, fetch = globalThis.fetch }) {
    super();
    if (!/^ll_[\x21-\x7e]+$/.test(String(apiKey))) {
      throw new TypeError("apiKey must be an API key of the service, which begins with ll_");
    }
    const headers = { Authorization: `Bearer ${apiKey}`, Accept: "application/json", "User-Agent": LIBRARY };
    this.#settings = { baseUrl: baseAddress(baseUrl), headers, timeout, retries, fetch };
  }

  /** The address of /v1 of the service. */
  get baseUrl() {
    return this.#settings.baseUrl;
  }

  /** Make a call; the body of the answer with names in camelCase. Used by the operations. */
  async json(method, path, given) {
    return fromWire(jsonOf(await send(this.#settings, callOf(method, path, given))));
  }

  /** Make a call; the bytes of the answer. Used by the operations. */
  async bytes(method, path, given) {
    return (await send(this.#settings, callOf(method, path, given))).body;
  }
}
