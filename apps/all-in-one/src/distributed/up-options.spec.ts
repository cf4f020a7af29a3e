import { readConfig } from '#runtime';
import { UP_SECTIONS } from './up-options.js';

it('payday up does not take any free port: results could not find their way', () => {
  const read = (...flags: string[]): number => readConfig(UP_SECTIONS, { flags, env: {} }).http.port;
  expect(() => read('--port', '0')).toThrow(
    '--port: "0" is not allowed; give a whole number from 1 to 65535',
  );
  expect(read('--port', '1')).toBe(1);
  expect(read()).toBe(3000);
});
