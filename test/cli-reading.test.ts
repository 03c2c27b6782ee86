import { describe, expect, it } from 'vitest';
import { isMissing, readNumber } from '../src/cli/cells.js';
import { chooseColumns } from '../src/cli/column-choice.js';
import type { Dialect } from '../src/cli/dialect.js';
import { takeSamples } from '../src/cli/samples.js';
import { readTable } from '../src/cli/table-reader.js';
import { openText } from '../src/cli/text-source.js';

async function* inPieces(bytes: Uint8Array, length: number) {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}

async function read(text: string | Uint8Array, forced: Partial<Dialect> = {}, pieceLength = 7) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return readTable(await openText('-', inPieces(bytes, pieceLength)), { forced, keepCells: true });
}

async function samplesOf(text: string, missing: 'error' | 'drop' = 'error') {
  const table = await read(text);
  return takeSamples(
    table,
    chooseColumns(table, { exclude: [] }, () => {}),
    missing,
  );
}

describe('cells', () => {
  it.each([
    ['1', 1],
    [' -2.50 ', -2.5],
    ['+.5e-3', 0.0005],
    ['7.', 7],
  ])('reads %j as a number', (cell, value) => expect(readNumber(cell, false)).toBe(value));

  it.each(['', 'x', '1,5', '0x10', '1e999', 'Infinity', '12%', '1 2', '.', '-'])('reads no number in %j', (cell) =>
    expect(readNumber(cell, false)).toBeNaN(),
  );

  it('reads decimal commas when told so, and then no points', () => {
    expect(readNumber('-1,25e2', true)).toBe(-125);
    expect(readNumber('1.25', true)).toBeNaN();
  });

  it('knows the words for a value that is missing', () => {
    for (const cell of ['', ' ', 'NA', 'n/a', 'NaN', 'null', '?']) expect(isMissing(cell)).toBe(true);
    for (const cell of ['0', 'unknown', 'x']) expect(isMissing(cell)).toBe(false);
  });
});

describe('dialect', () => {
  it.each([
    ['comma', 'a,b\n1,2\n3,4\n', ','],
    ['tab', 'a\tb c\n1\t2\n3\t4\n', '\t'],
    ['semicolon', 'a;b\n1,5;2,5\n3,5;4,5\n', ';'],
    ['bar', '1|2\n3|4\n', '|'],
    ['blanks', '  1   2\n3\t4\n', ' '],
    ['comma before blanks', '2024-01-01 10:00,1\n2024-01-01 11:00,2\n', ','],
    ['a line of another length', 'a,b\n1,2\n3\n4,5\n', ','],
    ['a single column', 'a\n1\n2\n', ','],
  ])('finds the delimiter: %s', async (_, text, delimiter) =>
    expect((await read(text)).dialect.delimiter).toBe(delimiter),
  );

  it.each([
    ['names over numbers', 'x,y\n1,2\n', true],
    ['numbers only', '1,2\n3,4\n', false],
    ['names over numbers, beside texts', 'who,x\nAda,1\nBob,2\n', true],
    ['texts beside numbers', 'Ada,1\nBob,2\n', false],
    ['a bad cell in the first of the rows', 'oops,1,2\n1,2,3\n4,5,6\n', false],
    ['a missing cell in the first of the rows', 'NA,1\n1,2\n', false],
    ['names and nothing else', 'x,y\n', undefined],
  ])('finds the header: %s', async (_, text, hasHeader) => {
    if (hasHeader === undefined) await expect(read(text)).rejects.toThrow('a header and no rows');
    else expect((await read(text)).dialect.hasHeader).toBe(hasHeader);
  });

  it('takes what is forced', async () => {
    const table = await read('2019,2020\n1,2\n', { hasHeader: true });
    expect(table.columns.map(({ name }) => name)).toEqual(['2019', '2020']);
    expect(table.nRows).toBe(1);
    expect((await read('x,y\n1,2\n', { hasHeader: false })).nRows).toBe(2);
    expect((await read('1,5 2,5\n', { delimiter: ' ', decimalComma: true })).values.slice(0, 2)).toEqual(
      Float64Array.of(1.5, 2.5),
    );
  });

  it('assumes a decimal comma only where it can be nothing else', async () => {
    expect((await read('1,5;2\n3;4,25\n')).dialect.decimalComma).toBe(true);
    expect((await read('1,500;2\n3;4,250\n')).dialect.decimalComma).toBe(false);
    expect((await read('1,5;2.5\n3;4\n')).dialect.decimalComma).toBe(false);
  });
});

describe('reading a table', () => {
  it('handles a byte order mark, CRLF, quotes, empty lines and lines of delimiters, whatever the pieces', async () => {
    const text = '\ufeffx,"the ""y"", so called"\r\n1,"2"\r\n\r\n , \r\n 3 , 4\r\n';
    for (const length of [1, 2, 3, 1000]) {
      const table = await read(text, {}, length);
      expect(table.columns.map(({ name }) => name)).toEqual(['x', 'the "y", so called']);
      expect([...table.values.slice(0, 4)]).toEqual([1, 2, 3, 4]);
      expect(table.nRows).toBe(2);
    }
  });

  it('reads UTF-16 with a byte order mark', async () => {
    const table = await read(new Uint8Array(Buffer.from('\ufeffgröße,b\n1,2\n', 'utf16le')));
    expect(table.columns[0]!.name).toBe('größe');
    const swapped = Buffer.from('\ufeffa,b\n1,2\n', 'utf16le').swap16();
    expect((await read(new Uint8Array(swapped))).values[1]).toBe(2);
  });

  it('reads more than its first look and its first buffer hold', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i},${i / 2}`);
    const table = await read(`${lines.join('\n')}\n`, {}, 4096);
    expect(table.nRows).toBe(20_000);
    expect(table.values[2 * 19_999]).toBe(19_999);
    expect(table.values[2 * 19_999 + 1]).toBe(9999.5);
  });

  it('names columns without a header by number', async () => {
    expect((await read('1,2\n3,4\n')).columns.map(({ name }) => name)).toEqual(['1', '2']);
    expect((await read('a,,c\n1,2,3\n')).columns.map(({ name }) => name)).toEqual(['a', '2', 'c']);
  });

  it.each([
    ['nothing', '', 'standard input is empty'],
    ['a quote that stays open', 'a,b\n1,"2\n3,4\n', 'line 3: a quotation mark'],
    ['text behind a quote', 'a,b\n1,"2"x\n', 'line 2: text follows'],
    ['a binary file', 'PK\u0003\u0004\u0000\u0000', 'is not text'],
  ])('refuses %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('refuses a compressed file', async () => {
    await expect(read(Uint8Array.of(0x1f, 0x8b, 8, 0))).rejects.toThrow('gunzip');
  });
});

describe('choosing columns', () => {
  const text = 'id,price,kind,2,size\n1,10,a,3,5\n2,20,b,4,6\n3,30,c,5,7\n';
  const choose = async (only: string[] | undefined, exclude: string[] = [], notes: string[] = []) =>
    chooseColumns(await read(text), { ...(only && { only }), exclude }, (note) => notes.push(note)).map((c) => c.name);

  it('takes the columns of numbers and says what it leaves out', async () => {
    const notes: string[] = [];
    expect(await choose(undefined, ['id'], notes)).toEqual(['price', '2', 'size']);
    expect(notes).toEqual(['left out 1 column that does not hold numbers: "kind" ("a")']);
  });

  it('takes names, numbers and ranges, a name before a number, each column once', async () => {
    expect(await choose(['size', 'price'])).toEqual(['size', 'price']);
    expect(await choose(['1', '4-5', 'size'])).toEqual(['id', '2', 'size']);
    expect(await choose(['2'])).toEqual(['2']);
    expect(await choose(['1-2'], ['id'])).toEqual(['price']);
  });

  it.each([
    [['pric'], 'did you mean price?'],
    [['nowhere'], 'its columns are "id", "price", "kind", "2", "size"'],
    [['9'], 'has columns 1 to 5, not 9'],
    [['5-4'], 'ends before it begins'],
    [['kind'], 'column "kind" of standard input does not hold numbers: line 2 is "a"'],
  ])('refuses %j', async (only, message) => {
    await expect(choose(only)).rejects.toThrow(message);
  });

  it('refuses to be left without columns', async () => {
    await expect(choose(['id'], ['1'])).rejects.toThrow('--exclude leaves none');
    await expect(choose(undefined, ['1-5'])).rejects.toThrow('--exclude leaves no column');
    const words = await read('a b\nc d\n', { hasHeader: false });
    expect(() => chooseColumns(words, { exclude: [] }, () => {})).toThrow('has no column of numbers: line 1 is "a"');
  });

  it('asks for a number where names are ambiguous or there are none', async () => {
    const twice = await read('a,a\n1,2\n3,4\n');
    expect(() => chooseColumns(twice, { only: ['a'], exclude: [] }, () => {})).toThrow('by its number, 1 and 2');
    const bare = await read('1,2\n3,4\n');
    expect(() => chooseColumns(bare, { only: ['a'], exclude: [] }, () => {})).toThrow('no header was found');
  });
});

describe('missing and bad cells', () => {
  const text = 'x,y\n1,2\n,3\n4,oops\n5\n6,7\n8,9,10\n11,NA\n';

  it('are reported by line and column', async () => {
    await expect(samplesOf(text)).rejects.toThrow(
      'standard input has 5 cells missing or bad: line 3, column "x" is empty; line 4, column "y" is "oops"; ' +
        'line 5 has 1 cell where 2 are expected; and 2 more (--missing drop leaves such rows out)',
    );
  });

  it('drop their rows when that is asked', async () => {
    const samples = await samplesOf(text, 'drop');
    expect([...samples.values]).toEqual([1, 2, 6, 7]);
    expect(samples.dropped).toBe(5);
    expect([...samples.kept!]).toEqual([1, 0, 0, 0, 1, 0, 0]);
  });

  it('must leave a row', async () => {
    await expect(samplesOf('x,y\n1,\n,2\n3,\n,4\n', 'drop')).rejects.toThrow('none is left');
  });
});
