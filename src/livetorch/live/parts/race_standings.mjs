// How the race of optimizers stands after some steps, in words.
import { namesOf, STEPS } from "./optimizers.mjs";

/** @import { Path, Paths } from "./optimizers.mjs" */

/** @param {number} number */
export const written = (number) =>
  number === 0
    ? "0"
    : number < 0.001 || number >= 1e4
      ? number.toExponential(1)
      : String(Number(number.toPrecision(2)));

/**
 * @param {Path} path
 * @param {number} step
 */
const at = (path, step) => path[Math.min(step, path.length - 1)];
/** @type {(path: Path, step: number) => boolean} */
const left = (path, step) => path.length <= STEPS && step >= path.length - 1;

/**
 * Who is lowest and who is highest after some steps, in a sentence.
 * @param {Paths} paths
 * @param {number} step
 */
export function standings(paths, step) {
  const names = namesOf(paths);
  const gone = names.filter((name) => left(paths[name], step));
  const order = names
    .filter((name) => !gone.includes(name))
    .sort((a, b) => at(paths[a], step)[2] - at(paths[b], step)[2]);
  const heights = order.map((name) => `${name} ${written(at(paths[name], step)[2])}`);
  const still = heights.length
    ? `Heights after step ${step}, lowest first: ${heights.join(", ")}.`
    : `After step ${step}:`;
  return gone.length ? `${still} Gone for good: ${gone.join(", ")}.` : still;
}
