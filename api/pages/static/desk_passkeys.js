// @ts-check
/**
 * Passkeys at the desk: makes one, and signs in with one. Only where the browser can do so by itself, outside Telegram.
 */
import { Problem, ask } from "./api.js";
import { notice } from "./shell.js";
import { inside } from "./telegram.js";
import { say } from "./words.js";

/** What browsers have had since 2024 or 2025, and the types do not know everywhere. @type {any} */
const Credential = globalThis.PublicKeyCredential;
const able = !inside && Boolean(Credential?.parseCreationOptionsFromJSON && Credential?.parseRequestOptionsFromJSON);

/** Show the buttons that work here. */
export function offerPasskeys() {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-passkey]"))) {
    part.hidden = able === (part.dataset.passkey === "cannot");
    const act = part.dataset.passkey === "make" ? make : enter;
    const button = part.querySelector("button");
    if (button) button.onclick = () => void once(button, act);
  }
}

/** @param {HTMLButtonElement} button @param {() => Promise<void>} act */
async function once(button, act) {
  button.disabled = true;
  notice("");
  try {
    await act();
    location.reload();
  } catch (error) {
    notice(error instanceof Problem ? error.message : say("No passkey was used. Nothing has changed."));
  } finally {
    button.disabled = false;
  }
}

async function make() {
  const options = Credential.parseCreationOptionsFromJSON(await ask("POST", "api/passkeys/options"));
  const made = /** @type {any} */ (await navigator.credentials.create({ publicKey: options }));
  await ask("POST", "api/passkeys", { body: { credential: made.toJSON() } });
}

async function enter() {
  const options = Credential.parseRequestOptionsFromJSON(await ask("POST", "session/passkey/options"));
  const signed = /** @type {any} */ (await navigator.credentials.get({ publicKey: options }));
  await ask("POST", "session/passkey", { body: { credential: signed.toJSON() } });
}
