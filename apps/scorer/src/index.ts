export { scorerService } from './service.js';
export { PartitionScorer, aliveAtKey } from './partition-scorer.js';
export { ScorerModule } from './scorer.module.js';
export { ScorerService } from './scorer.service.js';
