// @ts-check
/**
 * The camera of a phone, pointed at the other phone: a view finder over the chat while the sandbox reads the code.
 */

import { place } from "./control.js";
import { calm, make } from "./dom.js";

const LOOK_MILLISECONDS = 900;

/** The newest picture that a phone shows in its chat, which is what a camera would see; or null. */
export function newestPicture(chat) {
  return chat?.messages.map(pictureOf).findLast((picture) => picture) ?? null;
}

function pictureOf({ photo, document }) {
  return photo ?? (document?.mime_type?.startsWith("image/") ? document : null);
}

/** Hold the camera over a picture until the answer comes, and a moment longer. Returns or throws what `read` does. */
export async function lookAt(layer, picture, read) {
  const seen = make(
    "div",
    { class: "seen" },
    make("img", { src: place(picture.url), alt: "" }),
    make("span", { class: "corners" }),
    make("span", { class: "beam" }),
  );
  const finder = make(
    "div",
    { class: "finder", role: "status", "aria-label": "Scanning the other phone" },
    seen,
    make("p", {}, "Scanning the other phone …"),
  );
  layer.append(finder);
  const [answer] = await Promise.allSettled([read(), pause(calm() ? 0 : LOOK_MILLISECONDS)]);
  finder.classList.add(answer.status === "fulfilled" ? "found" : "missed");
  await pause(calm() ? 0 : LOOK_MILLISECONDS / 3);
  finder.remove();
  if (answer.status === "rejected") throw answer.reason;
  return answer.value;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
