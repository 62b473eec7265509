// One program on two inputs: which lines ran, and the graph that each run recorded.
import { slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { drawGraph } from "../parts/graph_drawing.mjs";
import { lastOf } from "../parts/lists.mjs";
import { runProgram } from "../parts/recorded_program.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Run } from "../parts/recorded_program.mjs" */
/** @typedef {"left" | "right"} Side */
/**
 * The program, and the number of each side at the start.
 * @typedef {{ code: string[], left: number, right: number, low: number, high: number }} Options
 */
/** @typedef {{ x: number }} Question */

const LARGEST = 12;

/**
 * A run of the program.
 * @param {Question} question
 */
export function answer({ x }) {
  if (!Number.isFinite(x) || Math.abs(x) > LARGEST)
    throw new Error(`x goes from -${LARGEST} to ${LARGEST} here.`);
  return runProgram(x);
}

/** @param {number} number */
const short = (number) => String(Number(number.toPrecision(4)));
const LINE_STYLE =
  "text-align:left;font-weight:normal;white-space:pre;padding:.1em .3em;font-size:12px";
/** @type {Side[]} */
const BOTH = ["left", "right"];
const SIDES = { left: ["●", "var(--lt-blue)"], right: ["■", "var(--lt-orange)"] };

/** @param {Stage<Options, Question, Run>} stage */
function draw({ body, options, ask, say, fail }) {
  const inputs = { left: options.left, right: options.right };
  /** @type {Partial<Record<Side, Run>>} */
  const runs = {};
  const code = h("div", {
    class: "live-scroll",
    role: "region",
    tabindex: 0,
    "aria-label": "The program, and how often each line ran",
  });
  const verdict = h("p", { class: "live-readout" });

  /** @type {(side: Side, times: number) => HTMLElement} */
  const mark = (side, times) =>
    h(
      "td",
      { style: "padding:.1em .25em;white-space:nowrap;font-size:13px" },
      h(
        "span",
        { style: `color:${SIDES[side][1]}`, "aria-hidden": "true" },
        times ? `${SIDES[side][0]} ` : "",
      ),
      times ? `${times}×` : "–",
    );
  const listing = (/** @type {Record<Side, Run>} */ runs) =>
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["line", "left", "right"].map((name) =>
            h(
              "th",
              {
                scope: "col",
                style:
                  "font-weight:normal;font-size:13px;padding:.1em .3em;" +
                  (name === "line" ? "text-align:left" : ""),
              },
              name === "line" ? "how often each line ran" : name,
            ),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        options.code.map((text, line) =>
          h(
            "tr",
            {},
            h(
              "th",
              {
                scope: "row",
                class: "live-code",
                style: LINE_STYLE,
              },
              text,
            ),
            ...BOTH.map((side) => (line ? mark(side, runs[side].lines[line]) : h("td", {}, ""))),
          ),
        ),
      ),
    );

  /** @type {(side: Side, run: Run) => string} */
  const spoken = (side, { value, grad, lines }) => {
    const turns = `${lines[2]} ${lines[2] === 1 ? "turn" : "turns"} of the loop`;
    const result = `f(${short(inputs[side])}) = ${short(value)}`;
    return `${side}: ${result}, gradient ${short(grad)}, ${turns}`;
  };
  const operations = (/** @type {number} */ count) =>
    `${count} recorded ${count === 1 ? "operation" : "operations"}`;
  const paint = (/** @type {Side} */ changed) => {
    const { left, right } = runs;
    if (!left || !right) return;
    fail();
    const both = { left, right };
    code.replaceChildren(listing(both));
    for (const side of BOTH) {
      const { nodes, edges, value, grad } = both[side];
      const { box, words } = pictures[side];
      // The nodes lie from the result back, after the leaf; one reads them in the order of the run.
      const texts = nodes.map(({ label, kind }) =>
        kind === "leaf" ? `x = ${short(inputs[side])}` : label,
      );
      const inOrder = [texts[0], ...texts.slice(1, -1).reverse(), lastOf(texts)];
      box.replaceChildren(
        drawGraph({
          down: true,
          gap: 22,
          room: box.clientWidth || 300,
          inputs: nodes.map((_, to) =>
            edges.filter((edge) => edge[1] === to).map(([from]) => from),
          ),
          boxes: nodes.map(({ kind }, i) => ({ lines: [texts[i]], kind })),
          label: `Graph of the ${side} run: ${inOrder.join(", then ")}`,
        }),
      );
      words.replaceChildren(
        h("span", { style: "display:block" }, `f(x) = ${short(value)}`),
        h("span", { style: "display:block" }, `x.grad = ${short(grad)}`),
      );
    }
    const counts = [left, right].map(
      ({ nodes }) => nodes.filter(({ kind }) => kind === "operation").length,
    );
    const same =
      JSON.stringify([left.nodes, left.edges]) === JSON.stringify([right.nodes, right.edges]);
    verdict.textContent = same
      ? `The same graph twice, ${operations(counts[0])} each: only the numbers differ.`
      : `Two graphs: ${operations(counts[0])} on the left, ${counts[1]} on the right.`;
    say(`${spoken(changed, both[changed])}. ${verdict.textContent}`);
  };

  const picture = () => ({
    box: h("div", { class: "live-scroll", style: "display:flex;justify-content:center" }),
    words: h("p", { style: "text-align:center;margin-bottom:.5em", class: "live-readout" }),
  });
  const pictures = { left: picture(), right: picture() };
  const controls = BOTH.map((side) => {
    const update = latest(
      ask,
      (run, { x }) => {
        inputs[side] = x;
        runs[side] = run;
        paint(side);
      },
      fail,
    );
    const { node } = slider({
      label: `${SIDES[side][0]} ${side} x`,
      min: options.low,
      max: options.high,
      step: 0.1,
      value: inputs[side],
      format: short,
      change: (x) => update({ x }),
    });
    return { node, start: () => update({ x: inputs[side] }) };
  });
  const columns = BOTH.map((side) =>
    h(
      "div",
      { style: "min-width:0" },
      h(
        "p",
        { style: "text-align:center" },
        h("span", { style: `color:${SIDES[side][1]}`, "aria-hidden": "true" }, SIDES[side][0]),
        ` ${side}`,
      ),
      pictures[side].words,
      pictures[side].box,
    ),
  );
  body.append(
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        {},
        code,
        h(
          "div",
          { style: "margin-top:.6em" },
          controls.map(({ node }) => node),
        ),
        verdict,
      ),
      h(
        "div",
        {
          style:
            "display:grid;grid-template-columns:1fr 1fr;gap:.6em;align-items:start;min-height:26em",
        },
        columns,
      ),
    ),
  );
  return Promise.all(controls.map(({ start }) => start())).then(() => undefined);
}

export default live({ draw, answer });
