// Draws the pictures of README.md from examples/data/blobs.csv, through the built package.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { elbow, kmeans, kmeansSteps, silhouetteSamples } from 'kmeans-simd';
import { convergencePlot, elbowPlot, scatterPlot, silhouettePlot } from 'kmeans-simd/plot';

const [header, ...lines] = readFileSync('examples/data/blobs.csv', 'utf8').trim().split('\n');
const featureNames = header.split(',');
const samples = lines.map((line) => line.split(',').map(Number));
const result = kmeans(samples, 3);
// A start that is bad enough to have something to watch.
const steps = kmeansSteps(samples, 3, { init: 'random', seed: 6 });

const pictures = {
  scatter: scatterPlot(samples, result, { featureNames }),
  steps: convergencePlot(samples, steps, { featureNames }),
  elbow: elbowPlot(elbow(samples, { kMax: 9 })),
  silhouette: silhouettePlot(silhouetteSamples(samples, result.labels), result.labels),
};

mkdirSync('docs/pictures', { recursive: true });
for (const [name, picture] of Object.entries(pictures)) {
  const svg = await picture;
  writeFileSync(`docs/pictures/${name}.svg`, svg);
  console.log(`docs/pictures/${name}.svg  ${svg.length} characters`);
}
