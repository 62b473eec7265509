// A table of bars, one row for each thing that may be believed, and probabilities in words.
import { h } from "../frame/elements.mjs";

/** @import { Child } from "../frame/elements.mjs" */

/**
 * A probability in words: nothing is certain, and nothing impossible, that is not.
 * @param {number} value
 */
export function percent(value) {
  if (value > 0.995 && value < 1) return "> 99 %";
  return value > 0 && value < 0.005 ? "< 1 %" : `${Math.round(value * 100)} %`;
}

/**
 * Logits as probabilities, in double precision.
 * @param {number[] | Float32Array} logits
 */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/**
 * A bar and its percentage for each label.
 *
 * `caption` tells a screen reader what the bars are. `pair` names two bars of one row, to compare.
 * show(values) moves the bars: a number for each label or, with `pair`, two. show(values, names)
 * puts new labels, texts or elements, into the rows: as many as there were.
 * @param {{ caption: string, labels: Child[], pair?: string[] }} settings
 */
export function bars({ caption, labels, pair }) {
  const kinds = ["live-bar", "live-bar live-bar-other"].slice(0, pair ? 2 : 1);
  const rows = labels.map((label) => {
    const head = h("th", { scope: "row" }, label);
    const marks = kinds.map((kind) => h("span", { class: kind }));
    const texts = kinds.map(() => h("td", { class: "live-share" }));
    return {
      head,
      marks,
      texts,
      node: h("tr", {}, head, h("td", { class: "live-track" }, marks), texts),
    };
  });
  const legend = pair?.map((name, i) =>
    h("th", { scope: "col" }, h("span", { class: `${kinds[i]} live-swatch` }), name),
  );
  const node = h(
    "table",
    { class: "live-bars" },
    h("caption", { class: "live-voice" }, caption),
    legend && h("thead", {}, h("tr", {}, h("td"), h("td"), legend)),
    h(
      "tbody",
      {},
      rows.map((row) => row.node),
    ),
  );
  /**
   * @param {(number | number[])[]} values
   * @param {(string | Node)[]} [names]
   */
  const show = (values, names) => {
    rows.forEach(({ head, marks, texts }, row) => {
      if (names) head.replaceChildren(names[row]);
      [values[row]].flat().forEach((value, i) => {
        marks[i].style.width = `${value * 100}%`;
        texts[i].textContent = percent(value);
      });
    });
  };
  return { node, show };
}
