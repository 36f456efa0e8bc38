// Questions to the server.

/** Milliseconds after which a server is taken to be gone. */
const PATIENCE = 15_000;

/**
 * A function to call at every change: it does `work`, which gives a promise, and while that lasts it waits. What has
 * changed meanwhile is worked on once, as it is then, and nothing queues up. Then comes `rest()`.
 */
export function newestOnly(work, rest) {
  let [working, again] = [false, false];
  return async () => {
    again = true;
    if (working) {
      return;
    }
    working = true;
    while (again) {
      again = false;
      await work();
    }
    working = false;
    rest();
  };
}

/** The server's JSON, or an error that says in words what is wrong. */
async function ask(path, request = {}) {
  let response;
  let said;
  try {
    response = await fetch(path, { ...request, signal: AbortSignal.timeout(PATIENCE) });
    said = await response.json();
  } catch {
    throw new Error("The server does not answer. Is “blasnet serve” still running? The next stroke asks again.");
  }
  if (!response.ok) {
    throw new Error(`The server refuses: ${said.error}.`);
  }
  return said;
}

/** The number of units in each layer. */
export async function sizes() {
  return (await ask("/api/network")).sizes;
}

/** What the network makes of a picture. */
export function predict(picture) {
  return ask("/api/predict?details=1", { method: "POST", body: picture, headers: { "Content-Type": "image/png" } });
}
