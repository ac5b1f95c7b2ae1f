// @ts-check
/**
 * Files on their way to a chat: dropped on it, previewed, and given a caption.
 */

import { icon, make } from "./dom.js";

/** Ask how to send a file. Returns {caption, as: "photo" | "document"}, or null if it is not to be sent. */
export function preview(layers, file) {
  const picture = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  const asked = layers.custom((done) => {
    const caption = make("input", {
      type: "text",
      placeholder: "Caption",
      "aria-label": "Caption",
      dir: "auto",
      maxlength: "1024",
    });
    const asFile = make("input", { type: "checkbox" });
    const send = (event) => (
      event.preventDefault(),
      done({ caption: caption.value, as: picture && !asFile.checked ? "photo" : "document" })
    );
    const shown = picture
      ? make("img", { src: picture, alt: file.name })
      : make("p", { class: "file" }, make("span", { class: "disc" }, icon("file")), make("b", {}, file.name));
    const answers = make(
      "div",
      { class: "answers" },
      make("button", { type: "button", onclick: () => done(null) }, "Cancel"),
      make("button", { type: "submit" }, "Send"),
    );
    return make(
      "form",
      { class: "dialog preview", role: "dialog", "aria-modal": "true", "aria-label": "Send a file", onsubmit: send },
      shown,
      caption,
      picture && make("label", {}, asFile, "Send as a file, untouched"),
      answers,
    );
  });
  return asked.finally(() => picture && URL.revokeObjectURL(picture));
}

/** Accept files that are dropped on an element. */
export function takesDrops(element, drop) {
  let depth = 0;
  const shown = (by) => element.classList.toggle("dropping", (depth = Math.max(0, depth + by)) > 0);
  const files = (event) => event.dataTransfer?.types.includes("Files");
  element.addEventListener("dragenter", (event) => files(event) && shown(1));
  element.addEventListener("dragleave", (event) => files(event) && shown(-1));
  element.addEventListener("dragover", (event) => files(event) && event.preventDefault());
  element.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    shown(-depth);
    if (event.dataTransfer.files[0]) drop(event.dataTransfer.files[0]);
  });
}
