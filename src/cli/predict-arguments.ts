import { UsageError } from './failures.js';
import type { OptionTable, OptionValues } from './option-values.js';
import { checkTargets } from './outputs.js';
import { type ReadingArguments, readingArguments, readingOptions } from './reading-arguments.js';

export interface PredictArguments extends ReadingArguments {
  name: 'predict';
  model: string;
  /** `-` is standard output, which is where labels go unless told otherwise. */
  labels: string;
  labelsWithData: boolean;
  json: boolean;
  quiet: boolean;
}

export const predictOptions: OptionTable = {
  ...readingOptions,
  model: { type: 'string', short: 'm' },
  labels: { type: 'string', short: 'o' },
  'labels-with-data': { type: 'boolean' },
  json: { type: 'boolean' },
};

export function predictArguments(values: OptionValues, positionals: string[]): PredictArguments {
  const [file, second] = positionals;
  const model = values.text('model');
  if (model === undefined) throw new UsageError('predict needs --model FILE, as cluster --model FILE has written it');
  if (file === undefined) throw new UsageError('name a CSV file to label, or - for standard input');
  if (second !== undefined) throw new UsageError(`one file is labelled at a time, and "${second}" is a second one`);
  if (model === '-') throw new UsageError('--model must be a file: standard input is for the samples');

  const labels = values.text('labels');
  const json = values.flag('json');
  checkTargets([file, model], labels === undefined ? [] : [{ option: '--labels', file: labels }], json);
  return {
    name: 'predict',
    ...readingArguments(values, file),
    model,
    labels: labels ?? '-',
    labelsWithData: values.flag('labels-with-data'),
    json,
    quiet: values.flag('quiet'),
  };
}
