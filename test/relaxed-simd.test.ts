import { afterEach, describe, expect, test, vi } from 'vitest';
import { init, KMeans, kmeans, kmeansFromJSON, kmeansSteps, makeBlobs, matrix } from '../src/index.js';
import type { FloatArray, KMeansOptions, KMeansResult, NdArrayLike, Precision } from '../src/types.js';
import { expectCode } from './helpers/errors.js';
import { compileRelaxedKernels } from './helpers/relaxed-simd.js';

const features = [1, 2, 3, 4, 5, 9, 30];
const algorithms = ['lloyd', 'hamerly', 'yinyang'] as const;
const relaxedSimd = true;

const blobs = (nFeatures: number, spread: number, precision: Precision): NdArrayLike =>
  makeBlobs({ nSamples: 600, nFeatures, centers: 7, spread, seed: 5, precision }).data;

const bits = ({ labels, centroids, counts, inertia, iterations }: KMeansResult) => ({
  labels,
  centroids,
  counts,
  inertia,
  iterations,
});

afterEach(() => {
  vi.unstubAllGlobals();
  init({ backend: 'auto' });
});

if (compileRelaxedKernels()) declare();
else test.skip('relaxed SIMD: this engine has none of it', () => {});

function declare(): void {
  describe.each(['float32', 'float64'] as const)('relaxed SIMD [%s]', (precision) => {
    test.each(features)('finds what the default finds, in %s well separated features', (d) => {
      const data = blobs(d, 0.01, precision);
      for (const algorithm of algorithms) {
        const plain = kmeans(data, 7, { algorithm });
        const relaxed = kmeans(data, 7, { algorithm, relaxedSimd });
        expect([plain.backend, relaxed.backend]).toEqual(['wasm-simd', 'wasm-relaxed-simd']);
        expect(relaxed.labels).toEqual(plain.labels);
        expect(Math.abs(relaxed.inertia / plain.inertia - 1)).toBeLessThan(1e-6);
      }
    });

    test.each(features)('gives one answer by all algorithms, in %s features', (d) => {
      const data = blobs(d, 3, precision);
      const options = { relaxedSimd, tol: 0, seed: 2 };
      const lloyd = kmeans(data, 20, { ...options, algorithm: 'lloyd' });
      for (const algorithm of algorithms)
        expect(bits(kmeans(data, 20, { ...options, algorithm })), algorithm).toEqual(bits(lloyd));
    });

    test('predicts the labels of the run', () => {
      for (const d of features) {
        const data = blobs(d, 3, precision);
        const result = kmeans(data, 20, { relaxedSimd, maxIter: 2 });
        expect(result.predict(data)).toEqual(result.labels);
        expect(result.nearest(data).labels).toEqual(result.labels);
        expect(kmeansFromJSON(JSON.parse(JSON.stringify(result))).predict(data)).toEqual(result.labels);
      }
    });

    test('serves a matrix where it is', () => {
      const { data, shape } = blobs(9, 3, precision);
      const samples = matrix(shape[0]!, shape[1]!, precision);
      samples.data.set(data as FloatArray);
      const relaxed = kmeans(samples, 7, { relaxedSimd });
      const plain = kmeans(samples, 7);
      expect([relaxed.backend, plain.backend]).toEqual(['wasm-relaxed-simd', 'wasm-simd']);
      expect(bits(relaxed)).toEqual(bits(kmeans({ data, shape }, 7, { relaxedSimd })));
      expect(bits(plain)).toEqual(bits(kmeans({ data, shape }, 7)));
    });

    test('serves steps and models', () => {
      const data = blobs(5, 3, precision);
      const result = kmeans(data, 7, { relaxedSimd });
      const steps = kmeansSteps(data, 7, { relaxedSimd });
      let step = steps.next();
      while (!step.done) step = steps.next();
      expect(step.value.backend).toBe('wasm-relaxed-simd');
      expect(bits(step.value)).toEqual(bits(result));
      expect(new KMeans({ k: 7, relaxedSimd }).fit(data).toJSON()).toEqual(result.toJSON());
    });

    test('does not change what calls without it give, though they come between', () => {
      const data = blobs(6, 3, precision);
      const before = kmeans(data, 12);
      const between: KMeansResult[] = [];
      const options: KMeansOptions = { relaxedSimd, onProgress: () => between.push(kmeans(data, 12)) };
      const relaxed = kmeans(data, 12, options);
      expect(relaxed.backend).toBe('wasm-relaxed-simd');
      expect(between.length).toBe(relaxed.iterations);
      for (const plain of [...between, kmeans(data, 12)]) {
        expect(plain.backend).toBe('wasm-simd');
        expect(bits(plain)).toEqual(bits(before));
      }
    });
  });

  test('relaxed SIMD is not for plain JavaScript', () => {
    init({ backend: 'js' });
    const data = blobs(3, 3, 'float32');
    const relaxed = kmeans(data, 7, { relaxedSimd });
    expect(relaxed.backend).toBe('js');
    expect(bits(relaxed)).toEqual(bits(kmeans(data, 7)));
  });
}

test('asking for relaxed SIMD where the engine has none changes nothing', async () => {
  vi.stubGlobal('WebAssembly', new Proxy(WebAssembly, { get: (target, name) => lackingRelaxed(target, name) }));
  vi.resetModules();
  const { kmeans: fresh } = await import('../src/index.js');
  const data = blobs(6, 3, 'float32');
  const asked = fresh(data, 12, { relaxedSimd });
  expect(asked.backend).toBe('wasm-simd');
  expect(bits(asked)).toEqual(bits(fresh(data, 12)));
});

test.each([1, 'yes', null])('relaxedSimd has to be true or false, not %s', (value) => {
  const options = { relaxedSimd: value } as unknown as KMeansOptions;
  expect(expectCode(() => kmeans([1, 2, 3], 2, options), 'ERR_OPTION').message).toContain('true or false');
});

const lackingRelaxed = (target: typeof WebAssembly, name: string | symbol): unknown =>
  name === 'validate' ? () => false : Reflect.get(target, name);
