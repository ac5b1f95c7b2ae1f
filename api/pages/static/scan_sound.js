// @ts-check
/** Sound and haptics: one for each outcome, to be told apart without a look at the screen. */
import { buzz } from "./telegram.js";

/** Notes as [hertz, start, length] in seconds. @type {Record<string, number[][]>} */
const NOTES = {
  seen: [[1320, 0, 0.05]],
  done: [[880, 0, 0.09], [1320, 0.09, 0.14]],
  reward: [[784, 0, 0.12], [988, 0.12, 0.12], [1175, 0.24, 0.12], [1568, 0.36, 0.35]],
  refused: [[220, 0, 0.22], [165, 0.24, 0.3]],
};
/** @type {Record<string, "success" | "warning" | "error">} */
const BUZZES = { done: "success", reward: "warning", refused: "error" };

/** @type {AudioContext | null} */
let audio = null;
let loud = true;

// Browsers make no sound before the first touch.
addEventListener("pointerdown", () => void context()?.resume(), { once: true });

function context() {
  try {
    audio ??= new AudioContext();
  } catch {
    return null;
  }
  return audio;
}

/** @param {boolean} on */
export function setLoud(on) {
  loud = on;
}

/** Play an outcome: seen, done, reward or refused. @param {string} what */
export function play(what) {
  if (what in BUZZES) void buzz(BUZZES[what]);
  const here = loud ? context() : null;
  if (!here || here.state !== "running") return;
  for (const [hertz, start, length] of NOTES[what]) {
    const tone = here.createOscillator();
    const volume = here.createGain();
    const begin = here.currentTime + start;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.25, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + length);
    tone.connect(volume).connect(here.destination);
    tone.start(begin);
    tone.stop(begin + length);
  }
}
