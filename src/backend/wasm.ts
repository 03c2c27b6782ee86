import { demangle } from '@assemblyscript/loader';
import type { Precision } from '../types.js';
import type { Backend, BackendName, KernelName, Kernels, LinearMemory } from './backend.js';

const PAGE = 65536;

/**
 * An instance of the compiled kernels over a memory, by default one of its own.
 *
 * @param compileRelaxed gives the kernels compiled with relaxed SIMD, for a second instance over that memory, made at first
 *   need; undefined where the engine has none of it
 */
export function createWasmBackend(
  module: WebAssembly.Module,
  compileRelaxed?: () => WebAssembly.Module | undefined,
  memory = new WebAssembly.Memory({ initial: 1 }),
): Backend {
  let relaxed: Backend | undefined;
  const suffix = memory.buffer instanceof ArrayBuffer ? '' : '-shared';
  const plain = instantiate(`wasm-simd${suffix}`, module, memory, () => {
    if (relaxed) return relaxed;
    const relaxedModule = compileRelaxed?.();
    if (!relaxedModule) return plain;
    relaxed = instantiate(`wasm-relaxed-simd${suffix}`, relaxedModule, memory, () => relaxed!);
    return relaxed;
  });
  return plain;
}

function instantiate(
  name: BackendName,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  relaxed: () => Backend,
): Backend {
  const exports = demangle<Record<string, Export>>(new WebAssembly.Instance(module, { env: { memory } }).exports);
  return {
    name,
    memory: new WasmMemory(memory),
    kernels: { float32: kernelsOf(exports, 'float32'), float64: kernelsOf(exports, 'float64') },
    estimateBytes: exports.ESTIMATE_BYTES!.value as number,
    relaxed,
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

export const KERNEL_NAMES: readonly KernelName[] = [
  'toColumns',
  'gather',
  'addFeatureSums',
  'addFeatureSpread',
  'subtractShift',
  'moveRows',
  'normalise',
  'pack',
  'assign',
  'assignEstimated',
  'sqDistances',
  'weightedSum',
  'accumulate',
  'moveCentroids',
  'sqShifts',
  'iterate',
  'packOrdered',
  'quantise',
  'packQuantised',
  'advance',
  'shorten',
  'countCells',
  'fillCells',
  'plantTree',
  'filter',
  'spreadLabels',
  'packDirect',
  'panelDistances',
  'addDistances',
  'seedThresholds',
  'packCandidates',
  'quantiseBlocks',
  'candidateGains',
  'takeSeed',
];

export const suffixOf = (precision: Precision): string => (precision === 'float32' ? 'F32' : 'F64');

/** As the loader gives it: a function that says how many arguments there are, which kernels need not know, and the kernel. */
type Export = { original: unknown; value: unknown };

function kernelsOf(exports: Record<string, Export>, precision: Precision): Kernels {
  const suffix = suffixOf(precision);
  return Object.fromEntries(KERNEL_NAMES.map((name) => [name, exports[name + suffix]!.original])) as unknown as Kernels;
}
