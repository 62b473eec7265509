// A program on one number, whose operations are recorded as torch records them.

/**
 * A number that knows which operation made it, from what, and the derivative in each of these.
 * @typedef {{ value: number, name: string, sources: [Recorded, number][] }} Recorded
 */
/** @typedef {{ label: string, kind: "leaf" | "operation" | "output" }} GraphNode */
/**
 * A run: its result, its gradient, how often each line ran, and the graph that it left, whose edges
 * lead from a number to one made of it.
 * @typedef {{ value: number, grad: number, lines: number[], nodes: GraphNode[],
 *   edges: [number, number][] }} Run
 */

/** @type {(value: number, name: string, sources?: Recorded["sources"]) => Recorded} */
const recorded = (value, name, sources = []) => ({ value, name, sources });
/** @param {Recorded} a */
const halve = (a) => recorded(a.value / 2, "DivBackward0", [[a, 1 / 2]]);
/** @param {Recorded} a */
const exp = (a) => recorded(Math.exp(a.value), "ExpBackward0", [[a, Math.exp(a.value)]]);
/** @type {(a: Recorded, b: Recorded) => Recorded} */
const mul = (a, b) =>
  recorded(a.value * b.value, "MulBackward0", [
    [a, b.value],
    [b, a.value],
  ]);

/**
 * The program whose lines the widget shows; `ran` notes each line that runs.
 * @param {Recorded} start
 * @param {(line: number) => void} ran
 */
function traced(start, ran) {
  let x = start;
  ran(1);
  while (x.value > 1) {
    ran(2);
    x = halve(x);
    ran(1);
  }
  ran(3);
  if (x.value < 0) {
    ran(4);
    return mul(x, exp(x));
  }
  ran(5);
  return mul(x, x);
}

/**
 * All that made a result: as they are come upon, and each after all that it is made of.
 * @param {Recorded} result
 */
function historyOf(result) {
  /** @type {Recorded[]} */
  const visited = [];
  /** @type {Recorded[]} */
  const sorted = [];
  const visit = (/** @type {Recorded} */ node) => {
    if (visited.includes(node)) return;
    visited.push(node);
    for (const [source] of node.sources) visit(source);
    sorted.push(node);
  };
  visit(result);
  return { visited, sorted };
}

/**
 * A run of the program.
 * @param {number} start
 * @returns {Run}
 */
export function runProgram(start) {
  const lines = [0, 0, 0, 0, 0, 0];
  const x = recorded(start, "x");
  const result = traced(x, (line) => {
    lines[line] += 1;
  });
  const { visited, sorted } = historyOf(result);
  const grads = new Map([[result, 1]]);
  const gradOf = (/** @type {Recorded} */ node) => grads.get(node) ?? 0;
  for (const node of sorted.reverse()) {
    for (const [source, slope] of node.sources)
      grads.set(source, gradOf(source) + gradOf(node) * slope);
  }
  const order = [x, ...visited.filter((node) => node !== x)];
  /** @type {Run["edges"]} */
  const edges = [];
  for (const [to, { sources }] of order.entries()) {
    for (const from of new Set(sources.map(([source]) => order.indexOf(source))))
      edges.push([from, to]);
  }
  edges.push([order.indexOf(result), order.length]);
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  /** @type {GraphNode[]} */
  const nodes = order.map(({ name }) => ({
    label: name,
    kind: name === "x" ? "leaf" : "operation",
  }));
  nodes.push({ label: "f(x)", kind: "output" });
  return { value: result.value, grad: gradOf(x), lines, nodes, edges };
}
