import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findChromium } from '../../scripts/chromium.mjs';
import type { ProfileOptions } from '../support/profiles.ts';
import type { Namespace } from './namespace.ts';

/** For `openProfile`: a browser that runs in `place`, whose pages come from `origin`. `dir` is for a file of its own. */
export async function browserIn(place: Namespace, dir: string, origin: string): Promise<ProfileOptions> {
  const executablePath = join(dir, `chromium-${place.name}`);
  // Playwright talks over the pipes 3 and 4, which `ip netns exec` hands on.
  await writeFile(executablePath, `#!/bin/sh\nexec ${place.prefix.join(' ')} ${findChromium()} "$@"\n`);
  await chmod(executablePath, 0o755);
  return {
    executablePath,
    args: [
      // Off localhost only https is a secure context, which OPFS and WebCrypto need.
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
      // For a relay's own certificate.
      '--ignore-certificate-errors',
    ],
  };
}
