import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Alert } from './alert.tsx';

const shown = (code: string, offersCheck?: boolean): string =>
  renderToStaticMarkup(
    <Alert
      failure={{ id: '1', code, text: 'No.' }}
      {...(offersCheck === undefined ? {} : { offersCheck })}
    />,
  );

test('who cannot connect is sent to the check, in a tab of its own; who is there already is not', () => {
  expect(shown('connect-timeout')).toMatch(/<a href="\/check" target="_blank"/);
  expect(shown('turn-refused')).toContain('/check');
  expect(shown('crypto-unsupported')).toContain('/check');
  expect(shown('turn-refused', false)).not.toContain('/check');
  expect(shown('disk-full')).not.toContain('/check');
});
