// The judge of a quiz's answers, without a document around it.

/** @typedef {{ text: string, number: number, tolerance: number, hints: number[] }} Written */
/** @typedef {{ picked: boolean[], right: boolean[], several?: boolean }} Picked a truth a choice */
/** @typedef {{ wrong: number, missing: number }} Amiss how many picks */
/** @typedef {{ verdict: "right" } | { verdict: "wrong", hint?: number }} Clear */
/** @typedef {Clear | ({ verdict: "partly" } & Amiss)} Verdict partly: some of several */
/** @typedef {{ told: string }} Refused what to do first */

const FORMS = "Write a number, such as 12, -0.5, 1e-3 or 3/4.";
const COMMA = "Write it without a comma between the digits: 1000, or 1.5 with a point.";

/**
 * What a reader writes as a number: 1e-3, 0,5, -3/4, 25 %; { told } where it cannot be read.
 * @param {string} text
 * @returns {{ number: number } | Refused}
 */
export function readNumber(text) {
  const plain = text
    .trim()
    .replace(/[−–]/g, "-")
    .replace(/(\d)_(?=\d)/g, "$1");
  if (/^[+-]?[1-9]\d{0,2}(,\d{3})+$/.test(plain)) return { told: COMMA }; // a thousand, or one?
  const one = String.raw`([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?)`;
  const parts = new RegExp(`^${one}(?:\\s*/\\s*${one})?\\s*(%?)$`, "i").exec(plain);
  if (!parts) return { told: FORMS };
  const [above, below] = [parts[1], parts[2] ?? "1"].map((part) => Number(part.replace(",", ".")));
  const number = above / below / (parts[3] ? 100 : 1);
  return Number.isFinite(number) ? { number } : { told: FORMS };
}

/**
 * What a reader types is not always the same double: 0.255 - 0.25 is a little more than 0.005.
 * @type {(number: number, other: number, tolerance: number) => boolean}
 */
const near = (number, other, tolerance) =>
  Math.abs(number - other) <= tolerance + 1e-9 * Math.abs(other);

/**
 * The verdict on an answer, or what to do first.
 * @param {Written | Picked} question
 * @returns {Verdict | Refused}
 */
export function answer(question) {
  if ("text" in question) {
    const { number, tolerance, hints } = question;
    const read = readNumber(question.text);
    if ("told" in read) return read;
    if (near(read.number, number, tolerance)) return { verdict: "right" };
    return {
      verdict: "wrong",
      hint: hints.findIndex((wrong) => near(read.number, wrong, tolerance)),
    };
  }
  const { picked, right, several } = question;
  if (!picked.includes(true))
    return { told: several ? "Choose at least one answer first." : "Choose an answer first." };
  const wrong = picked.filter((on, i) => on && !right[i]).length;
  const missing = picked.filter((on, i) => !on && right[i]).length;
  if (!wrong && !missing) return { verdict: "right" };
  return several ? { verdict: "partly", wrong, missing } : { verdict: "wrong" };
}
