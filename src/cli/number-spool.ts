import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Values of a piece that is read at a time. */
const pieceLength = 2 ** 17;

/** Rows of numbers in a temporary file: reading them again takes a fraction of what reading text does. */
export class NumberSpool {
  private length = 0;

  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
    private readonly nFeatures: number,
  ) {}

  /** Undefined where no temporary file can be had. */
  static async create(nFeatures: number): Promise<NumberSpool | undefined> {
    try {
      const folder = await mkdtemp(join(tmpdir(), 'kmeans-simd-'));
      const file = await open(join(folder, 'numbers'), 'w+');
      // Where the system allows it, the file is gone with the process, however that ends.
      await rm(folder, { recursive: true }).catch(() => {});
      return new NumberSpool(folder, file, nFeatures);
    } catch {
      return undefined;
    }
  }

  /** Whether there was room for the rows. */
  async write(rows: Float64Array): Promise<boolean> {
    try {
      let done = 0;
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      while (done < bytes.length) {
        const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.length * 8 + done);
        done += bytesWritten;
      }
      this.length += rows.length;
      return true;
    } catch {
      return false;
    }
  }

  /** The rows in pieces, each of which holds until the next. */
  async *read(onBytes: (done: number, all: number) => void): AsyncGenerator<Float64Array> {
    const step = Math.max(1, Math.floor(pieceLength / this.nFeatures)) * this.nFeatures;
    const buffer = new Float64Array(Math.min(step, this.length));
    for (let from = 0; from < this.length; from += step) {
      const piece = buffer.subarray(0, Math.min(step, this.length - from));
      const bytes = new Uint8Array(buffer.buffer, 0, piece.byteLength);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await this.file.read(bytes, done, bytes.length - done, from * 8 + done);
        if (bytesRead === 0) throw new Error('the temporary file of numbers is cut off');
        done += bytesRead;
      }
      onBytes((from + piece.length) * 8, this.length * 8);
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
