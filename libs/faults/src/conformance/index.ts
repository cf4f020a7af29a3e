/** The conformance suite of fault drivers, and the subjects that need no app. */
export * from '../testing/servers.js';
export * from './aws-fis-subject.js';
export * from './driver-suite.js';
export * from './kubernetes-subject.js';
export * from './toxiproxy-subject.js';
export * from './webhook-subject.js';
