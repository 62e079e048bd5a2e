import { useEffect, useState } from 'react';
import { takeDroppedItems, type DroppedItem } from './read-entries.ts';
import './drop-zone.css';

interface DropZoneProps {
  /** An empty list when what was dropped holds no file. */
  readonly onDrop: (items: readonly DroppedItem[]) => void;
}

/** Makes the whole page take drops, and pasted files, and shows so while something is dragged over it. */
export function DropZone({ onDrop }: DropZoneProps) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Text dragged within the page is no wish to share it. What it began in may vanish meanwhile: its end is then never told.
    let fromHere = false;
    const isFromHere = (data: DataTransfer | null) => fromHere && !holdsFiles(data);
    const onDragStart = () => {
      fromHere = true;
    };
    const onDragEnd = () => {
      fromHere = false;
    };
    const onDragOver = (event: DragEvent) => {
      if (isFromHere(event.dataTransfer) || takesText(event.target, event.dataTransfer)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
      setOver(holdsFiles(event.dataTransfer));
    };
    const onDragLeave = (event: DragEvent) => {
      // Null only when the pointer leaves the page, not when it goes from one element to the next.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDropped = (event: DragEvent) => {
      setOver(false);
      if (isFromHere(event.dataTransfer) || takesText(event.target, event.dataTransfer)) return;
      event.preventDefault();
      onDrop(event.dataTransfer === null ? [] : takeDroppedItems(event.dataTransfer.items));
    };
    const onPaste = (event: ClipboardEvent) => {
      // Office programs put a picture of the text beside the text.
      if (isField(event.target) && event.clipboardData?.types.includes('text/plain') === true) return;
      const items = event.clipboardData === null ? [] : takeDroppedItems(event.clipboardData.items);
      if (items.length === 0) return;
      event.preventDefault();
      onDrop(items);
    };
    addEventListener('dragstart', onDragStart);
    addEventListener('dragend', onDragEnd);
    addEventListener('dragenter', onDragOver);
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDropped);
    addEventListener('paste', onPaste);
    return () => {
      removeEventListener('dragstart', onDragStart);
      removeEventListener('dragend', onDragEnd);
      removeEventListener('dragenter', onDragOver);
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDropped);
      removeEventListener('paste', onPaste);
    };
  }, [onDrop]);
  return (
    <div className={over ? 'drop-veil drop-veil-on' : 'drop-veil'} aria-hidden="true">
      <p>Let go to share</p>
    </div>
  );
}

function holdsFiles(data: DataTransfer | null): boolean {
  return data?.types.includes('Files') ?? false;
}

/** Text dropped into a field stays the field's. */
function takesText(target: EventTarget | null, data: DataTransfer | null): boolean {
  return !holdsFiles(data) && isField(target);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
