import { expect, test } from 'vitest';

import { missing } from './check';

test('both fields are asked for', () => {
  expect(Object.keys(missing('', ' '))).toEqual(['server', 'code']);
});

test('an address without a scheme is explained', () => {
  expect(missing('rundan.example', 'ABCD').server).toContain('https://');
  expect(missing('https://rundan.example', 'ABCD')).toEqual({});
});
