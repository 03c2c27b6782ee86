import type { Terminal } from './terminal.js';

/** One line on standard error that says what is going on, rewritten in place. */
export interface ProgressLine {
  show(text: () => string): void;
  /** Erases the line. */
  end(): void;
}

const silentMs = 500;
const intervalMs = 100;

/** A line that appears once the work takes longer than half a second, and only where a person is watching. */
export function createProgress({ stderr }: Terminal, quiet: boolean): ProgressLine {
  if (quiet || stderr.isTTY !== true) return { show: () => {}, end: () => {} };
  let due = performance.now() + silentMs;
  let shown = false;
  return {
    show(text) {
      const now = performance.now();
      if (now < due) return;
      due = now + intervalMs;
      shown = true;
      stderr.write(`\r\x1b[K${text().slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    end() {
      if (shown) stderr.write('\r\x1b[K');
      shown = false;
    },
  };
}
