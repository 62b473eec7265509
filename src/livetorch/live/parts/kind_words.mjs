// What a network answers about pictures of kinds, in words.
import { percent } from "./bars.mjs";

/** @import { Subject } from "./color_sheet.mjs" */
/**
 * @typedef {object} Belief
 * @property {string[]} kinds
 * @property {number} unsureBelow the probability below which an answer is called unsure
 */

/**
 * The answer in words, honest where there is none.
 * @param {number[]} probabilities
 * @param {Belief} belief
 * @param {Subject} subject
 * @param {boolean} empty whether the paper is white
 */
export function verdict(probabilities, { kinds, unsureBelow }, subject, empty) {
  const [first, second] = [...probabilities.keys()].sort(
    (a, b) => probabilities[b] - probabilities[a],
  );
  const [likely, other] = [first, second].map((k) => `${kinds[k]} (${percent(probabilities[k])})`);
  const words =
    probabilities[first] >= unsureBelow
      ? `It answers: ${likely}.`
      : `It is unsure: ${likely} or ${other}?`;
  if (empty) return `The paper is empty, and still it has an answer. ${words}`;
  if (!subject) return words;
  const verdict = kinds[first] === subject.kind ? "Right" : "Wrong";
  return `${words} ${verdict}: ${subject.name}, ${subject.kind}.`;
}

/**
 * How well it did on all emoji of this device: [probabilities, kind] of each that it has.
 * @param {[number[], string][]} answers
 * @param {Belief} belief
 * @param {number} missing
 */
export function tally(answers, { kinds, unsureBelow }, missing) {
  const lack = missing ? ` This device has no picture in color for ${missing} more.` : "";
  if (!answers.length) return lack.trim();
  const judged = answers.map(([probabilities, kind]) => {
    const top = Math.max(...probabilities);
    return { right: kinds[probabilities.indexOf(top)] === kind, sure: top >= unsureBelow };
  });
  const count = (/** @type {typeof judged} */ some) => some.filter(({ right }) => right).length;
  const sure = judged.filter((one) => one.sure);
  const share = count(judged) / judged.length;
  const error = Math.sqrt((share * (1 - share)) / judged.length);
  return (
    `On this device's drawings it is right in ${count(judged)} of ${judged.length}: ` +
    `${share.toFixed(2)} ± ${error.toFixed(2)}. It is sure of ${sure.length}, and right in ` +
    `${count(sure)} of those.${lack}`
  );
}
