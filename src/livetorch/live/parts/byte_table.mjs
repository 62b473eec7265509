// A table of what fills the memory: each part with its formula and its bytes.
import { h } from "../frame/elements.mjs";
import { bytes, many, NAMES, PARTS, totalOf } from "./memory_words.mjs";
import { swatch } from "./stacked_bar.mjs";

/** @import { Part, Sizes } from "./memory_sizes.mjs" */

export function byteTable() {
  const rows = h("tbody", {});
  const heads = ["kept", "computed from", "bytes"].map((name) => h("th", { scope: "col" }, name));
  const node = h(
    "div",
    { class: "live-scroll", tabindex: 0, role: "region", "aria-label": "What fills the memory" },
    h("table", { class: "live-bytes" }, h("thead", {}, h("tr", {}, heads)), rows),
  );
  /**
   * @param {string | null} look
   * @param {(string | Node)[]} name
   * @param {string} how
   * @param {string | Node} size
   */
  const row = (look, name, how, size) =>
    h("tr", { class: look }, h("th", { scope: "row" }, name), h("td", {}, how), h("td", {}, size));
  /** @type {(sizes: Sizes, how: Record<Part, string>) => void} */
  const show = (sizes, how) => {
    const parts = PARTS.map((part, i) =>
      row(
        sizes[part] ? null : "live-nothing",
        [swatch(i), NAMES[part]],
        how[part] || "–",
        bytes(sizes[part]),
      ),
    );
    const all = h("strong", {}, bytes(totalOf(sizes)));
    rows.replaceChildren(...parts, row(null, ["together"], `${many(sizes.count)} parameters`, all));
  };
  return { node, show };
}
