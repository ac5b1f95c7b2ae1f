// @ts-check
/**
 * Pressed buttons that wait for the bot's answer, and the answers: a toast, an alert, a link.
 */

const ANSWER_SECONDS = 5;
const PATIENCE_MILLISECONDS = 10000;

const placeOf = (message, button, row, column) => [message.id, row, column, button.data].join(" ");

export class Presses {
  #busy = new Map();
  /** @type {Set<string> | null} */
  #told = null;

  /** `spin(message id, row, column, on)` marks a button; `say(answer)` shows {text, show_alert, url}. */
  constructor(spin, say) {
    this.spin = spin;
    this.say = say;
  }

  /** Wait for nothing, and treat all answers until the next `tell` as old. */
  forget() {
    this.#busy.clear();
    this.#told = null;
  }

  /** Whether this button waits for its answer. */
  waits(message, button, row, column) {
    return this.#busy.has(placeOf(message, button, row, column));
  }

  /** Press a button: `act(body)` asks the sandbox. It cannot be pressed again until the answer comes. */
  async press(message, button, [row, column], act) {
    const at = placeOf(message, button, row, column);
    if (this.#busy.has(at)) return;
    const rest = () => this.#busy.delete(at) && this.spin(message.id, row, column, false);
    this.#busy.set(at, { rest });
    this.spin(message.id, row, column, true);
    const pressed = await act({ message_id: message.id, row, column, wait: ANSWER_SECONDS });
    if (pressed?.answered) this.#hear(pressed.query_id, pressed.answered);
    if (!pressed?.query_id || this.#told?.has(pressed.query_id)) return void rest();
    this.#busy.set(at, { rest, query_id: pressed.query_id });
    setTimeout(rest, PATIENCE_MILLISECONDS);
  }

  /** Show the answers that came with the chat. Answers from before it was opened here are only remembered. */
  tell(answers) {
    if (this.#told) for (const answer of answers) this.#hear(answer.query_id, answer);
    else this.#told = new Set(answers.map(({ query_id }) => query_id));
  }

  // The same answer may come with the press and with the chat.
  #hear(query_id, answer) {
    if (!this.#told || this.#told.has(query_id)) return;
    this.#told.add(query_id);
    for (const waiting of this.#busy.values()) if (waiting.query_id === query_id) waiting.rest();
    this.say(answer);
  }
}
