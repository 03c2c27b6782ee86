import { outOfMemory } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import type { Backend, Kernels } from './backend.js';
import { createBackend, isCurrent } from './load.js';
import type { Parts } from './parts.js';
import { floatView } from './shapes.js';

/** Nothing lies below: null pointers must not hit data. */
const FIRST = 1024;
const ALIGNMENT = 64;
/** Vector loads at the end of a buffer may read this far. */
const SLACK = 64;
/** Bytes of a memory at the most; tests have it lower. */
export const memoryLimit = { bytes: 2 ** 32 - 65536 };
/** Workspaces kept for the next call; more exist only while steps or callbacks nest. */
const KEPT = 2;

/**
 * A backend and an arena over its memory: buffers are taken one behind the other and all given back at once, by going
 * back to a mark. Views must be made anew after every `take`, which may move the memory.
 */
export class Workspace {
  private top = FIRST;
  /** Where samples lie with workers. */
  parts: Parts | undefined;

  constructor(
    readonly backend: Backend,
    /** Threads that kernels may run on at a time: each needs scratch of its own. */
    public threads = 1,
    /** Whether passes are left to whoever drives the work, see pass.ts. */
    public deferred = false,
  ) {}

  kernels(precision: Precision): Kernels {
    return this.backend.kernels[precision];
  }

  /** What a call compares samples with centroids by: relaxed kernels where it asks for them and the engine has them. */
  backendFor(relaxedSimd: boolean): Backend {
    return relaxedSimd ? this.backend.relaxed() : this.backend;
  }

  /** Takes a buffer for every entry of a plan (name → bytes) for work on `rows` rows; returns where each begins. */
  take<Name extends string>(plan: Readonly<Record<Name, number>>, rows: number): Record<Name, number> {
    const pointers = {} as Record<Name, number>;
    let top = this.top;
    for (const name in plan) {
      pointers[name] = top;
      top += Math.ceil((plan[name] + SLACK) / ALIGNMENT) * ALIGNMENT;
    }
    this.ensure(top, rows);
    this.top = top;
    this.parts?.hold(plan, pointers);
    return pointers;
  }

  mark(): number {
    return this.top;
  }

  backTo(mark: number): void {
    this.top = mark;
    this.parts?.drop(mark);
  }

  floats(precision: Precision, pointer: number, length: number): FloatArray {
    return floatView(this.backend.memory.buffer, precision, pointer, length);
  }

  float64(pointer: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.backend.memory.buffer, pointer, length);
  }

  int32(pointer: number, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.backend.memory.buffer, pointer, length);
  }

  private ensure(bytes: number, rows: number): void {
    try {
      if (bytes > memoryLimit.bytes) throw new RangeError('beyond the limit of one memory');
      this.backend.memory.ensure(bytes);
    } catch {
      throw outOfMemory(rows, bytes);
    }
  }
}

const idle: Workspace[] = [];

/** Lends a workspace to `work`, a given one or else an idle one, and takes back what it took there, whatever happens. */
export function withWorkspace<T>(given: Workspace | undefined, work: (workspace: Workspace) => T): T {
  const workspace = given ?? acquireWorkspace();
  const mark = workspace.mark();
  try {
    return work(workspace);
  } finally {
    workspace.backTo(mark);
    if (!given) releaseWorkspace(workspace);
  }
}

export function acquireWorkspace(): Workspace {
  while (idle.length > 0) {
    const workspace = idle.pop()!;
    if (isCurrent(workspace.backend)) return workspace;
  }
  return new Workspace(createBackend());
}

export function releaseWorkspace(workspace: Workspace): void {
  workspace.backTo(FIRST);
  if (idle.length < KEPT) idle.push(workspace);
}

/** Gives the memory of idle workspaces back to the engine. */
export function dropWorkspaces(): void {
  idle.length = 0;
}
