import { render } from 'preact';
import './fonts.js';
import './styles/index.css';
import { App } from './ui/app.js';

render(<App />, document.getElementById('app')!);
