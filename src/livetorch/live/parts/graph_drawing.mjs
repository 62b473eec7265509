// A graph drawn as boxes and arrows; from top to bottom on a phone.
import { s } from "../frame/elements.mjs";
import { placeSide, rowsOf } from "./graph_layout.mjs";
import { lastOf } from "./lists.mjs";

/** @import { Inputs, Slot } from "./graph_layout.mjs" */
/** @import { Pair } from "./plot.mjs" */
/**
 * A box: its texts, its kind, and whether it is the one at work.
 * @typedef {{ lines: string[], kind: "leaf" | "operation" | "output", now?: boolean }} Box
 */
/** @typedef {"forward" | "backward" | undefined} Direction in which an edge is at work */

const LINE = 15;

/**
 * About how wide a text of 12 units is: a drawing can not ask before it is on a page.
 * @param {string} text
 */
const lettersWide = (text) =>
  [...text].reduce(
    (sum, letter) =>
      sum + (/[ .,()ilfjrt…-]/.test(letter) ? 4.3 : /[mwMW]/.test(letter) ? 10.5 : 7.3),
    0,
  );

const STROKES = { leaf: "var(--lt-blue)", operation: "var(--lt-grey)", output: "var(--lt-orange)" };

/**
 * Draw a graph.
 * @param {object} graph
 * @param {Box[]} graph.boxes
 * @param {Inputs} graph.inputs
 * @param {number} graph.room the width there is: it goes from left to right where that fits
 * @param {string} graph.label
 * @param {(box: number, place: number) => Direction} [graph.lit] edges at work
 * @param {boolean} [graph.down] from top to bottom in any case
 * @param {number} [graph.gap] between the layers
 */
export function drawGraph({
  boxes,
  inputs,
  room,
  label,
  lit = () => undefined,
  down = false,
  gap = 30,
}) {
  const wide = Math.max(
    44,
    ...boxes.flatMap(({ lines }) =>
      lines.map((text, i) => lettersWide(text) * (i === 0 && lines.length > 1 ? 1.06 : 1) + 10),
    ),
  );
  const tall = LINE * Math.max(...boxes.map(({ lines }) => lines.length)) + 9;
  const { rows, routes } = rowsOf(inputs);
  const across = rows.length * (wide + gap) - gap + 6;
  const vertical = down || across > room;
  const [thick, breadth] = vertical ? [tall, wide] : [wide, tall];
  const side = placeSide(rows, breadth, vertical ? room - 6 : Infinity);
  const flow = rows.length * (thick + gap) - gap;
  const [width, height] = (vertical ? [side, flow] : [flow, side]).map((size) =>
    Math.ceil(size + 6),
  );
  /** @type {(along: number, beside: number) => string[]} */
  const at = (along, beside) =>
    (vertical ? [beside + 3, along + 3] : [along + 3, beside + 3]).map((v) => v.toFixed(1));
  const middle = (/** @type {Slot} */ slot) => slot.at * (thick + gap) + thick / 2;
  const node = s("svg", {
    viewBox: `0 0 ${width} ${height}`,
    style: `width:${width}px;height:auto;display:block;max-width:none`,
    role: "img",
    "aria-label": label,
  });

  for (const { box, place, route } of routes) {
    const [from, to] = [route[0], lastOf(route)];
    /** @type {(many: number, own: number) => number} */
    const gate = (many, own) => (own - (many - 1) / 2) * Math.min(16, breadth / (many + 1));
    const sorted = [...to.up].sort((a, b) => a.side - b.side);
    const arrival =
      inputs[box].length < 2
        ? 0
        : new Set(to.up).size < to.up.length
          ? place
          : sorted.indexOf(route[route.length - 2]);
    const twice =
      inputs[box].filter((source) => source === route[0].box).length > 1 && route.length === 2;
    /** @type {(slot: Slot, i: number) => Pair[]} */
    const passed = (slot, i) => {
      if (i === 0) return [[middle(slot) + thick / 2, slot.side + (twice ? gate(2, place) : 0)]];
      if (i === route.length - 1)
        return [[middle(slot) - thick / 2 - 2, slot.side + gate(to.up.length, arrival)]];
      return [
        [middle(slot) - thick / 2, slot.side],
        [middle(slot) + thick / 2, slot.side],
      ]; // straight past the boxes beside it
    };
    const points = route.flatMap(passed);
    let d = `M${at(points[0][0], points[0][1])}`;
    for (let i = 1; i < points.length; i++) {
      const half = (points[i - 1][0] + points[i][0]) / 2;
      const [x, y] = points[i];
      d += `C${at(half, points[i - 1][1])} ${at(half, y)} ${at(x, y)}`;
    }
    const how = lit(box, place);
    const color =
      how === "backward" ? "var(--lt-orange)" : how ? "var(--lt-blue)" : "var(--lt-grey)";
    const [tip, beside] = how === "backward" ? points[0] : lastOf(points);
    const end = how === "backward" ? tip + 7 : tip - 7;
    const head = [at(tip, beside), at(end, beside - 4), at(end, beside + 4)].flat().join(" ");
    node.append(
      s("path", {
        d,
        fill: "none",
        stroke: color,
        "stroke-width": how ? 2.6 : 1.2,
        "stroke-dasharray": how === "backward" ? "5 3" : "none",
        "data-edge": `${from.box}-${box}`,
      }),
      s("polygon", { points: head, fill: color }),
    );
  }
  for (const slot of rows.flat()) {
    if (slot.box === undefined) continue;
    const { lines, kind, now } = boxes[slot.box];
    const [x, y] = vertical
      ? [slot.side - wide / 2 + 3, middle(slot) - tall / 2 + 3]
      : [middle(slot) - wide / 2 + 3, slot.side - tall / 2 + 3];
    node.append(
      s(
        "g",
        { class: "live-node", "data-box": slot.box },
        s("rect", {
          x,
          y,
          width: wide,
          height: tall,
          rx: kind === "leaf" ? 12 : 2,
          fill: "var(--lt-paper)",
          stroke: now ? "var(--lt-ink)" : STROKES[kind],
          "stroke-width": now ? 3 : kind === "output" ? 2.6 : 1.6,
        }),
        lines.map((text, i) =>
          s(
            "text",
            {
              x: x + wide / 2,
              y: y + 16 + LINE * i,
              "text-anchor": "middle",
              "font-size": 12,
              "font-weight": i === 0 && lines.length > 1 ? 600 : 400,
              fill: "var(--lt-ink)",
            },
            text,
          ),
        ),
      ),
    );
  }
  return node;
}
