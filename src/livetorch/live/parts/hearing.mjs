// Where in a sound the word is, or why there is none that a network should be asked about.

/** Of a second: how long a piece is whose loudness is looked at. */
const PIECE = 0.01;
/** The loudness (root of the mean square) below which all is silence: 54 dB below a full sound. */
const SILENT = 0.002;
/** A sound whose loudest piece is not this many times louder than its quietest ones is steady. */
const STEADY = 3;
/** In seconds: the shortest sound, the shortest and longest word. */
const [SHORTEST_SOUND, SHORTEST_WORD, LONGEST_WORD] = [0.1, 0.08, 1.2];
/** A rest within a word is shorter: the lips are closed before a t or k for a tenth of a second. */
const REST = 0.2;
/** So long it must have been quiet until a word is over. */
const OVER = 0.3;
/** What is kept on both sides of a word. */
const MARGIN = 0.02;

/**
 * The loudness of each piece of a sound.
 * @param {Float32Array} samples
 * @param {number} rate
 */
function loudness(samples, rate) {
  const size = Math.round(PIECE * rate);
  return Array.from({ length: Math.floor(samples.length / size) }, (_, piece) => {
    let sum = 0;
    for (let n = piece * size; n < (piece + 1) * size; n += 1) sum += samples[n] ** 2;
    return Math.sqrt(sum / size);
  });
}

/**
 * The loudest piece, the quiet ones (one in twenty is quieter), and what counts as loud.
 * @param {number[]} levels
 */
function measured(levels) {
  const ordered = levels.toSorted((a, b) => a - b);
  const peak = ordered.at(-1) ?? 0;
  const quiet = ordered[Math.floor(ordered.length / 20)] ?? 0;
  // Where no rest is around the word, the quiet pieces are its own: they may be loud.
  const above = Math.max(1.4 * quiet, Math.min(2 * quiet, 0.08 * peak));
  return { peak, quiet, loud: Math.max(above, 0.02 * peak) };
}

/**
 * Runs of loud pieces, [first, last + 1]. Rests within a word are part of it; a click is not.
 * @param {number[]} levels
 * @param {number} loud
 */
function loudRuns(levels, loud) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const [piece, level] of levels.entries()) {
    if (level < loud) continue;
    const last = runs.at(-1);
    if (last && piece - last[1] < REST / PIECE) last[1] = piece + 1;
    else runs.push([piece, piece + 1]);
  }
  return runs.filter(([first, end]) => (end - first) * PIECE >= SHORTEST_WORD / 2);
}

/**
 * The first and the last sample of the word in a sound, and one. Where there is not one word, an
 * error says what there is instead, for the reader.
 * @param {Float32Array} samples
 * @param {number} rate
 * @returns {[number, number]}
 */
export function findWord(samples, rate) {
  if (samples.length < SHORTEST_SOUND * rate)
    throw new Error("That is too short: a word takes a tenth of a second at least.");
  const levels = loudness(samples, rate);
  const { peak, quiet, loud } = measured(levels);
  if (peak < SILENT)
    throw new Error("It is silent. The microphone may be off or far away; speak louder.");
  if (peak < STEADY * quiet)
    throw new Error("That is noise or a steady sound: nothing in it stands out as a word.");
  const runs = loudRuns(levels, loud);
  if (runs.length === 0)
    throw new Error("That was a click: a word takes a twelfth of a second at least.");
  if (runs.length > 1)
    throw new Error(`There are ${runs.length} words or more, with rests between: say one digit.`);
  const [first, end] = runs[0];
  const seconds = (end - first) * PIECE;
  if (seconds < SHORTEST_WORD)
    throw new Error("That was a click: a word takes a twelfth of a second at least.");
  if (seconds > LONGEST_WORD)
    throw new Error("That is longer than a digit takes: say one digit, with a rest behind it.");
  const middle = ((first + end) / 2) * PIECE;
  const half = Math.max(seconds / 2 + MARGIN, SHORTEST_SOUND / 2); // a network asks for so much
  const start = Math.max(0, Math.round((middle - half) * rate));
  return [start, Math.min(samples.length, Math.round((middle + half) * rate))];
}

/**
 * Whether a word was said in what was heard so far, and a rest came after it.
 * @param {Float32Array} samples
 * @param {number} rate
 */
export function wordIsOver(samples, rate) {
  const levels = loudness(samples, rate);
  const { peak, quiet, loud } = measured(levels);
  if (peak < SILENT || peak < STEADY * quiet) return false;
  const last = loudRuns(levels, loud).at(-1);
  return last !== undefined && (levels.length - last[1]) * PIECE >= OVER;
}

/**
 * Samples as whole numbers of 16 bits, the loudest at half of what there is: a question about them.
 * @param {Float32Array} samples
 */
export function wholeSamples(samples) {
  let most = 1e-9;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return Array.from(samples, (sample) => Math.round((sample / most) * 2 ** 14));
}
