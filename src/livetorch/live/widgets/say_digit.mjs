// Say a digit into a microphone, or choose a clip or a file, and see what a trained network hears.
import { button } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, percent } from "../parts/bars.mjs";
import { findWord, wholeSamples, wordIsOver } from "../parts/hearing.mjs";
import { loudspeaker } from "../parts/loudspeaker.mjs";
import { listen } from "../parts/microphone.mjs";
import { joinedSounds, resampled } from "../parts/resampling.mjs";
import { samplesOfText } from "../parts/spectra.mjs";
import { readWave } from "../parts/wave_file.mjs";
import { wavePicture } from "../parts/wave_picture.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Microphone } from "../parts/microphone.mjs" */
/** @typedef {{ samples: number[] }} Question */
/** @typedef {{ probabilities: number[] }} Answer */
/**
 * Names and sounds of the clips, what the probabilities stand for, samples a second, and below
 * which probability a digit is named with a doubt.
 * @typedef {{ clips: [string, string][], words: string[], rate: number, unsure: number }} Options
 */

const [SHORTEST, LONGEST] = [800, 24_000];
const FULL = 2 ** 15;
/** So long the microphone waits for a word, and so long a file may be, in seconds. */
const [PATIENT, LONGEST_FILE] = [6, 20];

/**
 * What the exported model says, run by onnxruntime in a worker.
 * @param {Question} question
 * @param {Options} _options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer({ samples }, _options, page) {
  if (
    samples.length < SHORTEST ||
    samples.length > LONGEST ||
    !samples.every((value) => Number.isInteger(value) && value >= -FULL && value < FULL)
  )
    throw new Error("A word is 800 to 24,000 whole numbers from -32,768 to 32,767.");
  const data = Float32Array.from(samples, (value) => value / FULL);
  const { probabilities } = await runOnPage(page, "spoken-digits", {
    samples: { data, dims: [1, data.length] },
  });
  return { probabilities: [...probabilities.data] };
}

/**
 * What the network hears, in words.
 * @param {number[]} probabilities
 * @param {{ words: string[], unsure: number }} options
 */
export function heardWords(probabilities, { words, unsure }) {
  const [first, second] = [...probabilities.keys()].sort(
    (a, b) => probabilities[b] - probabilities[a],
  );
  const share = percent(probabilities[first]);
  if (probabilities[first] >= unsure) return `It hears ${words[first]} (${share}).`;
  return `It is not sure: ${words[first]} (${share}) or ${words[second]}.`;
}

/**
 * The samples of a file that is a sound of at most twenty seconds, at another rate.
 * @param {Iterable<number>} bytes
 * @param {number} rate
 */
export function soundOf(bytes, rate) {
  const file = readWave(bytes);
  if (file.samples.length > LONGEST_FILE * file.rate)
    throw new Error(`The file is longer than ${LONGEST_FILE} seconds: cut the word out first.`);
  if (file.rate < rate)
    throw new Error(
      `The file has ${file.rate.toLocaleString("en")} samples a second, and the network needs ` +
        `${rate.toLocaleString("en")}: what is above ${file.rate / 2} Hz is not in it.`,
    );
  return { samples: resampled(file.samples, file.rate, rate), rate: file.rate };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { clips, rate, words } = options;
  const speaker = loudspeaker();
  /** @type {Microphone | undefined} */
  let microphone;
  let turn = 0; // what a reader asked for later counts
  const picture = wavePicture();
  const readout = h("p", { class: "live-readout" });
  const note = h("p", { class: "live-note" });
  const chart = bars({ caption: "Probability of each digit", labels: words });

  /**
   * Look for the word in a sound, and ask about it. What was shown before stays where none is.
   * @param {Float32Array} samples
   * @param {string} name
   */
  const hear = async (samples, name) => {
    turn += 1;
    const mine = turn;
    const word = findWord(samples, rate);
    const { probabilities } = await ask({ samples: wholeSamples(samples.slice(...word)) });
    if (mine !== turn) return;
    fail();
    const seconds = (samples.length / rate).toFixed(1);
    picture.show(samples, word, `${name}: ${seconds} seconds, with the word marked`);
    chart.show(probabilities);
    readout.textContent = heardWords(probabilities, options);
    say(`${name}. ${readout.textContent}`);
  };
  const leave = () => {
    microphone?.stop();
    microphone = undefined;
    talk.textContent = "Use the microphone";
  };
  const follow = () => {
    speaker.stop();
    fail();
    note.textContent = "";
    turn += 1;
    let whole = new Float32Array();
    const mine = listen({
      rate,
      hear: (samples) => {
        if (microphone !== mine) return;
        whole = joinedSounds(whole, samples);
        if (whole.length < PATIENT * rate && !wordIsOver(whole, rate)) return;
        leave();
        hear(whole, "The microphone").catch(fail);
      },
      note: (sentence) => {
        note.textContent = sentence;
      },
      ended: (reason) => {
        leave();
        fail(new Error(reason));
      },
    });
    microphone = mine;
    talk.textContent = "Stop the microphone";
    mine.opened.then(
      () => microphone === mine && say("Say a digit now."),
      (error) => {
        if (microphone !== mine) return;
        leave();
        fail(error);
      },
    );
  };
  /** @param {File | undefined | null} file */
  const open = async (file) => {
    if (!file) return;
    leave();
    turn += 1;
    const mine = turn;
    try {
      const sound = soundOf(new Uint8Array(await file.arrayBuffer()), rate);
      if (mine !== turn) return;
      note.textContent =
        sound.rate === rate
          ? ""
          : `The file has ${sound.rate.toLocaleString("en")} samples a second, of which ` +
            `${rate.toLocaleString("en")} are made here.`;
      await hear(sound.samples, file.name);
    } catch (error) {
      fail(error);
    }
  };
  const talk = button("Use the microphone", () => (microphone ? leave() : follow()));
  /** @type {HTMLInputElement} */
  const chooser = h("input", {
    type: "file",
    accept: ".wav,audio/wav",
    "aria-label": "A WAV file of yours",
    onchange: () => open(chooser.files?.[0]).then(() => (chooser.value = "")),
  });
  const choose = (/** @type {number} */ number, loudly = true) => {
    const [name, text] = clips[number];
    const samples = samplesOfText(text);
    leave();
    note.textContent = "";
    if (loudly) {
      try {
        speaker.samples(samples, rate);
      } catch {
        // A browser without a loudspeaker shows the clip all the same.
      }
    }
    return hear(samples, name);
  };
  const chosen = clips.map(([name], number) => button(name, () => choose(number).catch(fail)));
  const drop = h(
    "div",
    {
      class: "live-drop",
      ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        open(event.dataTransfer?.files[0]);
      },
    },
    "or drop a WAV file here: ",
    chooser,
  );
  body.append(
    h("div", { class: "live-row", role: "group", "aria-label": "Clips" }, chosen),
    h("div", { class: "live-row" }, talk, drop),
    picture.node,
    readout,
    note,
    chart.node,
    h(
      "p",
      { class: "live-note" },
      "What the microphone hears, or a file holds, stays in this page.",
    ),
  );
  await choose(0, false); // it brings the runtime, and says so where a page cannot have it
  return () => {
    leave();
    speaker.stop();
  };
}

export default live({ draw, answer });
