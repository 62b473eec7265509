// The rules of four optimizers, one entry at a time, and where they lead on a surface.

/** @import { Ground } from "./race_surfaces.mjs" */
/** @import { Pair } from "./plot.mjs" */
/** @typedef {"SGD" | "momentum" | "RMSProp" | "Adam"} Rule */
/** @typedef {{ m?: number, s?: number, t?: number }} Memory averages, and the steps behind them */
/** @typedef {[number, number, number][]} Path x, y and height after each step */
/** @typedef {Record<Rule, Path>} Paths */

/** @type {(byRule: Record<Rule, unknown>) => Rule[]} */
export const namesOf = (byRule) => /** @type {Rule[]} */ (Object.keys(byRule));
export const STEPS = 100;
const TOO_HIGH = 1e6;

/**
 * How far down each rule moves one entry, of its gradient, its memory, the rate and the momentum.
 * @type {Record<Rule, (g: number, memory: Memory, rate: number, momentum: number) => number>}
 */
const RULES = {
  SGD: (g, _memory, rate) => rate * g,
  momentum: (g, memory, rate, momentum) => {
    memory.m = momentum * (memory.m ?? 0) + g;
    return rate * memory.m;
  },
  RMSProp: (g, memory, rate) => {
    memory.s = 0.9 * (memory.s ?? 0) + 0.1 * g * g;
    return (rate * g) / (Math.sqrt(memory.s) + 1e-8);
  },
  Adam: (g, memory, rate) => {
    memory.t = (memory.t ?? 0) + 1;
    memory.m = 0.9 * (memory.m ?? 0) + 0.1 * g;
    memory.s = 0.999 * (memory.s ?? 0) + 0.001 * g * g;
    return (
      (rate * memory.m) /
      (1 - 0.9 ** memory.t) /
      (Math.sqrt(memory.s / (1 - 0.999 ** memory.t)) + 1e-8)
    );
  },
};

/**
 * Where an optimizer goes.
 * @param {Rule} name
 * @param {{ ground: Ground, start: Pair, rate: number, momentum: number, noise: number,
 *   draws: number[][] }} race
 */
export function walk(name, { ground, start, rate, momentum, noise, draws }) {
  /** @type {Memory[]} */
  const memories = [{}, {}];
  /** @type {Path} */
  const path = [];
  let [x, y] = start;
  for (let step = 0; step <= STEPS; step++) {
    const height = ground.height(x, y);
    path.push([x, y, height]);
    if (step === STEPS || !(height < TOO_HIGH)) break;
    const [dx, dy] = ground.slope(x, y).map((slope, i) => {
      const gradient = slope + noise * draws[step][i];
      return RULES[name](gradient, memories[i], rate, momentum);
    });
    [x, y] = [x - dx, y - dy];
  }
  return path;
}
