// Spectra of frames of sound, as livetorch.signals computes them: windows, waves, mel bands.

/** @typedef {"hertz" | "mel"} Scale of the rows */
/** @typedef {(frame: ArrayLike<number>) => Float64Array} Spectrum power in each row */
/** @typedef {ReturnType<typeof runningSpectra>} Running */

export const MEL_BANDS = 64;
const FLOOR = 1e-10;

export const melOfHertz = (/** @type {number} */ hertz) => 2595 * Math.log10(1 + hertz / 700);
export const hertzOfMel = (/** @type {number} */ mel) => 700 * (10 ** (mel / 2595) - 1);
export const decibelsOf = (/** @type {number} */ power) => 10 * Math.log10(Math.max(power, FLOOR));

/**
 * Triangles from power at each frequency to bands of equal width in mel, as rows of weights.
 * @param {number} bands
 * @param {number} length of a frame
 * @param {number} rate
 */
export function melTriangles(bands, length, rate) {
  const top = melOfHertz(rate / 2);
  const edges = Array.from({ length: bands + 2 }, (_, i) => hertzOfMel((top * i) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [low, middle, high] = edges.slice(band, band + 3);
    return Float64Array.from({ length: length / 2 + 1 }, (_, k) => {
      const hertz = (k * rate) / length;
      return Math.max(
        0,
        Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle)),
      );
    });
  });
}

/**
 * What computes the spectrum of one frame under Hann's window, by its definition.
 * @param {number} length of a frame, an even number
 * @param {number} rate
 * @param {Scale} scale
 * @returns {Spectrum}
 */
export function spectrumOf(length, rate, scale) {
  const turn = Array.from({ length }, (_, j) => (2 * Math.PI * j) / length);
  const [cosines, sines] = [turn.map(Math.cos), turn.map(Math.sin)];
  const hann = cosines.map((value) => 0.5 - 0.5 * value);
  const triangles = scale === "mel" ? melTriangles(MEL_BANDS, length, rate) : undefined;
  const windowed = new Float64Array(length);
  const power = new Float64Array(length / 2 + 1);
  return (frame) => {
    for (let j = 0; j < length; j++) windowed[j] = frame[j] * hann[j];
    for (let k = 0; k < power.length; k++) {
      let [real, imaginary, at] = [0, 0, 0];
      for (let j = 0; j < length; j++) {
        real += windowed[j] * cosines[at];
        imaginary -= windowed[j] * sines[at];
        at += k;
        if (at >= length) at -= length;
      }
      power[k] = real * real + imaginary * imaginary;
    }
    if (!triangles) return power.slice();
    return Float64Array.from(triangles, (row) =>
      row.reduce((sum, weight, k) => sum + weight * power[k], 0),
    );
  };
}

/**
 * Samples between their mirror images, so that a frame can lie around the first of them.
 * @param {ArrayLike<number>} samples
 * @param {number} count on each side
 */
export function mirrored(samples, count) {
  const last = samples.length - 1;
  return Float64Array.from({ length: samples.length + 2 * count }, (_, i) => {
    const at = Math.abs(i - count);
    return samples[at > last ? 2 * last - at : at];
  });
}

/**
 * The spectrum of each frame, one every `hop` samples, as columns.
 * @param {ArrayLike<number>} samples
 * @param {number} hop
 * @param {{ length: number, rate: number, scale: Scale }} settings
 */
export function spectra(samples, hop, { length, rate, scale }) {
  const padded = mirrored(samples, length / 2);
  const spectrum = spectrumOf(length, rate, scale);
  const columns = [];
  for (let start = 0; start + length <= padded.length; start += hop)
    columns.push(spectrum(padded.subarray(start, start + length)));
  return columns;
}

/**
 * Columns of power as rows of decibels below the loudest, or below `loudest` where all is quiet.
 * @param {Float64Array[]} columns
 * @param {number} top
 * @param {number} [loudest]
 */
export function levelsOf(columns, top, loudest = 0) {
  let most = loudest;
  for (const column of columns) for (const power of column) most = Math.max(most, power);
  const peak = decibelsOf(most);
  return Array.from(columns[0], (_, k) =>
    columns.map((column) => Math.round(10 * Math.max(decibelsOf(column[k]) - peak, -top)) / 10),
  );
}

/**
 * Spectra of sound that goes on: what is older than `kept` samples is dropped.
 * @param {number} kept
 * @param {number} hop
 * @param {{ length: number, rate: number, scale: Scale }} settings
 */
export function runningSpectra(kept, hop, settings) {
  /** @type {number[]} */
  const samples = [];
  /** @type {Float64Array[]} */
  const columns = [];
  let spectrum = spectrumOf(settings.length, settings.rate, settings.scale);
  let { length } = settings;
  let next = 0;
  const compute = () => {
    for (; next + length <= samples.length; next += hop)
      columns.push(spectrum(samples.slice(next, next + length)));
  };
  return {
    samples,
    columns,
    /** @param {ArrayLike<number>} block */
    add: (block) => {
      for (let i = 0; i < block.length; i++) samples.push(block[i]);
      compute();
      const old = Math.ceil(Math.max(0, samples.length - kept) / hop);
      samples.splice(0, old * hop);
      columns.splice(0, old);
      next -= old * hop;
    },
    /** @param {{ length: number, rate: number, scale: Scale }} changed */
    look: (changed) => {
      spectrum = spectrumOf(changed.length, changed.rate, changed.scale);
      length = changed.length;
      columns.length = 0;
      next = 0;
      compute();
    },
  };
}

/**
 * The samples from -1 to 1 of bytes in which quiet sounds have finer steps (mu-law), as text.
 * @param {string} text in base 64
 */
export function samplesOfText(text) {
  return Float32Array.from(atob(text), (letter) => {
    const level = (letter.charCodeAt(0) - 128) / 127;
    return (Math.sign(level) * Math.expm1(Math.abs(level) * Math.log(256))) / 255;
  });
}
