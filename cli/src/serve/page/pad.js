// The drawing: strokes of a mouse, a pen, a finger or the keyboard, on a canvas.

// All lengths but those of canvases are parts of the pad's width.
const PEN = 0.07;
const STEP = 0.025;
const LARGE_STEP = 0.1;

/** Pixels of the picture's sides, as it is sent. */
const SIDE = 280;

const clamp = (part) => Math.min(1, Math.max(0, part));

/** Draws strokes as smooth round lines: through the middles between points, bent towards the points. */
function draw(context, strokes, side, colour) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = PEN * side;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const points of strokes) {
    const [x, y] = points[0];
    context.beginPath();
    // Not every browser draws a line without a length.
    context.arc(x * side, y * side, (PEN / 2) * side, 0, 2 * Math.PI);
    context.fill();
    context.beginPath();
    context.moveTo(x * side, y * side);
    for (let at = 1; at < points.length - 1; at++) {
      const [[x, y], [nextX, nextY]] = [points[at], points[at + 1]];
      context.quadraticCurveTo(x * side, y * side, ((x + nextX) / 2) * side, ((y + nextY) / 2) * side);
    }
    const [lastX, lastY] = points.at(-1);
    context.lineTo(lastX * side, lastY * side);
    context.stroke();
  }
}

/** A canvas to draw on. Tells of changes by `changed()`, and in words of what the keyboard did by `told(words)`. */
export class Pad {
  #canvas;
  #changed;
  #told;
  #strokes = [];
  /** The stroke that is being drawn, and by which pointer. */
  #stroke = null;
  #pointer = null;
  /** Where the keyboard's pen is; it is seen once it has been used. */
  #pen = { x: 0.5, y: 0.5, seen: false };
  #frame = 0;

  constructor(canvas, changed, told) {
    [this.#canvas, this.#changed, this.#told] = [canvas, changed, told];
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.#release(event));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#leave());
    new ResizeObserver(() => this.show()).observe(canvas);
  }

  get isBlank() {
    return this.#strokes.length === 0;
  }

  clear() {
    this.#replace([]);
  }

  /** Takes back the last stroke. */
  undo() {
    this.#replace(this.#strokes.slice(0, -1));
  }

  /** A promise of the drawing as a PNG, dark on white whatever the page's colours are. */
  picture() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const context = canvas.getContext("2d", { alpha: false });
    context.fillStyle = "white";
    context.fillRect(0, 0, SIDE, SIDE);
    draw(context, this.#strokes, SIDE, "black");
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  /** Shows it with the next frame. */
  show() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const canvas = this.#canvas;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width !== side) {
      canvas.width = canvas.height = side;
    }
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, side, side);
    draw(context, this.#strokes, side, style.getPropertyValue("--ink"));
    if (this.#pen.seen) {
      context.beginPath();
      context.arc(this.#pen.x * side, this.#pen.y * side, (PEN / 2) * side, 0, 2 * Math.PI);
      context.lineWidth = 2 * devicePixelRatio;
      context.strokeStyle = style.getPropertyValue("--best");
      if (this.#stroke) {
        context.fillStyle = context.strokeStyle;
        context.fill();
      }
      context.stroke();
    }
  }

  #replace(strokes) {
    [this.#strokes, this.#stroke, this.#pointer] = [strokes, null, null];
    this.#update();
  }

  #update() {
    this.show();
    this.#changed();
  }

  #begin(point) {
    this.#stroke = [point];
    this.#strokes.push(this.#stroke);
    this.#update();
  }

  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  #press(event) {
    // A second finger, or another button, is not a second pen.
    if (this.#pointer !== null || event.button !== 0) {
      return;
    }
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#pen.seen = false;
    this.#begin(this.#point(event));
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) {
      return;
    }
    // All places since the last frame; a browser may know only of the last.
    const events = event.getCoalescedEvents?.() ?? [];
    this.#stroke.push(...(events.length ? events : [event]).map((event) => this.#point(event)));
    this.#update();
  }

  #release(event) {
    if (event.pointerId === this.#pointer) {
      [this.#stroke, this.#pointer] = [null, null];
    }
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const action = {
      ArrowLeft: () => this.#go(-step, 0),
      ArrowRight: () => this.#go(step, 0),
      ArrowUp: () => this.#go(0, -step),
      ArrowDown: () => this.#go(0, step),
      " ": () => event.repeat || this.#toggle(),
      Delete: () => this.clear(),
      Backspace: () => this.clear(),
      c: () => this.clear(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // Not while a mouse draws: a stroke has one pen.
    if (action && this.#pointer === null) {
      event.preventDefault();
      action();
    }
  }

  #go(right, down) {
    const pen = this.#pen;
    [pen.x, pen.y, pen.seen] = [clamp(pen.x + right), clamp(pen.y + down), true];
    if (this.#stroke) {
      this.#stroke.push([pen.x, pen.y]);
      this.#update();
    } else {
      this.show();
    }
  }

  #toggle() {
    this.#pen.seen = true;
    if (this.#stroke) {
      this.#stroke = null;
      this.show();
    } else {
      this.#begin([this.#pen.x, this.#pen.y]);
    }
    this.#told(this.#stroke ? "Pen down" : "Pen up");
  }

  /** The keyboard goes elsewhere. */
  #leave() {
    if (this.#pointer === null) {
      this.#stroke = null;
    }
    this.#pen.seen = false;
    this.show();
  }
}
