// A small network that trains on points in a plane while one watches: backpropagation by hand.
import { button, choice, slider } from "../frame/controls.mjs";
import { h, reducedMotion, s } from "../frame/elements.mjs";
import { live } from "../frame/frame.mjs";
import { decisionMap } from "../parts/decision_map.mjs";
import { plot } from "../parts/plot.mjs";
import {
  BENDS,
  freshState,
  judged,
  logitAt,
  networkSizes,
  trained,
} from "../parts/small_network.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { LabelledPoint } from "../parts/decision_map.mjs" */
/** @import { Pair } from "../parts/plot.mjs" */
/** @import { Choices, State } from "../parts/small_network.mjs" */
/**
 * Numbers to start from, and of the widget: cells along a side of the map, the largest coordinate,
 * the last step, steps at one press, the most layers and units.
 * @typedef {{ sets: Record<string, LabelledPoint[]>, draws: number[], rate: number, cells: number,
 *   limit: number, last: number, steps: number, most: Pair, activations: string[] }} Settings
 */
/** @typedef {Choices & Settings} Options */
/** @typedef {Choices & { start: number, steps: number, state: State | null }} Question */
/** @typedef {{ state: State, loss: number, accuracy: number, grid: number[] }} Answer */

/**
 * Train for some steps from a state, or from the start; then the loss, the accuracy, the map.
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer(question, options) {
  const { sets, draws, rate, cells, limit } = options;
  const sizes = networkSizes(question, options);
  const points = sets[question.data];
  const from = question.state ?? freshState(sizes, question.activation, question.start, draws);
  const network = { sizes, bend: BENDS[question.activation] };
  const state = trained(from, network, points, question.steps, rate);
  const { theta } = state;
  const center = (/** @type {number} */ i) => ((i + 0.5) / cells) * 2 * limit - limit;
  const grid = Array.from({ length: cells * cells }, (_, n) =>
    logitAt(theta, network, center(n % cells), center(Math.floor(n / cells))),
  );
  return { state, ...judged(theta, network, points), grid };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail, page }) {
  const { sets, most, cells, limit, last, activations } = options;
  let { data, layers, width, activation } = options;
  let start = 0;
  /** @type {Answer | undefined} */
  let now;
  /** @type {Pair[]} */
  let losses = [];
  let turn = 0;
  /** @type {number | undefined} */
  let timer;
  let running = false;
  // In a page the training stands between the reader and the page, so that as many steps are taken
  // at once as this machine does in a moment; a kernel trains elsewhere.
  let pace = page ? 1 : options.steps;
  const picture = decisionMap(limit, cells);
  const chart = plot({
    x: [0, last],
    y: [0, 1],
    xLabel: "step",
    yLabel: "loss",
    label: "The loss after each step so far",
  });
  const curve = s("path", { fill: "none", stroke: "var(--lt-green)", "stroke-width": 2 });
  chart.layer().append(curve);
  const readout = h("p", { class: "live-readout" });

  const show = (/** @type {Answer} */ { state, loss, accuracy, grid }) => {
    picture.show(grid, state.theta, layers ? width : 1);
    curve.setAttribute("d", chart.path(losses));
    const all = sets[data].length;
    const right = `${Math.round(accuracy * all)} of ${all} points right`;
    const text =
      `Step ${state.t}: loss ${loss.toFixed(3)}, ${right}. ` + `${state.theta.length} parameters.`;
    readout.textContent = text;
    say(text);
  };
  /** Before the first answer, which may fail, no step was taken. */
  const done = () => (now?.state.t ?? 0) >= last;
  const label = () => {
    go.textContent = running ? "Pause" : done() ? "Done" : "Train";
  };
  const pause = () => {
    running = false;
    turn += 1;
    clearTimeout(timer);
    label();
  };
  /**
   * One question; an answer to a network that was left meanwhile is dropped.
   * @param {number} steps
   */
  const train = async (steps) => {
    const asked = turn;
    try {
      const state = now?.state ?? null;
      const answered = await ask({ data, layers, width, activation, start, steps, state });
      if (asked !== turn) return;
      fail();
      now = answered;
      losses.push([now.state.t, now.loss]);
      show(now);
      if (done()) pause();
      disable(done());
    } catch (error) {
      if (asked !== turn) return;
      pause();
      fail(error);
    }
  };
  const rest = (/** @type {number} */ pause) =>
    new Promise((resume) => {
      timer = setTimeout(resume, pause);
    });
  /**
   * Some steps in portions, with a rest after each, until the reader does something else.
   * @param {number} steps
   * @param {number} pause
   */
  const trainOn = async (steps, pause) => {
    turn += 1;
    const asked = turn;
    for (let left = steps; left > 0 && asked === turn && !done(); ) {
      const portion = Math.min(left, pace);
      const before = performance.now();
      await train(portion);
      const took = performance.now() - before;
      if (page)
        pace =
          took > 30
            ? Math.max(1, Math.floor(pace / 2))
            : took < 12
              ? Math.min(options.steps, pace + 1)
              : pace;
      left -= portion;
      await rest(pause);
    }
  };
  const go = button("Train", () => {
    if (running) return pause();
    running = true;
    label();
    return trainOn(last, reducedMotion() ? 300 : 16);
  });
  const few = button("10 steps", () => {
    pause();
    return trainOn(options.steps, 0);
  });
  const disable = (/** @type {boolean} */ off) => {
    go.disabled = off;
    few.disabled = off;
  };
  /** Begin anew with what is chosen now; a run stops. */
  const begin = () => {
    pause();
    [now, losses] = [undefined, []];
    disable(false);
    picture.showPoints(sets[data]);
    return train(0).then(label);
  };
  const other = button("Other start", () => {
    start += 1;
    return begin();
  });
  /** @type {(name: string, mark: SVGElement) => HTMLElement} */
  const key = (name, mark) =>
    h(
      "span",
      {},
      s("svg", { width: 24, height: 12, viewBox: "0 0 24 12", "aria-hidden": "true" }, mark),
      " ",
      name,
    );
  body.append(
    choice({
      label: "Data",
      value: data,
      choices: Object.keys(sets).map((name) => [name, name]),
      change: (name) => {
        data = name;
        begin();
      },
    }),
    slider({
      label: "Hidden layers",
      min: 0,
      max: most[0],
      step: 1,
      value: layers,
      change: (value) => {
        layers = value;
        begin();
      },
    }).node,
    slider({
      label: "Width",
      min: 1,
      max: most[1],
      step: 1,
      value: width,
      format: (value) => `${value} ${value === 1 ? "unit" : "units"}`,
      change: (value) => {
        width = value;
        begin();
      },
    }).node,
    choice({
      label: "Activation",
      value: activation,
      choices: activations.map((name) => [name, name]),
      change: (name) => {
        activation = name;
        begin();
      },
    }),
    h("div", { class: "live-row" }, go, few, other),
    h("div", { class: "live-columns" }, picture.node, chart.node),
    h(
      "p",
      { class: "live-row" },
      key("class 1", s("circle", { cx: 12, cy: 6, r: 4, fill: "var(--lt-blue)" })),
      key("class 0", s("rect", { x: 8, y: 2, width: 8, height: 8, fill: "var(--lt-orange)" })),
      key(
        "a unit's sum is zero",
        s("path", {
          d: "M1 6H23",
          stroke: "var(--lt-ink)",
          "stroke-width": 1.5,
          "stroke-dasharray": "5 4",
        }),
      ),
    ),
    readout,
  );
  return begin().then(() => pause);
}

export default live({ draw, answer });
