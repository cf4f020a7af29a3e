import { AnswerError } from './answer-error.js';
import { Fields, isToken, mayBeKnown } from './fields.js';
import { framingOf, type BodyEnd } from './framing.js';
import type { AnswerLimits } from './limits.js';

export interface AnswerHead {
  status: number;
  fields: Fields;
  /** The codings to undo to get the content, outermost last. */
  codings: readonly string[];
  /** Announced length of the body; null if it is not known before the end. */
  bodyBytes: number | null;
}

/** Receives an answer: `head` once, then `body` any number of times, then `end`. Interim answers are not reported. */
export interface AnswerSink {
  head(head: AnswerHead): void;
  /** @param bytes valid during the call only; the body is from `from` (inclusive) to `to` (exclusive) */
  body(bytes: Buffer, from: number, to: number): void;
  end(): void;
}

const STATUS = 0;
const FIELDS = 1;
const TRAILERS = 2;
const CHUNK_SIZE = 3;
const CHUNK_DATA = 4;
const CHUNK_END = 5;
const LENGTH = 6;
const UNTIL_CLOSE = 7;
const DONE = 8;

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const ZERO = 0x30;
const COLON = 0x3a;
const PROTOCOL = 'HTTP/';
const PROTOCOL_1 = Buffer.from('HTTP/1.');
const STATUS_LINE = /^HTTP\/1\.(\d) ([1-9]\d\d)(?:[ \t][^]*)?$/;
const CHUNK_LINE = /^([0-9a-f]+)[ \t]*(?:;[^]*)?$/i;
/** Empty lines ignored before a status line: some servers end a body with one line break too many. */
const MAX_EMPTY_LINES = 2;

const NOBODY: AnswerSink = { head: () => {}, body: () => {}, end: () => {} };
const NO_FIELDS = new Fields();

/**
 * Parses the answers of one HTTP/1.1 connection (RFC 9112): bytes in, calls out. The calls do not depend on how the bytes are
 * split, except for where bodies are split. The parser holds at most one unfinished line, and stops with an error at the
 * first limit that an answer exceeds.
 *
 * It accepts what a user agent must or safely may accept: interim answers, folded lines, a bare LF, CR and NUL within values,
 * white space before a colon, a length beside chunked, the same length twice, a missing reason phrase, no empty line after
 * the last chunk. docs/customers.md lists what is refused.
 */
export class AnswerParser {
  private limits!: AnswerLimits;
  private sink: AnswerSink = NOBODY;
  private method = 'GET';
  private state = DONE;
  private keepAlive = false;
  /** Bytes pushed before the current call. */
  private offset = 0;
  private reads = 0;
  private headBytes = 0;
  private fieldLines = 0;
  private emptyLines = 0;
  private interim = 0;
  private chunks = 0;
  private framingBytes = 0;
  private bodyBytes = 0;
  /** Bytes left of the body or chunk that is being read. */
  private remaining = 0;
  /** The start of an unfinished line, and the offset in the answer at which a line begins. */
  private partial = '';
  private lineAt = 0;
  private status = 0;
  private minorVersion = 1;
  private fields = NO_FIELDS;
  private name = '';
  private value = '';

  /** Prepares for the answer to the next request. */
  begin(method: string, limits: AnswerLimits, sink: AnswerSink): void {
    this.limits = limits;
    this.sink = sink;
    this.method = method;
    this.state = STATUS;
    this.keepAlive = false;
    this.offset = this.reads = this.headBytes = this.fieldLines = this.emptyLines = 0;
    this.interim = this.chunks = this.framingBytes = this.bodyBytes = this.remaining = 0;
    this.partial = this.name = this.value = '';
    this.fields = new Fields();
  }

  /** Reports nothing more of the answer. */
  stop(): void {
    this.state = DONE;
    this.partial = this.value = '';
    // A connection may be idle for long; it must not keep the answer's data alive.
    this.sink = NOBODY;
    this.fields = NO_FIELDS;
  }

  get done(): boolean {
    return this.state === DONE;
  }

  /** Bytes of this answer so far. */
  get received(): number {
    return this.offset;
  }

  /** After the end: whether the connection can serve another request. False if it received bytes that belong to no answer. */
  get reusable(): boolean {
    return this.keepAlive;
  }

  /**
   * @param length number of valid bytes at the beginning
   * @throws AnswerError; after it, call only `begin`
   */
  push(bytes: Buffer, length: number = bytes.length): void {
    const { maxReads, bytesPerRead } = this.limits;
    let at = 0;
    if (++this.reads > maxReads + (this.offset + length) / bytesPerRead)
      throw tooLarge(`the answer comes in more than ${this.reads - 1} pieces of a few bytes`);
    while (at < length) {
      switch (this.state) {
        case DONE:
          this.keepAlive = false;
          this.offset += length;
          return;
        case LENGTH:
        case CHUNK_DATA:
        case UNTIL_CLOSE:
          at = this.takeBody(bytes, at, length);
          break;
        default:
          at = this.takeLine(bytes, at, length);
      }
    }
    this.offset += length;
  }

  /**
   * The peer has closed its side.
   * @returns null if that completes the answer, else what is missing
   */
  close(): string | null {
    this.keepAlive = false;
    // A chunked answer is complete with its last chunk, even if the empty line after it is missing (RFC 9112 §8).
    if (this.state === UNTIL_CLOSE || this.state === TRAILERS) {
      this.end();
      return null;
    }
    if (this.state === DONE) return null;
    if (this.offset === 0) return 'the connection was closed without an answer';
    if (this.state === LENGTH)
      return `the connection was closed after ${this.bodyBytes} of ${this.bodyBytes + this.remaining} bytes of the body`;
    return `the connection was closed within the ${this.state < TRAILERS ? 'header' : 'body'}, after ${this.offset} bytes`;
  }

  private takeBody(bytes: Buffer, from: number, length: number): number {
    const open = this.state === UNTIL_CLOSE;
    const to = open ? length : Math.min(length, from + this.remaining);
    this.bodyBytes += to - from;
    if (this.bodyBytes > this.limits.maxBodyBytes) throw this.bodyTooLarge('more');
    if (!open) this.remaining -= to - from;
    this.sink.body(bytes, from, to);
    if (this.state === LENGTH && this.remaining === 0) this.end();
    else if (this.state === CHUNK_DATA && this.remaining === 0) this.state = CHUNK_END;
    return to;
  }

  private takeLine(bytes: Buffer, from: number, length: number): number {
    if (this.partial === '') this.lineAt = this.offset + from;
    const end = indexOf(bytes, LF, from, length);
    const to = end < 0 ? length : end + 1;
    if (this.state <= TRAILERS) {
      this.headBytes += to - from;
      if (this.headBytes > this.limits.maxHeadBytes)
        throw tooLarge(`header and trailer lines of more than ${this.limits.maxHeadBytes} bytes`);
    } else {
      this.framingBytes += to - from;
      if (this.framingBytes > this.limits.maxFramingBytes)
        throw tooLarge(`sizes and extensions of chunks fill more than ${this.limits.maxFramingBytes} bytes`);
    }
    if (end < 0) {
      this.partial += bytes.toString('latin1', from, to);
      // Another protocol may never end a line. One extra character, as the last one may be the CR of a line end.
      if (this.state === STATUS && this.partial.length > PROTOCOL.length) this.mustBeHttp(this.partial);
      return to;
    }
    if (this.partial === '') {
      if (this.state === FIELDS && this.passOver(bytes, from, end)) return to;
      if (this.state === STATUS && this.plainStatusLine(bytes, from, end)) return to;
    }
    // In most answers no line is split, and its CR is dropped before anything is copied.
    let line: string;
    if (this.partial === '')
      line = bytes.toString('latin1', from, end > from && bytes[end - 1] === CR ? end - 1 : end);
    else {
      line = this.partial + bytes.toString('latin1', from, end);
      if (line.endsWith('\r')) line = line.slice(0, -1);
      this.partial = '';
    }
    switch (this.state) {
      case STATUS:
        this.statusLine(line);
        break;
      case FIELDS:
      case TRAILERS:
        this.fieldLine(line);
        break;
      case CHUNK_SIZE:
        this.chunkSize(line);
        break;
      default:
        if (line !== '') throw refused('data of a chunk that does not end where its size says', this.lineAt);
        this.state = CHUNK_SIZE;
    }
    return to;
  }

  /**
   * Most header lines are irrelevant here: they are counted but not copied.
   * @returns false for a line that must be parsed
   */
  private passOver(bytes: Buffer, from: number, end: number): boolean {
    const first = bytes[from]!;
    // An empty, folded or malformed line.
    if (first < 0x41) return false;
    const colon = indexOf(bytes, COLON, from, end);
    if (colon < 0) return false;
    // White space before the colon is not part of the name.
    const last = bytes[colon - 1]!;
    if (last === SPACE || last === TAB || mayBeKnown(first, colon - from)) return false;
    this.commitField();
    this.countField();
    return true;
  }

  /**
   * Nearly every status line is `HTTP/1.1 200 OK`, and needs no copy.
   * @returns false for a line that must be parsed
   */
  private plainStatusLine(bytes: Buffer, from: number, end: number): boolean {
    // HTTP/1.x 200, and then a space or the end of the line.
    if (end - from < 12) return false;
    for (let i = 0; i < PROTOCOL_1.length; i++) if (bytes[from + i] !== PROTOCOL_1[i]) return false;
    const minor = bytes[from + 7]! - ZERO;
    const hundreds = bytes[from + 9]! - ZERO;
    const tens = bytes[from + 10]! - ZERO;
    const units = bytes[from + 11]! - ZERO;
    const next = bytes[from + 12]!;
    if (bytes[from + 8] !== SPACE || (next !== SPACE && next !== LF && !(next === CR && from + 13 === end)))
      return false;
    if (!isDigit(minor) || !isDigit(hundreds) || hundreds === 0 || !isDigit(tens) || !isDigit(units))
      return false;
    this.minorVersion = minor;
    this.status = hundreds * 100 + tens * 10 + units;
    this.state = FIELDS;
    return true;
  }

  private statusLine(line: string): void {
    if (line === '' && this.emptyLines < MAX_EMPTY_LINES) {
      this.emptyLines++;
      return;
    }
    this.mustBeHttp(line);
    const match = STATUS_LINE.exec(line);
    if (match === null) throw refused(`no status line of HTTP/1.1: "${line.slice(0, 60)}"`, this.lineAt);
    this.minorVersion = Number(match[1]);
    this.status = Number(match[2]);
    this.state = FIELDS;
  }

  private mustBeHttp(line: string): void {
    if (line.startsWith(PROTOCOL)) return;
    throw refused(`no HTTP: it begins with "${line.slice(0, PROTOCOL.length)}"`, this.lineAt);
  }

  private fieldLine(line: string): void {
    if (line === '') {
      this.commitField();
      if (this.state === TRAILERS) this.end();
      else this.headEnd();
      return;
    }
    this.countField();
    const first = line.charCodeAt(0);
    if (first === 32 || first === 9) {
      // A folded line continues the previous one (RFC 9112 §5.2); as the first line, it is ignored (§2.2).
      if (this.name !== '') this.value += ` ${line}`;
      return;
    }
    this.commitField();
    const colon = line.indexOf(':');
    if (colon < 0) throw refused(`a header line without a colon: "${line.slice(0, 60)}"`, this.lineAt);
    const name = line.slice(0, colon).trimEnd();
    // A line with an invalid name is ignored, as in curl and browsers.
    this.name = isToken(name) ? name : '';
    this.value = line.slice(colon + 1);
  }

  private countField(): void {
    if (++this.fieldLines > this.limits.maxFieldLines)
      throw tooLarge(`more than ${this.limits.maxFieldLines} header and trailer lines`);
  }

  private commitField(): void {
    // No trailer is relevant here.
    if (this.name !== '' && this.state === FIELDS) this.fields.add(this.name, this.value);
    this.name = '';
  }

  private headEnd(): void {
    const status = this.status;
    if (status === 101)
      throw new AnswerError('connect_error', 'status 101: an unrequested switch of protocols');
    if (status < 200) {
      if (++this.interim > this.limits.maxInterim)
        throw tooLarge(`more than ${this.limits.maxInterim} interim answers (status ${status})`);
      this.fields = new Fields();
      this.state = STATUS;
      return;
    }
    const { end, keepAlive, codings } = framingOf(this.method, status, this.minorVersion, this.fields);
    this.keepAlive = keepAlive;
    this.bodyState(end);
    const bodyBytes = end.kind === 'length' ? end.bytes : end.kind === 'none' ? 0 : null;
    this.sink.head({ status, fields: this.fields, codings, bodyBytes });
    if ((end.kind === 'none' || bodyBytes === 0) && !this.done) this.end();
  }

  private bodyState(end: BodyEnd): void {
    if (end.kind === 'length') {
      if (end.bytes > this.limits.maxBodyBytes) throw this.bodyTooLarge(`${end.bytes} bytes`);
      this.remaining = end.bytes;
      this.state = LENGTH;
    } else if (end.kind === 'chunked') this.state = CHUNK_SIZE;
    else this.state = UNTIL_CLOSE;
  }

  private chunkSize(line: string): void {
    const match = CHUNK_LINE.exec(line);
    if (match === null) throw refused(`"${line.slice(0, 60)}" is no size of a chunk`, this.lineAt);
    const size = parseInt(match[1]!, 16);
    if (size === 0) {
      this.state = TRAILERS;
      return;
    }
    if (++this.chunks > this.limits.maxChunks) throw tooLarge(`more than ${this.limits.maxChunks} chunks`);
    if (this.bodyBytes + size > this.limits.maxBodyBytes) throw this.bodyTooLarge('more');
    this.remaining = size;
    this.state = CHUNK_DATA;
  }

  private bodyTooLarge(size: string): AnswerError {
    return tooLarge(`an answer of ${size}, at most ${this.limits.maxBodyBytes} bytes are read`);
  }

  private end(): void {
    this.state = DONE;
    this.sink.end();
  }
}

/** Like `Buffer.indexOf` before `end`. Lines are short, so a loop is faster than a native call. */
function indexOf(bytes: Buffer, byte: number, from: number, end: number): number {
  for (let i = from; i < end; i++) if (bytes[i] === byte) return i;
  return -1;
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9;
}

function tooLarge(message: string): AnswerError {
  return new AnswerError('too_large', message);
}

function refused(what: string, at: number): AnswerError {
  return new AnswerError('connect_error', `${what} (byte ${at} of the answer)`);
}
