// @ts-check
/**
 * The program for which a person stamps in each shop: chosen with one tap, and kept for the shift. A window remembers
 * its own choice, as two of them may stand at two counters; a new one begins with the last choice on this device. After
 * half a day without a scan the shift is over, and it is the main program's turn again.
 */

const SHIFT = 12 * 3600 * 1000;
/** A choice that was used is noted again, but not with each scan. */
const NOTE_EVERY = 600 * 1000;

/**
 * @typedef {{id: number, title: string}} Program
 * @typedef {{id: number, programs?: Program[]}} Shop
 * @typedef {{key: string, at: number, program: number}} Choice
 */

export class ProgramChoice {
  /** @param {import("./scan_store.js").Store<Choice>} store
   * @param {(name: string, value?: string) => string | null} remember @param {() => number} now */
  constructor(store, remember, now) {
    this.store = store;
    this.remember = remember;
    this.now = now;
    this.user = 0;
    /** What is kept on this device, by its key. @type {Map<string, Choice>} */
    this.kept = new Map();
  }

  /** Read what was chosen before. Cards are taken once this is done. @param {number} user */
  async load(user) {
    this.user = user;
    this.kept = new Map((await this.store.all()).map((choice) => [choice.key, choice]));
  }

  /** The program to stamp in a shop: the chosen one, or the main one if that cannot be stamped any more; undefined where
   * there is no choice. @param {Shop} shop @returns {Program | undefined} */
  of(shop) {
    const programs = shop.programs ?? [];
    return programs.find((one) => one.id === this.chosen(shop)?.program) ?? programs[0];
  }

  /** Whether what was chosen cannot be stamped any more. @param {Shop} shop */
  isGone(shop) {
    const chosen = this.chosen(shop);
    return chosen !== undefined && !(shop.programs ?? []).some((one) => one.id === chosen.program);
  }

  /** Choose a program, from now on; returns once that is kept on this device. @param {Shop} shop @param {number} program */
  async choose(shop, program) {
    const choice = { key: this.key(shop), at: this.now(), program };
    this.remember(choice.key, JSON.stringify(choice));
    this.kept.set(choice.key, choice);
    await this.store.put(choice);
  }

  /** Forget what was chosen. @param {Shop} shop */
  forget(shop) {
    this.remember(this.key(shop), "");
    this.kept.delete(this.key(shop));
    void this.store.remove(this.key(shop));
  }

  /** A card was stamped: the shift goes on. @param {Shop} shop */
  used(shop) {
    const chosen = this.chosen(shop);
    if (chosen && this.now() - chosen.at > NOTE_EVERY) void this.choose(shop, chosen.program);
  }

  /** @param {Shop} shop @returns {Choice | undefined} */
  chosen(shop) {
    const own = JSON.parse(this.remember(this.key(shop)) || "null");
    const choice = own ?? this.kept.get(this.key(shop));
    return choice && this.now() - choice.at < SHIFT ? choice : undefined;
  }

  /** @param {Shop} shop */
  key(shop) {
    return `program-${this.user}-${shop.id}`;
  }
}
