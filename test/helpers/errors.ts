import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';

/** Class of the error where the contract leaves no doubt: the wrong kind of thing, or a value outside what is allowed. */
export type ErrorClass = typeof TypeError | typeof RangeError;

/** Runs `action`, expects it to throw as the contract says, and returns what it threw. */
export function expectCode(action: () => unknown, code: ErrorCode | readonly ErrorCode[], errorClass?: ErrorClass) {
  const error = thrownBy(action);
  expect(error, 'a TypeError or RangeError').toSatisfy((e) => e instanceof TypeError || e instanceof RangeError);
  expect([code].flat(), error.message).toContain(error.code);
  if (errorClass) expect(error).toBeInstanceOf(errorClass);
  expect(error.message, 'one sentence').toMatch(/^\S[^\n]+$/);
  return error;
}

/** The same for a promise that is to be rejected. */
export async function rejectedCode(promise: Promise<unknown>, code: ErrorCode | readonly ErrorCode[]) {
  const error = await promise.then(
    () => expect.fail('it was not rejected'),
    (reason) => reason,
  );
  return expectCode(() => {
    throw error;
  }, code);
}

function thrownBy(action: () => unknown): Error & { code?: ErrorCode } {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.fail('it did not throw');
}
