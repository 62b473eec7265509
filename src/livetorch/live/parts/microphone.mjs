// A microphone that stays in the page: its samples at the rate that is wanted, and a sentence for
// each reason why there are none.
import { resampler } from "./resampling.mjs";

/** @typedef {(samples: Float32Array) => unknown} Hear takes each block of samples */
/**
 * A microphone that was asked for. `opened` fails with an error whose message is for the reader.
 * `stop` may come at any time, also before it opened: the browser's red dot goes out.
 * @typedef {{ opened: Promise<{ deviceRate: number, rate: number }>, stop: () => void }} Microphone
 */

/** What runs beside the page, where sound arrives: it posts blocks of samples. */
const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.block = new Float32Array(processorOptions.block);
    this.filled = 0;
  }
  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.block[this.filled++] = sample;
      if (this.filled === this.block.length) {
        this.port.postMessage(this.block.slice());
        this.filled = 0;
      }
    }
    return true;
  }
});`;

/** @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError:
    "The microphone was not allowed. The sign beside the page's address lets you allow it; " +
    "if the whole browser may not hear, the system's settings do.",
  SecurityError: "This page's frame may not use a microphone. Open the page by itself.",
  NotFoundError: "There is no microphone on this device.",
  NotReadableError: "The microphone is there, but does not answer: another program may hold it.",
  AbortError: "The microphone was there, and stopped before it gave a sound.",
};

/**
 * Why there is no sound, in words for the reader.
 * @param {unknown} error
 */
export function refusal(error) {
  const { name = "", message = String(error) } = error instanceof Error ? error : {};
  return REFUSALS[name] ?? `The microphone cannot be used: ${message}`;
}

/**
 * Why no page of this kind can have a microphone; undefined where it can.
 * @param {{ isSecureContext?: boolean, navigator?: Partial<Navigator>,
 *   AudioWorkletNode?: unknown }} place the page's globalThis
 */
export function noMicrophone(place) {
  if (!place.isSecureContext)
    return "A browser gives its microphone only to pages with a safe address: https, or localhost.";
  if (!place.navigator?.mediaDevices?.getUserMedia || !place.AudioWorkletNode)
    return "This browser has no microphone for pages.";
  return undefined;
}

/**
 * The sentence about a device whose rate is not the one that is wanted; undefined where it is.
 * @param {number} deviceRate
 * @param {number} rate
 */
export function otherRate(deviceRate, rate) {
  if (deviceRate === rate) return undefined;
  const [has, wants] = [deviceRate, rate].map((number) => number.toLocaleString("en"));
  if (deviceRate < rate)
    throw new Error(`This microphone gives ${has} samples a second, and ${wants} are needed.`);
  return `This microphone gives ${has} samples a second, of which ${wants} are made here.`;
}

/**
 * A context that runs at the wanted rate, so that the browser itself leaves out what is too fast.
 * A browser that refuses another rate than the device's gets a context of that one.
 * @param {MediaStream} stream
 * @param {number} rate
 */
function contextOf(stream, rate) {
  for (const settings of [{ sampleRate: rate }, {}]) {
    /** @type {AudioContext | undefined} */
    let context;
    try {
      context = new AudioContext({ latencyHint: "interactive", ...settings });
      return { context, source: context.createMediaStreamSource(stream) };
    } catch (error) {
      context?.close();
      if (!("sampleRate" in settings)) throw error;
    }
  }
  throw new Error("unreachable");
}

/**
 * Ask for the microphone, and hand its samples on as they come, without what a browser does to
 * voices for telephone calls: it would change what a model hears.
 * @param {object} settings
 * @param {number} settings.rate samples a second that are wanted
 * @param {Hear} settings.hear
 * @param {(reason: string) => unknown} [settings.ended] where the device goes away by itself
 * @param {(sentence: string) => unknown} [settings.note] is told of a rate that is made here
 * @param {number} [settings.block] how many of the device's samples come at a time
 * @returns {Microphone}
 */
export function listen({ rate, hear, ended, note, block = 512 }) {
  let stopped = false;
  /** @type {MediaStream | undefined} */
  let stream;
  /** @type {AudioContext | undefined} */
  let context;
  const stop = () => {
    stopped = true;
    for (const track of stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    if (context && context.state !== "closed") context.close();
    stream = undefined;
    context = undefined;
  };
  const open = async () => {
    const never = noMicrophone(globalThis);
    if (never) throw new Error(never);
    const audio = {
      channelCount: 1,
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    };
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      throw new Error(refusal(error), { cause: error });
    }
    const given = stream; // stop() may have been called while the reader was asked
    const closed = () => {
      stop();
      for (const track of given.getTracks()) track.stop();
    };
    try {
      if (stopped) throw new DOMException("stopped", "AbortError");
      for (const track of given.getTracks())
        track.onended = () => {
          stop();
          ended?.("The microphone went away: plug it in again, or choose another one.");
        };
      const made = contextOf(given, rate);
      context = made.context;
      const address = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
      try {
        await made.context.audioWorklet.addModule(address);
      } finally {
        URL.revokeObjectURL(address);
      }
      if (stopped) throw new DOMException("stopped", "AbortError");
      const deviceRate = Math.round(made.context.sampleRate);
      const sentence = otherRate(deviceRate, rate);
      if (sentence) note?.(sentence);
      const change = resampler(deviceRate, rate);
      const tap = new AudioWorkletNode(made.context, "tap", {
        numberOfInputs: 1,
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit",
        processorOptions: { block },
      });
      tap.port.onmessage = (/** @type {MessageEvent<Float32Array>} */ { data }) => {
        if (!stopped) hear(change(data));
      };
      made.source.connect(tap);
      await made.context.resume();
      return { deviceRate, rate };
    } catch (error) {
      closed();
      if (error instanceof Error && !(error instanceof DOMException)) throw error;
      throw new Error(refusal(error), { cause: error });
    }
  };
  return { opened: open(), stop };
}
