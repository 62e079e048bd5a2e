import type { IndirectView, NeighbourView, RoomSnapshot } from '@shoal/room';
import { Fragment, memo, type CSSProperties, type ReactNode } from 'react';
import { CheckLink } from '../check/check-link.tsx';
import { formatBytes, formatRate, isFlowing } from '../format/format.ts';
import { FISH_PATH } from '../ui/fish.tsx';
import { Icon } from '../ui/icon.tsx';
import { OwnName } from './own-name.tsx';
import { hueOf } from './hue.ts';
import './people.css';

/** More names than that are a number. */
const MAX_FURTHER_NAMES = 20;

interface PeoplePanelProps {
  readonly self: RoomSnapshot['self'];
  readonly neighbours: readonly NeighbourView[];
  readonly indirect: readonly IndirectView[];
  readonly further: readonly IndirectView[];
  readonly onRename: (name: string) => void;
}

export function PeoplePanel({ self, neighbours, indirect, further, onRename }: PeoplePanelProps) {
  const others = neighbours.length + indirect.length + further.length;
  return (
    <section className="card people" aria-labelledby="people-heading">
      <h2 id="people-heading">
        People <span className="people-count">{others + 1}</span>
      </h2>
      <ul className="people-list" role="list">
        <li className="person person-self">
          <Avatar id={self.id} />
          <OwnName name={self.name} onRename={onRename} />
        </li>
        {neighbours.map(neighbour => (
          <PeerRow key={neighbour.id} neighbour={neighbour} />
        ))}
        {indirect.map(({ id, name }) => (
          <li key={id} className="person" data-testid="indirect-row" data-peer={id}>
            <Person id={id} name={name}>
              <p className="person-meta">
                <span className="path path-relay">Through others here</span>
                <span>
                  Your networks allow no connection; files pass through people you both reach.{' '}
                  <CheckLink apart />
                </span>
              </p>
            </Person>
          </li>
        ))}
        {further.length === 0 ? null : <Further people={further} />}
      </ul>
      {others === 0 ? (
        <p className="people-none">Nobody else is here right now. Send the link to whom you like.</p>
      ) : null}
    </section>
  );
}

/** Who is here as well: in a large room everybody connects to some of the others, and gets everything through them. */
function Further({ people }: { readonly people: readonly IndirectView[] }) {
  const named = people.slice(0, MAX_FURTHER_NAMES);
  const rest = people.length - named.length;
  return (
    <li className="person-further" data-testid="further" data-count={people.length}>
      Also here, through these people:{' '}
      {named.map(({ id, name }, place) => (
        <Fragment key={id}>
          {place === 0 ? '' : ', '}
          <bdi>{name}</bdi>
        </Fragment>
      ))}
      {rest === 0 ? '' : ` and ${rest} more`}
    </li>
  );
}

const PATH_WORDS = { direct: 'Direct', relay: 'Through a relay', unknown: 'Finding a path…' } as const;

const PeerRow = memo(function PeerRow({ neighbour }: { readonly neighbour: NeighbourView }) {
  const { id, name, device, path, protocol, connections, downRate, upRate, downBytes, upBytes, rttMs } =
    neighbour;
  return (
    <li
      className="person"
      data-testid="peer-row"
      data-peer={id}
      data-path={path}
      data-down-bytes={downBytes}
      data-up-bytes={upBytes}
    >
      <Person id={id} name={name}>
        <p className="person-meta">
          <span>
            <bdi>{device}</bdi>
          </span>
          <span className={`path path-${path}`}>{PATH_WORDS[path]}</span>
          {protocol === undefined ? null : <span>{protocol.toUpperCase()}</span>}
          {rttMs === undefined ? null : <span className="figure">{Math.round(rttMs)} ms</span>}
          {connections === 1 ? null : <span className="figure">{connections} connections</span>}
        </p>
        <dl className="flows">
          <Flow direction="down" rate={downRate} bytes={downBytes} />
          <Flow direction="up" rate={upRate} bytes={upBytes} />
        </dl>
      </Person>
    </li>
  );
});

interface PersonProps {
  readonly id: string;
  readonly name: string;
  readonly children: ReactNode;
}

function Person({ id, name, children }: PersonProps) {
  return (
    <>
      <Avatar id={id} />
      <div className="person-text">
        <p className="person-name">
          <bdi>{name}</bdi>
        </p>
        {children}
      </div>
    </>
  );
}

interface FlowProps {
  readonly direction: 'down' | 'up';
  readonly rate: number;
  readonly bytes: number;
}

/** What comes from a person, or goes there: the rate while it flows, and the sum so far. */
function Flow({ direction, rate, bytes }: FlowProps) {
  const flowing = isFlowing(rate);
  return (
    <div className={flowing ? 'flow flow-live' : 'flow'}>
      <dt>
        <Icon name={direction} />
        <span className="visually-hidden">{direction === 'down' ? 'Received' : 'Sent'}</span>
      </dt>
      <dd className="figure">
        {formatBytes(bytes)}
        {flowing ? ` · ${formatRate(rate)}` : ''}
      </dd>
    </div>
  );
}

function Avatar({ id }: { readonly id: string }) {
  const hue: CSSProperties & { readonly '--hue': number } = { '--hue': hueOf(id) };
  return (
    <svg className="avatar" viewBox="-16 -16 32 32" aria-hidden="true" focusable="false" style={hue}>
      <circle r="16" />
      <path d={FISH_PATH} />
    </svg>
  );
}
