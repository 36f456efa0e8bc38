// What is seen of the network: probabilities, the pixels that it reads, and its hidden layers.

const percent = (probability) => `${(100 * probability).toFixed(1)} %`;
const colour = (element, name) => getComputedStyle(element).getPropertyValue(name);

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The ten probabilities as bars, with their numbers. */
export class Bars {
  #rows;

  constructor(body) {
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("span", { className: "bar" });
      const number = element("span", { className: "percent" });
      const track = element("span", { className: "track", ariaHidden: "true" }, [bar]);
      const row = element("tr", {}, [
        element("th", { scope: "row", textContent: digit }),
        element("td", {}, [track, number]),
      ]);
      body.append(row);
      return { row, bar, number };
    });
  }

  /** `answer` is `null` while there is none. */
  show(answer) {
    this.#rows.forEach(({ row, bar, number }, digit) => {
      const probability = answer?.probabilities[digit];
      row.classList.toggle("best", digit === answer?.digit);
      bar.style.setProperty("--part", probability ?? 0);
      number.textContent = answer ? percent(probability) : "";
    });
  }
}

/** The answer in large, and in words. */
export class Verdict {
  #digit;
  #sure;

  constructor(digit, sure) {
    [this.#digit, this.#sure] = [digit, sure];
  }

  show(answer) {
    this.#digit.textContent = answer?.digit ?? "–";
    this.#digit.classList.toggle("none", !answer);
    this.#sure.textContent = answer ? `${percent(answer.probability)} sure` : "nothing yet";
  }

  static words(answer) {
    return answer ? `${answer.digit}, ${Math.round(100 * answer.probability)} percent sure` : "Nothing is drawn";
  }
}

/** The pixels that the network reads. */
export class Seen {
  #canvas;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  show(answer) {
    const context = this.#canvas.getContext("2d");
    const { width, height } = this.#canvas;
    context.clearRect(0, 0, width, height);
    context.fillStyle = colour(this.#canvas, "--ink");
    answer?.pixels.forEach((ink, place) => {
      context.globalAlpha = ink;
      context.fillRect(place % width, Math.floor(place / width), 1, 1);
    });
    context.globalAlpha = 1;
  }
}

/** What a hidden layer does, in words. */
function state(outputs, largest) {
  const [above, below] = [(output) => output > 0, (output) => output < 0].map((side) => outputs.filter(side).length);
  const active = below ? `${above} above 0 (blue), ${below} below (orange)` : `${above} active`;
  return `${active}, the largest ${largest.toPrecision(3)}`;
}

/** A hidden layer: a cell for each unit, as strong as its output is beside the layer's largest. */
export class Layer {
  /** The figure, to be put somewhere. */
  figure;
  #canvas = element("canvas");
  #state = element("small");
  #name;
  #units;
  #columns;

  constructor(name, units) {
    [this.#name, this.#units] = [name, units];
    // Twice as wide as high.
    this.#columns = Math.ceil(Math.sqrt(2 * units));
    const caption = element("figcaption", {}, [`${name}`, element("br"), this.#state]);
    this.figure = element("figure", {}, [this.#canvas, caption]);
    this.#canvas.setAttribute("role", "img");
  }

  show(answer, at) {
    const outputs = answer?.hidden[at];
    const largest = outputs?.reduce((largest, output) => Math.max(largest, Math.abs(output)), 0) || 0;
    this.#paint((unit) => (largest ? outputs[unit] / largest : 0));
    this.#state.textContent = `${this.#units} units${outputs ? `, ${state(outputs, largest)}` : ""}`;
    this.#canvas.ariaLabel = `${this.#name}: ${this.#state.textContent}`;
  }

  #paint(strength) {
    const canvas = this.#canvas;
    const [columns, rows] = [this.#columns, Math.ceil(this.#units / this.#columns)];
    // Whole pixels of the screen, so that cells have sharp edges; many units are small ones.
    const cell = Math.max(1, Math.floor((canvas.clientWidth * devicePixelRatio) / (columns + 1)));
    const gap = cell > 4 ? Math.round(cell / 8) : 0;
    [canvas.width, canvas.height] = [cell * (columns + 1), cell * (rows + 1)];
    const context = canvas.getContext("2d");
    const [none, above, below] = ["--track", "--best", "--below"].map((name) => colour(canvas, name));
    for (let unit = 0; unit < this.#units; unit++) {
      const [x, y] = [unit % columns, Math.floor(unit / columns)].map((place) => (place + 0.5) * cell + gap / 2);
      const part = strength(unit);
      for (const [fill, alpha] of [[none, 1], [part < 0 ? below : above, Math.abs(part)]]) {
        context.globalAlpha = alpha;
        context.fillStyle = fill;
        context.fillRect(Math.round(x), Math.round(y), cell - gap, cell - gap);
      }
    }
  }
}
