// A WAV file's bytes become samples.

const PCM = 1;
const FLOATS = 3;
const EXTENSIBLE = 0xfffe; // the kind stands further behind

/**
 * How one number is read, from -1 to 1, by its kind and bytes.
 * @type {Record<string, (view: DataView, at: number) => number>}
 */
const READERS = {
  [`${PCM} 1`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM} 2`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM} 3`]: (view, at) => (view.getInt16(at + 1, true) + view.getUint8(at) / 256) / 2 ** 15,
  [`${PCM} 4`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOATS} 4`]: (view, at) => view.getFloat32(at, true),
  [`${FLOATS} 8`]: (view, at) => view.getFloat64(at, true),
};

/**
 * The mean of all channels. Fails, in words for the reader, where the bytes are no such file.
 * @param {Iterable<number>} content
 * @returns {{ samples: Float32Array, rate: number, channels: number }}
 */
export function readWave(content) {
  const bytes = Uint8Array.from(content);
  const view = new DataView(bytes.buffer);
  const word = (/** @type {number} */ at) => String.fromCharCode(...bytes.slice(at, at + 4));
  if (word(0) !== "RIFF" || word(8) !== "WAVE")
    throw new Error("This is no WAV file. Most recorders can save one.");
  let [kind, channels, rate, size] = [0, 0, 0, 0];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    if (word(at) === "fmt " && start + 16 <= bytes.length) {
      kind = view.getUint16(start, true);
      channels = view.getUint16(start + 2, true);
      rate = view.getUint32(start + 4, true);
      size = view.getUint16(start + 14, true) / 8;
      if (kind === EXTENSIBLE && start + 26 <= bytes.length)
        kind = view.getUint16(start + 24, true);
    } else if (word(at) === "data") {
      const read = READERS[`${kind} ${size}`];
      if (!read || !channels || !rate)
        throw new Error("This WAV file is packed in a way that is not read here: save it as PCM.");
      const end = Math.min(start + length, bytes.length); // a recorder may not fill in length
      const count = Math.floor((end - start) / size / channels);
      const samples = new Float32Array(count);
      for (let n = 0; n < count; n += 1)
        for (let c = 0; c < channels; c += 1)
          samples[n] += read(view, start + (n * channels + c) * size) / channels;
      return { samples, rate, channels };
    }
    at = start + length + (length % 2);
  }
  throw new Error("This WAV file holds no sound.");
}
