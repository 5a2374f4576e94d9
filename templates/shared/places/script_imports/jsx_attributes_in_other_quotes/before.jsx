import React from 'react';

export const App = () => <div className="a" id="b" title="c">hi</div>;
