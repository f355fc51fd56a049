// The one door to the vendored library, and what every component needs beside it.

export { html, render, Component, useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback } from './vendor/htm-preact.js';
import { Component, h, useEffect, useState } from './vendor/htm-preact.js';

const same = (left, right) => {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => Object.is(left[name], right[name]));
};

/** A view that is drawn again only when one of its properties is another one. */
export const memo = (view) => class extends Component {
  shouldComponentUpdate(next) {
    return !same(this.props, next);
  }

  render(props) {
    return h(view, props);
  }
};

/** Something that changes and tells so. `state` is replaced, never written into. */
export class Store {
  #listeners = new Set();

  constructor(state) {
    this.state = state;
  }

  set(change) {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The state of a store; the component is drawn again when it changes. */
export function useStore(store) {
  const [, again] = useState(0);
  useEffect(() => {
    // A change between drawing and subscribing would be missed without the first call.
    again((count) => count + 1);
    return store.subscribe(() => again((count) => count + 1));
  }, [store]);
  return store.state;
}

/** Class names out of those that hold. */
export const names = (...parts) => parts.filter(Boolean).join(' ');
