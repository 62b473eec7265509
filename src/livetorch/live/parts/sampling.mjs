// The next token of a text: probabilities under rules, and a draw that a seed decides.
import { softmax } from "./bars.mjs";
import { sumOf } from "./lists.mjs";

/** @typedef {{ before: number[], after: number[], next: string }} Draw probabilities, and a draw */
/**
 * What is done to the model's scores; null: that rule is not used.
 * @typedef {{ temperature: number, topK: number | null, topP: number | null,
 *   minP: number | null }} Rules
 */

/**
 * The number in 0 .. 1 that a seed gives after `used` others; sampling.py says how.
 * @param {number} seed
 * @param {number} used
 */
export function uniform(seed, used) {
  const start = (seed + (used + 1) * 0x6d2b79f5) >>> 0;
  const once = Math.imul(start ^ (start >>> 15), start | 1);
  const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
  return ((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * @param {number[]} scores
 * @param {number} temperature
 */
export function tempered(scores, temperature) {
  const largest = Math.max(...scores);
  if (temperature > 0) return softmax(scores.map((score) => (score - largest) / temperature));
  return scores.map((_, i) => Number(i === scores.indexOf(largest)));
}

/**
 * The first index at which the probabilities so far add up to more than the number.
 * @param {number[]} probabilities
 * @param {number} number
 */
export function pick(probabilities, number) {
  let sum = 0;
  for (const [i, value] of probabilities.entries()) {
    sum += value;
    if (sum > number) return i;
  }
  return probabilities.findLastIndex((value) => value > 0); // they add up to a hair below 1
}

/**
 * The distribution after the model's scores, and a draw from it: pure, so that it can be tested.
 * @param {{ scores: number[], temperature: number, seed: number, drawn: number }} question
 * @param {{ characters: string[] }} options
 * @returns {Draw}
 */
export function drawn({ scores, temperature, seed, drawn: used }, { characters }) {
  const after = tempered(scores, temperature);
  return { before: softmax(scores), after, next: characters[pick(after, uniform(seed, used))] };
}

/**
 * The indices of probabilities, the largest first; of equal ones the first comes first.
 * @param {number[]} probabilities
 */
export const byLikelihood = (probabilities) =>
  [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);

/**
 * What is left adds up to 1 again.
 * @param {number[]} probabilities
 * @param {(index: number) => boolean} stays
 */
function only(probabilities, stays) {
  const left = probabilities.map((value, i) => (stays(i) ? value : 0));
  const total = sumOf(left);
  return left.map((value) => value / total);
}

/**
 * Probabilities under all rules, in the order of livetorch/generation.py.
 * @param {number[]} scores
 * @param {Rules} rules
 */
export function ruled(scores, { temperature, topK, topP, minP }) {
  let chances = tempered(scores, temperature);
  if (topK !== null) {
    const kept = new Set(byLikelihood(chances).slice(0, topK));
    chances = only(chances, (i) => kept.has(i));
  }
  if (topP !== null && topP < 1) {
    const kept = new Set();
    let sum = 0;
    for (const i of byLikelihood(chances)) {
      if (sum >= topP) break;
      kept.add(i);
      sum += chances[i];
    }
    chances = only(chances, (i) => kept.has(i));
  }
  if (minP !== null) {
    const least = minP * Math.max(...chances);
    chances = only(chances, (i) => chances[i] >= least);
  }
  return chances;
}
