/** Milliseconds after which whoever works on the calling thread lets others have a go. */
const SLICE = 10;

/** When others had their last go on the calling thread, beside work that goes on there. */
export class Turns {
  private last = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** Whether it is their turn. */
  get isDue(): boolean {
    return performance.now() - this.last > SLICE;
  }

  /** Lets them have it if it is. */
  ifDue(): Promise<void> | undefined {
    return this.isDue ? this.take() : undefined;
  }

  /** Lets them have it; rejects with the reason of a signal that was given meanwhile. */
  async take(): Promise<void> {
    await turn();
    this.signal?.throwIfAborted();
    this.last = performance.now();
  }
}

/** Resolves once others had a go on this thread. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(0);
    }
  });
}
