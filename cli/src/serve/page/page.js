// The page: what is drawn is asked about, and what is answered is shown.

import { newestOnly, predict, sizes } from "/asking.js";
import { Pad } from "/pad.js";
import { Bars, Layer, Seen, Verdict } from "/views.js";

const by = (id) => document.getElementById(id);
const [undo, clear, problem, spoken] = ["undo", "clear", "problem", "spoken"].map(by);

/** Milliseconds without a change after which the answer is read out: not at every twitch of the pen. */
const PAUSE = 600;

const views = [
  new Verdict(by("digit"), by("sure")),
  new Bars(by("probabilities").tBodies[0]),
  new Seen(by("seen")),
];
let layers = [];
let answer = null;
let pause = 0;

function show() {
  views.forEach((view) => view.show(answer));
  layers.forEach((layer, at) => layer.show(answer, at));
}

function say(words) {
  spoken.textContent = words;
}

function complain(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

function sayLater() {
  clearTimeout(pause);
  pause = setTimeout(() => say(Verdict.words(answer)), PAUSE);
}

/** Makes room for the hidden layers, which the server alone knows. */
async function meet() {
  const [pixels, ...others] = await sizes();
  const hidden = others.slice(0, -1);
  const units = [pixels, ...others].join(" – ");
  by("network").textContent = `A neural network of ${units} units reads what you draw.`;
  layers = hidden.map((units, at) => new Layer(hidden.length > 1 ? `Hidden layer ${at + 1}` : "Hidden layer", units));
  by("layers").append(...layers.map((layer) => layer.figure));
}

async function look() {
  let newest = null;
  try {
    if (layers.length === 0) {
      await meet();
    }
    if (!pad.isBlank) {
      newest = await predict(await pad.picture());
    }
    complain("");
  } catch (error) {
    complain(error.message);
  }
  // Wiped meanwhile, perhaps.
  answer = pad.isBlank ? null : newest;
  show();
}

const lookAgain = newestOnly(look, () => {
  by("answer").ariaBusy = "false";
  sayLater();
});

const pad = new Pad(
  by("pad"),
  () => {
    undo.disabled = clear.disabled = pad.isBlank;
    by("answer").ariaBusy = "true";
    lookAgain();
  },
  say,
);

function change(action) {
  action();
  // A button that is switched off loses the keyboard.
  if (pad.isBlank) {
    by("pad").focus({ preventScroll: true });
  }
}

undo.addEventListener("click", () => change(() => pad.undo()));
clear.addEventListener("click", () => change(() => pad.clear()));
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    pad.undo();
  }
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  pad.show();
  show();
});
new ResizeObserver(show).observe(by("layers"));

undo.disabled = clear.disabled = true;
show();
lookAgain();
