import { render } from 'preact';
import '../fonts.js';
import '../styles/referee.css';
import { RefereePage } from './page.js';

render(<RefereePage />, document.getElementById('app')!);
