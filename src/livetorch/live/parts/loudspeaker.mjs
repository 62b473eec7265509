// Sound that a reader asked for by a press: pure tones, or samples. Before that, silence.

/** @typedef {[number, number]} Moment a time in seconds, and the tone in hertz at that time */
/** @typedef {(context: AudioContext, out: GainNode) => AudioScheduledSourceNode} Prepare */

const SOFT = 0.15;
const FADE = 0.02;

/**
 * One loudspeaker: what it starts to play ends what it played.
 * `rate` opens the context at the samples' own rate, since a browser that changes the rate of a
 * buffer draws straight lines between its samples, which adds tones that were not there.
 */
export function loudspeaker() {
  /** @type {AudioContext | undefined} */
  let context;
  /** @type {(() => unknown) | undefined} */
  let ended;
  const stop = () => {
    const [now, tell] = [context, ended];
    context = undefined;
    ended = undefined;
    if (now && now.state !== "closed") now.close();
    tell?.();
  };
  /**
   * @param {Prepare} prepare
   * @param {number} volume
   * @param {(() => unknown) | undefined} whenEnded also where something else begins to play
   * @param {number} [rate]
   */
  const play = (prepare, volume, whenEnded, rate) => {
    stop();
    if (typeof AudioContext === "undefined") throw new Error("This browser plays no sound.");
    const opened = openContext(rate);
    const out = new GainNode(opened, { gain: volume });
    out.connect(opened.destination);
    const source = prepare(opened, out);
    context = opened;
    ended = whenEnded;
    source.onended = () => {
      if (context === opened) stop();
    };
    opened.resume();
  };
  return {
    stop,
    /**
     * A pure tone that goes in straight lines from one moment to the next.
     * @param {Moment[]} moments the first is at 0 seconds
     * @param {() => unknown} [whenEnded]
     */
    tone: (moments, whenEnded) =>
      play(
        (opened, out) => {
          const source = new OscillatorNode(opened, { frequency: moments[0][1] });
          const start = opened.currentTime + 0.05;
          const end = start + moments[moments.length - 1][0];
          source.frequency.setValueAtTime(moments[0][1], start);
          for (const [time, hertz] of moments.slice(1))
            source.frequency.linearRampToValueAtTime(hertz, start + time);
          // A tone that begins or ends within a cycle clicks.
          out.gain.setValueAtTime(0, start);
          out.gain.linearRampToValueAtTime(SOFT, start + FADE);
          out.gain.setValueAtTime(SOFT, end - FADE);
          out.gain.linearRampToValueAtTime(0, end);
          source.connect(out);
          source.start(start);
          source.stop(end);
          return source;
        },
        0,
        whenEnded,
      ),
    /**
     * @param {Float32Array} samples from -1 to 1
     * @param {number} rate
     * @param {() => unknown} [whenEnded]
     */
    samples: (samples, rate, whenEnded) =>
      play(
        (opened, out) => {
          const buffer = opened.createBuffer(1, samples.length, rate);
          buffer.getChannelData(0).set(samples);
          const source = new AudioBufferSourceNode(opened, { buffer });
          source.connect(out);
          source.start();
          return source;
        },
        1,
        whenEnded,
        rate,
      ),
  };
}

/** @param {number} [rate] */
function openContext(rate) {
  if (rate) {
    try {
      return new AudioContext({ sampleRate: rate });
    } catch {
      // A browser may play at the device's own rate alone.
    }
  }
  return new AudioContext();
}
