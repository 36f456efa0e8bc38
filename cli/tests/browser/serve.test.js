// The page of `blasnet serve`, as somebody meets it who draws on it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { STROKES, drawByFinger, drawByMouse, elsewhere, launch, opacities, open, overflow, serve } from "./helpers.js";

const DIGITS = Object.keys(STROKES);
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let [browser, server] = [];
before(async () => {
  [browser, server] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Runs `work` on the page; afterwards nothing must have been complained of or asked for elsewhere. */
async function onPage(options, work) {
  const opened = await open(browser, server.url, options);
  await work(opened.page, opened.page.locator("#pad"), opened);
  assert.deepEqual(opened.complaints, []);
  assert.deepEqual(elsewhere(opened.requests, server.url), []);
  await opened.context.close();
}

/** What the page reads in the drawing as it is now. */
async function read(page) {
  await page.locator("#answer[aria-busy=false] #sure", { hasText: "%" }).waitFor();
  return page.locator("#digit").textContent();
}

/** That nothing is drawn any more, and the page says so. */
async function isWiped(page) {
  await page.locator("#answer[aria-busy=false] #sure", { hasText: "nothing yet" }).waitFor();
}

/** Draws each digit. At least eight of them have to be read as such. */
async function mostAreRead(t, page, pad, draw) {
  const right = [];
  for (const digit of DIGITS) {
    await draw(page, pad, digit);
    if ((await read(page)) === digit) {
      right.push(digit);
    }
    await page.getByRole("button", { name: "Clear" }).click();
    await isWiped(page);
  }
  t.diagnostic(`read rightly: ${right}`);
  assert.ok(right.length >= 8, `read rightly: only ${right}`);
}

/** Moves the keyboard's pen from one place to another, one press of a key a step. */
async function walk(page, right, down) {
  for (const [steps, back, forth] of [[right, "ArrowLeft", "ArrowRight"], [down, "ArrowUp", "ArrowDown"]]) {
    for (let step = 0; step < Math.abs(steps); step++) {
      await page.keyboard.press(steps < 0 ? back : forth);
    }
  }
}

/** How many pixels of the pad something is drawn on, once it is shown. */
async function inked(page, pad) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return (await opacities(pad)).filter((opacity) => opacity > 0).length;
}

/** That a screen reader says this now, or will. */
function hears(page, words) {
  return page.getByRole("status").filter({ hasText: words }).waitFor({ state: "attached" });
}

test("digits drawn by mouse are read, in light colours", async (t) => {
  await onPage({ colorScheme: "light" }, async (page, pad) => {
    await mostAreRead(t, page, pad, drawByMouse);
  });
});

test("and in dark ones", async (t) => {
  await onPage({ colorScheme: "dark", viewport: { width: 800, height: 860 } }, async (page, pad) => {
    await mostAreRead(t, page, pad, drawByMouse);
    assert.equal(await overflow(page), 0);
  });
});

test("digits drawn by finger are read, on a phone, which does not scroll by that", async (t) => {
  await onPage(PHONE, async (page, pad) => {
    await mostAreRead(t, page, pad, drawByFinger);
    assert.equal(await overflow(page), 0);
    await page.getByText("Keys", { exact: true }).click();
    assert.equal(await overflow(page), 0);
    await page.evaluate(() => scrollTo(0, 0));
    await drawByFinger(page, pad, 1);
    await read(page);
    assert.equal(await page.evaluate(() => scrollY), 0);
  });
});

test("a digit is drawn and wiped by keys alone", async () => {
  await onPage({}, async (page, pad) => {
    await page.keyboard.press("Tab");
    assert.ok(await pad.evaluate((canvas) => canvas === document.activeElement), "the first stop is the pad");
    assert.ok(await pad.evaluate((canvas) => getComputedStyle(canvas).outlineStyle !== "none"), "the focus is seen");

    // A 7: to its beginning, right in large steps, and down and a bit to the left.
    await walk(page, -8, -13);
    await page.keyboard.press("Space");
    await hears(page, "Pen down");
    for (let step = 0; step < 4; step++) {
      await page.keyboard.press("Shift+ArrowRight");
    }
    for (let step = 0; step < 13; step++) {
      await walk(page, step % 2 ? -1 : 0, 2);
    }
    await page.keyboard.press("Space");
    assert.equal(await read(page), "7");

    // A dot is a stroke of its own.
    await walk(page, 4, 0);
    const before = await inked(page, pad);
    await page.keyboard.press("Space");
    await page.keyboard.press("Space");
    assert.ok((await inked(page, pad)) > before);
    await page.keyboard.press("Control+z");
    assert.equal(await inked(page, pad), before);
    assert.equal(await page.evaluate(() => scrollY), 0);

    for (const key of ["Delete", "Backspace", "c"]) {
      await page.keyboard.press(key);
      await isWiped(page);
      await page.keyboard.press("Space");
      await page.keyboard.press("Space");
      await read(page);
    }
  });
});

test("strokes are undone one by one, by the button too", async () => {
  await onPage({}, async (page, pad) => {
    const [undo, clear] = ["Undo", "Clear"].map((name) => page.getByRole("button", { name }));
    assert.ok((await undo.isDisabled()) && (await clear.isDisabled()));
    await drawByMouse(page, pad, 1);
    assert.equal(await read(page), "1");
    const one = await inked(page, pad);
    await drawByMouse(page, pad, 0);
    await read(page);
    assert.ok((await inked(page, pad)) > one);
    await undo.click();
    assert.equal(await read(page), "1");
    assert.equal(await inked(page, pad), one);
    await undo.click();
    await isWiped(page);
    assert.ok(await undo.isDisabled());
    assert.equal(await inked(page, pad), 0);
    // The keyboard has not been lost with the button.
    assert.ok(await pad.evaluate((canvas) => canvas === document.activeElement));
  });
});

test("all that is shown belongs to one answer of the server's", async () => {
  await onPage({}, async (page, pad) => {
    const answers = [];
    page.on("response", async (response) => {
      if (response.url().includes("/api/predict")) {
        answers.push(response.json());
      }
    });
    await drawByMouse(page, pad, 3);
    await read(page);
    const answer = await answers.at(-1);
    const percents = answer.probabilities.map((probability) => `${(100 * probability).toFixed(1)} %`);
    assert.deepEqual(await page.locator("#probabilities .percent").allTextContents(), percents);
    assert.equal(await page.locator("#probabilities .best th").textContent(), String(answer.digit));
    assert.equal(await page.locator("#probabilities .best").count(), 1);

    // Each pixel as dark as the network has it.
    const shown = await opacities(page.locator("#seen"));
    answer.pixels.forEach((ink, place) => assert.ok(Math.abs(shown[place] / 255 - ink) < 0.01, `pixel ${place}`));

    // As many cells are coloured as units are active.
    const active = answer.hidden[0].filter((output) => output > 0).length;
    const layer = page.getByRole("img", { name: "Hidden layer: " });
    assert.match(await layer.getAttribute("aria-label"), new RegExp(`^Hidden layer: 128 units, ${active} active`));
  });
});

test("no more than one question is asked at a time, and the last is about the whole drawing", async () => {
  await onPage({}, async (page, pad) => {
    let [open, most, asked] = [0, 0, 0];
    await page.route("**/api/predict*", async (route) => {
      [asked, open] = [asked + 1, open + 1];
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 40));
      // Counted before the page can know of it.
      open -= 1;
      await route.continue();
    });
    await drawByMouse(page, pad, 8);
    assert.equal(await read(page), "8");
    assert.equal(most, 1);
    const points = STROKES[8].flat().length;
    assert.ok(asked > 1 && asked < points, `${asked} questions about ${points} points`);
  });
});

test("everything has a name, and the answer is read out", async () => {
  await onPage({}, async (page, pad) => {
    await drawByMouse(page, pad, 2);
    await read(page);
    await page.getByRole("heading", { level: 1, name: "blasnet" }).waitFor();
    await page.getByRole("application", { name: "Drawing area" }).waitFor();
    for (const region of ["Draw a digit", "The network reads", "On the way"]) {
      await page.getByRole("region", { name: region }).waitFor();
    }
    const table = page.getByRole("table", { name: "The probability of each digit" });
    assert.equal(await table.getByRole("row").count(), 11);
    assert.match(await table.getByRole("row", { name: /^2 / }).textContent(), /^2\d+\.\d %$/);
    await page.getByRole("img", { name: "The drawing as the network sees it" }).waitFor();
    await hears(page, /^2, \d+ percent sure$/);
    // The keys are told to those who cannot see them, although they are folded away.
    const described = await pad.evaluate((canvas) => document.getElementById(canvas.getAttribute("aria-describedby")).textContent);
    assert.match(described, /Arrows move the pen/);
    const unnamed = await page.locator("button, canvas, summary, [tabindex]").evaluateAll((all) =>
      all.filter((element) => !(element.ariaLabel ?? element.textContent).trim()).map((element) => element.outerHTML));
    assert.deepEqual(unnamed, []);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  });
});

test("who wants no motion sees none", async () => {
  await onPage({ reducedMotion: "reduce" }, async (page) => {
    const lasts = await page.locator(".bar").first().evaluate((bar) => getComputedStyle(bar).transitionDuration);
    assert.equal(lasts, "0s");
  });
});

test("a server that is gone is told of, and one that is back is asked again", async () => {
  const own = await serve();
  const { page, context, complaints } = await open(browser, own.url);
  const pad = page.locator("#pad");
  await drawByMouse(page, pad, 4);
  await read(page);
  const code = await own.stop();
  assert.equal(code, 0);

  await drawByMouse(page, pad, 1);
  const alert = page.getByRole("alert");
  await alert.filter({ hasText: "The server does not answer" }).waitFor();
  assert.equal(await page.locator("#sure").textContent(), "nothing yet");
  // The browser's own words about its network are all.
  assert.deepEqual(complaints.filter((complaint) => !/Failed to load resource: net::ERR_/.test(complaint)), []);

  const again = await serve([], new URL(own.url).port);
  await page.getByRole("button", { name: "Clear" }).click();
  await drawByMouse(page, pad, 7);
  assert.equal(await read(page), "7");
  assert.ok(await alert.isHidden());
  await context.close();
  await again.stop();
});
