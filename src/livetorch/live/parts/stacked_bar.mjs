// One bar of several parts side by side, and a line at a limit.
import { h } from "../frame/elements.mjs";
import { ticks } from "./plot.mjs";

/**
 * A bar whose parts have the classes `live-part-0`, `live-part-1` and so on; so has a swatch.
 *
 * show(sizes, limit, words) draws it from 0 to a little more than all of them or the limit; `words`
 * say it to those who cannot see it.
 * @param {{ count: number, unit: string }} settings
 */
export function stackedBar({ count, unit }) {
  const parts = Array.from({ length: count }, (_, i) =>
    h("span", { class: `live-part live-part-${i} live-smooth` }),
  );
  const line = h("span", { class: "live-limit live-smooth" });
  const scale = h("div", { class: "live-scale", "aria-hidden": "true" });
  const node = h(
    "div",
    { class: "live-stacked", role: "img" },
    h("div", { class: "live-stack-track" }, parts, line),
    scale,
  );
  /** @type {(sizes: number[], limit: number, words: string) => void} */
  const show = (sizes, limit, words) => {
    const end = Math.max(
      limit,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    /** @param {number} value */
    const percent = (value) => `${((100 * value) / end / 1.04).toFixed(3)}%`;
    for (const [i, size] of sizes.entries()) parts[i].style.width = percent(size);
    line.style.left = percent(limit);
    scale.replaceChildren(
      ...ticks([0, end], 4).map((value) => {
        const mark = h("span", {}, value ? `${value.toLocaleString("en")} ${unit}` : "0");
        mark.style.left = percent(value);
        return mark;
      }),
    );
    node.setAttribute("aria-label", words);
  };
  return { node, show };
}

/** @param {number} i */
export const swatch = (i) =>
  h("span", { class: `live-part live-part-${i} live-part-swatch`, "aria-hidden": "true" });
