/** The client: it calls a service with one API key. */

import { Resources } from "./resources.js";

export interface Options {
  /** Begins with ll_. */
  apiKey: string;
  /** The address of the service, with or without /v1. */
  baseUrl: string;
  /** Milliseconds that one attempt may take; 30,000 if it is left out. */
  timeout?: number;
  /** Attempts after a first one that failed for a reason that may pass; 2 if it is left out. */
  retries?: number;
  /** What sends; the global fetch if it is left out. */
  fetch?: typeof globalThis.fetch;
}

export declare class LoyaltyLoop extends Resources {
  /** Throws a TypeError: the key or the address is none. */
  constructor(options: Options);
  /** The address of /v1 of the service. */
  readonly baseUrl: string;
}
