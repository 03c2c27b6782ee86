import { readFile } from 'node:fs/promises';
import { type KMeansResult, kmeansFromJSON } from '../index.js';
import { DataError, fileTrouble } from './failures.js';
import type { Scaling } from './scaling.js';
import type { Column } from './table-reader.js';

/** What `predict` needs to label new rows. */
export interface Model {
  columns: { name: string; number: number }[];
  /** Whether the names are those of a header. */
  hasHeader: boolean;
  scaling: Scaling;
  model: Pick<KMeansResult, 'k' | 'nFeatures' | 'predict'>;
}

const format = 'kmeans-simd-model';
const version = 1;

export function formatModel(
  columns: Column[],
  hasHeader: boolean,
  scaling: Scaling,
  result: Pick<KMeansResult, 'toJSON'>,
): string {
  const named = columns.map(({ name, number }) => ({ name, number }));
  const document = { format, version, columns: named, hasHeader, scaling, model: result.toJSON() };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Reads what `formatModel` has written; throws a `DataError` about anything else. */
export async function readModel(file: string): Promise<Model> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new DataError(`cannot read ${file}: ${fileTrouble(error) ?? String(error)}`);
  }
  const document = parseObject(text);
  if (document?.format !== format) {
    throw new DataError(`${file} is not a model that kmeans-simd cluster --model has written`);
  }
  if (document.version !== version) {
    throw new DataError(`${file} is a model of version ${document.version}, and only ${version} can be read`);
  }
  try {
    return checkedModel(document);
  } catch (error) {
    throw new DataError(`${file} is a damaged model: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the caller says what is wrong with it
  }
}

function checkedModel(document: Record<string, unknown>): Model {
  const { columns, hasHeader, scaling, model } = document as unknown as Omit<Model, 'model'> & { model: object };
  const restored = kmeansFromJSON(model);
  const d = restored.nFeatures;
  if (!Array.isArray(columns) || columns.length !== d) throw new Error(`it does not name ${d} columns`);
  const areNumbers = (list: unknown) => Array.isArray(list) && list.length === d && list.every(Number.isFinite);
  if (!areNumbers(scaling?.offset) || !areNumbers(scaling.divisor)) throw new Error('its scaling is incomplete');
  return { columns, hasHeader, scaling, model: restored };
}
