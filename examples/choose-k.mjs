// How many clusters? The elbow of the inertia, and the silhouette for every k as a second opinion.
import { readFileSync } from 'node:fs';
import { elbow, kmeans, silhouetteScore } from 'kmeans-simd';

const file = new URL('data/blobs.csv', import.meta.url);
const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
const samples = lines.map((line) => line.split(',').map(Number));

const { ks, inertias, k } = elbow(samples, { kMin: 2, kMax: 6 });
console.log('k  inertia  silhouette');
for (const [i, each] of ks.entries()) {
  const score = silhouetteScore(samples, kmeans(samples, each).labels);
  console.log(`${each}  ${inertias[i].toFixed(1).padStart(7)}  ${score.toFixed(3)}${each === k ? '  <- elbow' : ''}`);
}
