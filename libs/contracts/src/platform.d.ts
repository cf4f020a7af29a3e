/**
 * The two platform classes that pure code may use besides ES2022: both are pure functions of their input and
 * exist in Node and in browsers alike.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes?: Uint8Array): string;
}
