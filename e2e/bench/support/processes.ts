import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { constants, cpus, setPriority } from 'node:os';

/** Seconds per clock tick of /proc/PID/stat (USER_HZ is 100 on every Linux that Chromium runs on). */
const TICK_SECONDS = 0.01;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly type: string;
}

/** The processes of the browser that runs on a profile directory: browser, renderers, GPU, utilities. */
export function browserProcesses(profile: string): Process[] {
  const all: (Process & { command: string })[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      all.push({
        pid: Number(name),
        parent,
        command,
        type: /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser',
      });
    } catch {
      // It ended while we looked.
    }
  }
  const mine = new Set(all.filter(p => p.command.includes(profile)).map(p => p.pid));
  for (let grew = true; grew;) {
    const before = mine.size;
    for (const p of all) if (mine.has(p.parent)) mine.add(p.pid);
    grew = mine.size > before;
  }
  return all.filter(p => mine.has(p.pid));
}

/** Proportional set size in bytes, summed over browser process and renderers. */
export function memoryOf(profile: string): number {
  return sum(profile, ({ pid, type }) => {
    if (type !== 'browser' && type !== 'renderer') return 0;
    const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kib ?? 0) * 1024;
  });
}

/** CPU seconds spent so far, all processes of the browser. */
export function cpuOf(profile: string): number {
  return sum(profile, ({ pid }) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
  });
}

function sum(profile: string, of: (process: Process) => number): number {
  return browserProcesses(profile).reduce((total, process) => {
    try {
      return total + of(process);
    } catch {
      return total;
    }
  }, 0);
}

/**
 * Confines a browser, with every thread that it has now and will have, to the last core, and even there to what nobody else wants (nice 19):
 * whoever is looked at almost has the machine to itself then, as it would if the other one were elsewhere. A low priority alone
 * does not do: the page's thread still waited up to 150 ms for a core with two of them.
 */
export function stepBack(profile: string): void {
  const core = String(cpus().length - 1);
  for (const { pid } of browserProcesses(profile)) {
    bind(pid, core);
    for (const thread of readdirSync(`/proc/${pid}/task`))
      setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  }
}

/**
 * Shares the cores among browsers, with every thread that they have now and will have: as many for each as there are, and what is left over for none.
 * @throws Error where there are fewer cores than browsers
 */
export function apart(profiles: readonly string[]): void {
  const each = Math.floor(cpus().length / profiles.length);
  if (each === 0) throw new Error('fewer cores than browsers: they cannot be kept apart');
  for (const [index, profile] of profiles.entries())
    for (const { pid } of browserProcesses(profile)) bind(pid, `${index * each}-${(index + 1) * each - 1}`);
}

function bind(pid: number, cores: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}

/** Milliseconds between two samples: each holds up the browsers' own use of memory, at three a second for 7 % of a transfer. */
const SAMPLE_MS = 1000;

/** Samples the memory of several browsers until stopped; yields the peak of each. */
export function watchMemory(profiles: readonly string[]): { stop(): number[] } {
  const peaks = profiles.map(memoryOf);
  const sample = (): void => {
    for (const [i, profile] of profiles.entries()) peaks[i] = Math.max(peaks[i] ?? 0, memoryOf(profile));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      sample();
      return peaks;
    },
  };
}

/** Starts to look at all cores of the machine. @returns a look: cores busy on average since then */
export function watchCores(): () => number {
  const ticks = (): { busy: number; start: number } => {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
      readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
    )
      .split(/\s+/)
      .map(Number);
    return { busy: user + nice + system + irq + softirq, start: performance.now() };
  };
  const before = ticks();
  return () => {
    const now = ticks();
    return ((now.busy - before.busy) * TICK_SECONDS * 1000) / (now.start - before.start);
  };
}
