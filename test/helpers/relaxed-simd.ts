import { setFlagsFromString } from 'node:v8';
import { applyEdits, decodeBytes } from '../../src/backend/binary-text.js';
import { multipliesBytes } from '../../src/backend/load.js';
import bytesEdits from '../../src/generated/bytes.js';
import relaxedEdits from '../../src/generated/relaxed.js';
import simd from '../../src/generated/simd.js';

export const relaxedBytes = decodeBytes(applyEdits(simd, relaxedEdits));

/**
 * The kernels compiled with relaxed SIMD; undefined where the engine has none of it. Node 20 has it behind a flag, which is set
 * here for the process of this test file.
 */
export function compileRelaxedKernels(): WebAssembly.Module | undefined {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(relaxedBytes) ? new WebAssembly.Module(relaxedBytes) : undefined;
}

/** Those with estimates by bytes; undefined where the engine does not multiply these. */
export const compileByteKernels = (): WebAssembly.Module | undefined =>
  multipliesBytes() ? new WebAssembly.Module(decodeBytes(applyEdits(simd, bytesEdits))) : undefined;
