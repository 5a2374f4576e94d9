import React from 'react';
import './user_socket.js';

export const App = () => <div className="a" id="b" title="c">hi</div>;
