// Weights of attention as shades over the characters that are read: all signs, and one in detail.
import { s, unique } from "../frame/elements.mjs";
import { shownLetter } from "./letter_tiles.mjs";

/**
 * What is shown: of `scores` and `weights` (H, T, S) the row `sign`, and the head of that number
 * or, at -1, the mean of those that are on.
 * @typedef {{ letters: string[], written: string, scores: number[][][], weights: number[][][],
 *   on: number[], sign: number, head: number }} Look
 */

/** @param {number} head */
export const headName = (head) => (head < 0 ? "mean" : `head ${head + 1}`);

/**
 * The weights (T, S) of a head, or the mean of those that are on.
 * @param {Pick<Look, "weights" | "on">} look
 * @param {number} head
 */
export function weightsOf({ weights, on }, head) {
  if (head >= 0) return weights[head];
  const used = weights.filter((_, i) => on[i]);
  return weights[0].map((row, t) =>
    row.map((_, i) => used.reduce((sum, table) => sum + table[t][i], 0) / Math.max(1, used.length)),
  );
}

const [LEFT, WIDTH, HEAD, ROW, GAP, BARS] = [56, 360, 18, 14, 24, 56];

/**
 * @param {{ places: number, signs: number, heads: number, pickSign: (sign: number) => unknown,
 *   pickHead: (head: number) => unknown }} settings
 */
export function attentionMap({ places, signs, heads, pickSign, pickHead }) {
  const step = (WIDTH - LEFT - 1) / places;
  const top = HEAD; // of the rows of signs
  const middle = top + signs * ROW + GAP; // of the rows of heads
  const low = middle + (heads + 1) * ROW + GAP; // of the bars of scores
  const hatch = unique("hatch");
  const marks = s("g");
  const line = { d: "M0 5L5 0", class: "live-grid" };
  const node = s(
    "svg",
    { class: "live-plot", viewBox: `0 0 ${WIDTH} ${low + BARS + 2}`, role: "img" },
    s(
      "pattern",
      { id: hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse" },
      s("path", { ...line, "stroke-width": 1.4 }),
    ),
    marks,
  );
  node.addEventListener("click", (event) => {
    const { y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      node.getScreenCTM()?.inverse(),
    );
    const [sign, head] = [top, middle].map((start) => Math.floor((y - start) / ROW));
    if (sign >= 0 && sign < signs) pickSign(sign);
    else if (head >= 0 && head <= heads) pickHead(head < heads ? head : -1);
  });
  /** @param {number} place */
  const x = (place) => LEFT + place * step;
  /** @type {(at: [number, number], words: string, more?: Record<string, string>) => SVGElement} */
  const text = ([left, y], words, more) =>
    s("text", { x: left, y, "aria-hidden": "true", ...more }, words);
  /** @param {number} y */
  const frame = (y, height = ROW) =>
    s("rect", { x: LEFT, y, width: WIDTH - LEFT - 1, height, class: "live-column" });
  /** @type {(weights: number[], y: number, count: number) => SVGElement[]} */
  const shades = (weights, y, count) =>
    weights.slice(0, count).map((weight, i) =>
      s("rect", {
        x: (x(i) + 0.4).toFixed(2),
        y: y + 0.5,
        width: (step - 0.8).toFixed(2),
        height: ROW - 1,
        class: "live-shade",
        "fill-opacity": weight.toFixed(3),
      }),
    );
  /** @type {(y: number, height: number, count: number) => SVGElement} */
  const padding = (y, height, count) =>
    s("rect", {
      x: x(count),
      y,
      width: WIDTH - 1 - x(count),
      height,
      fill: `url(#${hatch})`,
      class: "live-padding",
    });
  /**
   * A bar for each place, from a line at zero; those of the padding are outlined.
   * @param {number[]} scores
   * @param {number} count
   */
  const bars = (scores, count) => {
    const [least, most] = [Math.min(0, ...scores), Math.max(0, ...scores)];
    const py = (/** @type {number} */ score) => low + ((most - score) / (most - least || 1)) * BARS;
    return [
      ...scores.map((score, i) =>
        s("rect", {
          x: (x(i) + 1).toFixed(2),
          y: Math.min(py(0), py(score)).toFixed(2),
          width: (step - 2).toFixed(2),
          height: Math.max(0.5, Math.abs(py(score) - py(0))).toFixed(2),
          class: i < count ? "live-score" : "live-score live-masked",
        }),
      ),
      s("path", { class: "live-axis", d: `M${LEFT} ${py(0).toFixed(2)}H${WIDTH - 1}` }),
      text([LEFT - 6, low + 9], most.toFixed(0), { "text-anchor": "end" }),
      text([LEFT - 6, low + BARS], least.toFixed(0).replace("-", "−"), { "text-anchor": "end" }),
    ];
  };
  /** @param {Look} look */
  const show = (look) => {
    const { letters, written, scores, on, sign, head } = look;
    const count = letters.length;
    const chosen = weightsOf(look, head);
    const end = { "text-anchor": "end" };
    const code = { "text-anchor": "middle", class: "live-code" };
    const most = [...written].map(
      (digit, t) => `${digit} at ${letters[chosen[t].indexOf(Math.max(...chosen[t]))]}`,
    );
    node.setAttribute(
      "aria-label",
      `Weights, ${headName(head)}: each sign looks most at one character. ${most.join(", ")}.`,
    );
    const rows = [...Array(heads).keys(), -1];
    marks.replaceChildren(
      ...letters.map((letter, i) => text([x(i + 0.5), 12], shownLetter(letter), code)),
      ...chosen.flatMap((row, t) => [
        text([LEFT - 8, top + ROW * t + 11], written[t], { ...end, class: "live-code" }),
        ...shades(row, top + ROW * t, count),
      ]),
      padding(top, signs * ROW, count),
      frame(top + ROW * sign),
      text([LEFT, middle - 6], `sign ${sign + 1}, “${written[sign]}”: each head`),
      ...rows.flatMap((one, i) => [
        text([LEFT - 8, middle + ROW * i + 11], headName(one), {
          ...end,
          class: one < 0 || on[one] ? "" : "live-off",
        }),
        ...shades(weightsOf(look, one)[sign], middle + ROW * i, count),
      ]),
      padding(middle, (heads + 1) * ROW, count),
      frame(middle + ROW * rows.indexOf(head)),
      text(
        [LEFT, low - 6],
        head < 0
          ? "choose a head to see its scores"
          : `scores of ${headName(head)}; hollow ones are masked`,
      ),
      ...(head < 0 ? [] : bars(scores[head][sign], count)),
    );
  };
  return { node, show };
}
