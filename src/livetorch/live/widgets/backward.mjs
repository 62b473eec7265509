// A reader's expression as a graph: values appear going forward, gradients going backward.
import { field, player, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { differentiated } from "../parts/differentiation.mjs";
import { shortNumber, stateAt, worded } from "../parts/gradient_steps.mjs";
import { drawGraph } from "../parts/graph_drawing.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { GraphBox } from "../parts/differentiation.mjs" */
/** @typedef {{ expression: string, values: Record<string, number> }} Question */
/** @typedef {{ boxes: GraphBox[] }} Answer */

/**
 * Values and gradients of every box of an expression.
 * @param {Question} question
 * @returns {Answer}
 */
export function answer(question) {
  return differentiated(question);
}

/** @param {Stage<Question, Question, Answer>} stage its options are the question at the start */
function draw({ body, options, ask, say }) {
  let expression = options.expression;
  const values = { ...options.values };
  /** @type {GraphBox[]} */
  let boxes = [];
  let step = 0;
  /** @type {ReturnType<typeof player> | undefined} */
  let steps;
  const sliders = h("div", { class: "live-columns", style: "column-gap:3em" });
  const control = h("div");
  const picture = h("div", {
    class: "live-scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "The graph of the expression",
  });
  // Beside the line that is wrong: a phone shows no more than that above its keys.
  const wrong = h("p", { class: "live-trouble", role: "alert" });
  const words = h("p", { class: "live-readout", style: "min-height:6em" });

  const paint = () => {
    const { now, direction, computed, grads, text } = stateAt(boxes, step);
    const code = worded(boxes).code;
    const texts = boxes.map((box, i) => [
      box.op === "leaf" ? box.name : `${box.name} = ${code(box)}`,
      `value ${computed.has(box) ? shortNumber(box.value) : "…"}`,
      `grad ${grads[i] === undefined ? "…" : shortNumber(grads[i])}`,
    ]);
    const inputs = boxes.map(({ parts }) => parts.filter((part) => typeof part === "number"));
    picture.replaceChildren(
      drawGraph({
        room,
        inputs,
        label: texts.map((lines) => lines.join(", ")).join("; "),
        boxes: boxes.map((box, i) => ({
          lines: texts[i],
          now: box === now,
          kind: box.op === "leaf" ? "leaf" : i === boxes.length - 1 ? "output" : "operation",
        })),
        lit: (to) => (boxes[to] === now ? direction : undefined),
      }),
    );
    words.textContent = text;
  };
  const go = (/** @type {number} */ to) => {
    step = to;
    paint();
    say(words.textContent ?? "");
  };
  /** @type {(answered: Answer, question: Question) => void} */
  const shown = (answered, question) => {
    if (question.expression === text.input.value) wrong.textContent = "";
    const same = answered.boxes.map(({ op, parts }) => [op, parts]);
    const fresh =
      JSON.stringify(same) !== JSON.stringify(boxes.map(({ op, parts }) => [op, parts]));
    const names = answered.boxes.filter(({ op }) => op === "leaf").map(({ name }) => name);
    const renamed =
      String(names) !== String(boxes.filter(({ op }) => op === "leaf").map(({ name }) => name));
    boxes = answered.boxes;
    expression = question.expression;
    if (renamed) {
      sliders.replaceChildren(
        ...names.map(
          (name) =>
            slider({
              label: name,
              min: -6,
              max: 6,
              step: 0.1,
              value: values[name] ?? 1,
              change: (value) => {
                values[name] = value;
                update({ expression, values });
              },
            }).node,
        ),
      );
    }
    if (!fresh && !renamed) return go(step);
    steps?.stop();
    const last = 2 * boxes.filter(({ op }) => op !== "leaf").length + 1;
    steps = player({ label: "Step", last, show: go, pause: 2600 });
    control.replaceChildren(steps.node);
    return steps.go(0);
  };
  const update = latest(ask, shown, (error) => {
    text.input.setAttribute("aria-invalid", "true");
    wrong.textContent = /** @type {Error} */ (error).message;
  });
  const text = field({
    label: "Expression",
    value: expression,
    style: "width:22em",
    change: (written) => {
      text.input.removeAttribute("aria-invalid");
      update({ expression: written, values });
    },
  });
  // The graph turns when a phone does; where nothing is laid out yet, the widget's widest is taken.
  const measure = () => body.clientWidth || 730;
  let room = measure();
  const watch = new ResizeObserver(() => {
    if (measure() === room || boxes.length === 0) return;
    room = measure();
    paint();
  });
  watch.observe(body);
  body.append(
    text.node,
    wrong,
    h("p", { class: "live-note" }, "Numbers, variables, + - * / ** and sin, exp, log, tanh, relu."),
    sliders,
    control,
    words,
    picture,
  );
  return update({ expression, values }).then(() => () => {
    steps?.stop();
    watch.disconnect();
  });
}

export default live({ draw, answer });
