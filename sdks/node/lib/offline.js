/**
 * The offline queue: stamps made without a network are kept in a file, with their time, and sent as batches later. Each
 * line of the file is a stamp, or says that one is settled; a line that a crash cut off is left out. One process at a
 * time writes to a file.
 */

import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { nameOf } from "./paths.js";

/** Items of a batch: far below the largest body, and cheap where little of the hourly limit is left. */
const AT_ONCE = 100;

/** What a stamp may carry besides. */
const CARRIED = ["branchId", "orderRef", "programId", "occurredAt"];

/** An older stamp is too old for the server too, and never becomes right. */
const OLDEST_MS = 7 * 86_400_000;

export class OfflineQueue {
  #path;

  constructor(path) {
    this.#path = path;
  }

  /**
   * Keep a stamp, on the disk when this returns. Give the idempotency key with which it was tried, if it was.
   * Throws a TypeError: the customer is empty, a stamp carries no such thing, or a text is no Unicode.
   */
  add(customer, { stamps = 1, idempotencyKey = crypto.randomUUID(), ...more } = {}) {
    const named = nameOf(customer);
    const unknown = Object.keys(more).filter((name) => !CARRIED.includes(name));
    if (unknown.length > 0) {
      throw new TypeError(`A stamp has no ${unknown.join(", ")}. It may carry ${CARRIED.join(", ")}.`);
    }
    const who = /^\d+$/.test(named) ? { customerId: Number(named) } : { qrCode: named };
    const item = { idempotencyKey, ...who, stamps, occurredAt: new Date().toISOString(), ...more };
    if (Object.values(item).some((one) => typeof one === "string" && !one.isWellFormed())) {
      throw new TypeError("A text of the stamp is no Unicode: no server could read a batch with it");
    }
    this.#append([{ stamp: item }]);
    return item;
  }

  /** What waits, the oldest first. */
  waiting() {
    const found = new Map();
    for (const line of this.#lines()) {
      if (line.stamp) found.set(line.stamp.idempotencyKey, line.stamp);
      found.delete(line.settled);
    }
    return [...found.values()];
  }

  /**
   * Send what waits; yield {item, outcome}, once that is on the disk. A stamp that the server refused is settled too:
   * its outcome carries the problem. One that the server had no time for keeps waiting, and so does one whose time lies
   * ahead of the server's, because the clock of the till is fast.
   */
  async *send(client) {
    const waiting = this.waiting();
    for (let first = 0; first < waiting.length; first += AT_ONCE) {
      const part = waiting.slice(first, first + AT_ONCE);
      const outcomes = await client.stamps.batch({ items: part });
      const pairs = part.map((item, place) => ({ item, outcome: outcomes[place] }));
      const settled = pairs.filter((pair) => !waits(pair));
      this.#append(settled.map(({ item }) => ({ settled: item.idempotencyKey })));
      yield* settled;
    }
    if (this.waiting().length === 0) rmSync(this.#path, { force: true });
  }

  #append(lines) {
    const file = openSync(this.#path, "a+");
    try {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      writeSync(file, endsWhole(file) ? text : `\n${text}`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  *#lines() {
    if (!existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, "utf8").split("\n")) {
      try {
        yield JSON.parse(line);
      } catch {
        // Cut off by a crash, before `add` returned.
      }
    }
  }
}

/**
 * Whether a stamp is sent again: nothing was decided about it, or its time has not come by the server's clock.
 * Only one that is refused for its time, and is not too old, can be ahead. It becomes right with time.
 */
function waits({ item, outcome }) {
  if (outcome.status >= 500) return true;
  const wrong = outcome.problem?.errors ?? [];
  const forItsTime = wrong.length > 0 && wrong.every(({ pointer }) => pointer === "/occurred_at");
  return forItsTime && Date.now() - Date.parse(item.occurredAt) <= OLDEST_MS;
}

function endsWhole(file) {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last.toString() === "\n");
}
