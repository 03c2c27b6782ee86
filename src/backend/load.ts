import { typeError } from '../errors.js';
import bytesEdits from '../generated/bytes.js';
import relaxedEdits from '../generated/relaxed.js';
import sharedEdits from '../generated/shared.js';
import simd from '../generated/simd.js';
import type { Backend } from './backend.js';
import { applyEdits, decodeBytes } from './binary-text.js';
import { createReferenceBackend } from './reference.js';
import type { WorkerThread } from './threads.js';
import { createWasmBackend } from './wasm.js';

export interface InitOptions {
  /** `'wasm'` or `'js'` forces one; `'auto'` takes WebAssembly where its SIMD is there. Default `'auto'`. */
  backend?: 'auto' | 'wasm' | 'js';
  /** The kernels, compiled or as bytes, where the library may not compile its own. */
  wasm?: WebAssembly.Module | BufferSource;
  /**
   * Makes a worker thread that runs the script given as text, where the library may not make its own: a `Worker` of the page,
   * or one of `node:worker_threads`.
   */
  createWorker?: (source: string) => WorkerThread;
  /** Worker threads of asynchronous calls that do not say. Default `'auto'`: as many as there are cores and work is for. */
  threads?: number | 'auto';
}

/**
 * A module whose function adds up four products −128 · 127 by i32x4.relaxed_dot_i8x16_i7x16_add_s, which kernels use of relaxed SIMD
 * because all engines that keep to the standard give the same. Node 20 has it behind a flag, from before, with other results.
 */
const PROBE =
  '\0asm\x01\0\0\0\x01\x05\x01`\0\x01\x7f\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x18\x01\x16\0A\x80\x7f\xfd\x0fA\xff\0\xfd\x0fA\0\xfd\x11\xfd\x93\x02\xfd\x1b\0\x0b';
const PROBED = -65024;

let choice: 'auto' | 'wasm' | 'js' = 'auto';
let given: WebAssembly.Module | undefined;
let probed: boolean | undefined;
/** Compiled at first need, once; undefined again after a failure, so that a later call tries again. */
let compiled: WebAssembly.Module | undefined;
/** The same kernels with relaxed SIMD; null where the engine has none of it. */
let relaxed: WebAssembly.Module | null | undefined;

/** The same two for memory that threads share. */
const shared: WebAssembly.Module[] = [];

/** Whether plain JavaScript had to stand in for WebAssembly since the last choice. */
let fellBack = false;

/** Settles which backend the following calls run on. Nobody needs to call it. */
export function configureBackend(options: InitOptions): void {
  const { backend = 'auto', wasm } = options;
  if (wasm !== undefined) given = compileGiven(wasm);
  choice = backend;
  fellBack = false;
}

/** A new backend, with a memory of its own. */
export function createBackend(): Backend {
  if (choice === 'js') return createReferenceBackend();
  try {
    return createWasmBackend(given ?? compileKernels(), compileRelaxed);
  } catch (error) {
    if (choice === 'wasm')
      throw typeError('ERR_OPTION', `backend is 'wasm', but the kernels cannot run here: ${(error as Error).message}`);
    fellBack = true;
    return createReferenceBackend();
  }
}

/** Whether a backend made earlier is still what `createBackend` would make. */
export function isCurrent(backend: Backend): boolean {
  return (backend.name === 'js') === (choice === 'js' || fellBack);
}

function compileGiven(wasm: WebAssembly.Module | BufferSource): WebAssembly.Module {
  let module: WebAssembly.Module;
  try {
    module = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm);
  } catch (error) {
    throw typeError('ERR_OPTION', `wasm must be the kernels, compiled or as bytes: ${(error as Error).message}`);
  }
  if (WebAssembly.Module.exports(module).every(({ name }) => name !== 'assignF32'))
    throw typeError(
      'ERR_OPTION',
      'wasm is a module without the kernels; it must be the one that comes with this version',
    );
  return module;
}

function compileKernels(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(decodeBytes(kernelsText()));
  return compiled;
}

/** The kernels, with estimates by bytes where the engine multiplies these. */
const kernelsText = (): string => (multipliesBytes() ? applyEdits(simd, bytesEdits) : simd);

/** Whether the engine has the instruction that PROBE uses, as the standard has it; found out once. */
export function multipliesBytes(): boolean {
  if (probed === undefined) {
    const probe = decodeBytes(PROBE);
    probed =
      WebAssembly.validate(probe) &&
      (new WebAssembly.Instance(new WebAssembly.Module(probe)).exports.f as () => number)() === PROBED;
  }
  return probed;
}

/**
 * The kernels for a memory that threads share, and behind them those with relaxed SIMD where they are asked for and the engine
 * has them; undefined where plain JavaScript runs, or kernels of the caller's.
 */
export function compileShared(withRelaxed: boolean): WebAssembly.Module[] | undefined {
  if (choice === 'js' || fellBack || given) return undefined;
  try {
    // The edits are near the beginning, where those of other kernels are not.
    shared[0] ??= compileEdited(kernelsText());
    if (withRelaxed && compileRelaxed()) shared[1] ??= compileEdited(applyEdits(simd, relaxedEdits));
    return shared.slice(0, withRelaxed ? 2 : 1);
  } catch {
    return undefined;
  }
}

/** The kernels for memories that workers have alone, likewise; undefined where plain JavaScript runs. */
export function compileSeparate(withRelaxed: boolean): WebAssembly.Module[] | undefined {
  if (choice === 'js' || fellBack) return undefined;
  try {
    const more = withRelaxed ? compileRelaxed() : undefined;
    return [given ?? compileKernels(), ...(more ? [more] : [])];
  } catch {
    return undefined;
  }
}

function compileEdited(text: string): WebAssembly.Module {
  return new WebAssembly.Module(decodeBytes(applyEdits(text, sharedEdits)));
}

/** Undefined where the engine has no relaxed SIMD, or may not compile here. */
function compileRelaxed(): WebAssembly.Module | undefined {
  if (relaxed === undefined) {
    const bytes = decodeBytes(applyEdits(simd, relaxedEdits));
    try {
      relaxed = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
    } catch {
      return undefined;
    }
  }
  return relaxed ?? undefined;
}
