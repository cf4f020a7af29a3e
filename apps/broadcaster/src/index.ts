export { BroadcasterModule } from './broadcaster.module.js';
export { ScoreFeed } from './score-feed.js';
export { broadcasterService } from './service.js';
