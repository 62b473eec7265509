// How much faster many processes are, for a model, a batch and links of the reader's.
import { check, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { plot } from "../parts/plot.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @typedef {"milliseconds" | "megabytes" | "bandwidth"} Quantity */
/** @typedef {Record<Quantity, number> & { growing: boolean }} Question */
/** @typedef {{ processes: number, latency: number }} Machine the most processes, and seconds */
/**
 * The question at the start, and what may be chosen.
 * @typedef {Machine & { start: Question, milliseconds: number[], megabytes: number[],
 *   bandwidths: number[] }} Options
 */
/** @typedef {{ speed_ups: number[] }} Answer */

/**
 * For 1 to 64 processes, how many times as many examples a second; the formula is the chapter's.
 * @param {Question} question
 * @param {Machine} machine
 * @returns {Answer}
 */
export function answer({ milliseconds, megabytes, bandwidth, growing }, { processes, latency }) {
  const known = [milliseconds, megabytes, bandwidth].every(
    (number) => Number.isFinite(number) && number > 0,
  );
  if (!known) throw new Error("Times, sizes and speeds must be numbers above 0.");
  const compute = milliseconds / 1e3;
  const speedUps = Array.from({ length: processes }, (_, i) => {
    const P = i + 1;
    const exchange =
      (2 * ((P - 1) / P) * megabytes * 1e6) / (bandwidth * 1e9) + 2 * (P - 1) * latency;
    return growing ? (P * compute) / (compute + exchange) : compute / (compute / P + exchange);
  });
  return { speed_ups: speedUps };
}

/** @param {number} value */
const timesText = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/**
 * What the curve says, in a sentence: the best number of processes, and what the most give.
 * @param {number[]} speedUps
 */
export function verdict(speedUps) {
  const best = speedUps.reduce((top, value, i) => (value > speedUps[top] ? i : top), 0);
  const last = speedUps.length - 1;
  const most = `${timesText(speedUps[best])} times as fast`;
  if (best === 0) return "More processes only make it slower: stay with one.";
  const share = Math.round((100 * speedUps[last]) / (last + 1));
  if (best === last) return `${last + 1} processes: ${most}, ${share} % of the ideal.`;
  const atMost = `With ${last + 1}: ${timesText(speedUps[last])} times.`;
  return `Best with ${best + 1} processes: ${most}. ${atMost}`;
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const question = { ...options.start };
  const many = options.processes;
  const chart = plot({
    x: [0, many],
    y: [0, many],
    xLabel: "processes",
    yLabel: "speed-up",
    label: "Speed-up against the number of processes",
  });
  const ideal = Array.from({ length: many }, (_, i) => [i + 1, i + 1]);
  chart.layer().append(
    s("path", {
      d: chart.path(ideal),
      fill: "none",
      stroke: "var(--lt-ink)",
      "stroke-width": 1.2,
      "stroke-dasharray": "5 3",
    }),
  );
  chart
    .layer()
    .append(s("text", { x: chart.px(30), y: chart.py(40), "text-anchor": "end" }, "ideal"));
  const curve = chart.layer(false);
  const readout = h("p", { class: "live-readout" });
  const show = (/** @type {Answer} */ { speed_ups: speedUps }) => {
    fail();
    const points = speedUps.map((value, i) => [i + 1, value]);
    const top = speedUps.indexOf(Math.max(...speedUps));
    curve.replaceChildren(
      s("path", {
        d: chart.path(points),
        fill: "none",
        stroke: "var(--lt-blue)",
        "stroke-width": 2.2,
      }),
      s("circle", {
        cx: chart.px(top + 1),
        cy: chart.py(speedUps[top]),
        r: 4.5,
        fill: "var(--lt-orange)",
      }),
    );
    readout.textContent = verdict(speedUps);
    say(readout.textContent);
  };
  const update = latest(ask, show, fail);
  const changed = () => update({ ...question });
  /** @type {(label: string, name: Quantity, values: number[], unit: string) => HTMLElement} */
  const pick = (label, name, values, unit) =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: values.indexOf(question[name]),
      format: (i) => `${values[i]} ${unit}`,
      change: (i) => {
        question[name] = values[i];
        return changed();
      },
    }).node;
  body.append(
    pick("Step alone", "milliseconds", options.milliseconds, "ms"),
    pick("Gradient", "megabytes", options.megabytes, "MB"),
    pick("Links", "bandwidth", options.bandwidths, "GB/s"),
    check({
      label: "A full batch for each process",
      value: question.growing,
      change: (on) => {
        question.growing = on;
        return changed();
      },
    }),
    chart.node,
    readout,
  );
  return changed();
}

export default live({ draw, answer });
