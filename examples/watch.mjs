// Watches a run, one line an iteration, and leaves it as a moving picture in the file named on the command line.
import { writeFileSync } from 'node:fs';
import { kmeansSteps, makeBlobs } from 'kmeans-simd';
import { convergencePlot } from 'kmeans-simd/plot';

const { data } = makeBlobs({ nSamples: 400, centers: 5, spread: 1.2, seed: 3 });
const steps = [...kmeansSteps(data, 5, { init: 'random', seed: 1 })];
for (const { iteration, inertia, changed } of steps)
  console.log(`iteration ${iteration}: inertia ${inertia.toFixed(2)}, ${changed} labels changed`);

const [file] = process.argv.slice(2);
if (file) writeFileSync(file, await convergencePlot(data, steps));
