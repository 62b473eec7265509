// A view drawn: the line of its memory, and the grid of its entries.
import { h } from "../frame/elements.mjs";
import { productOf } from "./lists.mjs";
import { cellOf, indexOf } from "./strided.mjs";
import { tuple } from "./view_code.mjs";

/** @import { View } from "./strided.mjs" */

const CELL =
  "box-sizing:border-box;display:block;font:inherit;font-size:14px;line-height:1.5;" +
  "text-align:center;padding:2px 0;min-width:0;border-radius:4px;color:var(--lt-ink);margin:1px;";
const BORDERS = {
  idle: "2px dashed var(--lt-grey)",
  read: "2px solid var(--lt-blue)",
  twin: "2px dashed var(--lt-orange)",
  lit: "2px solid var(--lt-orange)",
};
/**
 * @param {HTMLElement} cell
 * @param {keyof typeof BORDERS} state
 */
export function dress(cell, state) {
  const lit = state === "lit";
  cell.style.border = BORDERS[state];
  cell.style.background = lit ? "color-mix(in srgb, var(--lt-orange) 35%, transparent)" : "none";
  cell.style.boxShadow = lit ? "0 0 0 2px var(--lt-ink)" : "none";
}

/**
 * The line of memory, with the number of each cell under it.
 * @param {number[]} memory
 */
export function memoryLine(memory) {
  const cells = memory.map((value) => h("span", { style: CELL }, value));
  const columns = `repeat(${Math.min(12, memory.length)},minmax(0,2.5em))`;
  const node = h(
    "div",
    { style: `display:grid;grid-template-columns:${columns};row-gap:.4em`, role: "img" },
    cells.map((cell, number) =>
      h(
        "span",
        {},
        cell,
        h(
          "span",
          { style: "display:block;text-align:center;font-size:12px", class: "live-cell-number" },
          number,
        ),
      ),
    ),
  );
  return { node, cells };
}

/**
 * The entries of a view, last dimension to the right, the one before it down, others as blocks.
 * @param {View} x
 * @param {(flat: number) => void} pick gets the place of an entry in reading order
 */
export function entryGrid(x, pick) {
  const [rows, columns] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const many = productOf(x.shape);
  const cells = Array.from({ length: many }, (_, flat) => {
    const index = indexOf(x.shape, flat);
    const value = x.memory[cellOf(x, index)];
    return h(
      "button",
      {
        type: "button",
        role: "gridcell",
        tabindex: -1,
        style: `${CELL}background:none;cursor:pointer;min-height:30px`,
        "aria-label": `x[${index.join(", ")}] is ${value}`,
        onclick: () => pick(flat),
        onpointerenter: (/** @type {PointerEvent} */ event) =>
          event.pointerType === "mouse" && pick(flat),
        onfocus: () => pick(flat),
      },
      value,
    );
  });
  const style = `display:grid;grid-template-columns:repeat(${columns},2.4em)`;
  const row = (/** @type {number} */ number) =>
    h("div", { role: "row", style }, cells.slice(number * columns, (number + 1) * columns));
  const blocks = Array.from({ length: many / (rows * columns) }, (_, block) =>
    h(
      "div",
      { role: "rowgroup", style: "margin-bottom:.5em" },
      Array.from({ length: rows }, (_, i) => row(block * rows + i)),
    ),
  );
  /** @type {Record<string, number>} */
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const node = h(
    "div",
    {
      role: "grid",
      "aria-label": `x of shape ${tuple(x.shape)}: arrow keys pick an entry`,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const focused = /** @type {HTMLButtonElement} */ (document.activeElement);
        const from = cells.indexOf(focused);
        const to = from + (moves[event.key] ?? NaN);
        if (Number.isNaN(to)) return;
        event.preventDefault();
        cells[to]?.focus();
      },
    },
    blocks,
  );
  return { node, cells };
}
