export * from './driver-suite.js';
