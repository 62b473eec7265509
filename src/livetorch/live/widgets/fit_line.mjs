// A line, its points and its loss surface: drag them, and see where gradient descent goes.
import { player, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { descent, ellipse, halfMse, STEPS, TOO_LARGE } from "../parts/line_descent.mjs";
import { lastOf } from "../parts/lists.mjs";
import { handle, plot } from "../parts/plot.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Descent, Question } from "../parts/line_descent.mjs" */
/** @import { Pair } from "../parts/plot.mjs" */

const LEVELS = [0.2, 0.5, 1, 2, 4, 8, 14];
const ENDS = [-2, 3];

/**
 * The path of gradient descent, and what bounds its rate.
 * @param {Question} question
 */
export function answer(question) {
  return descent(question);
}

/**
 * What the path shows, in a sentence.
 * @param {Descent} descent
 * @param {number} rate
 */
function outcome({ path, limit }, rate) {
  const [first, last] = [path[0][2], lastOf(path)[2]];
  if (rate > limit) {
    const much =
      last >= TOO_LARGE
        ? `passed a million after ${path.length - 1} steps`
        : `went from ${first.toFixed(2)} to ${last.toPrecision(3)}`;
    return (
      `The loss ${much}: each step jumps farther past the valley than it came from. ` +
      `Below a rate of ${limit.toFixed(2)} the path stays.`
    );
  }
  return `${path.length - 1} steps take the loss from ${first.toFixed(3)} to ${last.toFixed(3)}.`;
}

/** @param {Stage<Question, Question, Descent>} stage its options are the question at the start */
function draw({ body, options, ask, say, fail }) {
  const points = [...options.points];
  let { start, rate } = options;
  /** @type {Descent | undefined} */
  let known;
  let shown = 0;

  const data = plot({
    x: [-2.2, 3.2],
    y: [-4, 6],
    xLabel: "x",
    yLabel: "y",
    height: 270,
    label: "Points and the line",
  });
  const errors = data.layer();
  const lineLayer = data.layer();
  const marks = data.layer(false);
  const lossPlot = plot({
    x: [-2, 4],
    y: [-3, 4],
    xLabel: "weight w",
    yLabel: "bias b",
    height: 270,
    label: "Loss over weight and bias, with the path of gradient descent",
  });
  const rings = lossPlot.layer();
  const way = lossPlot.layer();
  const mark = lossPlot.layer(false);
  const line = s("path", { stroke: "var(--lt-orange)", "stroke-width": 2.5 });
  const trace = s("path", { fill: "none", stroke: "var(--lt-orange)", "stroke-width": 1.5 });
  const dots = s("g", { fill: "var(--lt-orange)" });
  lineLayer.append(line);
  way.append(trace, dots);
  const words = h("p", { class: "live-readout" });
  const numbers = h("p", { class: "live-readout live-code" });

  const begin = (/** @type {Pair} */ line) => {
    start = line;
    steps.stop();
    shown = 0;
    steps.go(0);
    change();
  };
  const ends = ENDS.map((x, side) =>
    handle(data, {
      label: `${side ? "Right" : "Left"} end of the line`,
      at: [x, start[0] * x + start[1]],
      step: [0, 0.1],
      radius: 6,
      text: ([, y]) => `height ${y.toFixed(1)}`,
      move: ([, y]) => {
        const [weight, bias] = current();
        const both = ENDS.map((end) => weight * end + bias);
        both[side] = y;
        const w = (both[1] - both[0]) / (ENDS[1] - ENDS[0]);
        begin([w, both[0] - w * ENDS[0]]);
      },
    }),
  );
  const place = handle(lossPlot, {
    label: "Weight and bias of the line",
    at: start,
    step: [0.1, 0.1],
    text: ([w, b]) => `weight ${w.toFixed(2)}, bias ${b.toFixed(2)}`,
    move: (line) => begin(line),
  });
  const examples = points.map((point, i) =>
    handle(data, {
      label: `Point ${i + 1}`,
      at: point,
      step: [0.1, 0.1],
      color: "var(--lt-blue)",
      radius: 5.5,
      text: ([x, y]) => `x ${x.toFixed(1)}, y ${y.toFixed(1)}`,
      move: (to) => {
        points[i] = to;
        change();
      },
    }),
  );
  marks.append(...examples.map(({ node }) => node), ...ends.map(({ node }) => node));
  mark.append(place.node);

  // Before a step the line is where the reader's hand is, whatever was answered so far.
  const current = () =>
    shown && known ? known.path[Math.min(shown, known.path.length - 1)] : start;
  const show = () => {
    const [w, b] = current();
    line.setAttribute("d", data.path(ENDS.map((x) => [x, w * x + b])));
    for (const [side, end] of ends.entries()) end.put([ENDS[side], w * ENDS[side] + b]);
    place.put([w, b]);
    errors.replaceChildren(
      ...points.map(([x, y]) =>
        s("path", {
          d: data.path([
            [x, y],
            [x, w * x + b],
          ]),
          stroke: "var(--lt-grey)",
          "stroke-width": 1.3,
          "stroke-dasharray": "4 3",
        }),
      ),
    );
    const loss = halfMse(points, w, b);
    const lossText = loss < 1e4 ? loss.toFixed(3) : loss.toExponential(1);
    numbers.textContent = `w = ${w.toFixed(2)}   b = ${b.toFixed(2)}   loss = ${lossText}`;
  };
  /** @type {(answered: Descent, question: Question) => void} */
  const arrived = (answered, question) => {
    fail();
    known = answered;
    rings.replaceChildren(
      ...LEVELS.map((level) =>
        s("path", {
          d: lossPlot.path(ellipse(points, answered.best, level)),
          fill: "none",
          stroke: "var(--lt-grey)",
          "stroke-width": 1,
        }),
      ),
    );
    trace.setAttribute("d", lossPlot.path(answered.path));
    dots.replaceChildren(
      ...answered.path.map(([w, b]) =>
        s("circle", {
          cx: lossPlot.px(w),
          cy: Math.max(-1e4, Math.min(1e4, lossPlot.py(b))),
          r: 2.4,
        }),
      ),
    );
    words.textContent = outcome(answered, question.rate);
    say(words.textContent);
    show();
  };
  const update = latest(ask, arrived, fail);
  const change = () => {
    show();
    update({ points, start, rate });
  };
  const speed = slider({
    label: "Learning rate",
    min: 0.02,
    max: 1.2,
    step: 0.02,
    value: rate,
    format: (value) => value.toFixed(2),
    change: (value) => {
      rate = value;
      change();
    },
  });
  const steps = player({
    label: "Step",
    last: STEPS,
    pause: 250,
    show: (step) => {
      shown = step;
      show();
    },
  });
  body.append(
    h("div", { class: "live-columns" }, data.node, lossPlot.node),
    numbers,
    speed.node,
    steps.node,
    words,
  );
  steps.go(0);
  change();
  return steps.stop;
}

export default live({ draw, answer });
