export * from './answer-error.js';
export * from './answer-parser.js';
export * from './content-coding.js';
export * from './limits.js';
export * from './request-writer.js';
