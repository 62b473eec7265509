// A run that was cut off: tick what its checkpoint holds, and see where the resumed run goes.
import { check, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { live } from "../frame/frame.mjs";
import { lastOf, sumOf } from "../parts/lists.mjs";
import { plot } from "../parts/plot.mjs";

/** @import { Attributes } from "../frame/elements.mjs" */
/** @import { Stage } from "../frame/frame.mjs" */
/** @typedef {"optimizer" | "schedule" | "generators"} Part of a checkpoint, beside the weights */
/** @typedef {{ losses: number[], gap: string, same: boolean }} Outcome of a resumed run */
/**
 * The losses before and after the cut, the learning rates of the whole run and of one restarted,
 * outcomes by the parts that were kept ("optimizer+schedule"), and bytes.
 * @typedef {{ before: number[], after: number[], rates: number[], restarted: number[],
 *   outcomes: Record<string, Outcome>, sizes: Record<Part | "model", number> }} Options
 */

/** @type {Part[]} */
const RESUMED_PARTS = ["optimizer", "schedule", "generators"];
/** @param {number} bytes */
const kilobytes = (bytes) => (bytes ? `${(bytes / 1000).toFixed(1)} kB` : "no tensors");
/** @param {number} loss */
const lossText = (loss) => Number(loss.toPrecision(3)).toString();

/**
 * A line of the drawings with its name.
 * @param {string} name
 * @param {Attributes} attributes
 */
function lineKey(name, attributes) {
  return h(
    "span",
    { class: "live-check" },
    s(
      "svg",
      { width: 30, height: 12, "aria-hidden": "true" },
      s("path", { d: "M1 6H29", fill: "none", ...attributes }),
    ),
    h("span", {}, name),
  );
}

/** @param {Stage<Options>} stage */
function draw({ body, options, say }) {
  const { before, after, rates, restarted, outcomes, sizes } = options;
  const middle = before.length;
  const last = middle + after.length;
  const logs = [
    ...before,
    ...after,
    ...Object.values(outcomes).flatMap(({ losses }) => losses),
  ].map(Math.log10);
  const low = Math.floor(2 * Math.min(...logs)) / 2;
  const high = Math.ceil(2 * Math.max(...logs)) / 2;
  /** @type {(values: number[], start: number) => number[][]} */
  const points = (values, start) => values.map((value, i) => [start + i + 1, value]);
  /** @type {(values: number[], start: number) => number[][]} */
  const logPoints = (values, start) => points(values.map(Math.log10), start);

  const losses = plot({
    x: [0, last],
    y: [low, high],
    xLabel: "step",
    yLabel: "training loss",
    label: "Training loss over the steps",
  });
  // The axis is linear in the logarithm; readers want the loss itself.
  for (const text of losses.node.querySelectorAll('.live-axes text[text-anchor="end"]')) {
    text.textContent = String(Number((10 ** Number(text.textContent)).toPrecision(2)));
  }
  const highest = Math.max(...rates, ...restarted);
  const speeds = plot({
    x: [0, last],
    y: [0, 1.1 * highest],
    xLabel: "step",
    yLabel: "learning rate",
    label: "Learning rate over the steps",
  });
  const whole = { fill: "none", stroke: "var(--lt-grey)", "stroke-width": 6 };
  const resumedLine = (/** @type {boolean} */ same) => ({
    stroke: same ? "var(--lt-blue)" : "var(--lt-orange)",
    "stroke-width": 2.2,
    "stroke-dasharray": same ? "none" : "6 3",
  });
  losses
    .layer()
    .append(s("path", { ...whole, d: losses.path(logPoints([...before, ...after], 0)) }));
  speeds.layer().append(s("path", { ...whole, d: speeds.path(points(rates, 0)) }));
  for (const axes of [losses, speeds]) {
    axes.layer().append(
      s("path", {
        d: `M${axes.px(middle)} ${axes.py(axes.y[0])}V${axes.py(axes.y[1])}`,
        stroke: "var(--lt-ink)",
        "stroke-dasharray": "2 3",
        fill: "none",
      }),
    );
  }
  const [lossLine, rateLine] = [losses, speeds].map((axes) => {
    const line = s("path", { fill: "none" });
    axes.layer().append(line);
    return line;
  });
  const look = s("path", { stroke: "var(--lt-ink)", "stroke-width": 1, fill: "none" });
  const dots = [
    s("rect", { width: 9, height: 9, fill: "var(--lt-grey)", stroke: "var(--lt-ink)" }),
    s("circle", { r: 4.5, fill: "var(--lt-paper)", stroke: "var(--lt-ink)", "stroke-width": 1.6 }),
  ];
  losses.layer(false).append(look, ...dots);

  /** @type {Set<Part>} */
  const held = new Set();
  const verdict = h("p", { class: "live-readout" });
  const reading = h("p", { class: "live-readout" });
  const keys = h("div", { class: "live-row" });
  const outcome = () => outcomes[RESUMED_PARTS.filter((part) => held.has(part)).join("+")];

  const showStep = () => {
    const at = step.value;
    const [mine, theirs] = [outcome().losses[at - middle - 1], after[at - middle - 1]];
    const x = losses.px(at);
    look.setAttribute("d", `M${x} ${losses.py(low)}V${losses.py(high)}`);
    dots[0].setAttribute("x", String(x - 4.5));
    dots[0].setAttribute("y", String(losses.py(Math.log10(theirs)) - 4.5));
    dots[1].setAttribute("cx", String(x));
    dots[1].setAttribute("cy", String(losses.py(Math.log10(mine))));
    const both = `loss ${lossText(mine)} resumed, ${lossText(theirs)} uninterrupted`;
    reading.textContent = `Step ${at}: ${both}.`;
  };
  const show = () => {
    const { losses: values, gap, same } = outcome();
    for (const [name, value] of Object.entries(resumedLine(same))) {
      lossLine.setAttribute(name, String(value));
      rateLine.setAttribute(name, String(value));
    }
    lossLine.setAttribute(
      "d",
      losses.path([[middle, Math.log10(lastOf(before))], ...logPoints(values, middle)]),
    );
    rateLine.setAttribute(
      "d",
      speeds.path(points(held.has("schedule") ? rates.slice(middle) : restarted, middle)),
    );
    const names = ["weights", ...RESUMED_PARTS.filter((part) => held.has(part))];
    const size = sizes.model + sumOf([...held].map((part) => sizes[part]));
    const text = same
      ? `The two runs are one: all ${values.length} losses and every weight are equal, bit for bit.`
      : `Another run: its last loss is ${lossText(lastOf(values))} and not ` +
        `${lossText(lastOf(after))}, and the final weights differ by up to ${gap}.`;
    verdict.replaceChildren(h("strong", {}, `${names.join(" + ")}, ${kilobytes(size)}. `), text);
    keys.replaceChildren(lineKey("uninterrupted", whole), lineKey("resumed", resumedLine(same)));
    showStep();
    say(`${names.join(" and ")}. ${text}`);
  };
  const boxes = RESUMED_PARTS.map((part) =>
    check({
      label: `${part} (${kilobytes(sizes[part])})`,
      value: false,
      change: (yes) => {
        if (yes) held.add(part);
        else held.delete(part);
        show();
      },
    }),
  );
  const step = slider({
    label: "Look at step",
    min: middle + 1,
    max: last,
    step: 1,
    value: last,
    change: () => {
      showStep();
      say(reading.textContent ?? "");
    },
  });
  body.append(
    h(
      "fieldset",
      { class: "live-choice" },
      h("legend", {}, `The checkpoint holds the weights (${kilobytes(sizes.model)}) and`),
      boxes,
    ),
    verdict,
    h("div", { class: "live-columns" }, losses.node, speeds.node),
    keys,
    step.node,
    reading,
  );
  show();
}

export default live({ draw });
