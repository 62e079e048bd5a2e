import type { FileState } from '@shoal/room';
import { Button } from '../ui/button.tsx';
import type { IconName } from '../ui/icon.tsx';

interface Choice {
  readonly label: 'Download' | 'Pause' | 'Resume' | 'Save';
  readonly icon: IconName;
  readonly look: 'soft' | 'plain';
  readonly press: () => void;
}

interface FileButtonsProps {
  readonly state: FileState;
  readonly describedBy: string;
  readonly onDownload: () => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onCancel: () => void;
  /** Left out where there is nothing to save: an offer as a whole. */
  readonly onSave?: () => void;
  /** Only where the file does not fit into the browser's storage, and the browser lets a person pick a file to write into. */
  readonly onSaveInto?: (() => void) | undefined;
}

/**
 * The buttons of a row. The main one stays the same element while its meaning moves on, so that the keyboard's focus stays where it was.
 */
export function FileButtons(props: FileButtonsProps) {
  const { state, describedBy, onCancel, onSaveInto } = props;
  const main = mainChoice(props);
  return (
    <div className="row-buttons">
      {main === undefined ? null : (
        <Button
          key="main"
          label={main.label}
          icon={main.icon}
          look={main.look}
          compact
          describedBy={describedBy}
          onPress={main.press}
        />
      )}
      {onSaveInto === undefined ? null : (
        <Button
          key="into"
          label="Save as it arrives"
          icon="save"
          look="soft"
          compact
          describedBy={describedBy}
          onPress={onSaveInto}
        />
      )}
      {state === 'downloading' || state === 'paused' ? (
        <Button
          key="cancel"
          label="Cancel"
          icon="cancel"
          look="quiet"
          compact
          describedBy={describedBy}
          onPress={onCancel}
        />
      ) : null}
    </div>
  );
}

function mainChoice(props: FileButtonsProps): Choice | undefined {
  switch (props.state) {
    case 'offered':
    case 'failed':
      return { label: 'Download', icon: 'download', look: 'plain', press: props.onDownload };
    case 'downloading':
      return { label: 'Pause', icon: 'pause', look: 'plain', press: props.onPause };
    case 'paused':
      return { label: 'Resume', icon: 'resume', look: 'plain', press: props.onResume };
    case 'complete':
    case 'seeding':
      return props.onSave && { label: 'Save', icon: 'save', look: 'soft', press: props.onSave };
    case 'verifying':
      return undefined;
  }
}
