// @ts-check
/**
 * What waits to be sent, kept on this device until it is answered: in IndexedDB, and beside it in Telegram's
 * DeviceStorage, which outlives what a phone clears away of web pages. One of them is enough; a copy that is left over
 * does no harm, because its key makes it once-only at the server. Nothing is sent here. What a person has chosen is
 * kept in the same way, under a name of its own: a page of an earlier release takes it for no scan.
 */
import { store as keepInTelegram, stored } from "./telegram.js";

const TABLE = "waiting";
const PATIENCE = 1500;

/** The store of one bot's scanner. @template {{key: string, at: number}} Row */
export class Store {
  /** @param {string} bot @param {string} [name] */
  constructor(bot, name = "scanner") {
    this.name = `${name}-${bot}`;
    this.database = within(open(this.name), null);
    /** What is kept in Telegram, written one after the other. @type {Promise<unknown>} */
    this.turn = Promise.resolve();
  }

  /** All that waits, the oldest first. @returns {Promise<Row[]>} */
  async all() {
    const [here, there] = await Promise.all([within(this.rows(), []), within(this.inTelegram(), [])]);
    const byKey = new Map([...there, ...here].map((scan) => [scan.key, scan]));
    return [...byKey.values()].sort((one, other) => one.at - other.at);
  }

  /** Keep a scan; returns once it is kept in one of the two, or once that takes too long. @param {Row} scan */
  async put(scan) {
    this.later((scans) => [...scans.filter((one) => one.key !== scan.key), scan]);
    const kept = await within(this.change((table) => table.put(scan)), false);
    if (!kept) await within(this.turn, undefined);
  }

  /** Forget a scan that was answered. @param {string} key */
  async remove(key) {
    this.later((scans) => scans.filter((one) => one.key !== key));
    await within(this.change((table) => table.delete(key)), false);
  }

  /** @returns {Promise<Row[]>} */
  async rows() {
    const database = await this.database;
    if (!database) return [];
    return asked(database.transaction(TABLE).objectStore(TABLE).getAll());
  }

  /** Whether it was done: not where there is no database. @param {(table: IDBObjectStore) => IDBRequest} act */
  async change(act) {
    const database = await this.database;
    if (!database) return false;
    const transaction = database.transaction(TABLE, "readwrite");
    act(transaction.objectStore(TABLE));
    await new Promise((done, failed) => {
      transaction.oncomplete = () => done(undefined);
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
    });
    return true;
  }

  /** @returns {Promise<Row[]>} */
  async inTelegram() {
    try {
      const kept = JSON.parse((await stored(this.name)) ?? "[]");
      return Array.isArray(kept) ? kept.filter((scan) => typeof scan?.key === "string") : [];
    } catch {
      return [];
    }
  }

  /** Change the list in Telegram. Another window may do so at the same time: browsers have locks for that.
   * @param {(scans: Row[]) => Row[]} how */
  later(how) {
    const act = async () => {
      const scans = how(await this.inTelegram());
      await keepInTelegram(this.name, scans.length ? JSON.stringify(scans) : null);
    };
    const alone = () => (navigator.locks ? navigator.locks.request(this.name, act) : act());
    this.turn = this.turn.then(() => within(alone(), undefined));
  }
}

/** @param {string} name @returns {Promise<IDBDatabase | null>} */
function open(name) {
  return new Promise((done) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(null);
    } catch {
      done(null);
    }
  });
}

/** @param {IDBRequest} request @returns {Promise<any>} */
function asked(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** What a promise gives, or something else if it fails or takes too long: a scan never waits for a store for ever.
 * @template T @param {Promise<T>} promise @param {T} otherwise @returns {Promise<T>} */
function within(promise, otherwise) {
  const late = new Promise((done) => setTimeout(() => done(otherwise), PATIENCE));
  return /** @type {Promise<T>} */ (Promise.race([promise.catch(() => otherwise), late]));
}
