/** The command was called in a way that it does not know: exit code 2. */
export class UsageError extends Error {}

/** The data, a file or the run is at fault: exit code 1. */
export class DataError extends Error {}

/** A text as it stands in a message: quoted, control characters escaped, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}

/** Why a file could not be read or written, in words; for anything but an error of the file system, undefined. */
export function fileTrouble(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? undefined : fileTroubles[code];
}

const fileTroubles: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  EEXIST: 'a part of its path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
};
