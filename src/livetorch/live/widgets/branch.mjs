// One program on two inputs: which lines ran, and the graph that each run recorded.
import { h, latest, live, slider } from "../frame/frame.mjs";
import { drawGraph } from "../parts/graph_layout.mjs";

const LARGEST = 12;

/** A number that knows which operation made it, from what, and the derivative in each of these. */
const recorded = (value, name, sources = []) => ({ value, name, sources });
const TAPE = {
  halve: (a) => recorded(a.value / 2, "DivBackward0", [[a, 1 / 2]]),
  exp: (a) => recorded(Math.exp(a.value), "ExpBackward0", [[a, Math.exp(a.value)]]),
  mul: (a, b) =>
    recorded(a.value * b.value, "MulBackward0", [
      [a, b.value],
      [b, a.value],
    ]),
};

/** The program whose lines the widget shows; `ran` notes each line that runs. */
function traced(x, ran) {
  while (ran(1) && x.value > 1) {
    ran(2);
    x = TAPE.halve(x);
  }
  ran(3);
  if (x.value < 0) {
    ran(4);
    return TAPE.mul(x, TAPE.exp(x));
  }
  ran(5);
  return TAPE.mul(x, x);
}

/** A run of the program: its result, its gradient, and the graph that it left. */
export function answer({ x: start }) {
  if (!Number.isFinite(start) || Math.abs(start) > LARGEST)
    throw new Error(`x goes from -${LARGEST} to ${LARGEST} here.`);
  const lines = [0, 0, 0, 0, 0, 0];
  const x = recorded(start, "x");
  const result = traced(x, (line) => ++lines[line]);
  const found = [];
  const sorted = [];
  const visit = (node) => {
    if (found.includes(node)) return;
    found.push(node);
    node.sources.forEach(([source]) => visit(source));
    sorted.push(node);
  };
  visit(result);
  const grads = new Map([[result, 1]]);
  for (const node of sorted.reverse()) {
    for (const [source, slope] of node.sources)
      grads.set(source, (grads.get(source) ?? 0) + grads.get(node) * slope);
  }
  const order = [x, ...found.filter((node) => node !== x)];
  const edges = order.flatMap((node, to) =>
    [...new Set(node.sources.map(([source]) => order.indexOf(source)))].map((from) => [from, to]),
  );
  edges.push([order.indexOf(result), order.length]);
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const nodes = [
    ...order.map(({ name }) => ({ label: name, kind: name === "x" ? "leaf" : "operation" })),
    { label: "f(x)", kind: "output" },
  ];
  return { value: result.value, grad: grads.get(x), lines, nodes, edges };
}

const short = (number) => String(Number(number.toPrecision(4)));
const SIDES = { left: ["●", "var(--lt-blue)"], right: ["■", "var(--lt-orange)"] };

function draw({ body, options, ask, say, fail }) {
  const inputs = { left: options.left, right: options.right };
  const runs = {};
  const pictures = {};
  const code = h("div", {
    class: "live-scroll",
    role: "region",
    tabindex: 0,
    "aria-label": "The program, and how often each line ran",
  });
  const verdict = h("p", { class: "live-readout" });

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
  const listing = () =>
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
                style:
                  "text-align:left;font-weight:normal;white-space:pre;padding:.1em .3em;font-size:12px",
              },
              text,
            ),
            ...Object.keys(SIDES).map((side) =>
              line ? mark(side, runs[side].lines[line]) : h("td", {}, ""),
            ),
          ),
        ),
      ),
    );

  const turns = (run) => `${run.lines[2]} ${run.lines[2] === 1 ? "turn" : "turns"} of the loop`;
  const told = (side) =>
    `${side}: f(${short(inputs[side])}) = ${short(runs[side].value)}, gradient ${short(runs[side].grad)}`;
  const paint = (changed) => {
    if (!runs.left || !runs.right) return;
    fail();
    code.replaceChildren(listing());
    for (const [side, { box, words }] of Object.entries(pictures)) {
      const { nodes, edges } = runs[side];
      // The nodes lie from the result back, after the leaf; one reads them in the order of the run.
      const texts = nodes.map(({ label, kind }) =>
        kind === "leaf" ? `x = ${short(inputs[side])}` : label,
      );
      box.replaceChildren(
        drawGraph({
          down: true,
          gap: 22,
          room: box.clientWidth || 300,
          inputs: nodes.map((_, to) =>
            edges.filter((edge) => edge[1] === to).map(([from]) => from),
          ),
          boxes: nodes.map(({ kind }, i) => ({ lines: [texts[i]], kind })),
          label: `Graph of the ${side} run: ${[texts[0], ...texts.slice(1, -1).reverse(), texts.at(-1)].join(", then ")}`,
        }),
      );
      words.replaceChildren(
        h("span", { style: "display:block" }, `f(x) = ${short(runs[side].value)}`),
        h("span", { style: "display:block" }, `x.grad = ${short(runs[side].grad)}`),
      );
    }
    const [left, right] = [runs.left, runs.right].map(
      ({ nodes }) => nodes.filter(({ kind }) => kind === "operation").length,
    );
    const same =
      JSON.stringify([runs.left.nodes, runs.left.edges]) ===
      JSON.stringify([runs.right.nodes, runs.right.edges]);
    verdict.textContent = same
      ? `The same graph twice, ${left} recorded ${left === 1 ? "operation" : "operations"} each: only the numbers differ.`
      : `Two graphs: ${left} recorded ${left === 1 ? "operation" : "operations"} on the left, ${right} on the right.`;
    if (changed) say(`${told(changed)}, ${turns(runs[changed])}. ${verdict.textContent}`);
  };

  const controls = Object.keys(SIDES).map((side) => {
    const update = latest(
      ask,
      (run, { x }) => {
        inputs[side] = x;
        runs[side] = run;
        paint(side);
      },
      fail,
    );
    pictures[side] = {
      box: h("div", { class: "live-scroll", style: "display:flex;justify-content:center" }),
      words: h("p", { style: "text-align:center;margin-bottom:.5em", class: "live-readout" }),
      update,
    };
    return slider({
      label: `${SIDES[side][0]} ${side} x`,
      min: options.low,
      max: options.high,
      step: 0.1,
      value: inputs[side],
      format: short,
      change: (x) => update({ x }),
    }).node;
  });
  const columns = Object.entries(pictures).map(([side, { box, words }]) =>
    h(
      "div",
      { style: "min-width:0" },
      h(
        "p",
        { style: "text-align:center" },
        h("span", { style: `color:${SIDES[side][1]}`, "aria-hidden": "true" }, SIDES[side][0]),
        ` ${side}`,
      ),
      words,
      box,
    ),
  );
  body.append(
    h(
      "div",
      { class: "live-columns" },
      h("div", {}, code, h("div", { style: "margin-top:.6em" }, controls), verdict),
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
  return Promise.all(
    Object.entries(pictures).map(([side, { update }]) => update({ x: inputs[side] })),
  ).then(() => undefined);
}

export default live({ draw, answer });
