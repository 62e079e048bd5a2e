import {
  browserProbes,
  candidateClasses,
  checkNetwork,
  networkOutlook,
  networkVerdicts,
  running,
} from '@shoal/transport';
import type { NetworkCheck, NetworkFindings, NetworkProbes, Prospect, Verdict } from '@shoal/transport';
import type { NetworkSource } from '../network.ts';
import type { BrowserFinding, StorageFinding } from './device-findings.ts';
import { browserVerdict, storageVerdict } from './device-verdicts.ts';
import { probeBrowser, probeStorage } from './probe-device.ts';
import { reportText } from './report.ts';

export type CheckId = 'browser' | NetworkCheck | 'storage';

export interface CheckSnapshot {
  readonly verdicts: readonly Verdict<CheckId>[];
  /** What will work with whom; undefined until all is known. */
  readonly outlook: readonly Prospect[] | undefined;
  /** To be copied; undefined until all is known. */
  readonly report: string | undefined;
}

export interface CheckOptions {
  readonly network: NetworkSource;
  /** What this device is, for the report. */
  readonly deviceName: string;
  readonly probes: NetworkProbes;
  readonly probeBrowser: () => Promise<BrowserFinding>;
  readonly probeStorage: () => Promise<StorageFinding>;
  readonly now: () => Date;
}

interface Findings {
  readonly browser: BrowserFinding | undefined;
  readonly storage: StorageFinding | undefined;
  readonly network: NetworkFindings;
}

const NOTHING: Findings = {
  browser: undefined,
  storage: undefined,
  network: { webRtc: true, server: undefined, probes: undefined, mapping: undefined, relay: undefined },
};

/** Looks at browser, network and storage, and tells verdicts as they come. */
export class ConnectionCheck {
  readonly #options: CheckOptions;
  readonly #listeners = new Set<() => void>();
  #findings: Findings = NOTHING;
  #snapshot: CheckSnapshot;
  #run = new AbortController();

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#snapshot = this.#judge();
  }

  readonly getSnapshot = (): CheckSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Looks at everything anew; a run that is under way is given up. */
  readonly run = (): void => {
    this.#run.abort();
    const run = new AbortController();
    this.#run = run;
    const { probes, probeBrowser, probeStorage } = this.#options;
    const found = (more: Partial<Findings>): void => {
      if (run.signal.aborted) return;
      this.#findings = { ...this.#findings, ...more };
      this.#snapshot = this.#judge();
      for (const listener of this.#listeners) listener();
    };
    found(NOTHING);
    // None of these rejects: what cannot be done is a finding.
    void probeStorage().then(storage => found({ storage }));
    void probeBrowser().then(async browser => {
      found({ browser });
      await checkNetwork(probes, browser.webRtc, network => found({ network }), run.signal);
    });
  };

  close(): void {
    this.#run.abort();
    this.#listeners.clear();
  }

  #judge(): CheckSnapshot {
    const { browser, storage, network } = this.#findings;
    const verdicts: Verdict<CheckId>[] = [
      browser === undefined
        ? running('browser', 'Browser')
        : { check: 'browser', title: 'Browser', ...browserVerdict(browser) },
      ...networkVerdicts(network),
      storage === undefined
        ? running('storage', 'Storage')
        : { check: 'storage', title: 'Storage', ...storageVerdict(storage) },
    ];
    const { relayOnly } = this.#options.network.get();
    // Who lacks anything of this opens no room, and so reaches nobody, whatever the network allows.
    const able = browser !== undefined && browserVerdict(browser).state === 'ok';
    const outlook = networkOutlook({ ...network, webRtc: network.webRtc && able }, relayOnly);
    const done = outlook !== undefined && verdicts.every(({ state }) => state !== 'running');
    const { deviceName, now } = this.#options;
    const report = done
      ? reportText({
          verdicts,
          outlook,
          relayOnly,
          device: deviceName,
          at: now(),
          candidates: candidateClasses(network),
        })
      : undefined;
    return { verdicts, outlook, report };
  }
}

/** A check of this browser, this network and the server at `serverUrl`. It looks at nothing until it is run. */
export function openConnectionCheck(
  options: Pick<CheckOptions, 'network' | 'deviceName'> & { readonly serverUrl: string },
): ConnectionCheck {
  const { network, deviceName, serverUrl } = options;
  return new ConnectionCheck({
    network,
    deviceName,
    probes: browserProbes(serverUrl),
    probeBrowser,
    probeStorage,
    now: () => new Date(),
  });
}
