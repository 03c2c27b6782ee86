import { didYouMean } from './closest.js';
import { UsageError } from './failures.js';

export type OptionTable = Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>;

export interface Token {
  name: string;
  rawName: string;
  value: string | undefined;
  inlineValue: boolean | undefined;
}

/** The options of one command line, read as what they have to be; of an option given twice the last one counts. */
export class OptionValues {
  constructor(private readonly tokens: readonly Token[]) {}

  flag(name: string): boolean {
    return this.tokens.some((token) => token.name === name);
  }

  /** Whether `--name` or `--no-name` was given, the last one if both; undefined if neither. */
  either(name: string): boolean | undefined {
    const last = this.tokens.filter((token) => token.name === name || token.name === `no-${name}`).at(-1);
    return last && last.name === name;
  }

  text(name: string): string | undefined {
    const token = this.tokens.filter((one) => one.name === name).at(-1);
    // -k=3 is read as -k with the value "=3"
    return token?.rawName.startsWith('--') ? token.value : token?.value?.replace(/^=/, '');
  }

  /** The parts between commas of every occurrence. */
  list(name: string): string[] | undefined {
    const given = this.tokens.filter((token) => token.name === name);
    if (given.length === 0) return undefined;
    const parts = given.flatMap(({ value }) => value!.split(',').map((part) => part.trim()));
    return parts.filter((part) => part !== '');
  }

  integer(name: string, min: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\+?\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError(`${spelled(name)} must be a whole number of ${min} or more, not "${text}"`);
  }

  atLeastZero(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new UsageError(`${spelled(name)} must be a number of 0 or more, not "${text}"`);
  }

  /** A number of bytes such as 200M; K, M, G are powers of 1000, Ki, Mi, Gi of 1024. */
  bytes(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)([KMGT]?)(i?)B?$/i.exec(text);
    if (!match) throw new UsageError(`${spelled(name)} must be a number of bytes such as 200M, not "${text}"`);
    const [, number, unit, binary] = match;
    return Number(number) * (binary ? 1024 : 1000) ** ' KMGT'.indexOf(unit!.toUpperCase() || ' ');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    const value = allowed.find((one) => one === text);
    if (text === undefined || value !== undefined) return value;
    const list = `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`;
    throw new UsageError(`${spelled(name)} must be ${list}, not "${text}"${didYouMean(text, allowed)}`);
  }
}

function spelled(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
