// A spectrogram of a clip, or of what the microphone hears while it hears it.
import { button, choice } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { loudspeaker } from "../parts/loudspeaker.mjs";
import { listen } from "../parts/microphone.mjs";
import {
  hertzOfMel,
  levelsOf,
  MEL_BANDS,
  melOfHertz,
  runningSpectra,
  samplesOfText,
  spectra,
} from "../parts/spectra.mjs";
import { spectrogramPicture } from "../parts/spectrogram_picture.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Microphone } from "../parts/microphone.mjs" */
/** @import { Running, Scale } from "../parts/spectra.mjs" */
/** @typedef {{ length: number, scale: Scale }} Look */
/** @typedef {Look & { clip: string }} Question */
/** @typedef {{ levels: number[][] }} Answer rows from low to high, in decibels below the loudest */
/**
 * The clips as texts, their rate, the lengths to choose from, the samples from one frame to the
 * next, the decibels that are drawn; and the look of the start.
 * @typedef {Look & { clips: Record<string, string>, rate: number, lengths: number[], hop: number,
 *   top: number }} Options
 */

/** How much of the microphone is kept, in seconds. */
const KEPT = 3;

/**
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ clip, ...look }, options) {
  const { hop, rate, top } = options;
  if (!Object.hasOwn(options.clips, clip)) throw new Error("There is no such clip here.");
  if (!options.lengths.includes(look.length))
    throw new Error("Frames have 64, 256 or 1024 samples.");
  if (!["hertz", "mel"].includes(look.scale)) throw new Error("The scale is hertz or mel.");
  const columns = spectra(samplesOfText(options.clips[clip]), hop, { ...look, rate });
  return { levels: levelsOf(columns, top) };
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { hop, rate, top } = options;
  const names = Object.keys(options.clips);
  /** @type {Look} */
  const look = { length: options.length, scale: options.scale };
  let clip = names[0];
  const speaker = loudspeaker();
  /** @type {Microphone | undefined} */
  let microphone;
  /** What the microphone heard; undefined while a clip is shown. @type {Running | undefined} */
  let own;
  const place = h("div", {});
  const readout = h("p", { class: "live-readout" });
  const note = h("p", { class: "live-note" });

  const height = () => (look.scale === "hertz" ? rate / 2 : melOfHertz(rate / 2));
  /** @type {{ key: string, paint: (levels: number[][]) => void } | undefined} */
  let picture;
  /**
   * @param {number[][]} levels
   * @param {number} seconds
   */
  const show = (levels, seconds) => {
    const key = `${seconds} ${look.scale}`;
    if (picture?.key !== key) {
      const made = spectrogramPicture({
        seconds,
        height: height(),
        unit: look.scale,
        floor: -top,
        read: (time, row, level) => {
          const hertz =
            look.scale === "hertz"
              ? (row * rate) / look.length
              : hertzOfMel(((row + 1) / (MEL_BANDS + 1)) * height());
          readout.textContent =
            `At ${time.toFixed(2)} s, near ${Math.round(hertz).toLocaleString("en")} Hz: ` +
            `${level.toFixed(0).replace("-", "−")} dB from the loudest.`;
          return readout.textContent;
        },
      });
      place.replaceChildren(made.node);
      picture = { key, paint: made.paint };
    }
    picture.paint(levels);
    for (const one of buttons)
      one.setAttribute("aria-pressed", String(!own && one.textContent === clip));
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
    if (!own?.columns.length) return;
    // A tone of a hundredth of the largest is the least that counts as the loudest.
    const levels = levelsOf(own.columns, top, (0.0025 * look.length) ** 2);
    const missing = Math.floor((KEPT * rate - look.length) / hop) + 1 - own.columns.length;
    const before = new Array(Math.max(0, missing)).fill(-top);
    show(
      levels.map((row) => [...before, ...row]),
      KEPT,
    );
  };
  const again = () => {
    if (!own) return update({ clip, ...look });
    own.look({ ...look, rate });
    return heard();
  };

  const follow = () => {
    const mine = runningSpectra(KEPT * rate, hop, { ...look, rate });
    own = mine;
    let due = false;
    const now = listen({
      rate,
      hear: (samples) => {
        mine.add(samples);
        if (due) return;
        due = true;
        requestAnimationFrame(() => {
          due = false;
          if (own === mine) heard();
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
        update({ clip, ...look }).then(() => fail(error));
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
  const buttons = names.map((name) =>
    button(name, () => {
      leave();
      own = undefined;
      clip = name;
      note.textContent = "";
      update({ clip, ...look });
    }),
  );
  const hear = button("Play it", () => {
    leave();
    try {
      speaker.samples(
        own ? Float32Array.from(own.samples) : samplesOfText(options.clips[clip]),
        rate,
      );
      fail();
    } catch (error) {
      fail(error);
    }
  });
  body.append(
    h("div", { class: "live-row", role: "group", "aria-label": "Clips" }, buttons, follower, hear),
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
