import { offerIdOf } from '@shoal/protocol';
import type { LogEntry, PeerId } from '@shoal/protocol';
import { describe, expect, test } from 'vitest';
import type { GossipEffect, GossipEvent } from './events.ts';
import type { Author } from './testing/author.ts';
import { authors } from './testing/cast.ts';
import { randomBytes, seededRandom } from './testing/fake-crypto.ts';
import { World } from './testing/world.ts';
import type { Participant, WorldOptions } from './testing/world.ts';

/** A failure names its seed: put it here alone to replay it. */
const SEEDS = [1, 2, 3, 4];

interface Scene {
  readonly world: World;
  readonly people: readonly Author[];
  readonly random: () => number;
}

function scene(seed: number, count: number, network: Omit<WorldOptions, 'random'> = {}): Scene {
  const random = seededRandom(seed);
  const world = new World({ random, ...network });
  const people = authors(count, seed);
  for (const { id } of people) world.addHonest(id);
  return { world, people, random };
}

/** A ring, so that it is connected, and some chords. */
function weave({ world, people, random }: Scene, chords: number): void {
  people.forEach((person, index) => linkTo(world, person, people[(index + 1) % people.length]));
  for (let i = 0; i < people.length * chords; i += 1)
    linkTo(world, pick(people, random), pick(people, random));
}

function linkTo(world: World, a: Author, b: Author | undefined): void {
  if (b !== undefined) world.link(a.id, b.id);
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

async function chatter(world: World, person: Author): Promise<void> {
  world.authored(await person.write({ kind: 'profile', name: `n ${person.id}`, device: 'd' }));
  const offer = await person.write({
    kind: 'offer',
    pieceLength: 65_536,
    files: [{ path: 'a', size: 70_000 }],
  });
  world.authored(offer);
  world.authored(
    await person.write({ kind: 'seal', offer: offerIdOf(offer), root: new Uint8Array(32).fill(1) }),
  );
}

/** Whatever fails, the seed is in the message. */
function agree(world: World, seed: number, rounds: number): void {
  expect(world.settle(rounds), `seed ${seed}: not all members believe the same`).toBe(true);
}

/** A participant that says nothing by itself and can be made to send entries. */
class Puppet implements Participant {
  readonly #onJoin: (peer: PeerId) => GossipEffect[];

  constructor(onJoin: (peer: PeerId) => GossipEffect[]) {
    this.#onJoin = onJoin;
  }

  receive(event: GossipEvent): readonly GossipEffect[] {
    return event.type === 'neighbour-joined' ? this.#onJoin(event.peer) : [];
  }
}

function sending(peer: PeerId, entries: readonly LogEntry[]): GossipEffect {
  return { type: 'send', peer, message: { type: 'log-entries', entries: entries.map(entry => entry.raw) } };
}

// Seconds on a quiet machine; the cap only has to tell slow from stuck.
describe.each(SEEDS)('simulation, seed %i', { timeout: 60_000 }, seed => {
  test('[GS3] on a reliable network an entry crosses a link at most once in each direction', async () => {
    const { world, people, random } = scene(seed, 30);
    weave({ world, people, random }, 2);
    world.run();
    const before = world.messages;
    world.crossings.clear();
    const speakers = people.slice(0, 12);
    for (const person of speakers) await chatter(world, person);
    world.run();
    expect(world.converged(), `seed ${seed}`).toBe(true);
    expect(Math.max(...world.crossings.values()), `seed ${seed}`).toBe(1);
    const links = new Set([...world.crossings.keys()].map(key => key.split(' ')[0])).size / 2;
    const entries = speakers.length * 3;
    expect(world.messages - before, `seed ${seed}`).toBeLessThanOrEqual(entries * links * 2);
    // One check per entry and member: [GL3].
    expect(world.checks, `seed ${seed}`).toBe(entries * (people.length - 1));
  });

  test('[GS4] [GS5] [GS6] losses, repeats and reordering are repaired', async () => {
    const { world, people, random } = scene(seed, 30, { drop: 0.25, duplicate: 0.1, reorder: true });
    weave({ world, people, random }, 1);
    for (const person of people) if (random() < 0.5) await chatter(world, person);
    agree(world, seed, 80);
    expect(world.misbehaved).toEqual([]);
  });

  test('[GS1] [GS2] a latecomer gets everything from anyone, even if the authors are gone', async () => {
    const { world, people } = scene(seed, 24, { reorder: true });
    const [late, ...others] = people;
    const [gone, kept] = [others.slice(0, 8), others.slice(8)];
    if (late === undefined) throw new Error('nobody');
    others.forEach((person, index) => linkTo(world, person, others[(index + 1) % others.length]));
    for (const person of others) await chatter(world, person);
    agreeAmong(world, others, seed);
    for (const a of gone) for (const b of people) world.unlink(a.id, b.id);
    linkTo(world, late, kept[0]);
    world.run();
    expect(world.view(late.id) === world.view(kept[0]?.id ?? late.id), `seed ${seed}`).toBe(true);
    expect(world.honest.get(late.id)?.catalogue.offers.size, `seed ${seed}`).toBe(others.length);
  });

  test('[GS1] a partition that heals', async () => {
    const { world, people, random } = scene(seed, 30, { reorder: true });
    const halves = [people.slice(0, 15), people.slice(15)];
    for (const half of halves) weave({ world, people: half, random }, 1);
    for (const person of people) if (random() < 0.5) await chatter(world, person);
    world.run();
    expect(world.converged(), `seed ${seed}: apart, yet the same`).toBe(false);
    linkTo(world, pick(people.slice(0, 15), random), pick(people.slice(15), random));
    world.run();
    expect(world.converged(), `seed ${seed}`).toBe(true);
  });

  test('[GF5] an author who tells each half another story is frozen alike by all', async () => {
    const { world, people, random } = scene(seed, 30, { reorder: true, drop: 0.05 });
    const halves = [people.slice(0, 15), people.slice(15)] as const;
    const [forker] = authors(1, seed + 1000);
    if (forker === undefined) throw new Error('nobody');
    const shared = Math.floor(random() * 4);
    await forker.texts(shared);
    const other = forker.branch(shared);
    await forker.texts(1 + Math.floor(random() * 3), 'one');
    // Half the time equally long, which no vector shows.
    const equal = seed % 2 === 0;
    await other.texts(equal ? forker.entries.length - shared : 1 + Math.floor(random() * 3), 'two');
    world.genuine(...forker.entries, ...other.entries);
    const tale = (peer: PeerId) => (halves[0].some(person => person.id === peer) ? forker : other).entries;
    world.addLiar(forker.id, new Puppet(peer => [sending(peer, tale(peer))]));
    for (const half of halves) {
      weave({ world, people: half, random }, 1);
      for (let i = 0; i < 3; i += 1) linkTo(world, forker, pick(half, random));
    }
    for (const person of people) if (random() < 0.5) await chatter(world, person);
    for (const half of halves) agreeAmong(world, half, seed);
    linkTo(world, pick(halves[0], random), pick(halves[1], random));
    agree(world, seed, 80);
    for (const { log } of world.honest.values())
      expect(log.frozen.get(forker.id)?.fromSeq, `seed ${seed}: shared ${shared}`).toBe(shared);
    expect(world.misbehaved).toEqual([]);
  });

  test('[GF3] [GF5] many branches of one author, told in pieces, end in one belief', async () => {
    const { world, people, random } = scene(seed, 20, { reorder: true, drop: 0.1, duplicate: 0.1 });
    const [forker] = authors(1, seed + 2000);
    if (forker === undefined) throw new Error('nobody');
    await forker.texts(6);
    const branches = [1, 2, 3, 4, 5].map(count => forker.branch(count));
    for (const [index, branch] of branches.entries()) await branch.texts(4, `branch ${index}`);
    const all = [forker, ...branches];
    for (const { entries } of all) world.genuine(...entries);
    world.addLiar(
      forker.id,
      new Puppet(peer => {
        const { entries } = pick(all, random);
        return [sending(peer, entries.slice(0, 1 + Math.floor(random() * entries.length)))];
      }),
    );
    weave({ world, people, random }, 1);
    for (let i = 0; i < 6; i += 1) linkTo(world, forker, pick(people, random));
    agree(world, seed, 80);
  });

  test('[GS7] liars with garbage and forged signatures are found out and change nothing', async () => {
    const { world, people, random } = scene(seed, 24, { reorder: true });
    const liars = authors(6, seed + 3000);
    const victim = pick(people, random);
    const forged = (await victim.branch(0).text('I never said this')).raw;
    const real = await victim.text('I said this');
    const broken = real.raw.slice();
    // In the signature, which follows the public key of 32 bytes.
    broken[40] = (broken[40] ?? 0) ^ 1;
    const lies = [() => forged, () => broken, () => randomBytes(random, 1 + Math.floor(random() * 300))];
    for (const [index, liar] of liars.entries()) {
      const lie = lies[index % lies.length] ?? (() => forged);
      world.addLiar(
        liar.id,
        new Puppet(peer => [{ type: 'send', peer, message: { type: 'log-entries', entries: [lie()] } }]),
      );
    }
    weave({ world, people, random }, 1);
    for (const liar of liars) for (let i = 0; i < 4; i += 1) linkTo(world, liar, pick(people, random));
    world.authored(real);
    for (const person of people) if (random() < 0.5) await chatter(world, person);
    agree(world, seed, 30);
    const named = new Set(world.misbehaved.map(({ peer }) => peer));
    expect(named, `seed ${seed}`).toEqual(new Set(liars.map(({ id }) => id)));
    for (const { log } of world.honest.values()) expect(log.entries(victim.id)[0]?.hash).toEqual(real.hash);
    for (const { log } of world.honest.values()) expect(log.frozen.size).toBe(0);
  });
});

function agreeAmong(world: World, people: readonly Author[], seed: number): void {
  const same = () => new Set(people.map(({ id }) => world.view(id))).size === 1;
  for (let round = 0; round < 60 && !same(); round += 1) {
    world.run();
    if (!same()) for (const { id } of people) world.tell(id, { type: 'tick' });
  }
  world.run();
  expect(same(), `seed ${seed}: a half does not agree`).toBe(true);
}
