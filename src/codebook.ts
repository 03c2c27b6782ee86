import { BEST_BYTES } from './backend/layout.js';
import { now, type Work } from './backend/pass.js';
import { bytesOf, centroidStride, floatArray, packedLength, panelWidth } from './backend/shapes.js';
import { type Workspace, withWorkspace } from './backend/workspace.js';
import { statisticsLayout } from './data/centre.js';
import { samplesLayout } from './data/copy-samples.js';
import { callRows, type Samples } from './data/samples.js';
import { readSource, type Source } from './data/source.js';
import { rangeError } from './errors.js';
import { placeSamples } from './fit.js';
import { totalOf } from './footprint.js';
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

/** Bytes that labelling takes where so many of the samples lie in one memory; all of a part lie there at a time. */
export const labellingBytes = (codebook: Codebook, rows: number, threads: number, inParts: boolean): number => {
  const { d, precision } = codebook;
  const n = inParts ? rows : Math.min(rows, BLOCK_ROWS);
  return totalOf(samplesLayout(n, d, precision, inParts), statisticsLayout(n, d), planOf(codebook, n, threads));
};

const planOf = ({ k, d, precision }: Codebook, rows: number, threads: number) => ({
  centroids: k * centroidStride(d) * bytesOf(precision),
  packed: packedLength(k, d, precision) * bytesOf(precision),
  labels: (rows + 8) * 4,
  best: threads * BEST_BYTES,
});

type Buffers = Record<keyof ReturnType<typeof planOf>, number>;

function* compare(
  workspace: Workspace,
  codebook: Codebook,
  source: Source,
  use: (block: Block) => Work<unknown>,
): Work {
  const { precision, metric, shift } = codebook;
  const { nSamples: n } = source;
  const { parts, threads } = workspace;
  const rows = Math.min(n, BLOCK_ROWS);
  const buffers = workspace.take(planOf(codebook, parts?.rows ?? rows, threads), rows);
  placeCentroids(workspace, codebook, buffers.centroids, buffers.packed);
  const step = parts ? n : rows;
  for (let at = 0; at < n; at += step) {
    const mark = workspace.mark();
    const some = rowsOf(source, at, Math.min(at + step, n));
    const { samples } = yield* placeSamples(workspace, some, precision, metric, undefined, shift, at);
    yield* use(blockOf(codebook, samples, at, buffers));
    workspace.backTo(mark);
  }
}

/** Rows `from` … `to` − 1 of a source. */
const rowsOf = (source: Source, from: number, to: number): Source => ({
  ...source,
  resident: undefined,
  nSamples: to - from,
  write: (target, begin, end) => source.write(target, from + begin, from + end),
});

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
  { centroids, packed, labels, best }: Buffers,
): Block {
  const { workspace, kernels, n: count, stride } = samples;
  const width = panelWidth(precision);
  const value = bytesOf(precision);
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
      return yield* samples.fetch('int32', labels);
    },
    distancesOf() {
      const { distances } = workspace.take({ distances: count * value }, count);
      kernels.sqDistances(samples.x, count, d, stride, centroids, labels, distances);
      return workspace.floats(precision, distances, count);
    },
    panel(j) {
      const mark = workspace.mark();
      const { distances, panel } = workspace.take({ distances: count * width * value, panel: d * 32 }, count);
      // Until the next panel, which comes to the same place.
      workspace.backTo(mark);
      kernels.packDirect(centroids + j * centroidStride(d) * value, Math.min(width, k - j), d, panel);
      kernels.panelDistances(samples.x, count, d, stride, panel, distances, width);
      return workspace.floats(precision, distances, count * width);
    },
  };
}
