import { isDatabaseAway } from './database-trouble.js';
import { toProblem } from './problem-filter.js';

const withCode = (message: string, fields: object): Error => Object.assign(new Error(message), fields);
const asTypeOrm = (driverError: Error): Error => withCode(driverError.message, { driverError });

describe('isDatabaseAway', () => {
  it.each<[what: string, error: Error]>([
    [
      'nobody listens',
      withCode('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED', syscall: 'connect' }),
    ],
    [
      'neither address answers',
      new AggregateError([withCode('', { code: 'ECONNREFUSED', syscall: 'connect' })]),
    ],
    ['it is starting up', withCode('the database system is starting up', { code: '57P03' })],
    ['it is shutting down', asTypeOrm(withCode('terminating connection', { code: '57P01' }))],
    ['it was killed during a query', asTypeOrm(new Error('Connection terminated unexpectedly'))],
  ])('recognizes that %s, and answers 503', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(true);
    expect(toProblem(error)).toMatchObject({ status: 503, code: 'unavailable' });
  });

  it.each<[what: string, error: unknown]>([
    ['a wrong query', asTypeOrm(withCode('relation "x" does not exist', { code: '42P01' }))],
    ['a missing file', withCode('no such file', { code: 'ENOENT', syscall: 'open' })],
    ['any other mistake', new TypeError('x is not a function')],
    ['a value that is not an error', 'Connection terminated'],
  ])('does not treat %s as an outage', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(false);
    expect(toProblem(error)).toMatchObject({ status: 500, code: 'internal_error' });
  });
});
