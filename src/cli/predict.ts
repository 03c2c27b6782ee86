import { chooseColumns, title } from './column-choice.js';
import { formatLabels } from './csv-output.js';
import { DataError, quote } from './failures.js';
import { readInput } from './input.js';
import { type Model, readModel } from './model-file.js';
import { formatPlural } from './number-format.js';
import { writeOutput } from './outputs.js';
import type { PredictArguments } from './predict-arguments.js';
import { createProgress } from './progress.js';
import { asData, labelsOfRows, takeSamples } from './samples.js';
import { scale } from './scaling.js';
import type { Column, Table } from './table-reader.js';
import type { Terminal } from './terminal.js';

/** The command `predict`: labels the rows of a table by a model that `cluster` has written. */
export async function runPredict(args: PredictArguments, terminal: Terminal): Promise<void> {
  const note = (text: string) => !args.quiet && terminal.stderr.write(`note: ${text}\n`);
  const model = await readModel(args.model);
  const progress = createProgress(terminal, args.quiet);
  let table: Table;
  try {
    table = await readInput(args, args.labelsWithData, terminal, progress);
  } finally {
    progress.end();
  }

  const columns = matchColumns(table, model, args);
  const samples = takeSamples(table, columns, args.missing);
  if (samples.dropped > 0)
    note(`left without a label ${formatPlural(samples.dropped, 'row')} with missing or bad cells`);
  const labels = model.model.predict(asData(samples, scale(samples.values, model.scaling)));
  if (args.json) {
    const ofRows = labelsOfRows(table.nRows, samples, labels).map((label) => label ?? null);
    terminal.stdout.write(`${JSON.stringify({ source: table.source, k: model.model.k, labels: ofRows })}\n`);
    if (args.labels === '-') return;
  }
  await writeOutput(args.labels, formatLabels(table, samples, labels, args.labelsWithData), terminal.stdout);
  if (args.labels !== '-') note(`wrote ${args.labels}`);
}

/** The model's columns in the table: by name where both have names, else by number, unless `--columns` says which. */
function matchColumns(table: Table, model: Model, { columns: choice }: PredictArguments): Column[] {
  if (choice.only || choice.exclude.length > 0) {
    const chosen = chooseColumns(table, choice, () => {});
    if (chosen.length === model.columns.length) return chosen;
    const asked = formatPlural(model.columns.length, 'column');
    throw new DataError(
      `the model has ${asked}, and ${formatPlural(chosen.length, 'column')} of ${table.source} are chosen`,
    );
  }
  const byName = model.hasHeader && table.dialect.hasHeader;
  return model.columns.map((wanted) => (byName ? columnNamed(table, wanted.name) : columnAt(table, wanted.number)));
}

function columnNamed({ columns, source }: Table, name: string): Column {
  const found = columns.filter((column) => column.name === name);
  if (found.length === 1) return checked(found[0]!, source);
  const trouble = found.length === 0 ? 'no column' : 'more than one column';
  const names = columns.map((column) => title(column)).join(', ');
  throw new DataError(`${source} has ${trouble} ${quote(name)}, which the model needs: its columns are ${names}`);
}

function columnAt({ columns, source }: Table, number: number): Column {
  const found = columns[number - 1];
  if (found) return checked(found, source);
  const count = formatPlural(columns.length, 'column');
  throw new DataError(`${source} has ${count}, and the model needs column ${number} (--columns says which to use)`);
}

function checked(column: Column, source: string): Column {
  if (column.numbers > 0) return column;
  throw new DataError(`column ${title(column)} of ${source}, which the model needs, holds no numbers`);
}
