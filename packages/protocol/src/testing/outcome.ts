import { ProtocolError } from '../errors.ts';

/** The code of the ProtocolError that a call ends with, or `ok`; any other throw passes, and fails the test. */
export async function outcome(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** The same for what does not wait. */
export function outcomeNow(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}
