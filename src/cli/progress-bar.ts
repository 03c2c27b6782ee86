import { formatDuration } from './number-format.js';
import type { ProgressLine } from './progress.js';
import type { OnBytes } from './table-stream.js';

const width = 20;

/** The bar of one pass over a file: what is done, how much of it and how long it will take, and what is known so far. */
export function passBar(progress: ProgressLine, title: () => string): OnBytes {
  const start = performance.now();
  return (done, all) =>
    progress.show(() => {
      const share = all > 0 ? done / all : 1;
      const filled = Math.round(width * share);
      const left = share > 0 ? ((performance.now() - start) * (1 - share)) / share : 0;
      const bar = '━'.repeat(filled) + '─'.repeat(width - filled);
      return `${bar} ${formatBytes(done)} of ${formatBytes(all)} · ${formatDuration(left)} left · ${title()}`;
    });
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}
