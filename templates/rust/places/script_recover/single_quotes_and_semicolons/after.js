import { Socket } from 'phoenix';
import { recover } from './recover.js';

const socket = new Socket('/socket', {});
