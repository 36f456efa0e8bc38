// Pictures of the page, into the folder that is named: light, dark, and on a phone.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { drawByFinger, drawByMouse, launch, open, serve } from "./helpers.js";

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
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name === "phone" });
  await context.close();
}
await browser.close();
await server.stop();
