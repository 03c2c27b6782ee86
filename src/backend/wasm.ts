import { instantiateSync } from '@assemblyscript/loader';
import type { Precision } from '../types.js';
import type { Backend, KernelName, Kernels, LinearMemory } from './backend.js';

const PAGE = 65536;

/** An instance of the compiled kernels over a memory of its own. */
export function createWasmBackend(module: WebAssembly.Module): Backend {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = instantiateSync(module, { env: { memory } });
  return {
    name: 'wasm-simd',
    memory: new WasmMemory(memory),
    kernels: { float32: kernelsOf(exports, 'float32'), float64: kernelsOf(exports, 'float64') },
  };
}

class WasmMemory implements LinearMemory {
  constructor(private readonly memory: WebAssembly.Memory) {}

  get buffer(): ArrayBuffer {
    return this.memory.buffer as ArrayBuffer;
  }

  ensure(bytes: number): void {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
  }
}

const NAMES: readonly KernelName[] = [
  'toColumns',
  'addFeatureSums',
  'addFeatureSpread',
  'subtractShift',
  'normalise',
  'pack',
  'assign',
  'sqDistances',
  'weightedSum',
  'accumulate',
  'moveCentroids',
  'sqShifts',
  'packOrdered',
  'quantise',
  'packQuantised',
  'advance',
  'packDirect',
  'panelDistances',
  'updateClosest',
  'candidatePotentials',
];

/** The exports end in F32 or F64. */
function kernelsOf(exports: Record<string, unknown>, precision: Precision): Kernels {
  const suffix = precision === 'float32' ? 'F32' : 'F64';
  return Object.fromEntries(NAMES.map((name) => [name, exports[name + suffix]])) as unknown as Kernels;
}
