import React from "react"

export const App = () => <div>{"hi"}</div>
