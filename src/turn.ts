/** Milliseconds after which whoever works on the calling thread lets others have a go. */
export const SLICE = 10;

/** Resolves once others had a go on this thread. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(0);
    }
  });
}
