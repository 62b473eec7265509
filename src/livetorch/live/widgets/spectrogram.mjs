// A spectrogram of a clip, or of what the microphone hears while it hears it.
import { button, choice } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { loudspeaker } from "../parts/loudspeaker.mjs";
import { listen } from "../parts/microphone.mjs";
import { decibelsOf, hertzOfMel, samplesOfText, spectra } from "../parts/spectra.mjs";
import { spectrogramPicture } from "../parts/spectrogram_picture.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Microphone } from "../parts/microphone.mjs" */
/** @import { Scale } from "../parts/spectra.mjs" */
/** @typedef {{ length: number, scale: Scale }} Look */
/** @typedef {Look & { clip: string }} Question */
/** @typedef {{ levels: number[][] }} Answer rows from low to high, in decibels below the loudest */
/**
 * The clips as texts, their rate, the lengths to choose from, the samples from one frame to the
 * next, the decibels that are drawn; and the look of the start.
 * @typedef {Look & { clips: Record<string, string>, rate: number, lengths: number[], hop: number,
 *   top: number }} Options
 */

/** What is kept of the microphone, in seconds; and below which power it counts as silence. */
const [KEPT, QUIET] = [3, 1e-3];

/**
 * @param {ArrayLike<number>} samples
 * @param {Look} look
 * @param {Options} options
 * @param {number} [loudest] power that is drawn as the loudest, at least
 */
function levelsOf(samples, look, { rate, hop, top }, loudest = 0) {
  const columns = spectra(samples, hop, { ...look, rate });
  const peak = decibelsOf(columns.reduce((most, row) => row.reduce((a, b) => Math.max(a, b), most), loudest));
  return Array.from(columns[0], (_, k) =>
    columns.map((column) => Math.round(10 * Math.max(decibelsOf(column[k]) - peak, -top)) / 10),
  );
}

/**
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ clip, ...look }, options) {
  if (!Object.hasOwn(options.clips, clip)) throw new Error("There is no such clip here.");
  if (!options.lengths.includes(look.length))
    throw new Error("Frames have 64, 256 or 1024 samples.");
  if (!["hertz", "mel"].includes(look.scale)) throw new Error("The scale is hertz or mel.");
  return { levels: levelsOf(samplesOfText(options.clips[clip]), look, options) };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { rate } = options;
  const names = Object.keys(options.clips);
  /** @type {Look} */
  const look = { length: options.length, scale: options.scale };
  let clip = names[0];
  const speaker = loudspeaker();
  /** @type {Microphone | undefined} */
  let microphone;
  /** What the microphone heard last; undefined while a clip is shown. @type {number[] | undefined} */
  let own;
  const place = h("div", {});
  const readout = h("p", { class: "live-readout" });
  const note = h("p", { class: "live-note" });

  /**
   * @param {number[][]} levels
   * @param {number} seconds
   */
  const show = (levels, seconds) => {
    const height = look.scale === "hertz" ? rate / 2 : 2595 * Math.log10(1 + rate / 1400);
    place.replaceChildren(
      spectrogramPicture({
        levels,
        seconds,
        height,
        unit: look.scale,
        floor: -options.top,
        read: (time, row, level) => {
          const tall = ((row + 0.5) / levels.length) * height;
          const hertz = look.scale === "hertz" ? (row * rate) / look.length : hertzOfMel(tall);
          readout.textContent =
            `At ${time.toFixed(2)} s, near ${Math.round(hertz).toLocaleString("en")} Hz: ` +
            `${level.toFixed(0).replace("-", "−")} dB from the loudest.`;
          return readout.textContent;
        },
      }),
    );
  };
  const update = latest(
    ask,
    (/** @type {Answer} */ { levels }, question) => {
      if (own) return;
      fail();
      show(levels, samplesOfText(options.clips[question.clip]).length / rate);
      say(`${question.clip}, frames of ${(1000 * question.length) / rate} milliseconds.`);
    },
    fail,
  );
  const heard = () => {
    if (!own || own.length < look.length) return;
    show(levelsOf(own, look, options, QUIET), own.length / rate);
  };
  const again = () => (own ? heard() : update({ clip, ...look }));

  let due = false;
  const follow = () => {
    const mine = { own: /** @type {number[]} */ ([]) };
    own = mine.own;
    const now = listen({
      rate,
      hear: (samples) => {
        mine.own.push(...samples);
        mine.own.splice(0, mine.own.length - KEPT * rate);
        if (due || microphone !== now) return;
        due = true;
        requestAnimationFrame(() => {
          due = false;
          if (own === mine.own) heard();
        });
      },
      note: (sentence) => {
        note.textContent = sentence;
      },
      ended: (reason) => {
        leave();
        fail(new Error(reason));
      },
    });
    microphone = now;
    follower.textContent = "Stop the microphone";
    fail();
    now.opened.then(
      () => microphone === now && say("The microphone is on."),
      (error) => {
        if (microphone !== now) return;
        leave();
        own = undefined;
        fail(error);
        update({ clip, ...look });
      },
    );
  };
  const leave = () => {
    microphone?.stop();
    microphone = undefined;
    follower.textContent = "Follow the microphone";
  };
  const follower = button("Follow the microphone", () => {
    if (microphone) {
      leave();
      say("The microphone is off.");
    } else {
      speaker.stop();
      follow();
    }
  });
  const hear = button("Play it", () => {
    leave();
    try {
      speaker.samples(own ? Float32Array.from(own) : samplesOfText(options.clips[clip]), rate);
      fail();
    } catch (error) {
      fail(error);
    }
  });
  body.append(
    h(
      "div",
      { class: "live-row", role: "group", "aria-label": "Clips" },
      names.map((name) =>
        button(name, () => {
          leave();
          own = undefined;
          clip = name;
          note.textContent = "";
          update({ clip, ...look });
        }),
      ),
      follower,
      hear,
    ),
    choice({
      label: "Frames:",
      value: look.length,
      choices: options.lengths.map((length) => [length, `${(1000 * length) / rate} ms`]),
      change: (length) => {
        look.length = length;
        again();
      },
    }),
    choice({
      label: "Rows:",
      value: look.scale,
      choices: [
        ["hertz", "hertz"],
        ["mel", "64 mel bands"],
      ],
      change: (scale) => {
        look.scale = scale;
        again();
      },
    }),
    place,
    readout,
    note,
    h("p", { class: "live-note" }, "What a microphone hears stays in this page."),
  );
  update({ clip, ...look });
  return () => {
    leave();
    speaker.stop();
  };
}

export default live({ draw, answer });
