export { proberService } from './service.js';
