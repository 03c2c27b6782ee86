import { outOfMemory } from '../errors.js';
import type { FloatArray, Precision } from '../types.js';
import type { Backend, Kernels } from './backend.js';
import { createBackend, isCurrent } from './load.js';
import type { Parts } from './parts.js';
import type { StartWork } from './pass.js';
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
  protected top = FIRST;
  /** Threads that kernels may run on at a time: each needs scratch of its own. */
  threads = 1;
  /** Whether passes are left to whoever drives the work, see pass.ts. */
  deferred = false;
  /** Where samples lie with workers. */
  parts: Parts | undefined;
  /** Has works done side by side, where that pays; brings the number of threads. */
  sideBySide: ((start: StartWork) => Promise<number>) | undefined;
  /** Whether this is the place of one work beside others, each pass of which one thread makes as long as there are others. */
  readonly isLane: boolean = false;

  constructor(
    readonly backend: Backend,
    /** The memory, where worker threads can share it. */
    readonly shared?: WebAssembly.Memory,
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
    let bytes = 0;
    for (const name in plan) {
      pointers[name] = bytes;
      bytes += Math.ceil((plan[name] + SLACK) / ALIGNMENT) * ALIGNMENT;
    }
    const at = this.reserve(bytes, rows);
    for (const name in plan) pointers[name] += at;
    this.parts?.mirror.hold(plan, pointers);
    return pointers;
  }

  /** Room for so many bytes. */
  reserve(bytes: number, rows: number): number {
    const at = this.top;
    this.ensure(at + bytes, rows);
    this.top = at + bytes;
    return at;
  }

  mark(): number {
    return this.top;
  }

  backTo(mark: number): void {
    this.top = mark;
    this.parts?.mirror.drop(mark);
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

/** A workspace in the memory of another, where it takes pieces, of so many bytes at least, and keeps them. */
export class Lane extends Workspace {
  override readonly isLane = true;
  private readonly pieces: { from: number; to: number }[] = [];

  constructor(
    private readonly whole: Workspace,
    private readonly bytes: number,
    override threads: number,
  ) {
    super(whole.backend);
    this.deferred = true;
  }

  override reserve(bytes: number, rows: number): number {
    const { pieces, whole, top } = this;
    let from = top;
    // What lies in later pieces than the top was given back.
    let p = pieces.findIndex((piece) => piece.from <= top && top <= piece.to);
    while (p < 0 || from + bytes > pieces[p]!.to) {
      if (++p === pieces.length) {
        const length = Math.max(bytes, Math.ceil(this.bytes / ALIGNMENT) * ALIGNMENT);
        from = whole.reserve(length, rows);
        pieces.push({ from, to: from + length });
      }
      from = pieces[p]!.from;
    }
    this.top = from + bytes;
    return from;
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
