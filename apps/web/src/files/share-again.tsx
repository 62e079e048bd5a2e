import type { OfferView } from '@shoal/room';
import { useRef, type ChangeEvent } from 'react';
import { WHOLE_FOLDER } from '../drop-zone/file-pickers.tsx';
import { chosenFromInput } from '../drop-zone/read-entries.ts';
import { Button } from '../ui/button.tsx';
import { commonFolder } from './paths.ts';
import type { RoomActions } from './room-actions.ts';
import { totalsOf } from './totals.ts';

interface ShareAgainProps {
  readonly offer: OfferView;
  readonly titleId: string;
  readonly actions: RoomActions;
}

/** Own files that this page cannot read any more, and the one click that brings them back. */
export function ShareAgain({ offer, titleId, actions }: ShareAgainProps) {
  const input = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = chosenFromInput(event.currentTarget.files ?? []);
    event.currentTarget.value = '';
    if (chosen.length > 0) actions.share(chosen);
  };
  const press = () => (offer.again === 'click' ? actions.shareAgain(offer) : input.current?.click());
  const folder = commonFolder(offer.files) === '' ? {} : WHOLE_FOLDER;
  return (
    <div className="share-again" data-testid="share-again" data-how={offer.again}>
      <p>{againWords(offer)}</p>
      <input ref={input} type="file" multiple hidden {...folder} onChange={choose} />
      <Button label="Share again" icon="share" look="primary" describedBy={titleId} onPress={press} />
    </div>
  );
}

function againWords(offer: OfferView): string {
  const some = totalsOf(offer).count.seeding > 0;
  const what = some
    ? 'Some of these files are not shared from here right now.'
    : 'Not shared from here right now.';
  return offer.again === 'click'
    ? `${what} The browser only needs your word to read them again.`
    : `${what} Drop the same files here, or choose them again: who downloads them goes on where they were.`;
}
