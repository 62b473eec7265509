// Views of one line of memory: pick an entry, see which cell it reads and by which sum.
import { button, field, h, live, unique } from "../frame/frame.mjs";
import { cellOf, followed, indexOf } from "../parts/stride_rules.mjs";

const DRAWN = 48;
const ALL = [null, null, 1];
const tuple = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;

/** What torch knows of the view after some operations, or its error. */
export function answer({ steps }, { shape }) {
  return followed(shape, steps);
}

const place = (at) => {
  if (!Array.isArray(at)) return at;
  const [start, stop, step] = at.map((number) => number ?? "");
  return `${start}:${stop}${step === 1 ? "" : `:${step}`}`;
};
/** An operation as one would write it behind a tensor's name. */
export function code({ op, index, shape }, ndim = 2) {
  if (op === "index") return `[${index.map(place).join(", ")}]`;
  if (op === "transpose") return ndim === 2 ? ".T" : ".transpose(0, 1)";
  return `.${op}(${op === "flip" ? 0 : shape ? (shape.length ? shape.join(", ") : "()") : ""})`;
}

const INDICES = [
  [1],
  [ALL, 1],
  [[1, null, 1]],
  [ALL, [1, null, 1]],
  [[0, 1, 1]],
  [ALL, [0, 1, 1]],
  [[null, null, 2]],
  [ALL, [null, null, 2]],
  [[null, null, -1]],
].map((index) => ({ op: "index", index }));

/** "2, 6" as sizes; undefined where they are none, or too large to show. */
export function typedSizes(text) {
  const parts = text
    .replace(/[()[\]]/g, " ")
    .split(/[\s,]+/)
    .filter(Boolean);
  return parts.length <= 5 && parts.every((part) => /^(-1|\d{1,3})$/.test(part))
    ? parts.map(Number)
    : undefined;
}

const CELL =
  "box-sizing:border-box;display:block;font:inherit;font-size:14px;line-height:1.5;text-align:center;padding:2px 0;" +
  "min-width:0;border-radius:4px;color:var(--lt-ink);margin:1px;";
const BORDERS = {
  idle: "2px dashed var(--lt-grey)",
  read: "2px solid var(--lt-blue)",
  twin: "2px dashed var(--lt-orange)",
  lit: "2px solid var(--lt-orange)",
};
function dress(cell, state) {
  const lit = state === "lit";
  cell.style.border = BORDERS[state];
  cell.style.background = lit ? "color-mix(in srgb, var(--lt-orange) 35%, transparent)" : "none";
  cell.style.boxShadow = lit ? "0 0 0 2px var(--lt-ink)" : "none";
}

/** The line of memory, with the number of each cell under it. */
function memoryLine(memory) {
  const cells = memory.map((value) => h("span", { style: CELL }, value));
  const columns = `display:grid;grid-template-columns:repeat(${Math.min(12, memory.length)},minmax(0,2.5em));row-gap:.4em`;
  const node = h(
    "div",
    { style: columns, role: "img" },
    cells.map((cell, number) =>
      h(
        "span",
        {},
        cell,
        h(
          "span",
          { style: "display:block;text-align:center;font-size:12px", class: "live-cell-number" },
          number,
        ),
      ),
    ),
  );
  return { node, cells };
}

/** The entries of a view, last dimension to the right, the one before it down, others as blocks. */
function entryGrid(x, pick) {
  const [rows, columns] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const many = x.shape.reduce((product, size) => product * size, 1);
  const cells = Array.from({ length: many }, (_, flat) => {
    const index = indexOf(x.shape, flat);
    const value = x.memory[cellOf(x, index)];
    return h(
      "button",
      {
        type: "button",
        role: "gridcell",
        tabindex: -1,
        style: `${CELL}background:none;cursor:pointer;min-height:30px`,
        "aria-label": `x[${index.join(", ")}] is ${value}`,
        onclick: () => pick(flat),
        onpointerenter: (event) => event.pointerType === "mouse" && pick(flat),
        onfocus: () => pick(flat),
      },
      value,
    );
  });
  const style = `display:grid;grid-template-columns:repeat(${columns},2.4em)`;
  const row = (number) =>
    h("div", { role: "row", style }, cells.slice(number * columns, (number + 1) * columns));
  const blocks = Array.from({ length: many / (rows * columns) }, (_, block) =>
    h(
      "div",
      { role: "rowgroup", style: "margin-bottom:.5em" },
      Array.from({ length: rows }, (_, i) => row(block * rows + i)),
    ),
  );
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const node = h(
    "div",
    {
      role: "grid",
      "aria-label": `x of shape ${tuple(x.shape)}: arrow keys pick an entry`,
      onkeydown: (event) => {
        const to = cells.indexOf(document.activeElement) + (moves[event.key] ?? NaN);
        if (Number.isNaN(to)) return;
        event.preventDefault();
        cells[to]?.focus();
      },
    },
    blocks,
  );
  return { node, cells };
}

function draw({ body, options, ask, say, fail }) {
  const start = `torch.arange(${options.shape.reduce((product, size) => product * size, 1)}).reshape${tuple(options.shape)}`;
  let steps = [];
  let written = [""];
  let x,
    flat = 0,
    line,
    grid;
  const program = h("p", { class: "live-code", style: "overflow-wrap:anywhere;margin:0 .6em 0 0" });
  const refused = h("p", { class: "live-trouble" });
  const sum = h("p", { class: "live-readout" });
  const facts = h("table");
  const picture = h("div");
  const before = h("p");

  const pick = (number) => {
    flat = number;
    const index = indexOf(x.shape, flat);
    const cell = cellOf(x, index);
    grid.cells.forEach((entry, other) => {
      const same = cellOf(x, indexOf(x.shape, other)) === cell;
      dress(entry, other === flat ? "lit" : same ? "twin" : "read");
      entry.tabIndex = other === flat ? 0 : -1;
      entry.setAttribute("aria-selected", other === flat);
    });
    const read = new Set(grid.cells.map((_, other) => cellOf(x, indexOf(x.shape, other))));
    line.cells.forEach((one, number) =>
      dress(one, number === cell ? "lit" : read.has(number) ? "read" : "idle"),
    );
    const products = index.map((i, d) => ` + ${i} · ${x.strides[d]}`).join("");
    sum.textContent = `x[${index.join(", ") || "()"}] reads cell ${x.offset}${products}${products ? ` = ${cell}` : ""}, which holds ${x.memory[cell]}.`;
    say(sum.textContent);
  };

  const show = () => {
    const many = x.shape.reduce((product, size) => product * size, 1);
    const copied = x.copies.at(-1) === steps.length - 1 && steps.length > 0;
    program.textContent = `x = grid${written.at(-1)}`;
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
        : `Memory: new storage${copied ? ", since the last step made a copy." : ", made by a copy on the way."}`;
    operations(x).forEach(
      (step, number) => (buttons[number].textContent = `x${code(step, x.shape.length)}`),
    );
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
    line = memoryLine(x.memory);
    grid = entryGrid(x, pick);
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
    pick(middle.reduce((whole, i, d) => whole * x.shape[d] + i, 0));
  };

  const take = async (wanted) => {
    const known = await ask({ steps: wanted });
    if (!known.error) [steps, x] = [wanted, known];
    return known.error;
  };
  // One press after the other: the kernel may answer more slowly than a hand taps.
  let busy = Promise.resolve();
  const inTurn = (act) => (busy = busy.then(act).catch(fail));
  const attempt = (step) =>
    inTurn(async () => {
      fail();
      const text = code(step, x.shape.length);
      const error = await take([...steps, step]);
      refused.textContent = error ?? "";
      if (error) {
        if (error.includes("step must be"))
          refused.append(" A stride is never below 0 in torch. What does x.flip(0) do instead?");
        return say(`torch raises ${refused.textContent}`);
      }
      written.push(written.at(-1) + text);
      show();
      return say(
        `x is now grid${written.at(-1)}, shape ${tuple(x.shape)}, strides ${tuple(x.strides)}, offset ${x.offset}. ${before.textContent}`,
      );
    });
  const undo = button("Undo", () =>
    inTurn(async () => {
      fail();
      refused.textContent = "";
      await take(steps.slice(0, -1));
      written.pop();
      show();
      say(`Undone: x is grid${written.at(-1)}, shape ${tuple(x.shape)}.`);
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
  const shaped = ["view", "reshape", "expand"].map((op) =>
    button(
      `x.${op}(…)`,
      () => {
        const shape = typedSizes(typed.input.value);
        typed.input.setAttribute("aria-invalid", !shape);
        if (!shape)
          return fail(
            "Write up to five sizes with commas, such as 2, 6: each from 0 to 999, or -1.",
          );
        return attempt({ op, shape });
      },
      { class: "live-button live-code" },
    ),
  );
  // Where no size is 1, torch's refusal says why one is needed.
  const operations = ({ shape }) => {
    const stretched = shape.includes(1)
      ? shape.map((size) => (size === 1 ? 3 : size))
      : [2 * (shape[0] ?? 1), ...shape.slice(1)];
    return [
      ...INDICES,
      { op: "transpose" },
      { op: "expand", shape: stretched },
      { op: "flip" },
      { op: "contiguous" },
    ];
  };
  const buttons = operations({ shape: [] }).map((_, number) =>
    button("", () => attempt(operations(x)[number]), { class: "live-button live-code" }),
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
  }).then(() => undefined);
}

export default live({ draw, answer });
