import { createReadStream } from 'node:fs';
import { DataError, fileTrouble } from './failures.js';
import type { Terminal } from './terminal.js';

/** The text of a file or of standard input, its first part at hand before the rest is read. */
export interface TextSource {
  /** As messages call it. */
  name: string;
  /** At least the first 64 KiB, or all there is. */
  head: string;
  /** All of the text, piece by piece, `head` with it. */
  pieces: AsyncIterable<string>;
}

const headLength = 65536;

/** Opens `file`, `-` being standard input. UTF-8, or UTF-16 with a byte order mark; the mark is left out. */
export async function openText(
  file: string,
  stdin: Terminal['stdin'],
  onBytes: (bytes: number) => void = () => {},
): Promise<TextSource> {
  const name = file === '-' ? 'standard input' : file;
  const pieces = decoded(file === '-' ? stdin : createReadStream(file), name, onBytes)[Symbol.asyncIterator]();
  let head = '';
  while (head.length < headLength) {
    const { value, done } = await pieces.next();
    if (done) break;
    head += value;
  }

  async function* all() {
    yield head;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }
  return { name, head, pieces: all() };
}

async function* decoded(
  bytes: AsyncIterable<Uint8Array | string>,
  name: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const piece of bytes) {
      const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
      decoder ??= decoderFor(chunk, name);
      onBytes(chunk.length);
      yield decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    const trouble = fileTrouble(error);
    throw trouble === undefined ? error : new DataError(`cannot read ${name}: ${trouble}`);
  }
  if (decoder) yield decoder.decode();
}

function decoderFor(start: Uint8Array, name: string): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le');
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be');
  if (start[0] === 0x1f && start[1] === 0x8b) {
    throw new DataError(`${name} is compressed: unpack it first, as in gunzip -c FILE | kmeans-simd -`);
  }
  if (start.subarray(0, 1024).includes(0)) {
    throw new DataError(`${name} is not text: give a CSV or TSV file (spreadsheets can save as CSV)`);
  }
  return new TextDecoder('utf-8');
}
