// The next character of a text: probabilities at a temperature, and a draw that a seed decides.
import { softmax } from "./bars.mjs";

/** @typedef {{ before: number[], after: number[], next: string }} Draw probabilities, and a draw */

/**
 * The number in 0 .. 1 that a seed gives after `used` others; sample_text.py says how.
 * @param {number} seed
 * @param {number} used
 */
function uniform(seed, used) {
  const start = (seed + (used + 1) * 0x6d2b79f5) >>> 0;
  const once = Math.imul(start ^ (start >>> 15), start | 1);
  const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
  return ((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * @param {number[]} scores
 * @param {number} temperature
 */
function tempered(scores, temperature) {
  const largest = Math.max(...scores);
  if (temperature > 0) return softmax(scores.map((score) => (score - largest) / temperature));
  return scores.map((_, i) => Number(i === scores.indexOf(largest)));
}

/**
 * The first index at which the probabilities so far add up to more than the number.
 * @param {number[]} probabilities
 * @param {number} number
 */
function pick(probabilities, number) {
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
