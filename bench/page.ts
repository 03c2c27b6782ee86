// What else happens in a page while it clusters a million samples: npm run bench:page
import { parseArgs } from 'node:util';
import { browsers, find, visit } from '../test/browser/browsers.js';
import type { Gap } from './page/script.js';
import { publish } from './report.js';
import { digits, formatTable } from './table.js';

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const pages = {
  isolated: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
  'not isolated': {},
};

const rows: string[][] = [];
for (const browser of browsers) {
  const command = find(browser);
  if (!command) {
    console.error(`${browser.name} is not installed: none of ${browser.commands.join(', ')} is on the path`);
    continue;
  }
  const answers = await visit(browser, command, pages, 'bench/page/script.ts');
  for (const page of Object.keys(pages))
    for (const { what, took, frames, longest } of (answers.get(page as keyof typeof pages) ?? []) as Gap[])
      rows.push([browser.name, page, what, String(Math.round(took)), String(frames), digits(longest)]);
}
if (rows.length > 0)
  publish(
    {
      part: 'page',
      title: 'A page meanwhile',
      body: [
        `A page that clusters 1,000,000 × 16 float32, k 64, on its worker threads (20 iterations at the most), in browsers without a
window: frames that it draws, and the longest time in which neither a frame nor a timer had its turn. Frames are due every
16.7 ms; what passes while nothing is clustered is the browser's own.`,
        formatTable(['browser', 'page', 'what it does', 'ms', 'frames', 'longest gap, ms'], rows),
      ],
    },
    options.write,
  );
else process.exitCode = 1;
