import { BEST_BYTES } from './backend/layout.js';
import { now, type Work } from './backend/pass.js';
import { bytesOf, centroidStride, floatArray, packedLength, panelWidth } from './backend/shapes.js';
import { type Workspace, withWorkspace } from './backend/workspace.js';
import { measureFeatures, statisticsLayout, subtractShift } from './data/centre.js';
import { callRows, copySamples, normalise, type Samples, samplesBytes, stagingBytes } from './data/samples.js';
import { readSource, type Source } from './data/source.js';
import { rangeError } from './errors.js';
import type { Data, FloatArray, Nearest, Precision } from './types.js';

/** Samples that are in memory at a time. */
const BLOCK_ROWS = 65536;

/** k centroids as the run that found them compared them: new samples get the labels that it would have given. */
export interface Codebook {
  readonly k: number;
  readonly d: number;
  readonly precision: Precision;
  readonly metric: 'euclidean' | 'cosine';
  /** Whether the run compared by relaxed SIMD; predictions do likewise where the engine has it. */
  readonly relaxedSimd: boolean;
  /** d: subtracted from every sample. */
  readonly shift: Float64Array;
  /** k × d, less the shift. */
  readonly shiftedCentroids: FloatArray;
}

/**
 * Index of the nearest centroid of each sample.
 *
 * @throws ERR_FEATURES and what the data forms throw
 */
export function predictLabels(codebook: Codebook, data: Data): Int32Array {
  return inWorkspace(labelSamples, codebook, data);
}

/** The same, in a workspace. */
export function* labelSamples(workspace: Workspace, codebook: Codebook, source: Source): Work<Int32Array> {
  const labels = new Int32Array(source.nSamples);
  yield* compare(workspace, codebook, source, function* ({ at, labelsOf }) {
    labels.set(yield* labelsOf(), at);
  });
  return labels;
}

/** The same with the distances, not squared. */
export function findNearest(codebook: Codebook, data: Data): Nearest {
  return inWorkspace(nearestOf, codebook, data);
}

function* nearestOf(workspace: Workspace, codebook: Codebook, source: Source): Work<Nearest> {
  const labels = new Int32Array(source.nSamples);
  const distances = floatArray(codebook.precision, source.nSamples);
  yield* compare(workspace, codebook, source, function* ({ at, labelsOf, distancesOf }) {
    labels.set(yield* labelsOf(), at);
    distances.set(distancesOf().map(Math.sqrt), at);
  });
  return { labels, distances };
}

/** n × k distances, not squared, row by row. */
export function allDistances(codebook: Codebook, data: Data): FloatArray {
  return inWorkspace(distancesOf, codebook, data);
}

function* distancesOf(workspace: Workspace, codebook: Codebook, source: Source): Work<FloatArray> {
  const { k } = codebook;
  const distances = floatArray(codebook.precision, source.nSamples * k);
  // biome-ignore lint/correctness/useYield: nothing here passes over many samples at once.
  yield* compare(workspace, codebook, source, function* ({ at, count, panel }) {
    for (let j = 0; j < k; j += panelWidth(codebook.precision)) {
      const sqDistances = panel(j);
      const width = sqDistances.length / count;
      for (let i = 0; i < count; i++)
        for (let lane = 0; lane < Math.min(width, k - j); lane++)
          distances[(at + i) * k + j + lane] = Math.sqrt(sqDistances[i * width + lane]!);
    }
  });
  return distances;
}

/** A block of samples in memory, and what can be asked about it. */
interface Block {
  at: number;
  count: number;
  labelsOf(): Work<Int32Array>;
  /** Squared distances to the labelled centroids; after labelsOf. */
  distancesOf(): FloatArray;
  /** Squared distances to the centroids of the panel that begins with centroid j, count × width. */
  panel(j: number): FloatArray;
}

/** Does some work on the data in an idle workspace. */
function inWorkspace<T>(
  work: (workspace: Workspace, codebook: Codebook, source: Source) => Work<T>,
  codebook: Codebook,
  data: Data,
): T {
  const source = sourceFor(codebook, data);
  return withWorkspace(undefined, (workspace) => now(work(workspace, codebook, source)));
}

/** @throws ERR_FEATURES and what the data forms throw */
export function sourceFor(codebook: Codebook, data: Data): Source {
  const source = readSource(data, codebook.d);
  checkFeatures(codebook, source);
  return source;
}

/** @throws ERR_FEATURES */
export function checkFeatures({ d }: Codebook, { nFeatures }: Source): void {
  if (nFeatures !== d)
    throw rangeError(
      'ERR_FEATURES',
      `the data has ${nFeatures} features, but the centroids have ${d}; they must have the same`,
    );
}

function* compare(
  workspace: Workspace,
  codebook: Codebook,
  source: Source,
  use: (block: Block) => Work<unknown>,
): Work {
  const { k, d, precision } = codebook;
  const value = bytesOf(precision);
  const rows = Math.min(source.nSamples, BLOCK_ROWS);
  const { means, ranges } = statisticsLayout(rows, d);
  const plan = {
    samples: samplesBytes(rows, d, precision),
    staging: stagingBytes(rows, d, precision),
    means,
    ranges,
    centroids: k * centroidStride(d) * value,
    packed: packedLength(k, d, precision) * value,
    labels: (rows + 8) * 4,
    distances: rows * panelWidth(precision) * value,
    panel: d * 32,
    best: workspace.threads * BEST_BYTES,
  };
  const buffers = workspace.take(plan, rows);
  placeCentroids(workspace, codebook, buffers.centroids, buffers.packed);
  for (let at = 0; at < source.nSamples; at += rows) {
    const to = Math.min(at + rows, source.nSamples);
    const samples = yield* copySamples(workspace, source, precision, buffers.samples, buffers.staging, 0, at, to);
    yield* measureFeatures(samples, buffers, false, at);
    if (codebook.metric === 'cosine') yield* normalise(samples);
    yield* subtractShift(samples, codebook.shift, buffers.means);
    yield* use(blockOf(codebook, samples, at, buffers));
  }
}

function placeCentroids(workspace: Workspace, codebook: Codebook, centroids: number, packed: number): void {
  const { k, d, precision, shiftedCentroids } = codebook;
  const stride = centroidStride(d);
  const target = workspace.floats(precision, centroids, k * stride).fill(0);
  for (let j = 0; j < k; j++) target.set(shiftedCentroids.subarray(j * d, (j + 1) * d), j * stride);
  workspace.kernels(precision).pack(centroids, k, d, packed);
}

function blockOf(
  { k, d, precision, relaxedSimd }: Codebook,
  samples: Samples,
  at: number,
  buffers: Record<'centroids' | 'packed' | 'labels' | 'distances' | 'panel' | 'best', number>,
): Block {
  const { workspace, kernels, n: count, stride } = samples;
  const { centroids, packed, labels, distances, panel, best } = buffers;
  const width = panelWidth(precision);
  return {
    at,
    count,
    *labelsOf() {
      yield* samples.pass(
        (kernels, i, m, thread) =>
          kernels.assign(samples.at(i), m, d, stride, packed, k, labels + i * 4, best + thread * BEST_BYTES),
        callRows(k, d),
        0,
        workspace.backendFor(relaxedSimd),
        k * d,
      );
      return workspace.int32(labels, count);
    },
    distancesOf() {
      kernels.sqDistances(samples.x, count, d, stride, centroids, labels, distances);
      return workspace.floats(precision, distances, count);
    },
    panel(j) {
      kernels.packDirect(centroids + j * centroidStride(d) * bytesOf(precision), Math.min(width, k - j), d, panel);
      kernels.panelDistances(samples.x, count, d, stride, panel, distances, width);
      return workspace.floats(precision, distances, count * width);
    },
  };
}
