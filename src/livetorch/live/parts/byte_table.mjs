// A table of what fills the memory: each part with its formula and its bytes.
import { h } from "../frame/elements.mjs";
import { bytes, many, NAMES, PARTS, totalOf } from "./memory_words.mjs";
import { swatch } from "./stacked_bar.mjs";

/** @import { Part, Sizes } from "./memory_sizes.mjs" */

export function byteTable() {
  const rows = h("tbody", {});
  const heads = ["Kept, and computed from", "Bytes"].map((name) => h("th", { scope: "col" }, name));
  const node = h("table", { class: "live-bytes" }, h("thead", {}, h("tr", {}, heads)), rows);
  /**
   * @param {(string | Node)[]} name
   * @param {string} how
   * @param {string | Node} size
   */
  const row = (name, how, size) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name, h("span", { class: "live-how" }, how)),
      h("td", {}, size),
    );
  /** @type {(sizes: Sizes, how: Record<Part, string>) => void} */
  const show = (sizes, how) => {
    const parts = PARTS.map((part, i) =>
      row([swatch(i), NAMES[part]], how[part] || "none", bytes(sizes[part])),
    );
    const all = h("strong", {}, bytes(totalOf(sizes)));
    rows.replaceChildren(...parts, row(["together"], `${many(sizes.count)} parameters`, all));
  };
  return { node, show };
}
