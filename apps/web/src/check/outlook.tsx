import type { Prospect } from '@shoal/room';

interface OutlookProps {
  readonly prospects: readonly Prospect[];
  readonly relayOnly: boolean;
}

/** What will work with whom. */
export function Outlook({ prospects, relayOnly }: OutlookProps) {
  return (
    <section className="card check-card" aria-labelledby="check-outlook">
      <h2 id="check-outlook">Whom you can connect to</h2>
      <dl className="outlook">
        {prospects.map(({ others, way, title, text }) => (
          <div key={others} data-testid="check-outlook" data-others={others} data-way={way}>
            <dt>{title}</dt>
            <dd className={way === 'no' ? 'outlook-no' : ''}>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="check-note">
        {relayOnly
          ? 'You hide your IP address from others (see Connection settings), so everything goes through the relay. '
          : ''}
        Files also arrive through others in the room: one person whom you both reach is enough.
      </p>
    </section>
  );
}
