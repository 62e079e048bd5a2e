import type { ChosenFile, FileView, OfferView, RoomHandle } from '@shoal/room';
import { pickFile, pickFolder } from './pick-file.ts';
import { indexesIn } from './totals.ts';

/** What the buttons do. One object for the life of a room, so that rows need not render anew for it. */
export interface RoomActions {
  download(file: FileView): void;
  pause(file: FileView): void;
  resume(file: FileView): void;
  cancel(file: FileView): void;
  save(file: FileView): void;
  downloadOffer(offer: OfferView): void;
  pauseOffer(offer: OfferView): void;
  resumeOffer(offer: OfferView): void;
  /** Gives up what is not complete; complete files stay. */
  cancelOffer(offer: OfferView): void;
  withdraw(offer: OfferView): void;
  /** Reads own files through kept handles; only a click may call it. */
  shareAgain(offer: OfferView): void;
  share(files: readonly ChosenFile[]): void;
  /** Asks for a file and downloads into it. Absent where the browser cannot ask. */
  saveInto?(file: FileView): void;
  downloadAll(): void;
  saveAll(): void;
  /** Absent where the browser cannot write into folders. */
  saveFolder?(): void;
  rename(name: string): void;
  dismiss(failure: string): void;
}

/** A file on its way to the disk of the user. */
export interface Saved {
  readonly name: string;
  readonly blob: Blob;
}

/**
 * @param report shows an alert for what a verb threw.
 * @param keep hands a file to the browser's downloads.
 */
export function createRoomActions(
  room: RoomHandle,
  report: (error: unknown) => void,
  keep: (saved: Saved) => void,
): RoomActions {
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      report(error);
    }
  };
  const settle = (act: () => Promise<Saved | undefined | void>) => {
    // Through `then`, so that a verb that throws at once is reported as well.
    Promise.resolve()
      .then(act)
      .then(saved => saved && keep(saved))
      .catch(report);
  };
  const pick = pickFolder;
  const pickOne = pickFile;
  return {
    download: file => attempt(() => room.accept(file.offer, [file.index])),
    pause: file => attempt(() => room.pause(file.offer, [file.index])),
    resume: file => attempt(() => room.accept(file.offer, [file.index])),
    cancel: file => attempt(() => room.cancel(file.offer, [file.index])),
    save: file => settle(() => room.save(file.offer, file.index)),
    downloadOffer: offer => attempt(() => room.accept(offer.id, indexesIn(offer, ['offered', 'failed']))),
    pauseOffer: offer => attempt(() => room.pause(offer.id, indexesIn(offer, ['downloading']))),
    resumeOffer: offer => attempt(() => room.accept(offer.id, indexesIn(offer, ['paused']))),
    cancelOffer: offer => attempt(() => room.cancel(offer.id, indexesIn(offer, ['downloading', 'paused']))),
    shareAgain: offer => settle(() => room.shareAgain(offer.id)),
    share: files => settle(() => room.share(files)),
    withdraw: offer => settle(() => room.withdraw(offer.id)),
    ...(pickOne !== undefined && {
      saveInto: (file: FileView) =>
        settle(async () => {
          const name = file.path.slice(file.path.lastIndexOf('/') + 1);
          await room.saveInto(file.offer, file.index, await pickOne(name));
        }),
    }),
    downloadAll: () => attempt(() => room.acceptAll()),
    saveAll: () => settle(() => room.saveAll(pickFile)),
    ...(pick !== undefined && {
      saveFolder: () => settle(async () => await room.saveFolder(await pick())),
    }),
    rename: name => settle(() => room.setName(name)),
    dismiss: failure => attempt(() => room.dismiss(failure)),
  };
}
