import type { Write } from './errand.js';
import { OF_SAMPLES } from './layout.js';

/** Words of 32 bits that are sent where one of them changed. */
const BLOCK = 64;

/** A buffer that the calling thread writes and the workers read, and what they know of it. */
interface Told {
  at: number;
  /** In words. */
  length: number;
  known?: Int32Array;
}

/** The buffers of a memory that workers have at the same addresses in their own: all but what belongs to samples. */
export class Mirror {
  private told: Told[] = [];

  /** Takes note of buffers that were taken. */
  hold<Name extends string>(plan: Readonly<Record<Name, number>>, pointers: Readonly<Record<Name, number>>): void {
    for (const name in plan)
      if (plan[name] > 0 && !OF_SAMPLES.has(name))
        this.told.push({ at: pointers[name], length: Math.ceil(plan[name] / 4) });
  }

  /** Takes note that buffers from an address on were given back. */
  drop(mark: number): void {
    this.told = this.told.filter(({ at }) => at < mark);
  }

  /** What changed since this was last asked: what the workers do not know yet. */
  changes(memory: ArrayBuffer): Write[] {
    const changes: Write[] = [];
    for (const told of this.told) {
      const words = new Int32Array(memory, told.at, told.length);
      const { known } = told;
      told.known ??= new Int32Array(told.length);
      let from = 0;
      for (let at = 0; at < words.length + BLOCK; at += BLOCK) {
        if (at < words.length && (!known || differ(words, known, at))) continue;
        if (at > from) {
          const changed = words.slice(from, at);
          told.known.set(changed, from);
          changes.push([told.at + from * 4, new Uint8Array(changed.buffer), changed.byteLength]);
        }
        from = at + BLOCK;
      }
    }
    return changes;
  }
}

function differ(a: Int32Array, b: Int32Array, from: number): boolean {
  const to = Math.min(from + BLOCK, a.length);
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return true;
  return false;
}
