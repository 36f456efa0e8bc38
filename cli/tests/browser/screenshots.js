// Pictures of both pages, into the folder that is named: that of blasnet serve light, dark and on a phone, and a report's
// beginning.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { drawByFinger, drawByMouse, launch, open, report, serve } from "./helpers.js";

const [folder, ...args] = process.argv.slice(2);
if (!folder) {
  console.error("error: name the folder to write to: npm run screenshots -- FOLDER [FLAG of blasnet serve …]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const desk = { viewport: { width: 800, height: 860 } };
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const pictures = [
  ["light", { ...desk, colorScheme: "light" }, drawByMouse, 3],
  ["dark", { ...desk, colorScheme: "dark" }, drawByMouse, 7],
  ["phone", { ...phone, colorScheme: "light" }, drawByFinger, 2],
];

const server = await serve(args);
const browser = await launch();
for (const [name, options, draw, digit] of pictures) {
  const { context, page } = await open(browser, server.url, { ...options, reducedMotion: "reduce" });
  await draw(page, page.locator("#pad"), digit);
  await page.locator("#answer[aria-busy=false] #sure", { hasText: "%" }).waitFor();
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  await context.close();
}
await server.stop();
const { page: address, remove } = report(["--recipe", "fast", "--epochs", "10"]);
const { context, page } = await open(browser, address, { viewport: { width: 800, height: 1010 } });
await page.screenshot({ path: join(folder, "report.png") });
await context.close();
remove();
await browser.close();
