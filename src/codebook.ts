import type { Kernels } from './backend/backend.js';
import { bytesOf, centroidStride, floatArray, packedLength, panelWidth } from './backend/shapes.js';
import { type Workspace, withWorkspace } from './backend/workspace.js';
import { measureFeatures, statisticsLength, subtractShift } from './data/centre.js';
import { callRows, copySamples, forPasses, type Samples, samplesBytes, stagingBytes } from './data/samples.js';
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
  const source = sourceFor(codebook, data);
  const labels = new Int32Array(source.nSamples);
  compare(codebook, source, ({ at, labelsOf }) => {
    labels.set(labelsOf(), at);
  });
  return labels;
}

/** The same with the distances, not squared. */
export function findNearest(codebook: Codebook, data: Data): Nearest {
  const source = sourceFor(codebook, data);
  const labels = new Int32Array(source.nSamples);
  const distances = floatArray(codebook.precision, source.nSamples);
  compare(codebook, source, ({ at, labelsOf, distancesOf }) => {
    labels.set(labelsOf(), at);
    distances.set(distancesOf().map(Math.sqrt), at);
  });
  return { labels, distances };
}

/** n × k distances, not squared, row by row. */
export function allDistances(codebook: Codebook, data: Data): FloatArray {
  const source = sourceFor(codebook, data);
  const { k } = codebook;
  const distances = floatArray(codebook.precision, source.nSamples * k);
  compare(codebook, source, ({ at, count, panel }) => {
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
  labelsOf(): Int32Array;
  /** Squared distances to the labelled centroids; after labelsOf. */
  distancesOf(): FloatArray;
  /** Squared distances to the centroids of the panel that begins with centroid j, count × width. */
  panel(j: number): FloatArray;
}

function sourceFor(codebook: Codebook, data: Data): Source {
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

function compare(codebook: Codebook, source: Source, use: (block: Block) => void): void {
  withWorkspace(undefined, (workspace) => {
    const { k, d, precision } = codebook;
    const value = bytesOf(precision);
    const rows = Math.min(source.nSamples, BLOCK_ROWS);
    const plan = {
      samples: samplesBytes(rows, d, precision),
      staging: stagingBytes(rows, d, precision),
      scratch: statisticsLength(d) * 8,
      centroids: k * centroidStride(d) * value,
      packed: packedLength(k, d, precision) * value,
      labels: (rows + 8) * 4,
      distances: rows * panelWidth(precision) * value,
      panel: d * 32,
      best: 256,
    };
    const buffers = workspace.take(plan, rows);
    const kernels = placeCentroids(workspace, codebook, buffers.centroids, buffers.packed);
    for (let at = 0; at < source.nSamples; at += rows) {
      const count = Math.min(rows, source.nSamples - at);
      const samples = copySamples(workspace, source, precision, buffers.samples, buffers.staging, 0, at, at + count);
      measureFeatures(samples, buffers.scratch, false, at);
      if (codebook.metric === 'cosine') kernels.normalise(samples.x, count, d, samples.stride);
      subtractShift(samples, codebook.shift, buffers.scratch);
      use(blockOf(codebook, samples, at, buffers));
    }
  });
}

function placeCentroids(workspace: Workspace, codebook: Codebook, centroids: number, packed: number): Kernels {
  const { k, d, precision, shiftedCentroids } = codebook;
  const stride = centroidStride(d);
  const target = workspace.floats(precision, centroids, k * stride).fill(0);
  for (let j = 0; j < k; j++) target.set(shiftedCentroids.subarray(j * d, (j + 1) * d), j * stride);
  const kernels = workspace.kernels(precision);
  kernels.pack(centroids, k, d, packed);
  return kernels;
}

function blockOf(
  { k, d, precision, relaxedSimd }: Codebook,
  samples: Samples,
  at: number,
  buffers: Record<'centroids' | 'packed' | 'labels' | 'distances' | 'panel' | 'best', number>,
): Block {
  const { workspace, kernels, n: count, stride } = samples;
  const { assign } = workspace.backendFor(relaxedSimd).kernels[precision];
  const { centroids, packed, labels, distances, panel, best } = buffers;
  const width = panelWidth(precision);
  return {
    at,
    count,
    labelsOf() {
      forPasses(count, (i, m) => assign(samples.at(i), m, d, stride, packed, k, labels + i * 4, best), callRows(k, d));
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
