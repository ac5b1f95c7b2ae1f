// @ts-check
/**
 * Message effects: a burst over the chat for a moment. Decoration only; people who asked for reduced motion see none.
 */

import { calm, make } from "./dom.js";

const EFFECTS = {
  "5046509860389126442": "🎉",
  "5104841245755180586": "🔥",
  "5159385139981059251": "❤️",
  "5107584321108051014": "👍",
  "5104858069142078462": "👎",
  "5046589136895476101": "💩",
};
const COLOURS = ["#f94f6d", "#ffb63d", "#3fc380", "#3d9bff", "#a66bff", "#ffe14d"];

/** The emoji of an effect, as it is shown beside the time. */
export const emojiOf = (effect) => EFFECTS[effect] ?? "✨";

/** Play an effect over a layer. */
export function celebrate(layer, effect) {
  if (calm()) return;
  const emoji = emojiOf(effect);
  const stage = make("div", { class: "stage", "aria-hidden": "true" });
  layer.append(stage);
  const pieces = emoji === "🎉" ? confetti(stage) : rising(stage, emoji);
  Promise.allSettled(pieces.map((piece) => piece.finished)).then(() => stage.remove());
}

function confetti(stage) {
  const { clientWidth: width, clientHeight: height } = stage;
  return Array.from({ length: 90 }, (_, number) => {
    const piece = make("i", { class: number % 3 ? "scrap" : "scrap round" });
    const side = number % 2 ? 1 : -1;
    piece.style.background = COLOURS[number % COLOURS.length];
    piece.style.left = side < 0 ? "0" : "100%";
    stage.append(piece);
    return piece.animate(flight(-side * width * between(0.1, 0.95), height * between(0.45, 0.95)), {
      duration: between(1500, 2600),
      delay: between(0, 220),
      fill: "both",
    });
  });
}

// Up fast, then down slowly and a little further, turning all the way.
function flight(x, up) {
  const turn = between(-900, 900);
  return [
    { transform: "translate(0, 0) rotate(0)", opacity: 1, easing: "cubic-bezier(.1, .7, .3, 1)" },
    {
      transform: `translate(${x * 0.85}px, ${-up}px) rotate(${turn * 0.6}deg)`,
      opacity: 1,
      offset: 0.38,
      easing: "cubic-bezier(.4, 0, .8, .6)",
    },
    { transform: `translate(${x}px, ${60}px) rotate(${turn}deg)`, opacity: 0.9 },
  ];
}

function rising(stage, emoji) {
  return Array.from({ length: 18 }, () => {
    const piece = make("i", { class: "emoji" }, emoji);
    piece.style.left = `${between(4, 90)}%`;
    piece.style.fontSize = `${between(20, 46)}px`;
    stage.append(piece);
    return piece.animate(ascent(stage.clientHeight * between(0.5, 1)), {
      duration: between(1300, 2400),
      delay: between(0, 500),
      fill: "both",
      easing: "ease-out",
    });
  });
}

function ascent(up) {
  const sway = between(-40, 40);
  return [
    { transform: "translate(0, 40px) scale(.4)", opacity: 0 },
    { transform: `translate(${sway}px, ${-up * 0.4}px) scale(1)`, opacity: 1, offset: 0.4 },
    { transform: `translate(${-sway}px, ${-up}px) scale(1.15)`, opacity: 0 },
  ];
}

function between(low, high) {
  return low + Math.random() * (high - low);
}
