import { parseArgs } from 'node:util';
import { didYouMean } from './closest.js';
import { type ClusterArguments, clusterArguments, clusterOptions } from './cluster-arguments.js';
import { UsageError } from './failures.js';
import { type OptionTable, OptionValues, type Token } from './option-values.js';
import { type PredictArguments, predictArguments, predictOptions } from './predict-arguments.js';

export type Command =
  | { name: 'help'; topic: 'cluster' | 'predict' }
  | { name: 'version' }
  | ClusterArguments
  | PredictArguments;

/** What the words of a command line ask for; throws a `UsageError` about the first that makes no sense. */
export function parseCommand(words: readonly string[]): Command {
  const [first, ...rest] = words;
  if (first === 'help') return help(rest);
  if (first === 'predict') return parse(rest, 'predict');
  return parse(first === 'cluster' ? rest : words, 'cluster');
}

const common: OptionTable = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
};

const optionsOf = {
  cluster: { ...common, ...clusterOptions },
  predict: { ...common, ...predictOptions },
};

function help([topic = 'cluster', ...rest]: string[]): Command {
  if (rest.length === 0 && (topic === 'cluster' || topic === 'predict')) return { name: 'help', topic };
  throw new UsageError(`there is no help on "${[topic, ...rest].join(' ')}", only on cluster and predict`);
}

function parse(words: readonly string[], command: 'cluster' | 'predict'): Command {
  const table = optionsOf[command];
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: table,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options = tokens.filter((token) => token.kind === 'option');
  for (const token of options) checkToken(token, table, command);

  const values = new OptionValues(options);
  if (values.flag('help')) return { name: 'help', topic: command };
  if (values.flag('version')) return { name: 'version' };
  return command === 'cluster' ? clusterArguments(values, positionals) : predictArguments(values, positionals);
}

function checkToken({ name, rawName, value, inlineValue }: Token, table: OptionTable, command: string): void {
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  if (spec === undefined) {
    const meant = rawName.startsWith('--') ? didYouMean(name, Object.keys(table), '--') : '';
    throw new UsageError(`${command} has no option ${rawName}${meant}`);
  }
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return;
  }
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs a value`);
  if (!inlineValue && /^-[a-z-]/i.test(value)) {
    throw new UsageError(
      `${rawName} needs a value, and ${value} is an option (${rawName}=${value} if it is the value)`,
    );
  }
}
