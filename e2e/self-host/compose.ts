import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** What compose.yaml says of a service, its variables filled in. */
export interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** @throws Error for a variable that must be set and is not, and where the file has another shape than ours */
export async function readService(
  file: string,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<Service> {
  const document: unknown = parse(await readFile(file, 'utf8'));
  const service = entry(entry(document, 'services'), name);
  const environment = isRecord(service) ? (service['environment'] ?? {}) : {};
  const command = isRecord(service) ? (service['command'] ?? []) : [];
  if (!isRecord(environment) || !Array.isArray(command)) throw new Error(`${name} has another shape`);
  return {
    environment: Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, filled(String(value), variables)]),
    ),
    command: command.map(word => filled(String(word), variables)),
  };
}

/** Knows `${NAME}`, `${NAME:-default}` and `${NAME:?complaint}`. */
function filled(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)(?::(-|\?)([^}]*))?\}/g, (_, name: string, kind?: string, word = '') => {
    const value = variables[name];
    if (value !== undefined) return value;
    if (kind === '-') return String(word);
    throw new Error(`${name}: ${kind === '?' ? word : 'not set'}`);
  });
}

function entry(value: unknown, key: string): unknown {
  if (!isRecord(value) || !(key in value)) throw new Error(`there is no ${key}`);
  return value[key];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
