import { floods, perRequest, says, tcp, eachRequest, flood } from './raw-server.js';
import { RIGHT, WRONG, answer, head, type HostileRow } from './row.js';

const withLength = (length: string, body = WRONG): string => `${head([`Content-Length: ${length}`])}${body}`;
const oneWrong = (name: string, does: string, ...lengths: string[]): HostileRow => ({
  name,
  does,
  outcomes: ['connect_error', 'wrong_body', 'too_large'],
  listen: says(`${head(lengths.map((length) => `Content-Length: ${length}`))}${WRONG}`),
});

/** Wrong lengths, and answers without a request. */
export const LENGTHS: readonly HostileRow[] = [
  {
    name: 'longer-than-it-says',
    does: 'Content-Length 5 and 12 bytes of body',
    outcomes: ['wrong_body', 'connect_error'],
    listen: says(withLength('5')),
  },
  {
    name: 'shorter-than-it-says',
    does: 'Content-Length 500, 17 bytes of body, and silence',
    outcomes: ['timeout'],
    listen: says(withLength('500', RIGHT)),
  },
  {
    name: 'ends-before-it-says',
    does: 'Content-Length 500, 17 bytes of body, and the end of the connection',
    outcomes: ['connect_error'],
    listen: perRequest((socket) => void socket.end(withLength('500', RIGHT))),
  },
  oneWrong('length-is-negative', 'Content-Length: -1', '-1'),
  oneWrong('length-has-a-plus', 'Content-Length: +12', '+12'),
  oneWrong('length-is-hexadecimal', 'Content-Length: 0x0c', '0x0c'),
  oneWrong('length-is-empty', 'Content-Length without a value', ''),
  oneWrong('lengths-differ', 'two Content-Length headers that differ', '12', '5'),
  oneWrong('listed-lengths-differ', 'Content-Length: 12, 5', '12, 5'),
  oneWrong('listed-lengths-agree', 'Content-Length: 12, 12, and a wrong body', '12, 12'),
  {
    name: 'length-beyond-numbers',
    does: 'a Content-Length of thirty digits, and bytes without end',
    outcomes: ['too_large', 'connect_error'],
    listen: floods(head([`Content-Length: ${'9'.repeat(30)}`]), 'x'),
  },
  {
    name: 'body-on-204',
    does: 'status 204, which has no body, with one that never ends',
    outcomes: ['bad_status', 'connect_error', 'too_large'],
    listen: floods(head(['Content-Length: 1000000'], '204 No Content'), 'x'),
  },
  {
    name: 'body-on-304',
    does: 'status 304, which has no body, with one that never ends',
    outcomes: ['redirect', 'bad_status', 'connect_error', 'too_large'],
    listen: floods(head(['Content-Length: 1000000'], '304 Not Modified'), 'x'),
  },
  {
    name: 'unasked-answers',
    does: 'a right answer, and a thousand more that nobody asked for',
    outcomes: ['ok', 'connect_error', 'too_large'],
    listen: says(answer(RIGHT).repeat(1_001)),
  },
  {
    name: 'endless-unasked-answers',
    does: 'right answers without end to each request',
    outcomes: ['ok', 'connect_error', 'too_large'],
    listen: floods('', answer(RIGHT)),
  },
  {
    name: 'idle-garbage',
    does: 'a right answer, and garbage without end on the idle connection',
    outcomes: ['ok', 'connect_error', 'too_large'],
    listen: floods(answer(RIGHT), 'garbage '),
  },
  {
    name: 'answers-before-the-request',
    does: 'a wrong answer as soon as there is a connection',
    outcomes: ['wrong_body', 'connect_error', 'timeout'],
    listen: tcp((socket) => {
      socket.write(answer(WRONG));
      eachRequest(socket, () => undefined);
    }),
  },
  {
    name: 'floods-before-the-request',
    does: 'wrong answers without end as soon as there is a connection',
    outcomes: ['wrong_body', 'connect_error', 'too_large'],
    listen: tcp((socket) => {
      eachRequest(socket, () => undefined);
      flood(socket, answer(WRONG));
    }),
  },
];
