import { expect, test } from 'vitest';
import { zipName } from './saving.ts';

test('a .zip is named after the folder that holds everything', () => {
  expect(zipName(['photos/a.jpg', 'photos/b/c.jpg'])).toBe('photos.zip');
});

test('files from here and there make Shoal.zip', () => {
  expect(zipName(['photos/a.jpg', 'b.jpg'])).toBe('Shoal.zip');
  expect(zipName(['a.jpg', 'b.jpg'])).toBe('Shoal.zip');
});
