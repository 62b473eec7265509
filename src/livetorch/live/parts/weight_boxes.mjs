// A 3 x 3 kernel to edit: a list of known ones, and nine boxes to write in.
import { h, unique } from "../frame/elements.mjs";
import { sumOf } from "./lists.mjs";

export const LIMIT = 99;
const LOOK =
  "font:inherit;font-size:16px;border:1px solid var(--lt-grey);border-radius:5px;" +
  "background:var(--lt-paper);color:var(--lt-ink)";
const BOX = `width:3.6em;min-height:2.4em;text-align:center;${LOOK}`;
const GRID = "display:grid;grid-template-columns:repeat(3,3.8em);gap:.3em;margin-top:.6em";

/** @typedef {number[][]} Kernel three rows of three weights */

/**
 * A number to two digits behind the point.
 * @param {number} number
 */
export const short = (number) =>
  String(Number(number.toFixed(2)))
    .replace("-0.00", "0")
    .replace(/^-0$/, "0")
    .replace("-", "−");

/**
 * What a reader wrote as a weight; NaN where it is none.
 * @param {string} written
 */
function weightOf(written) {
  const text = written.trim().replace("−", "-").replace(",", ".");
  const number = text === "" ? NaN : Number(text);
  return Math.abs(number) <= LIMIT ? number : NaN;
}

/**
 * @param {Record<string, Kernel>} presets by name; the first is there at the start
 * @param {(kernel: Kernel, words: string) => unknown} changed
 * @param {(words: string) => unknown} refused
 */
export function weightBoxes(presets, changed, refused) {
  const [first] = Object.values(presets);
  /** @type {HTMLInputElement[][]} */
  const boxes = first.map((row, u) =>
    row.map((weight, v) =>
      h("input", {
        type: "text",
        inputmode: "text",
        autocomplete: "off",
        "aria-label": `Weight in row ${u + 1}, column ${v + 1}`,
        value: weight,
        style: BOX,
        oninput: () => edited(),
      }),
    ),
  );
  const id = unique("preset");
  const preset = h(
    "select",
    { id, style: `min-height:2.4em;max-width:100%;${LOOK}`, onchange: () => taken() },
    Object.keys(presets).map((name) => h("option", { value: name }, name)),
    h("option", { value: "" }, "my own"),
  );

  function edited() {
    const kernel = boxes.map((row) =>
      row.map((box) => {
        const weight = weightOf(box.value);
        box.setAttribute("aria-invalid", String(Number.isNaN(weight)));
        return weight;
      }),
    );
    preset.value = "";
    if (kernel.flat().some(Number.isNaN))
      return refused(`Each weight is a number from −${LIMIT} to ${LIMIT}, such as −1 or 0.5.`);
    return changed(kernel, `The weights add up to ${short(sumOf(kernel.flat()))}.`);
  }

  function taken() {
    const kernel = presets[preset.value];
    if (!kernel) return;
    for (const [u, row] of boxes.entries()) {
      for (const [v, box] of row.entries()) {
        box.value = String(kernel[u][v]);
        box.setAttribute("aria-invalid", "false");
      }
    }
    changed(kernel, `Kernel: ${preset.value}.`);
  }

  return h(
    "div",
    {},
    h("div", { class: "live-field" }, h("label", { for: id }, "Kernel"), preset),
    h(
      "div",
      { role: "group", "aria-label": "The weights of the kernel", style: GRID },
      boxes.flat(),
    ),
  );
}
