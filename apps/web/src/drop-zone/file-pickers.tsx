import type { ChosenFile } from '@shoal/room';
import { useRef, type ChangeEvent, type InputHTMLAttributes } from 'react';
import { Button } from '../ui/button.tsx';
import { chosenFromInput } from './read-entries.ts';

/** React knows the attribute, its types do not. */
export const WHOLE_FOLDER: InputHTMLAttributes<HTMLInputElement> & { readonly webkitdirectory: string } = {
  webkitdirectory: '',
};

interface FilePickersProps {
  readonly filesLabel: string;
  readonly folderLabel: string;
  readonly look: 'primary' | 'plain';
  readonly onChoose: (files: readonly ChosenFile[]) => void;
}

/** Two buttons, each with the file input that it opens. */
export function FilePickers({ filesLabel, folderLabel, look, onChoose }: FilePickersProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    const chosen = chosenFromInput(input.files ?? []);
    // So that the same file chosen again is a change again.
    input.value = '';
    onChoose(chosen);
  };
  return (
    <div className="pickers">
      <input ref={files} type="file" data-testid="file-input" multiple hidden onChange={choose} />
      <input ref={folder} type="file" data-testid="folder-input" {...WHOLE_FOLDER} hidden onChange={choose} />
      <Button label={filesLabel} icon="plus" look={look} onPress={() => files.current?.click()} />
      <Button label={folderLabel} icon="folder" onPress={() => folder.current?.click()} />
    </div>
  );
}
