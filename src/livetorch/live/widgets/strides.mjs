// Views of one line of memory: pick an entry, see which cell it reads and by which sum.
import { button, field } from "../frame/controls.mjs";
import { h, unique } from "../frame/elements.mjs";
import { live } from "../frame/frame.mjs";
import { lastOf, productOf } from "../parts/lists.mjs";
import { followed } from "../parts/stride_rules.mjs";
import { cellOf, indexOf } from "../parts/strided.mjs";
import { dress, entryGrid, memoryLine } from "../parts/view_cells.mjs";
import { code, operations, tuple, typedSizes } from "../parts/view_code.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Known, Step } from "../parts/stride_rules.mjs" */
/** @typedef {{ shape: number[] }} Options of the tensor that the program starts from */
/** @typedef {{ steps: Step[] }} Question */
/** @typedef {ReturnType<typeof answer>} Answer */

const DRAWN = 48;

/**
 * What torch knows of the view after some operations, or its error.
 * @param {Question} question
 * @param {Options} options
 */
export function answer({ steps }, { shape }) {
  return followed(shape, steps);
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const many = productOf(options.shape);
  const start = `torch.arange(${many}).reshape${tuple(options.shape)}`;
  /** @type {Step[]} */
  let steps = [];
  const written = [""];
  /** @type {Known} */
  let x;
  const program = h("p", { class: "live-code", style: "overflow-wrap:anywhere;margin:0 .6em 0 0" });
  const refused = h("p", { class: "live-trouble" });
  const sum = h("p", { class: "live-readout" });
  const facts = h("table");
  const picture = h("div");
  const before = h("p");

  /**
   * @param {ReturnType<typeof memoryLine>} line
   * @param {ReturnType<typeof entryGrid>} grid
   * @param {number} flat
   */
  const pick = (line, grid, flat) => {
    const index = indexOf(x.shape, flat);
    const cell = cellOf(x, index);
    grid.cells.forEach((entry, other) => {
      const same = cellOf(x, indexOf(x.shape, other)) === cell;
      dress(entry, other === flat ? "lit" : same ? "twin" : "read");
      entry.tabIndex = other === flat ? 0 : -1;
      entry.setAttribute("aria-selected", String(other === flat));
    });
    const read = new Set(grid.cells.map((_, other) => cellOf(x, indexOf(x.shape, other))));
    line.cells.forEach((one, number) => {
      dress(one, number === cell ? "lit" : read.has(number) ? "read" : "idle");
    });
    const products = index.map((i, d) => ` + ${i} · ${x.strides[d]}`).join("");
    const address = `${x.offset}${products}${products ? ` = ${cell}` : ""}`;
    const entry = `x[${index.join(", ") || "()"}]`;
    sum.textContent = `${entry} reads cell ${address}, which holds ${x.memory[cell]}.`;
    say(sum.textContent);
  };

  const show = () => {
    const many = productOf(x.shape);
    const copied = x.copies.at(-1) === steps.length - 1 && steps.length > 0;
    program.textContent = `x = grid${lastOf(written)}`;
    /** @type {(name: string, value: string | number) => HTMLTableRowElement} */
    const fact = (name, value) =>
      h(
        "tr",
        {},
        h("th", { scope: "row", style: "text-align:left;font-weight:normal" }, h("code", {}, name)),
        h("td", { style: "text-align:left" }, value),
      );
    facts.replaceChildren(
      h(
        "tbody",
        {},
        fact("x.shape", tuple(x.shape)),
        fact("x.stride()", tuple(x.strides)),
        fact("x.storage_offset()", x.offset),
        fact("x.is_contiguous()", x.contiguous ? "True" : "False"),
      ),
    );
    before.textContent =
      x.copies.length === 0
        ? "Memory: the storage of grid."
        : copied
          ? "Memory: new storage, since the last step made a copy."
          : "Memory: new storage, made by a copy on the way.";
    operations(x.shape).forEach((step, number) => {
      buttons[number].textContent = `x${code(step, x.shape.length)}`;
    });
    undo.disabled = steps.length === 0;
    if (many === 0 || many > DRAWN || x.memory.length > DRAWN) {
      picture.replaceChildren(
        h(
          "p",
          {},
          many === 0
            ? "A size of 0: x has no entries."
            : `Only up to ${DRAWN} entries are drawn here; x has ${many}.`,
        ),
      );
      sum.textContent = "";
      return;
    }
    const line = memoryLine(x.memory);
    const grid = entryGrid(x, (flat) => pick(line, grid, flat));
    line.node.setAttribute(
      "aria-label",
      `Memory, ${x.memory.length} cells in a row that hold ${x.memory.join(", ")}`,
    );
    const scroll = h(
      "div",
      { class: "live-scroll", style: "padding:3px;min-height:145px" },
      grid.node,
    );
    picture.replaceChildren(
      before,
      line.node,
      h("p", {}, "x, with the number that each entry reads:"),
      scroll,
    );
    const middle = x.shape.map((size, d) => Math.min(size - 1, d + 1));
    const flat = middle.reduce((whole, i, d) => whole * x.shape[d] + i, 0);
    pick(line, grid, flat);
  };

  /** @param {Step[]} program */
  const take = async (program) => {
    const known = await ask({ steps: program });
    if (known.error !== undefined) return known.error;
    [steps, x] = [program, known];
    return "";
  };
  // One press after the other: the kernel may answer more slowly than a hand taps.
  let busy = Promise.resolve();
  /** @param {() => Promise<void>} act */
  const inTurn = (act) => {
    busy = busy.then(act).catch(fail);
    return busy;
  };
  /** @param {Step} step */
  const attempt = (step) =>
    inTurn(async () => {
      fail();
      const text = code(step, x.shape.length);
      const error = await take([...steps, step]);
      refused.textContent = error;
      if (error) {
        if (error.includes("step must be"))
          refused.append(" A stride is never below 0 in torch. What does x.flip(0) do instead?");
        return say(`torch raises ${refused.textContent}`);
      }
      written.push(lastOf(written) + text);
      show();
      const layout = `strides ${tuple(x.strides)}, offset ${x.offset}`;
      const now = `x is now grid${lastOf(written)}, shape ${tuple(x.shape)}, ${layout}`;
      return say(`${now}. ${before.textContent}`);
    });
  const undo = button("Undo", () =>
    inTurn(async () => {
      fail();
      refused.textContent = "";
      await take(steps.slice(0, -1));
      written.pop();
      show();
      say(`Undone: x is grid${lastOf(written)}, shape ${tuple(x.shape)}.`);
    }),
  );

  const hint = unique("hint");
  const typed = field({
    label: "Sizes",
    value: "2, 6",
    change: () => fail(),
    "aria-describedby": hint,
    style: "width:7em",
  });
  /** @type {("view" | "reshape" | "expand")[]} */
  const shaping = ["view", "reshape", "expand"];
  const shaped = shaping.map((op) =>
    button(
      `x.${op}(…)`,
      () => {
        const shape = typedSizes(typed.input.value);
        typed.input.setAttribute("aria-invalid", String(!shape));
        if (!shape)
          return fail(
            "Write up to five sizes with commas, such as 2, 6: each from 0 to 999, or -1.",
          );
        return attempt({ op, shape });
      },
      { class: "live-button live-code" },
    ),
  );
  const buttons = operations([]).map((_, number) =>
    button("", () => attempt(operations(x.shape)[number]), { class: "live-button live-code" }),
  );
  body.append(
    h("p", { class: "live-code", style: "overflow-wrap:anywhere" }, `grid = ${start}`),
    h("div", { class: "live-row" }, program, undo),
    h("div", { class: "live-columns" }, h("div", {}, picture, sum), facts),
    h("div", { class: "live-row", role: "group", "aria-label": "Operations on x" }, buttons),
    h("div", { class: "live-row" }, typed.node, shaped),
    refused,
    h(
      "p",
      { id: hint, class: "live-note" },
      "Each button takes x one step further: the new view becomes x.",
    ),
  );
  return inTurn(async () => {
    await take([]);
    show();
  });
}

export default live({ draw, answer });
