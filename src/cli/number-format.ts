/** A count with its thousands apart: 12,345. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** `1 row`, `2 rows`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A single number with four digits that mean something, or more if it is large. */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1e4 && Math.abs(value) < 1e9) return formatCount(Math.round(value));
  return formatNumbers([value])[0]!;
}

/** Numbers that stand in one column: as many decimals each, so that their points align. */
export function formatNumbers(values: readonly number[]): string[] {
  const largest = Math.max(...values.map(Math.abs));
  if (largest > 0 && (largest >= 1e9 || largest < 1e-4)) return values.map((value) => value.toExponential(3));
  const digits = largest > 0 ? Math.floor(Math.log10(largest)) + 1 : 1;
  const decimals = Math.min(6, Math.max(0, 4 - digits));
  const exact = values.every(Number.isInteger);
  return values.map((value) => withoutMinusZero(value.toFixed(exact ? 0 : decimals)));
}

export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function withoutMinusZero(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}
