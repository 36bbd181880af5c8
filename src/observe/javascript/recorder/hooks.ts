/**
 * What transformed text calls. Whatever fails in it is told once, and does not reach the program.
 *
 * Each has its own body, so that an engine can inline what it calls.
 */
import type { Inserted } from "../inserted.ts";
import { u, w } from "./blocking.ts";
import * as calls from "./calls.ts";
import { x } from "./exits.ts";
import { h } from "./handles.ts";
import { s } from "./timers.ts";
import { trouble } from "./writer.ts";

export const hooks: Inserted = {
  a(call, site, value) {
    try {
      calls.a(call, site, value);
    } catch (error) {
      trouble("a", error);
    }
    return value;
  },
  b(call, value) {
    try {
      calls.b(call, value);
    } catch (error) {
      trouble("b", error);
    }
    return value;
  },
  c(call, site, error) {
    try {
      calls.c(call, site, error);
    } catch (error) {
      trouble("c", error);
    }
  },
  d(site, value) {
    try {
      calls.d(site, value);
    } catch (error) {
      trouble("d", error);
    }
    return value;
  },
  e(site) {
    try {
      return calls.e(site);
    } catch (error) {
      trouble("e", error);
      return null;
    }
  },
  f(call, error) {
    try {
      calls.f(call, error);
    } catch (error) {
      trouble("f", error);
    }
  },
  g(site, value) {
    try {
      calls.g(site, value);
    } catch (error) {
      trouble("g", error);
    }
    return value;
  },
  j(call) {
    try {
      calls.j(call);
    } catch (error) {
      trouble("j", error);
    }
  },
  k(site) {
    try {
      return calls.k(site);
    } catch (error) {
      trouble("k", error);
      return null;
    }
  },
  l(call) {
    try {
      calls.l(call);
    } catch (error) {
      trouble("l", error);
    }
  },
  m(site) {
    try {
      return calls.m(site);
    } catch (error) {
      trouble("m", error);
      return null;
    }
  },
  n(call, site) {
    try {
      calls.n(call, site);
    } catch (error) {
      trouble("n", error);
    }
  },
  o(module) {
    try {
      calls.o(module);
    } catch (error) {
      trouble("o", error);
    }
  },
  p(site, value) {
    try {
      calls.p(site, value);
    } catch (error) {
      trouble("p", error);
    }
    return value;
  },
  q(callback) {
    try {
      calls.q(callback);
    } catch (error) {
      trouble("q", error);
    }
  },
  r(call, site, value) {
    try {
      calls.r(call, site, value);
    } catch (error) {
      trouble("r", error);
    }
    return value;
  },
  v(site, value) {
    try {
      calls.v(site, value);
    } catch (error) {
      trouble("v", error);
    }
    return value;
  },
  y(call, site, value) {
    try {
      calls.y(call, site, value);
    } catch (error) {
      trouble("y", error);
    }
    return value;
  },
  z(call, value) {
    try {
      calls.z(call, value);
    } catch (error) {
      trouble("z", error);
    }
    return value;
  },
  h(site, value) {
    try {
      h(site, value);
    } catch (error) {
      trouble("h", error);
    }
    return value;
  },
  i: (plugin) => plugin,
  s(delay) {
    try {
      s(delay);
    } catch (error) {
      trouble("s", error);
    }
    return delay;
  },
  u(began, value) {
    try {
      u(began, value);
    } catch (error) {
      trouble("u", error);
    }
    return value;
  },
  w(site) {
    try {
      return w(site);
    } catch (error) {
      trouble("w", error);
      return null;
    }
  },
  x(site, value) {
    try {
      x(site, value, calls.maker());
    } catch (error) {
      trouble("x", error);
    }
    return value;
  },
};
