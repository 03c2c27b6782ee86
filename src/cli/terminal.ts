/** What a command talks to: the streams and the environment of the process, or a test's stand-ins. */
export interface Terminal {
  stdin: AsyncIterable<Uint8Array | string>;
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
}

export interface Output {
  write(text: string): unknown;
  /** Where `write` returned false: called once more can be taken. */
  once?(event: 'drain', listener: () => void): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Columns of text that a line may have where its width cannot be asked for. */
const widthOfFiles = 100;

export function widthOf(output: Output, env: Terminal['env']): number {
  const width = (output.isTTY && output.columns) || Number(env.COLUMNS) || widthOfFiles;
  return Math.max(40, width);
}

/** Whether to write colours: FORCE_COLOR and NO_COLOR decide, else whether a person is watching. */
export function wantsColour(output: Output, env: Terminal['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return output.isTTY === true && env.TERM !== 'dumb';
}
