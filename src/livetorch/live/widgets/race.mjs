// A race of optimizers on a surface: pick the ground, the start, the rates and the noise.
import { choice, player, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { lastOf } from "../parts/lists.mjs";
import { namesOf, STEPS, walk } from "../parts/optimizers.mjs";
import { handle, plot } from "../parts/plot.mjs";
import { standings, written } from "../parts/race_standings.mjs";
import { contour, GROUNDS } from "../parts/race_surfaces.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Paths, Rule } from "../parts/optimizers.mjs" */
/** @import { Pair } from "../parts/plot.mjs" */
/**
 * @typedef {object} Question
 * @property {string} surface
 * @property {Pair} start
 * @property {Record<Rule, number>} rates
 * @property {number} momentum
 * @property {number} noise
 */
/** @typedef {Question & { draws: number[][] }} Options the race at the start, and its noise */
/** @typedef {{ paths: Paths }} Answer */

/**
 * Color and dashes of each line.
 * @type {Record<Rule, [string, string]>}
 */
const LOOKS = {
  SGD: ["orange", "none"],
  momentum: ["blue", "7 3"],
  RMSProp: ["plum", "2 3"],
  Adam: ["green", "9 3 2 3"],
};
const LOWEST = -6;
/** @type {(range: Pair) => number} */
const hundredth = ([low, high]) => (high - low) / 100;
/** @type {(value: number, range: Pair) => boolean} */
const within = (value, [low, high]) => value >= low && value <= high;
/** @param {number} height */
const power = (height) => Math.max(LOWEST, Math.log10(Math.max(height, 1e-12)));

/**
 * Where each optimizer goes, and how high it is there.
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ surface, start, rates, momentum, noise }, { draws }) {
  const ground = GROUNDS[surface];
  if (!ground) throw new Error(`There is no surface '${surface}'.`);
  const paths = namesOf(rates).map((name) => {
    const race = { ground, start, rate: rates[name], momentum, noise, draws };
    return [name, walk(name, race)];
  });
  return { paths: Object.fromEntries(paths) };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  let { surface, start, momentum, noise } = options;
  const rates = { ...options.rates };
  const names = namesOf(rates);
  /** @type {Paths | undefined} */
  let paths;
  let shown = STEPS;

  const run = plot({
    x: [0, STEPS],
    y: [LOWEST, 3],
    xLabel: "step",
    yLabel: "height, as a power of ten",
    height: 270,
    label: "Height of each optimizer against the step",
  });
  const lines = run.layer();
  const cursor = run.layer();
  const frame = h("div", {});
  const words = h("p", { class: "live-readout" });
  const look = (/** @type {Rule} */ name) => ({
    fill: "none",
    stroke: `var(--lt-${LOOKS[name][0]})`,
    "stroke-width": 1.8,
    "stroke-dasharray": LOOKS[name][1],
  });

  /** A new map: the grounds differ in what part of the plane is worth seeing. */
  const lay = () => {
    const ground = GROUNDS[surface];
    const map = plot({
      x: ground.x,
      y: ground.y,
      xLabel: "x",
      yLabel: "y",
      height: 270,
      grid: false,
      label: `Map of the ${ground.text.toLowerCase()}, with the paths`,
    });
    const rings = map.layer();
    const tracks = map.layer();
    rings.append(
      ...ground.levels.map((level) =>
        s("path", {
          d: map.path(contour(ground, level)),
          fill: "none",
          stroke: "var(--lt-grey)",
          "stroke-width": 1,
        }),
      ),
    );
    const place = handle(map, {
      label: "Start of the race",
      at: start,
      step: [hundredth(ground.x), hundredth(ground.y)],
      color: "var(--lt-ink)",
      text: ([x, y]) => `x ${x.toFixed(2)}, y ${y.toFixed(2)}`,
      move: (to) => {
        start = to;
        change();
      },
    });
    map.layer(false).append(place.node);
    frame.replaceChildren(map.node);
    return { map, tracks };
  };
  let drawn = lay();
  const show = () => {
    if (!paths) return;
    const { map, tracks } = drawn;
    tracks.replaceChildren();
    for (const name of names) {
      const path = paths[name].slice(0, shown + 1);
      tracks.append(s("path", { d: map.path(path), ...look(name) }));
      const [x, y] = lastOf(path);
      if (!within(x, map.x) || !within(y, map.y)) continue;
      const fill = `var(--lt-${LOOKS[name][0]})`;
      tracks.append(s("circle", { cx: map.px(x), cy: map.py(y), r: 4, fill }));
    }
    cursor.replaceChildren(
      s("path", {
        d: run.path([
          [shown, LOWEST],
          [shown, 3],
        ]),
        stroke: "var(--lt-grey)",
        "stroke-dasharray": "2 3",
      }),
    );
    words.textContent = standings(paths, shown);
    say(words.textContent);
  };
  const arrived = (/** @type {Answer} */ answered) => {
    fail();
    paths = answered.paths;
    lines.replaceChildren(
      ...names.map((name) => {
        const heights = answered.paths[name].map(([, , height], step) => [step, power(height)]);
        return s("path", { d: run.path(heights), ...look(name) });
      }),
    );
    show();
  };
  const update = latest(ask, arrived, fail);
  const change = () => update({ surface, start, rates: { ...rates }, momentum, noise });
  const steps = player({
    label: "Step",
    last: STEPS,
    start: STEPS,
    pause: 120,
    show: (step) => {
      shown = step;
      show();
    },
  });
  const where = choice({
    label: "Ground",
    value: surface,
    choices: Object.entries(GROUNDS).map(([key, { text }]) => [key, text]),
    change: (key) => {
      surface = key;
      start = GROUNDS[key].start;
      drawn = lay();
      change();
    },
  });
  // A rate is set by its exponent: what matters are factors.
  const speeds = names.map((name) => {
    const key = s(
      "svg",
      { viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" },
      s("path", { d: "M1 6H27", ...look(name), "stroke-width": 2.5 }),
    );
    const bar = slider({
      label: `${name} rate`,
      min: -4,
      max: 0.5,
      step: 0.05,
      value: Math.log10(rates[name]),
      format: (value) => written(10 ** value),
      change: (value) => {
        rates[name] = 10 ** value;
        change();
      },
    });
    bar.node.querySelector("label")?.prepend(key, " ");
    return bar.node;
  });
  const pull = slider({
    label: "Momentum μ",
    min: 0,
    max: 0.99,
    step: 0.01,
    value: momentum,
    format: (value) => value.toFixed(2),
    change: (value) => {
      momentum = value;
      change();
    },
  });
  const shake = slider({
    label: "Noise",
    min: 0,
    max: 4,
    step: 0.1,
    value: noise,
    format: (value) => value.toFixed(1),
    change: (value) => {
      noise = value;
      change();
    },
  });
  body.append(
    where,
    h("div", { class: "live-columns" }, frame, run.node),
    words,
    ...speeds,
    pull.node,
    shake.node,
    steps.node,
  );
  change();
  return steps.stop;
}

export default live({ draw, answer });
