// A reader's expression as a graph: values appear going forward, gradients going backward.
import { field, h, latest, live, player, slider } from "../frame/frame.mjs";
import { differentiated } from "../parts/expression.mjs";
import { drawGraph } from "../parts/graph_layout.mjs";

/** Values and gradients of every box of an expression. */
export function answer(question) {
  return differentiated(question);
}

const SIGNS = { add: "+", sub: "-", mul: "*", div: "/", pow: "**" };
const DOES = {
  add: "Add",
  sub: "Subtract",
  mul: "Multiply",
  div: "Divide",
  pow: "Power",
  neg: "Negate",
};

/** A number with four digits, as torch would write what is not finite. */
export function shortNumber(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  return String(Number(number.toPrecision(4)));
}

const applied = (op, [a, b]) =>
  SIGNS[op] ? `${a} ${SIGNS[op]} ${b}` : op === "neg" ? `-${a}` : `${op}(${a})`;

/** The texts of an expression's boxes: names, numbers, and local derivatives in words. */
export function worded(boxes) {
  const name = (part) => (typeof part === "number" ? boxes[part].name : shortNumber(part.number));
  const value = (part) => shortNumber(typeof part === "number" ? boxes[part].value : part.number);
  const bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);
  const code = (box) =>
    applied(
      box.op,
      box.parts.map((part, i) => (i || box.op === "pow" ? bracketed(name(part)) : name(part))),
    );
  const local = ({ op, parts, name: own }, i) => {
    const [a, b] = parts.map(name);
    if (op === "mul") return i ? a : b;
    if (op === "div") return i ? `-${a} / ${b} ** 2` : `1 / ${b}`;
    if (op === "pow" && i) return `${own} · log(${a})`;
    if (op === "pow") return b === "2" ? `2 · ${a}` : `${b} · ${a} ** (${b} - 1)`;
    return {
      sin: `cos(${a})`,
      exp: `exp(${a})`,
      log: `1 / ${a}`,
      tanh: `1 - ${own} ** 2`,
      relu: `the slope of relu at ${a}`,
    }[op];
  };
  const forward = (box) => {
    const numbers = applied(
      box.op,
      box.parts.map((part, i) =>
        SIGNS[box.op] || box.op === "neg" ? bracketed(value(part)) : value(part),
      ),
    );
    return `${DOES[box.op] ?? box.op}: ${box.name} = ${code(box)} = ${numbers} = ${shortNumber(box.value)}.`;
  };
  const backward = (box, before) => {
    const sums = new Map();
    const told = box.parts.map((part, i) => {
      if (typeof part !== "number") return "";
      const factor = local(box, i);
      const slope = shortNumber(box.local[i]);
      const by = factor && factor !== slope ? `${factor} = ${slope}` : slope;
      const passed = shortNumber(box.passed[i]);
      const had = sums.get(part) ?? before[part];
      const sum = (had ?? 0) + Number(box.passed[i]);
      sums.set(part, sum);
      const added =
        had === undefined
          ? ""
          : ` It has ${shortNumber(had)} from another path already: together ${shortNumber(sum)}.`;
      return ` The gradient of ${name(part)} is upstream ${shortNumber(box.grad)} times ${by}, which makes ${passed}.${added}`;
    });
    return `${DOES[box.op] ?? box.op}, ${box.name} = ${code(box)}.${told.join("")}`;
  };
  return { code, forward, backward };
}

/** What is known after some steps: which box is at work, the gradients so far, and the words. */
export function stateAt(boxes, step) {
  const words = worded(boxes);
  const made = boxes.filter(({ op }) => op !== "leaf");
  const last = boxes.at(-1);
  const computed = new Set(boxes.filter((box) => box.op === "leaf" || made.indexOf(box) < step));
  const grads = [];
  let text = "Forward: the variables have their values. Step on to compute one box at a time.";
  let now, direction;
  if (step > 0 && step <= made.length) {
    [now, direction] = [made[step - 1], "forward"];
    text = words.forward(now);
  }
  if (step > made.length) {
    grads[boxes.length - 1] = 1;
    now = last;
    text = `Backward: the gradient of the output ${last.name} in itself is 1. From here each box passes on what it got, times its local derivative.`;
    for (const box of [...made].reverse().slice(0, step - made.length - 1)) {
      [now, direction] = [box, "backward"];
      text = words.backward(box, grads);
      box.parts.forEach(
        (part, i) =>
          typeof part === "number" && (grads[part] = (grads[part] ?? 0) + Number(box.passed[i])),
      );
    }
  }
  if (step === 2 * made.length + 1) {
    const all = boxes
      .filter(({ op }) => op === "leaf")
      .map(({ name, grad }) => `${name}.grad = ${shortNumber(grad)}`);
    text += ` All done: ${all.join(", ")}.`;
  }
  return { now, direction, computed, grads, text };
}

function draw({ body, options, ask, say }) {
  let expression = options.expression;
  const values = { ...options.values };
  let boxes = [];
  let step = 0;
  let steps;
  let room;
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
  const go = (to) => {
    step = to;
    paint();
    say(words.textContent);
  };
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
              change: (value) => ((values[name] = value), update({ expression, values })),
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
    text.input.setAttribute("aria-invalid", true);
    wrong.textContent = error.message;
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
  room = measure();
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
