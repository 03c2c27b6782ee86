import { describe, expect, test } from 'vitest';
import type { Run } from '../src/algorithms/run.js';
import type { Backend } from '../src/backend/backend.js';
import { decodeBytes } from '../src/backend/binary-text.js';
import { now } from '../src/backend/pass.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { createWasmBackend } from '../src/backend/wasm.js';
import { Workspace } from '../src/backend/workspace.js';
import { readSource } from '../src/data/source.js';
import { Fit } from '../src/fit.js';
import simd from '../src/generated/simd.js';
import { makeBlobs } from '../src/index.js';
import { resolveOptions } from '../src/options.js';
import { createRandom } from '../src/random.js';
import { choosePlusPlus, potentialBuffers, trialsFor } from '../src/seeding/plus-plus.js';
import { Potential } from '../src/seeding/potential.js';
import type { KMeansOptions } from '../src/types.js';
import { byDefinition, sqDistance } from './helpers/plus-plus.js';

const module = new WebAssembly.Module(decodeBytes(simd));
const backends: [string, () => Backend][] = [
  ['wasm', () => createWasmBackend(module)],
  ['js', createReferenceBackend],
];

describe.each(backends)('greedy k-means++ [%s]', (_, createBackend) => {
  test.each([
    [1, 40, 'float64'],
    [2, 30, 'float32'],
    [3, 20, 'float32'],
    [5, 30, 'float32'],
    [9, 30, 'float64'],
    [33, 40, 'float32'],
    [65, 40, 'float32'],
  ] as const)('distances and gains are those of looking at every sample: %s features, k %s, %s', (d, k, precision) => {
    for (const weighted of [false, true]) {
      const n = 700;
      const random = createRandom(d);
      const { data } = makeBlobs({ nSamples: n, nFeatures: d, centers: 12, spread: 0.4, seed: d, precision });
      const weights = weighted ? Float64Array.from({ length: n }, () => Math.floor(4 * random())) : undefined;
      const run = runOn(createBackend(), data.data, d, k, { precision, sampleWeight: weights });
      const rows = rowsOf(run);
      const potential = new Potential(run.samples, k, trialsFor(k), potentialBuffers(run));
      const seeds = [rows[0]!];
      now(potential.start(0));
      for (let step = 1; step < k; step++) {
        const closest = rows.map((row) => Math.min(...seeds.map((seed) => sqDistance(row, seed))));
        expectClose(potential.closest(), closest, precision);
        const candidates = now(potential.draw(trialsFor(k), random));
        const gains = now(potential.gainsOf(candidates));
        const expected = candidates.map((c) =>
          rows.reduce(
            (sum, row, i) => sum + (weights?.[i] ?? 1) * Math.max(0, closest[i]! - sqDistance(row, rows[c]!)),
            0,
          ),
        );
        expectClose(gains, expected, precision);
        const taken = Math.floor(random() * candidates.length);
        seeds.push(rows[candidates[taken]!]!);
        now(potential.take(taken));
      }
    }
  });

  test('skipping changes no bit: chosen samples are those of looking at everything', () => {
    for (const [d, k] of [
      [2, 60],
      [7, 40],
      [24, 33],
    ] as const) {
      const { data } = makeBlobs({
        nSamples: 1500,
        nFeatures: d,
        centers: k,
        spread: 0.2,
        seed: d,
        precision: 'float32',
      });
      const chosen = [createBackend(), createReferenceBackend()].map((backend) => {
        const run = runOn(backend, data.data, d, k, {});
        const indices = now(choosePlusPlus(run.samples, k, createRandom(5), potentialBuffers(run)));
        const distances = now(run.samples.fetch('float32', run.distancesAt));
        return [indices, [...distances], [...run.labels()]];
      });
      expect(chosen[0]).toEqual(chosen[1]);
    }
  });
});

test('greedy k-means++ chooses as often as its definition has it', () => {
  const rows = [0, 1, 1.5, 4, 4.2, 9, 9.1, 9.3, 20].map((x, i) => [x, i % 2]);
  const k = 3;
  const weights = [1, 2, 1, 1, 0, 3, 1, 1, 0.5];
  const run = runOn(createWasmBackend(module), rows.flat(), 2, k, { sampleWeight: weights });
  const times = 4000;
  const ours = new Map<string, number>();
  const theirs = new Map<string, number>();
  const count = (counts: Map<string, number>, chosen: number[]) => {
    const key = [...chosen].sort().join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const naive = createRandom(99);
  for (let seed = 0; seed < times; seed++) {
    count(ours, now(choosePlusPlus(run.samples, k, createRandom(seed), potentialBuffers(run))));
    count(theirs, byDefinition(rows, weights, k, trialsFor(k), naive));
  }
  // Two samples of one distribution: Σ (a − b)² / (a + b) is near the number of outcomes, its deviation √(2 · outcomes).
  const outcomes = [...new Set([...ours.keys(), ...theirs.keys()])];
  const statistic = outcomes.reduce((sum, key) => {
    const [a, b] = [ours.get(key) ?? 0, theirs.get(key) ?? 0];
    return sum + (a - b) ** 2 / (a + b);
  }, 0);
  expect(outcomes.length).toBeGreaterThan(8);
  expect(statistic).toBeLessThan(outcomes.length + 4 * Math.sqrt(2 * outcomes.length));
  for (const key of outcomes) expect(key.split(',')).not.toContain('4');
});

function runOn(backend: Backend, values: ArrayLike<number>, d: number, k: number, options: KMeansOptions): Run {
  const data = values instanceof Float32Array ? values : Float64Array.from(values);
  const resolved = resolveOptions({ nFeatures: d, ...options });
  return now(Fit.prepare(new Workspace(backend), data, readSource(data, d), k, resolved)).run;
}

const rowsOf = ({ samples }: Run): number[][] => Array.from({ length: samples.n }, (_, i) => samples.read(i));

function expectClose(actual: ArrayLike<number>, expected: readonly number[], precision: string): void {
  const slack = precision === 'float32' ? 1e-5 : 1e-12;
  const wrong = expected.findIndex((value, i) => !(Math.abs(actual[i]! - value) <= slack * value));
  if (wrong >= 0) expect.fail(`value ${wrong} is ${actual[wrong]} instead of ${expected[wrong]}`);
}
