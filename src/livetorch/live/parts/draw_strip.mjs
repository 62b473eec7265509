// Probabilities side by side from 0 to 1, and a number among them: how one of them is drawn.
import { h } from "../frame/elements.mjs";

/** @typedef {{ name: string, probability: number, drawn: boolean }} Part */

const LEAST = 0.004; // of the width; what is narrower is put together at the end
const NAMED = 0.045; // room for a name

/** @param {number} value */
const share = (value) => `${value * 100}%`;

/** A strip whose show(parts, number) draws it anew; parts come from the likeliest to the rarest. */
export function drawStrip() {
  const strip = h("div", { class: "live-strip", "aria-hidden": "true" });
  const mark = h("div", { class: "live-strip-mark", "aria-hidden": "true" }, "▼");
  const words = h("p", { class: "live-strip-words" });
  /**
   * @param {Part[]} parts
   * @param {number} number
   */
  const show = (parts, number) => {
    let end = 0;
    const wide = [];
    for (const part of parts) {
      const start = end;
      end += part.probability;
      if (part.drawn) {
        words.textContent =
          `The number drawn is ${number.toFixed(3)}. It falls on ${part.name}, ` +
          `which reaches from ${start.toFixed(3)} to ${end.toFixed(3)}.`;
      }
      if (part.probability < LEAST && !part.drawn) continue;
      const kind = part.drawn ? "live-strip-drawn" : "";
      const cell = h("span", { class: kind }, part.probability < NAMED ? "" : part.name);
      cell.style.left = share(start);
      cell.style.width = share(part.probability);
      wide.push(cell);
    }
    strip.replaceChildren(...wide);
    mark.style.left = share(number);
  };
  return { node: h("div", {}, h("div", { class: "live-strip-room" }, mark, strip), words), show };
}
