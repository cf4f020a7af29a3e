import { openDatabase } from './database.js';

it.each([
  ['', 'nothing'],
  ['mysql://me:s3cret@127.0.0.1/db', 'another database'],
  ['postgres://me:s3cret#1@127.0.0.1/db', 'a password that is not escaped'],
  ['postgres://me:s3cret@127.0.0.1:99999/db', 'an impossible port'],
])('%p, %s, is refused at once, and not shown', async (url) => {
  const error: unknown = await openDatabase(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'invalid_database_url' });
  expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
});
