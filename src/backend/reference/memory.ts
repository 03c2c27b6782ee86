import type { LinearMemory } from '../backend.js';

/** Memory of plain kernels. */
export class PlainMemory implements LinearMemory {
  buffer = new ArrayBuffer(65536);
  /** Made anew with the buffer, so that the kernels need not make views in every call. */
  views = viewsOf(this.buffer);

  ensure(bytes: number): void {
    if (bytes <= this.buffer.byteLength) return;
    const grown = new ArrayBuffer(Math.ceil(bytes / 65536) * 65536);
    new Uint8Array(grown).set(new Uint8Array(this.buffer));
    this.buffer = grown;
    this.views = viewsOf(grown);
  }
}

const viewsOf = (buffer: ArrayBuffer) => ({
  float32: new Float32Array(buffer),
  float64: new Float64Array(buffer),
  int32: new Int32Array(buffer),
  uint16: new Uint16Array(buffer),
});
