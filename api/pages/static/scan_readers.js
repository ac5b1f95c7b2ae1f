// @ts-check
/**
 * Readers: what turns a card before the phone into the text of its code. In this order: Telegram's own scanner, kept
 * open; the browser's BarcodeDetector; and pictures of the camera that our server reads. The camera is opened once and
 * not again between scans. What a text means is decided elsewhere.
 */
import { Problem, ask } from "./api.js";
import { canScan, closeScan, scan } from "./telegram.js";

const LONGEST_SIDE = 560;
const MIDDLE = 0.6;
const MOST_BYTES = 30 * 1024;
const QUALITIES = [0.6, 0.4, 0.25, 0.12];
const FRAME_PAUSE = 340;
const DETECT_PAUSE = 120;
const HIDDEN_PAUSE = 500;
const AFTER_PROBLEM = 1000;

/**
 * @typedef {{
 *   onCode: (text: string) => boolean | void, onLook: () => void, onState: (state: string) => void, shop: () => number,
 * }} Hearer
 */

/** Telegram's scanner: one popup for many cards. */
export class TelegramReader {
  /** @param {Hearer} hearer */
  constructor(hearer) {
    this.hearer = hearer;
  }

  static available() {
    return canScan();
  }

  /** @param {string} text */
  async start(text) {
    this.hearer.onState("telegram");
    await scan(
      text,
      (code) => this.hearer.onCode(code) === true,
      () => this.hearer.onState("closed"),
    );
  }

  async stop() {
    await closeScan();
  }
}

/** The camera in the page, read by the browser or by the server. */
export class CameraReader {
  /** @param {HTMLVideoElement} video @param {Hearer} hearer */
  constructor(video, hearer) {
    this.video = video;
    this.hearer = hearer;
    this.running = false;
    /** @type {any} */
    this.detector = null;
    this.turn = 0;
    this.canvas = document.createElement("canvas");
  }

  /** Open the camera; tells `no-camera`, `refused`, `taken` or `insecure` where that cannot be. */
  async start() {
    if (this.running) return;
    if (!navigator.mediaDevices?.getUserMedia) return this.hearer.onState(isSecureContext ? "no-camera" : "insecure");
    this.running = true;
    try {
      this.hearer.onState("opening");
      await this.open();
    } catch (error) {
      this.running = false;
      return this.hearer.onState(why(error));
    }
    this.detector = await detector();
    this.hearer.onState("camera");
    void this.watch();
  }

  async open() {
    const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    for (const track of stream.getVideoTracks()) {
      track.addEventListener("ended", () => {
        this.running = false;
        this.hearer.onState("taken");
      });
    }
    this.video.srcObject = stream;
    await this.video.play();
  }

  /** Look again and again while the page is seen. */
  async watch() {
    while (this.running) {
      const began = performance.now();
      const pause = document.hidden ? HIDDEN_PAUSE : await this.look();
      await after(pause - (performance.now() - began));
    }
  }

  /** Look once; gives how long a look should take in milliseconds. @returns {Promise<number>} */
  async look() {
    if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return DETECT_PAUSE;
    if (this.detector) {
      try {
        this.hear((await this.detector.detect(this.video)).map((/** @type {any} */ found) => found.rawValue));
        return DETECT_PAUSE;
      } catch (error) {
        console.info("the browser's reader does not work here; frames are sent instead", error);
        this.detector = null;
      }
    }
    return this.send();
  }

  /** Tell of a look, and of what it saw. @param {string[]} texts */
  hear(texts) {
    this.hearer.onLook();
    for (const text of texts) this.hearer.onCode(text);
  }

  /** Send a frame to the server, and hear what it has read. */
  async send() {
    const frame = await this.frame();
    if (!frame) return FRAME_PAUSE;
    try {
      const read = await ask("POST", `api/scan/${this.hearer.shop()}/frames`, { body: frame });
      this.hear(read.codes);
      return FRAME_PAUSE;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return Math.max(AFTER_PROBLEM, 1000 * Number(error.told.retry_after ?? 0));
    }
  }

  /** What is in the finder, or at every other turn what is in its middle, as a JPEG of at most 30 KB; null if it cannot
   * be made small enough. @returns {Promise<Blob | null>} */
  async frame() {
    const seen = inFinder(this.video, this.turn++ % 2 === 0 ? 1 : MIDDLE);
    if (seen.width < 1 || seen.height < 1) return null;
    const share = Math.min(1, LONGEST_SIDE / Math.max(seen.width, seen.height));
    const width = (this.canvas.width = Math.round(seen.width * share));
    const height = (this.canvas.height = Math.round(seen.height * share));
    const brush = this.canvas.getContext("2d", { alpha: false });
    brush?.drawImage(this.video, seen.left, seen.top, seen.width, seen.height, 0, 0, width, height);
    for (const quality of QUALITIES) {
      const blob = await /** @type {Promise<Blob | null>} */ (
        new Promise((done) => this.canvas.toBlob(done, "image/jpeg", quality))
      );
      if (blob && blob.size <= MOST_BYTES) return blob;
    }
    return null;
  }
}

/** The part of a video's picture that its element shows, which it fills, or a share of that around its middle.
 * @param {HTMLVideoElement} video @param {number} share */
function inFinder(video, share) {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video;
  const shape = clientHeight ? clientWidth / clientHeight : videoWidth / videoHeight;
  const width = Math.min(videoWidth, videoHeight * shape) * share;
  const height = Math.min(videoHeight, videoWidth / shape) * share;
  return { left: (videoWidth - width) / 2, top: (videoHeight - height) / 2, width, height };
}

/** The browser's reader, if it has one that knows our codes; null otherwise. */
async function detector() {
  const Detector = /** @type {any} */ (window).BarcodeDetector;
  try {
    const formats = Detector ? await Detector.getSupportedFormats() : [];
    return formats.includes("qr_code") ? new Detector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** Why a camera could not be opened. @param {unknown} error */
function why(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotReadableError" || name === "AbortError") return "taken";
  return "no-camera";
}

/** @param {number} milliseconds */
function after(milliseconds) {
  return new Promise((done) => setTimeout(done, Math.max(0, milliseconds)));
}
