import { describe, expect, test } from 'vitest';
import { decodeBytes } from '../src/backend/binary-text.js';
import { createReferenceBackend } from '../src/backend/reference.js';
import { createWasmBackend } from '../src/backend/wasm.js';
import simd from '../src/generated/simd.js';
import { compileByteKernels, compileRelaxedKernels } from './helpers/relaxed-simd.js';
import { kernelSuite } from './kernels.js';

const module = new WebAssembly.Module(decodeBytes(simd));
const relaxedModule = compileRelaxedKernels();
const byteModule = compileByteKernels();
const precisions = ['float32', 'float64'] as const;

for (const precision of precisions) {
  kernelSuite('js', createReferenceBackend, precision);
  kernelSuite('wasm-simd', () => createWasmBackend(module), precision);
  if (byteModule) kernelSuite('wasm-simd', () => createWasmBackend(byteModule), precision, 'estimates by bytes');
  else
    test.skip(`kernels [wasm-simd, ${precision}, estimates by bytes]: this engine does not multiply bytes`, () => {});
  if (relaxedModule) {
    const createRelaxedBackend = () => createWasmBackend(module, () => relaxedModule).relaxed();
    kernelSuite('wasm-relaxed-simd', createRelaxedBackend, precision);
  } else test.skip(`kernels [wasm-relaxed-simd, ${precision}]: this engine has no relaxed SIMD`, () => {});
}

describe('the compiled kernels', () => {
  const { kernels } = createWasmBackend(module);

  test('are all offered in both precisions, and nothing else is', () => {
    const offered = precisions.flatMap((precision) =>
      Object.keys(kernels[precision]).map((name) => name + (precision === 'float32' ? 'F32' : 'F64')),
    );
    const exported = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
    expect(offered.sort()).toEqual(exported.map(({ name }) => name).sort());
  });

  test.each(precisions)('are functions [%s]', (precision) => {
    for (const kernel of Object.values(kernels[precision])) expect(kernel).toBeTypeOf('function');
  });

  test('import nothing but memory', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });
});
