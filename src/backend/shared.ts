import { compileShared } from './load.js';
import { createWasmBackend } from './wasm.js';
import { Workspace } from './workspace.js';

/** A workspace over a memory that worker threads can have too; undefined where none can be shared. */
export function createSharedWorkspace(): Workspace | undefined {
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) return undefined;
  const modules = compileShared(false);
  const memory = modules && sharedMemory();
  return (
    memory &&
    new Workspace(
      createWasmBackend(modules[0]!, () => compileShared(true)?.[1], memory),
      memory,
    )
  );
}

/** A memory that may grow to 4 GiB, or as far as the engine allows: some refuse large ones. */
function sharedMemory(): WebAssembly.Memory | undefined {
  for (let maximum = 65536; maximum >= 256; maximum /= 2)
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch {}
  return undefined;
}
