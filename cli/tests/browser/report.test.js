// What `blasnet train --report` writes, opened from disk.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { launch, open, overflow, report as train } from "./helpers.js";

let browser, folder, remove, report;
const address = (name) => pathToFileURL(join(folder, name)).href;

before(async () => {
  ({ folder, remove } = train(["--recipe", "fast"]));
  report = JSON.parse(readFileSync(join(folder, "report.json")));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  remove?.();
});

/** How far two colours, as the browser writes them, lie apart: 1 to 21, by WCAG 2's formula. */
function contrast(one, other) {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const screens = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 360, height: 740 } },
  "dark phone": { colorScheme: "dark", viewport: { width: 360, height: 740 } },
};

for (const [name, screen] of Object.entries(screens)) {
  test(`the page shows the run's numbers: ${name}`, async () => {
    const { context, page, complaints, requests } = await open(browser, address("report.html"), screen);
    assert.equal(await page.locator("h1").innerText(), report.sizes.join(" → "));
    const percent = `${(100 * report.accuracy).toFixed(2)} % of 10,000 test images`;
    assert.ok((await page.locator(".big").innerText()).startsWith(percent));

    const counts = await page.locator("#confusion svg text").allTextContents();
    for (const count of report.confusion.flat()) {
      const at = counts.findIndex((text) => text.trim() === String(count));
      assert.notEqual(at, -1, `${count} is not drawn`);
      counts.splice(at, 1);
    }
    const pictures = await page.locator("img").evaluateAll((images) => images.map((image) => image.naturalWidth));
    assert.equal(pictures.length, report.mistakes.length + report.units.length);
    assert.ok(pictures.every((width) => width === 28));

    const colours = await page.evaluate(() => {
      const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
      const letters = [of("body", "color"), of("figcaption", "color"), of("a", "color"), of("svg text", "fill")];
      return { paper: of("body", "backgroundColor"), letters };
    });
    for (const letter of colours.letters) {
      assert.ok(contrast(letter, colours.paper) >= 4.5, `${letter} on ${colours.paper}`);
    }
    assert.equal(contrast(colours.paper, "rgb(0, 0, 0)") < 2, name.includes("dark"));

    for (const link of await page.locator("nav a").all()) {
      await link.click();
      assert.equal(await page.locator(`section${await link.getAttribute("href")}`).count(), 1);
    }
    assert.equal(await overflow(page), 0);
    assert.deepEqual(complaints, []);
    assert.deepEqual([...new Set(requests.filter((request) => !request.startsWith("data:")))], [address("report.html")]);
    await context.close();
  });
}

test("each figure is a file that is dark where the screen is", async () => {
  const figures = readdirSync(folder).filter((name) => name.endsWith(".svg"));
  assert.equal(figures.length, 6);
  for (const figure of figures) {
    const papers = [];
    for (const colorScheme of ["light", "dark"]) {
      const { context, page, complaints, requests } = await open(browser, address(figure), { colorScheme });
      papers.push(await page.locator("rect").first().evaluate((paper) => getComputedStyle(paper).fill));
      assert.deepEqual(complaints, [], figure);
      assert.deepEqual(requests, [address(figure)]);
      await context.close();
    }
    assert.ok(contrast(...papers) > 10, `${figure}: ${papers}`);
  }
});

test("on paper it is dark on light, whatever the screen is", async () => {
  const { context, page } = await open(browser, address("report.html"), { colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const [paper, letters] = await page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return [backgroundColor, color];
  });
  assert.ok(contrast(paper, "rgb(255, 255, 255)") < 1.1 && contrast(letters, paper) > 10, `${letters} on ${paper}`);
  const pdf = await page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await context.close();
});
