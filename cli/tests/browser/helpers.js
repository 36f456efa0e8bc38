// A browser, what its pages complain of and ask for, the program under test, and hands that draw.
//
// Environment: BLASNET is the program, else the newest of target/release and target/debug; CHROMIUM the browser, else
// /usr/bin/chromium.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The digits' strokes: lists of points from 0 to 1. */
export const STROKES = JSON.parse(readFileSync(here("../strokes.json"), "utf8"));

/** The program's path. */
export function program() {
  if (process.env.BLASNET) {
    return process.env.BLASNET;
  }
  const target = process.env.CARGO_TARGET_DIR ?? here("../../../target");
  const age = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [newest] = ["release", "debug"].map((profile) => `${target}/${profile}/blasnet`).sort((a, b) => age(b) - age(a));
  if (age(newest) === 0) {
    throw new Error(`there is no ${newest}: build it first (cargo build --release -p blasnet-cli), or name another by BLASNET`);
  }
  return newest;
}

/** Starts `blasnet serve` with these flags, on a port that is free unless it is named: its address, and how to end it. */
export async function serve(args = [], port = 0) {
  const server = spawn(program(), ["serve", "--port", port, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => server.on("exit", resolve).on("error", reject));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).once("line", resolve);
    ended.then((code) => reject(new Error(`blasnet serve ended with ${code}`)), reject);
  });
  const stop = () => {
    server.kill("SIGINT");
    return ended;
  };
  return { url: line, stop };
}

/** Trains with these flags and a report: its folder, the page's address, and how to remove them. */
export function report(flags) {
  const folder = mkdtempSync(join(tmpdir(), "blasnet-report-"));
  execFileSync(program(), ["train", ...flags, "--report", folder], { stdio: ["ignore", "ignore", "inherit"] });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { folder, page: pathToFileURL(join(folder, "report.html")).href, remove };
}

/** Starts the browser. It asks nobody for anything by itself. */
export function launch() {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromiumSandbox: false,
    args: [...quiet, "--disable-component-update", "--disable-sync"],
  });
}

/**
 * Opens a page in a context of its own. `complaints` becomes all errors and warnings of its console, and `requests` all
 * addresses that it asks for.
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
  const page = await context.newPage();
  const [complaints, requests] = [[], []];
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) {
      complaints.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error}`));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { context, page, complaints, requests };
}

/** Those of these addresses that lead elsewhere. */
export function elsewhere(requests, url) {
  const { origin } = new URL(url);
  return requests.filter((request) => !request.startsWith("data:") && !request.startsWith(`blob:${origin}/`)
    && new URL(request).origin !== origin);
}

/** How opaque each pixel of a canvas is, from 0 to 255. */
export async function opacities(canvas) {
  const bytes = await canvas.evaluate((canvas) => {
    // A copy, as browsers warn of reading what is shown again and again.
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    // One text is faster on its way than a list of numbers.
    return data.filter((_, place) => place % 4 === 3).reduce((text, byte) => text + String.fromCharCode(byte), "");
  });
  return [...Buffer.from(bytes, "latin1")];
}

/** How far one could scroll sideways. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Places a digit's strokes in a canvas, in the page's pixels, with a margin around them. */
export async function placed(canvas, digit, margin = 0.12) {
  const box = await canvas.boundingBox();
  const place = (part, start, length) => start + length * (margin + part * (1 - 2 * margin));
  return STROKES[digit].map((stroke) => stroke.map(([x, y]) => [place(x, box.x, box.width), place(y, box.y, box.height)]));
}

/** Draws a digit with the mouse. */
export async function drawByMouse(page, canvas, digit) {
  for (const [first, ...rest] of await placed(canvas, digit)) {
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const point of rest) {
      await page.mouse.move(...point);
    }
    await page.mouse.up();
  }
}

/** Draws a digit with a finger, in a context with `hasTouch`. */
export async function drawByFinger(page, canvas, digit) {
  const hand = await page.context().newCDPSession(page);
  const touch = (type, ...points) =>
    hand.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
  for (const [first, ...rest] of await placed(canvas, digit)) {
    await touch("touchStart", first);
    for (const point of rest) {
      await touch("touchMove", point);
    }
    await touch("touchEnd");
  }
  await hand.detach();
}
