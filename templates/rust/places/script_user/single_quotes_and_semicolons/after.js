import { Socket } from 'phoenix';
import { user } from './token.js';

const socket = new Socket('/socket', {});
